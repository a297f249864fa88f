"""root-resize: room to grow, a file system that fills it, and something that grows both at boot."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest
from cloud_guest import CLOUD_CFG, cloud_guest
from fake_guest import GIB, PLAIN_DISK, FakeGuest, Link, Special
from hypothesis import given
from hypothesis import strategies as st
from initrd_files import cpio

from remediations.guest import GuestError, Partition, RootDisk
from remediations.linux.disk_layout import layout_faults, tolerance
from remediations.linux.growers import _with_module
from remediations.root_resize import check, plan
from remediations.vocabulary import InstallPackages, PlanError, RemoveFile, Settings, Status

SETTINGS = Settings()
MIB = 1024**2
TOOLS: dict[str, bytes | Link | Special | None] = {
    "/usr/bin/growpart": b"",
    "/usr/sbin/sfdisk": b"",
    "/usr/sbin/resize2fs": b"",
    "/usr/sbin/xfs_growfs": b"",
    "/boot/vmlinuz-6.1.0-18-amd64": b"",
}
SWAP = Partition(5, 2 * GIB + MIB, 3 * GIB - 1, "logical")
EXTENDED = Partition(2, 2 * GIB, 3 * GIB - 1, "extended", "0x5")
BEHIND = replace(PLAIN_DISK, disk_size=3 * GIB, partitions=(*PLAIN_DISK.partitions, EXTENDED, SWAP))
GROWROOT = "scripts/local-bottom/growroot"


def guest(
    files: dict[str, bytes | Link | Special | None] | None = None,
    cloud_cfg: bytes = CLOUD_CFG,
    disk: RootDisk = PLAIN_DISK,
    without: str = "",
) -> FakeGuest:
    made = cloud_guest(TOOLS | (files or {}), cloud_cfg)
    made.root_disk = disk
    made.files.pop(without, None)
    return made


def test_a_stock_cloud_image_passes_and_has_nothing_to_fix() -> None:
    finding = check(guest(), SETTINGS)
    assert finding.status is Status.PASS, finding
    assert [(place.path, place.text) for place in finding.evidence] == [
        ("/etc/cloud/cloud.cfg", "- growpart"),
        ("/etc/cloud/cloud.cfg", "- resizefs"),
    ]
    assert plan(guest(), SETTINGS).steps == ()


@pytest.mark.parametrize(
    ("files", "cloud_cfg", "after"),
    [
        ({"/etc/growroot-disabled": b""}, CLOUD_CFG, CLOUD_CFG),
        ({}, CLOUD_CFG.replace(b" - growpart\n", b""), CLOUD_CFG),
        ({}, CLOUD_CFG.replace(b" - resizefs\n", b""), CLOUD_CFG),
        ({}, CLOUD_CFG.replace(b" - growpart\n - resizefs\n", b""), None),
        ({}, CLOUD_CFG + b"growpart:\n  mode: off # x", CLOUD_CFG + b"growpart:\n  mode: auto # x"),
        ({}, CLOUD_CFG + b"growpart: {mode: 'false'}\r\n", CLOUD_CFG + b"growpart: {mode: auto}\r\n"),
        ({}, CLOUD_CFG + b"resize_rootfs: no\n", CLOUD_CFG + b"resize_rootfs: true\n"),
    ],
)
def test_what_was_switched_off_is_put_back(
    files: dict[str, bytes | Link | Special | None], cloud_cfg: bytes, after: bytes | None
) -> None:
    before = guest(files, cloud_cfg)
    assert check(before, SETTINGS).status is Status.FAIL
    planned = plan(before, SETTINGS)
    assert plan(before, SETTINGS) == planned
    fixed = before.applied(planned)
    assert check(fixed, SETTINGS).status is Status.PASS
    assert plan(fixed, SETTINGS).steps == ()
    assert after is None or fixed.read("/etc/cloud/cloud.cfg") == after


def test_the_file_that_is_effective_is_edited() -> None:
    override = b"cloud_init_modules:\n - ssh\n - resizefs"
    before = guest({"/etc/cloud/cloud.cfg.d/99_x.cfg": override})
    fixed = before.applied(plan(before, SETTINGS))
    assert fixed.read("/etc/cloud/cloud.cfg.d/99_x.cfg") == b"cloud_init_modules:\n - ssh\n - growpart\n - resizefs"
    assert fixed.read("/etc/cloud/cloud.cfg") == CLOUD_CFG


@pytest.mark.parametrize(
    ("without", "package"),
    [
        ("/usr/bin/growpart", "cloud-guest-utils"),
        ("/usr/sbin/sfdisk", "fdisk"),
        ("/usr/sbin/resize2fs", "e2fsprogs"),
        ("/usr/bin/cloud-init", "cloud-init"),
    ],
)
def test_a_missing_program_is_installed_with_its_package(without: str, package: str) -> None:
    lacking = guest(without=without)
    assert check(lacking, SETTINGS).status is Status.FAIL
    assert plan(lacking, SETTINGS).steps == (InstallPackages((package,)),)


def test_an_old_sfdisk_knows_no_gpt() -> None:
    old = guest(disk=replace(PLAIN_DISK, table="gpt"))
    old.packages = {"util-linux": "2.20.1-5.1ubuntu20"}
    assert plan(old, SETTINGS).steps == (InstallPackages(("gdisk",)),)
    old.packages = {"util-linux": "2.38.1-5+deb12u3"}
    assert check(old, SETTINGS).status is Status.PASS


@pytest.mark.parametrize(
    ("cloud_cfg", "status", "word"),
    [
        (CLOUD_CFG.replace(b" - growpart\n - resizefs\n", b" - resizefs\n - growpart\n"), Status.FAIL, "late"),
        (CLOUD_CFG + b"growpart: [x]\n", Status.FAIL, "no mapping"),
        (CLOUD_CFG + b"growpart: {devices: [/home]}\n", Status.FAIL, "/home"),
        (CLOUD_CFG + b"growpart: {devices: [/dev/vda1]}\n", Status.UNKNOWN, "/dev/vda1"),
        (CLOUD_CFG + b"growpart: {devices: [/dev/vda7]}\n", Status.FAIL, "/dev/vda7"),
        (CLOUD_CFG + b"growpart: {devices: [/dev/disk/by-label/root]}\n", Status.UNKNOWN, "by-label"),
        # cloud-init goes on without a file that it cannot read: no stage has a module then.
        (b"\t: not yaml", Status.FAIL, "cloud_init_modules"),
        (CLOUD_CFG + b"growpart: {ignore_growroot_disabled: true}\n", Status.PASS, ""),
    ],
)
def test_settings_that_stop_growing_are_seen(cloud_cfg: bytes, status: Status, word: str) -> None:
    try:
        finding = check(guest({"/etc/growroot-disabled": b""} if status is Status.PASS else {}, cloud_cfg), SETTINGS)
    except GuestError:
        assert status is Status.UNKNOWN
        return
    assert finding.status is status
    assert word in finding.summary


@pytest.mark.parametrize(("release", "status"), [("3.2.0-4-amd64", Status.FAIL), ("3.13.0-24-generic", Status.PASS)])
def test_old_kernels_need_growroot(release: str, status: Status) -> None:
    old = guest(
        {f"/boot/vmlinuz-{release}": b"", f"/boot/initrd.img-{release}": gzip.compress(cpio("init", GROWROOT))},
        without="/boot/vmlinuz-6.1.0-18-amd64",
    )
    assert check(old, SETTINGS).status is status
    if status is Status.FAIL:
        assert plan(old, SETTINGS).steps == (InstallPackages(("cloud-initramfs-growroot",)),)
    old.packages = {"cloud-initramfs-growroot": "0.18"}
    assert check(old, SETTINGS).status is Status.PASS
    old.files["/etc/growroot-grown"] = b""
    # With a kernel that grows a partition in use, cloud-init does without growroot.
    assert check(old, SETTINGS).status is status
    assert plan(old, SETTINGS).steps == ((RemoveFile("/etc/growroot-grown"),) if status is Status.FAIL else ())


def test_an_initial_ram_disk_that_is_not_read_does_not_matter_where_cloud_init_grows() -> None:
    focal = guest({"/boot/initrd.img-6.1.0-18-amd64": b"\x02\x21\x4c\x18"})
    focal.packages = {"cloud-initramfs-growroot": "0.45ubuntu2"}
    assert check(focal, SETTINGS).status is Status.PASS


def test_what_stands_behind_the_root_is_named_and_not_fixed() -> None:
    blocked = guest(disk=BEHIND)
    finding = check(blocked, SETTINGS)
    assert finding.status is Status.FAIL
    assert "partition 2 (extended), partition 5 (logical)" in finding.summary
    assert plan(blocked, SETTINGS).steps == ()
    assert "partition 5" in plan(blocked, SETTINGS).obstacle


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"filesystem_size": GIB}, "1024 MiB of the 2047 MiB"),
        ({"filesystem_size": 3 * GIB}, "larger than its device"),
        ({"disk_size": GIB}, "beyond the disk"),
        ({"filesystem": "ext2"}, "ext2"),
        ({"filesystem_size": None}, "could not be established"),
        ({"number": 4}, "not in the partition table"),
        ({"number": None}, "Which partition"),
        ({"kind": "other", "number": None}, "not known"),
        ({"partitions": (replace(PLAIN_DISK.partitions[0], kind="logical"),)}, "logical"),
    ],
)
def test_a_layout_that_cannot_grow_is_told(changes: dict[str, object], word: str) -> None:
    finding = check(guest(disk=replace(PLAIN_DISK, **changes)), SETTINGS)  # type: ignore[arg-type]
    assert finding.status in (Status.FAIL, Status.UNKNOWN)
    assert word in finding.summary


@pytest.mark.parametrize("filesystem", ["ext3", "ext4", "xfs"])
def test_a_file_system_rounds_down(filesystem: str) -> None:
    space = PLAIN_DISK.space or 0
    disk = replace(PLAIN_DISK, filesystem=filesystem)
    assert not layout_faults(replace(disk, filesystem_size=space - tolerance(space)))
    assert layout_faults(replace(disk, filesystem_size=space - tolerance(space) - 1))


def test_a_whole_disk_needs_no_growpart() -> None:
    disk = replace(PLAIN_DISK, kind="disk", table="", partitions=(), number=None)
    assert check(guest(disk=disk, without="/usr/bin/growpart"), SETTINGS).status is Status.PASS
    assert check(guest(cloud_cfg=CLOUD_CFG.replace(b" - resizefs\n", b""), disk=disk), SETTINGS).status is Status.FAIL


def test_a_script_of_the_guests_own_makes_a_missing_cloud_init_unknown() -> None:
    script = b"#!/bin/sh\ngrowpart /dev/vda 1\nresize2fs /dev/vda1\n"
    scripted = guest({"/etc/rc.local": script}, without="/usr/bin/cloud-init")
    scripted.modes["/etc/rc.local"] = 0o755
    assert check(scripted, SETTINGS).status is Status.UNKNOWN


@given(st.sampled_from(["growpart", "resizefs"]), st.binary() | st.text("cloud_init_modules:[] -\n,").map(str.encode))
def test_the_list_editor_takes_any_bytes(name: str, content: bytes) -> None:
    try:
        after = _with_module(name, content)
    except PlanError:
        return
    assert name.encode() in after
