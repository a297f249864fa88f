"""The fast reader on whole disks, without an appliance: what it finds, and everything that makes it step aside."""

from __future__ import annotations

import os
import runpy
import struct
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from disks import MIB, held, qemu, sha256

from remediations.guest import Filesystem, GuestError
from remediations.vocabulary import Settings, Status
from wizard import headless
from wizard.document import document
from wizard.fast import reading
from wizard.fast.errors import StepAside
from wizard.fast.fast_guest import FastGuest, open_guest
from wizard.image import probe
from wizard.session import Session

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
UUID = "0b5e11a7-ed00-4a11-9a3d-1ace0ff1ce00"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the demo guest."""
    top = tmp_path_factory.mktemp("demo")
    runpy.run_path(str(ROOT / "bin/make-demo"))["lay_down"](top)
    return top


def ext4(path: Path, tree: Path | None = None, *options: str, size: int = 24) -> bytes:
    """The bytes of an ext4 file system of ``size`` MiB with a tree in it."""
    with path.open("wb") as disk:
        disk.truncate(size * MIB)
    words = ["mkfs.ext4", "-q", "-F", "-b", "4096", *options, *(["-d", str(tree)] if tree else []), str(path)]
    subprocess.run(words, env=ENVIRONMENT, check=True, capture_output=True)
    return path.read_bytes()


def disk(path: Path, *parts: bytes, table: bool = True) -> Path:
    """A disk with one MBR partition for each part, or one part without a table."""
    content = bytearray(MIB if table else 0)
    if table:
        for number, part in enumerate(parts):
            entry = struct.pack("<B3sB3sII", 0, b"", 0x83, b"", len(content) // 512, len(part) // 512)
            content[446 + 16 * number : 462 + 16 * number] = entry
            content += part
        content[440:444] = b"DEMO"
        content[510:512] = b"\x55\xaa"
    else:
        content += parts[0]
    path.write_bytes(content)
    return path


def guest(path: Path) -> FastGuest:
    return open_guest(probe(path))


def fstab(tree: Path, tmp_path: Path, text: str) -> Path:
    """A copy of a tree with another fstab."""
    copy = tmp_path / "tree"
    subprocess.run(["cp", "-a", tree, copy], check=True)
    (copy / "etc/fstab").write_text(text)
    (copy / "boot/efi").mkdir(exist_ok=True)
    (copy / "srv").mkdir(exist_ok=True)
    return copy


def test_the_demo_image_needs_no_appliance(tmp_path: Path) -> None:
    image = tmp_path / "demo.qcow2"
    image.write_bytes((ROOT / "wizard/demo.qcow2").read_bytes())
    before = sha256(image)
    outcomes = headless.run(headless.Check(headless.Means(Settings())), [image])
    told = document(outcomes)["images"][0]
    assert (told["reader"], told["reader_reason"]) == ("fast", "")
    assert told["guest"]["root"] == "/dev/sda1"
    failed = {r["id"]: r for r in told["requirements"] if (r["level"], r["status"]) == ("required", "fail")}
    assert len(failed) == 6
    assert failed["firewall"]["evidence"][0]["path"].endswith("nftables.service")
    assert outcomes[0].exit_code == 1
    assert sha256(image) == before
    assert list(tmp_path.iterdir()) == [image]


def test_mounts_are_found_by_label_uuid_device_and_partition(tree: Path, tmp_path: Path) -> None:
    lines = (
        f"UUID={UUID} / ext4 defaults 0 1\nLABEL=boots /boot ext4 defaults 0 2\n/dev/vda3 /srv ext4 ro 0 2\n"
        "PARTUUID=4f4d4544-04\t/home\text4\tnoauto 0 0\n/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0\n"
        "tmpfs /tmp tmpfs defaults 0 0\n# a comment\n\nUUID=ffffffff-0000-0000-0000-000000000000 none swap sw 0 0\n"
    )
    top = fstab(tree, tmp_path, lines)
    (top / "home").mkdir()
    boot = tmp_path / "boot"
    (boot / "grub").mkdir(parents=True)
    (boot / "grub/grub.cfg").write_text("menu of /boot\n")
    image = disk(
        tmp_path / "disk.raw",
        ext4(tmp_path / "p1", boot, "-L", "boots"),
        ext4(tmp_path / "p2", top, "-U", UUID),
        ext4(tmp_path / "p3"),
        ext4(tmp_path / "p4"),
    )
    found = guest(image)
    assert found.system.mounts == {
        "/": "/dev/sda2", "/boot": "/dev/sda1", "/srv": "/dev/sda3", "/home": "/dev/sda4",
    }  # fmt: skip
    assert found.read("/boot/grub/grub.cfg") == b"menu of /boot\n"
    assert found.listdir("/srv") == ("lost+found",)
    assert (found.root_disk.kind, found.root_disk.number, found.root_disk.table) == ("partition", 2, "dos")
    assert found.root_disk.filesystem_size == found.root_disk.space == 24 * MIB


def test_a_disk_without_a_partition_table(tree: Path, tmp_path: Path) -> None:
    top = fstab(tree, tmp_path, "/dev/sda / ext4 defaults 0 1\n")
    found = guest(disk(tmp_path / "disk.raw", ext4(tmp_path / "p", top), table=False))
    assert found.facts.root == "/dev/sda"
    assert (found.root_disk.kind, found.root_disk.space) == ("disk", 24 * MIB)
    assert {number: known.type for number, known in found.filesystems.items()} == {0: "ext4"}


def swap(identity: bytes) -> bytes:
    """A swap area's header, with room behind it."""
    head = bytes(1024) + struct.pack("<III16s", 1, 1023, 0, identity)
    return head.ljust(4096 - 10, b"\0") + b"SWAPSPACE2" + bytes(MIB - 4096)


