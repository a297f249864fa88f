"""What grows the root before cloud-init comes to it, or without it: growroot, systemd's services and SUSE's."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest
from fake_guest import PLAIN_DISK, FakeGuest, Link, Special
from initrd_files import cpio
from linux_guest import LIB, WANTS, debian

from remediations.guest import RootDisk
from remediations.root_resize import check, plan
from remediations.vocabulary import InstallPackages, RunCommand, Settings, Status

Files = dict[str, bytes | Link | Special | None]
SETTINGS = Settings()
GPT = replace(
    PLAIN_DISK,
    table="gpt",
    partitions=(replace(PLAIN_DISK.partitions[0], type="4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"),),
)
WHOLE = replace(PLAIN_DISK, kind="disk", table="", partitions=(), number=None)
GROWFS = b"# x\nUUID=1 / ext4 defaults,x-systemd.growfs 0 1\n"
TOOLS: Files = {f"/usr/sbin/{name}": b"\x7fELF" for name in ("sfdisk", "resize2fs", "growpart")}
KERNEL: Files = {"/boot/vmlinuz-6.1.0-1-amd64": b"", "/boot/initrd.img-6.1.0-1-amd64": cpio("init")}


def guest(files: Files, disk: RootDisk = PLAIN_DISK, cloud: bool = False) -> FakeGuest:
    made = debian(TOOLS | KERNEL | files, without=() if cloud else ("/usr/bin/cloud-init",))
    made.root_disk = disk
    return made


REPART: Files = {
    "/etc/fstab": GROWFS,
    "/usr/bin/systemd-repart": b"\x7fELF",
    f"{LIB}/systemd-repart.service": b"[Service]\nExecStart=systemd-repart --dry-run=no\n",
    f"{LIB}/sysinit.target.wants/systemd-repart.service": Link("../systemd-repart.service"),
    "/etc/repart.d/50-root.conf": b"[Partition]\nType=root\n",
}


def test_growfs_grows_the_file_system_of_a_whole_disk() -> None:
    assert check(guest({"/etc/fstab": GROWFS}, WHOLE), SETTINGS).status is Status.PASS
    assert check(guest({"/etc/fstab": b"#" + GROWFS[4:]}, WHOLE), SETTINGS).status is Status.FAIL


def test_growfs_is_too_early_for_what_cloud_init_grows() -> None:
    cloud_cfg = debian().read("/etc/cloud/cloud.cfg").replace(b" - resizefs\n", b"")
    late = guest({"/etc/fstab": GROWFS, "/etc/cloud/cloud.cfg": cloud_cfg}, cloud=True)
    assert check(late, SETTINGS).status is Status.FAIL
    late.packages = {"cloud-initramfs-growroot": "0.18"}
    late.files["/boot/initrd.img-6.1.0-1-amd64"] = gzip.compress(cpio("init", "scripts/local-bottom/growroot"))
    assert check(late, SETTINGS).status is Status.PASS


def test_systemd_repart_and_growfs_need_no_cloud_init() -> None:
    assert check(guest(REPART, GPT), SETTINGS).status is Status.PASS


@pytest.mark.parametrize(
    ("changes", "disk"),
    [
        ({"/etc/repart.d/50-root.conf": b"[Partition]\nType=root\nSizeMaxBytes=4G\n"}, GPT),
        ({"/etc/repart.d/50-root.conf": b"[Partition]\nType=swap\n"}, GPT),
        ({"/etc/repart.d/60-swap.conf": b"[Partition]\nType=swap\n"}, GPT),
        ({f"{LIB}/sysinit.target.wants/systemd-repart.service": Link("/dev/null")}, GPT),
        ({"/etc/fstab": b""}, GPT),
        ({}, PLAIN_DISK),
    ],
)
def test_a_repart_that_may_not_grow_the_root_is_no_pass(changes: Files, disk: RootDisk) -> None:
    assert check(guest(REPART | changes, disk), SETTINGS).status in (Status.FAIL, Status.UNKNOWN)


def test_suse_grows_with_rootgrow_or_with_the_growpart_generator() -> None:
    rootgrow: Files = {
        "/usr/sbin/rootgrow": b"#!/usr/bin/python3\n",
        f"{LIB}/rootgrow.service": b"[Service]\nExecStart=/usr/sbin/rootgrow\n[Install]\nWantedBy=multi-user.target\n",
        f"{WANTS}/rootgrow.service": Link(f"{LIB}/rootgrow.service"),
    }
    assert check(guest(rootgrow), SETTINGS).status is Status.PASS
    del rootgrow[f"{WANTS}/rootgrow.service"]
    assert check(guest(rootgrow), SETTINGS).status is Status.FAIL
    generator: Files = {
        "/usr/lib/systemd/system-generators/growpart-generator": b"#!/bin/sh\n",
        "/etc/fstab": GROWFS.replace(b"defaults", b"x-growpart.grow"),
    }
    assert check(guest(generator), SETTINGS).status is Status.PASS
    assert check(guest(generator | {"/etc/fstab": GROWFS}), SETTINGS).status is Status.FAIL


def test_tiny_cloud_is_not_judged() -> None:
    assert check(guest({"/usr/lib/tiny-cloud/init": b"#!/bin/sh\n"}), SETTINGS).status is Status.UNKNOWN


def test_growroot_on_el6_has_to_be_in_the_initial_ram_disk() -> None:
    release = "2.6.32-754.el6.x86_64"
    path = f"/boot/initramfs-{release}.img"
    old = guest({f"/boot/vmlinuz-{release}": b"", path: gzip.compress(cpio("init"))}, cloud=True)
    old.facts = replace(old.facts, distro="centos", version=(6, 10))
    for name in list(old.files):
        if "6.1.0" in name:
            del old.files[name]
    assert plan(old, SETTINGS).steps == (InstallPackages(("dracut-modules-growroot",)),)
    old.packages = {"dracut-modules-growroot": "0.23"}
    assert check(old, SETTINGS).status is Status.FAIL
    old.files["/usr/sbin/dracut"] = b"#!/bin/bash\n"
    [step] = plan(old, SETTINGS).steps
    assert isinstance(step, RunCommand)
    assert step.argv[1:] == ("--force", path, release)
    grown = gzip.compress(cpio("init", "pre-mount/50growroot.sh"))
    assert step.accept(b"", grown) is None
    assert step.accept(b"", b"\x1f\x8b") is not None
    old.files[path] = grown
    assert check(old, SETTINGS).status is Status.PASS
