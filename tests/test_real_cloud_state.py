"""cloud-init's state on a real image: a tree of folders goes in one fix, and undo gives every byte back."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import images
import pytest

from remediations.vocabulary import Settings, Status
from wizard.session import Access, Session

pytestmark = [pytest.mark.guestfs, pytest.mark.mirror]
ROOT = "/var/lib/cloud"


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def test_what_an_instance_left_goes_and_comes_back(tmp_path: Path) -> None:
    raw = tmp_path / "disk.raw"
    subprocess.run(["qemu-img", "convert", "-O", "raw", images.bookworm(), raw], check=True, timeout=120)
    g = images.launched(raw, "raw")
    g.mount("/dev/sda1", "/")
    g.mkdir_p(f"{ROOT}/instances/i-1/sem")
    g.mkdir_p(f"{ROOT}/sem")
    g.mkdir_p(f"{ROOT}/scripts/per-boot")
    g.ln_sf(f"{ROOT}/instances/i-1", f"{ROOT}/instance")
    g.write(f"{ROOT}/instances/i-1/user-data.txt", "#cloud-config\n")
    g.write(f"{ROOT}/instances/i-1/sem/config_ssh", "")
    g.write(f"{ROOT}/sem/config_scripts_per_once.once", "")
    g.write(f"{ROOT}/scripts/per-boot/mine", "#!/bin/sh\n")
    g.shutdown()
    g.close()
    before = sha256(raw)
    session = Session(raw, Settings(), access=Access.FIX)
    assert session.open().get("cloud-init-state").finding.status is Status.FAIL
    preview = session.preview(["cloud-init-state"])
    assert not preview.failed, preview.failed
    assert preview.after.get("cloud-init-state").finding.status is Status.PASS
    session.commit()
    session.close()
    g = images.launched(raw, "raw", readonly=True)
    g.mount_ro("/dev/sda1", "/")
    left = [name for name in g.find(ROOT) if name.startswith(("instance", "sem"))]
    assert not [name for name in left if name not in ("instances", "sem")]
    assert g.exists(f"{ROOT}/scripts/per-boot/mine")
    g.close()
    Session(raw, Settings(), access=Access.FIX).undo()
    assert sha256(raw) == before