def test_what_the_partitions_hold(tree: Path, tmp_path: Path) -> None:
    top = ext4(tmp_path / "p1", fstab(tree, tmp_path, f"UUID={UUID} / ext4 defaults 0 1\n"), "-U", UUID)
    own = uuid.UUID("0a3b4c5d-0000-4000-8000-00000000000f")
    found = guest(disk(tmp_path / "disk.raw", top, swap(own.bytes), swap(bytes(16)), bytes(MIB)))
    assert found.filesystems == {
        1: Filesystem("ext4", UUID), 2: Filesystem("swap", str(own)), 3: Filesystem("swap", ""),
    }  # fmt: skip


RAID = struct.pack("<II", 0xA92B4EFC, 1)
ASIDE: dict[str, tuple[str, Any]] = {
    "two systems": ("2 systems", lambda root, other: [root, root]),
    "no system": ("No Linux", lambda root, other: [other]),
    "LUKS": ("holds LUKS", lambda root, other: [root, b"LUKS\xba\xbe".ljust(MIB, b"\0")]),
    "RAID 1.2": ("holds RAID", lambda root, other: [root, bytes(4096) + RAID.ljust(MIB, b"\0")]),
    "RAID 1.0": ("holds RAID", lambda root, other: [root, other[:-8192] + RAID.ljust(8192, b"\0")]),
    "RAID 0.90": ("holds RAID", lambda root, other: [root, other[:-65536] + RAID.ljust(65536, b"\0")]),
    "NTFS": ("holds NTFS", lambda root, other: [root, b"\xeb\x52\x90NTFS    ".ljust(MIB, b"\0")]),
    "something": ("not known", lambda root, other: [root, b"what may this be".ljust(MIB, b"\0")]),
    "two things": ("several", lambda root, other: [root, b"XFSB" + other[4:]]),
    "a journal": ("journal", lambda root, other: [root, dirty(other)]),
    "a Windows": ("Windows", lambda root, other: [root, named(other, b"lost+found", b"Windows")]),
}


def dirty(filesystem: bytes) -> bytes:
    """With the flag of a journal that has to be replayed; the checksum is not the first thing to be looked at."""
    changed = bytearray(filesystem)
    changed[1024 + 96] |= 4
    return bytes(changed)


def named(filesystem: bytes, old: bytes, new: bytes) -> bytes:
    return filesystem.replace(bytes([len(old), 2]) + old, bytes([len(new), 2]) + new.ljust(len(old), b"\0"))


