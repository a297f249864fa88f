"""The good practices on a real Debian image: spoiled, fixed through the real appliance, proved, and taken back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import images
import pytest
from disks import content, qemu

from remediations.vocabulary import Settings
from wizard import headless
from wizard.document import document

pytestmark = [pytest.mark.guestfs, pytest.mark.mirror, pytest.mark.timeout(600)]

FIXED = ("machine-id", "ssh-host-keys", "guest-agent", "root-password", "fstab", "random-seed")
ID = b"8f2b6c0d41f34a0e9b7c5d2e1f0a3b4c\n"
AGENT = (
    b"[Service]\nExecStart=/usr/sbin/qemu-ga\n[Install]\nWantedBy=dev-virtio\\x2dports-org.qemu.guest_agent.0.device\n"
)


@contextmanager
def opened(image: Path, *, readonly: bool = False) -> Iterator[Any]:
    """The image's file system in an appliance of the test's own."""
    g = images.launched(image, "qcow2", readonly)
    try:
        g.mount_options("ro" if readonly else "", "/dev/sda1", "/")
        yield g
        g.shutdown()
    finally:
        g.close()


def spoil(g: Any) -> None:
    """What an image has that was booted by hand before it was uploaded."""
    for folder in ("/var/lib/dbus", "/var/lib/systemd"):
        g.mkdir_p(folder)
    g.write("/etc/machine-id", ID)
    g.write("/var/lib/dbus/machine-id", ID)
    g.write("/var/lib/systemd/random-seed", bytes(range(256)) * 2)
    g.write("/etc/shadow", re.sub(rb"(?m)^root:[^:]*:", b"root:$6$salt$hash:", g.read_file("/etc/shadow")))
    g.write("/etc/fstab", re.sub(rb"UUID=\S+", b"/dev/vda1", g.read_file("/etc/fstab")))
    g.write("/usr/sbin/qemu-ga", b"\x7fELF")
    g.write("/lib/systemd/system/qemu-guest-agent.service", AGENT)


def one(job: headless.Job, image: Path) -> dict[str, Any]:
    """Run a headless job on one image; its part of the JSON document."""
    told: dict[str, Any] = json.loads(json.dumps(document(headless.run(job, [image]))))["images"][0]
    assert told["error"] is None
    return told


def test_they_are_fixed_and_taken_back(tmp_path: Path) -> None:
    image = tmp_path / "disk.qcow2"
    qemu("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", images.broken(), image)
    with opened(image) as g:
        spoil(g)
    before = content(image, "qcow2")

    told = one(headless.ApplyAll(headless.Means(Settings()), FIXED), image)
    assert told["change"]["fixes"] == list(FIXED)
    found = {r["id"]: (r["before"], r["status"]) for r in told["requirements"]}
    assert {known: found[known] for known in FIXED} == dict.fromkeys(FIXED, ("fail", "pass"))
    with opened(image, readonly=True) as g:
        assert g.read_file("/etc/machine-id") == b""
        assert g.readlink("/var/lib/dbus/machine-id") == "/etc/machine-id"
        assert f"UUID={g.vfs_uuid('/dev/sda1')} / ".encode() in g.read_file("/etc/fstab")
        assert re.search(rb"(?m)^root:\*:", g.read_file("/etc/shadow"))
        assert g.glob_expand("/etc/ssh/ssh_host_*") == []

    one(headless.Undo(headless.Means(Settings())), image)
    assert content(image, "qcow2") == before
