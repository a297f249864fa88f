"""An initial RAM disk without virtio, made again by the guest's own initramfs-tools, and taken back."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import images
import pytest
from disks import content, qemu
from initrd_files import cpio

from remediations.vocabulary import Settings
from wizard import headless
from wizard.document import document

pytestmark = [pytest.mark.guestfs, pytest.mark.mirror, pytest.mark.timeout(900)]
MEANS = headless.Means(Settings())


def told(job: headless.Job, image: Path) -> tuple[int, dict[str, Any]]:
    """A headless job's exit code, and what its document tells of virtio-drivers and of the change."""
    [outcome] = outcomes = headless.run(job, [image])
    found = json.loads(json.dumps(document(outcomes)))["images"][0]
    [virtio] = [told for told in found["requirements"] if told["id"] == "virtio-drivers"]
    return outcome.exit_code, {**virtio, "change": found["change"], "error": found["error"]}


def test_the_drivers_come_into_the_initial_ram_disk(tmp_path: Path) -> None:
    image = tmp_path / "disk.qcow2"
    qemu("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", images.bookworm(), image)
    g = images.launched(image, "qcow2")
    g.mount("/dev/sda1", "/")
    [initrd] = g.glob_expand("/boot/initrd.img-*")
    g.write(initrd, gzip.compress(cpio("init", "usr/lib/modules/x/kernel/drivers/ata/ata_piix.ko")))
    g.shutdown()
    g.close()
    before = content(image, "qcow2")

    _, failing = told(headless.Check(MEANS), image)
    assert failing["status"] == "fail"
    assert failing["evidence"][0]["path"] == initrd

    _, fixed = told(headless.ApplyAll(MEANS, only=("virtio-drivers",)), image)
    assert fixed["error"] is None
    assert (fixed["before"], fixed["status"]) == ("fail", "pass")
    changed = {file["path"] for file in fixed["change"]["files"]}
    assert {initrd, "/etc/initramfs-tools/modules"} <= changed

    headless.run(headless.Undo(MEANS), [image])
    assert content(image, "qcow2") == before