@pytest.mark.parametrize("case", ASIDE)
def test_what_else_is_on_the_disk_may_make_it_step_aside(tree: Path, tmp_path: Path, case: str) -> None:
    reason, parts = ASIDE[case]
    root = ext4(tmp_path / "root", tree, "-U", UUID)
    other = ext4(tmp_path / "other", None, "-O", "^metadata_csum")
    image = disk(tmp_path / "disk.raw", *parts(root, other))
    with pytest.raises(StepAside, match=reason):
        guest(image)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("UUID=ffffffff-0000-0000-0000-000000000000 /srv ext4 defaults 0 0\n", "not found"),
        ("/dev/mapper/vg-srv /srv ext4 defaults 0 0\n", "not found"),
        ("/dev/sdb1 /srv ext4 defaults 0 0\n", "not found"),
        ("/dev/md0 /srv ext4 defaults 0 0\n", "not found"),
        ("UUID=ffffffff-0000-0000-0000-000000000000 / ext4 defaults 0 0\n", "not found"),
        ("/dev/sda2 / ext4 defaults 0 0\n", "the system is on"),
        ("/dev/sda2 /srv ext4 defaults 0 0\n/dev/sda2 /srv ext4 defaults 0 0\n", "two things"),
        ("/dev/sda2 /nowhere ext4 defaults 0 0\n", "no directory"),
        ("/dev/sda2 /bin ext4 defaults 0 0\n", "no directory"),
        ("/dev/sda2 /srv btrfs subvol=home 0 0\n", "not there"),
        ("/dev/sda2 /srv\n", "not understood"),
    ],
)
def test_an_fstab_that_is_not_clear(tree: Path, tmp_path: Path, lines: str, reason: str) -> None:
    root = ext4(tmp_path / "root", fstab(tree, tmp_path, lines))
    image = disk(tmp_path / "disk.raw", root, ext4(tmp_path / "other"))
    with pytest.raises(StepAside, match=reason):
        guest(image)


def test_partition_tables_that_are_not_clear(tree: Path, tmp_path: Path) -> None:
    root = ext4(tmp_path / "root", tree)
    image = disk(tmp_path / "disk.raw", root, ext4(tmp_path / "other"))
    whole, known = image.read_bytes(), probe(image)
    for change, reason in (
        ((446, b"\x12"), "not understood"),
        ((446 + 16 + 8, struct.pack("<I", 4096)), "overlap"),
        ((446 + 16 + 12, struct.pack("<I", 1 << 20)), "beyond"),
        ((446 + 4, b"\xee"), "GPT"),
    ):
        damaged = bytearray(whole)
        damaged[change[0] : change[0] + len(change[1])] = change[1]
        image.write_bytes(damaged)
        with pytest.raises(StepAside, match=reason):
            open_guest(known)


def test_answers_are_those_of_the_protocol(tree: Path, tmp_path: Path) -> None:
    found = guest(disk(tmp_path / "disk.raw", ext4(tmp_path / "p", tree, "-U", UUID)))
    assert found.stat("/bin/sh") == found.lstat("/usr/bin/bash")
    assert found.exists("/sbin/init")
    assert found.glob("/etc/cloud/cloud.cfg.d/*.cfg") == ("/etc/cloud/cloud.cfg.d/99-installer.cfg",)
    assert found.head("/usr/bin/bash", 4) == b"\x7fELF"
    for ask in (lambda: found.read("/nowhere"), lambda: found.read("/etc"), lambda: found.read("/etc/passwd", 3),
                lambda: found.readlink("/nowhere"), lambda: found.stat("/a\0b")):  # fmt: skip
        with pytest.raises(GuestError):
            ask()
    for pattern in ("relative/*", "/etc/{passwd,group}", "/etc/[[:alpha:]]*"):
        with pytest.raises(StepAside):
            found.glob(pattern)


def test_an_image_in_use_is_left_to_the_appliance(tree: Path, tmp_path: Path) -> None:
    image = tmp_path / "disk.qcow2"
    source = disk(tmp_path / "disk.raw", ext4(tmp_path / "p", tree))
    qemu("qemu-img", "convert", "-f", "raw", "-O", "qcow2", source, image)
    with held(image, "qcow2"), pytest.raises(StepAside, match="holds the image"):
        reading.read(probe(image), Settings(), lambda child: None)


def test_a_fault_of_a_reader_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    import wizard.fast.ext

    def fault(*_words: object) -> bytes:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(wizard.fast.ext.ExtFileSystem, "read", fault)
    with pytest.raises(StepAside, match="ZeroDivisionError"):
        reading.read(probe(ROOT / "wizard/demo.qcow2"), Settings(), lambda child: None)


def test_without_its_libraries_the_appliance_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("dissect", "wizard.fast.fo", "wizard.fast.ch"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "dissect", None)
    with pytest.raises(StepAside, match="libraries are not installed"):
        reading.read(probe(ROOT / "wizard/demo.qcow2"), Settings(), lambda child: None)


def test_a_session_tells_which_reader_it_was() -> None:
    session = Session(ROOT / "wizard/demo.qcow2", Settings())
    report = session.open()
    assert (report.reader.name, session.launches, session.warm) == ("fast", 0, False)
    assert report.get("console-log").finding.status is Status.FAIL
    session.close()
