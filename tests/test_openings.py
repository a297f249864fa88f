"""Images that open only with a key or a choice, through the real appliance: checked, fixed, taken back."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import guests_closed
import pytest

from remediations.vocabulary import Settings, Status
from wizard.errors import KeyNeeded, OpenError, SeveralSystems
from wizard.opening import Opening
from wizard.session import Access, Session

pytestmark = pytest.mark.guestfs


def raw(image: Path, folder: Path) -> Path:
    copy = folder / "disk.raw"
    subprocess.run(["qemu-img", "convert", "-O", "raw", image, copy], check=True, timeout=120)
    return copy


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def opened(image: Path, opening: Opening | None = None, access: Access = Access.REPORT) -> Session:
    return Session(image, Settings(), access=access, opening=opening)


def test_an_encrypted_guest_opens_with_its_key_alone_and_is_fixed_in_place(tmp_path: Path) -> None:
    image = raw(guests_closed.encrypted(), tmp_path)
    before = sha256(image)
    session = opened(image, Opening(key="another"))
    with pytest.raises(KeyNeeded) as caught:
        session.open()
    assert caught.value.code == "wrong-key"
    assert "/dev/sda2" in caught.value.message.replace("/dev/sdb", "/dev/sda")
    session.close()
    session = opened(image, Opening(key=guests_closed.KEY), Access.FIX)
    report = session.open()
    assert report.facts.distro == "debian"
    assert report.get("console-log").finding.status is Status.FAIL
    assert not report.warnings, "/boot is mounted too"
    preview = session.preview(["console-log"])
    assert {change.path for change in preview.files} >= {"/etc/default/grub", "/boot/grub/grub.cfg"}
    session.commit()
    assert sha256(image) != before
    again = opened(image, Opening(key=guests_closed.KEY))
    assert again.open().get("console-log").finding.status is Status.PASS
    again.close()
    opened(image, access=Access.FIX).undo()  # needs no key: it puts blocks back
    assert sha256(image) == before
    assert guests_closed.KEY not in repr(Opening(key=guests_closed.KEY))
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("journal.db*"))
    assert guests_closed.KEY.encode() not in kept


def test_of_several_systems_one_is_chosen(tmp_path: Path) -> None:
    image = raw(guests_closed.two_systems(), tmp_path)
    session = opened(image)
    with pytest.raises(SeveralSystems) as caught:
        session.open()
    assert [product.split()[0] for _, product in caught.value.systems] == ["CentOS", "debian"]
    assert "--root" in caught.value.next
    session.close()
    session = opened(image, Opening(root="/dev/vda2"))  # however the appliance's kernel calls its disk
    assert session.open().facts.distro == "debian"
    session.close()
    session = opened(image, Opening(root="/dev/sda3"))
    with pytest.raises(OpenError, match="None is on /dev/sda3") as wrong:
        session.open()
    assert wrong.value.code == "no-such-root"
    session.close()


def test_an_ostree_system_is_explained_not_edited(tmp_path: Path) -> None:
    session = opened(raw(guests_closed.ostree(), tmp_path))
    with pytest.raises(OpenError, match="deployed on") as caught:
        session.open()
    assert caught.value.code == "ostree"
    session.close()
