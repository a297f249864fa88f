"""Guests that need a word from the operator before they open: encrypted ones, several in one image, ostree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import guest_redhat
import guest_various
from guest_disks import _packed, built, mount, partition, volumes
from guest_files import Table, filled

KEY = "a key that öpens"
_ROOT = "# by the installer\n{root} / ext4 defaults 0 1\n"


def encrypted() -> Path:
    """Debian 12 as its installer encrypts: /boot in the clear, the rest LVM on LUKS."""

    def layout(g: Any) -> dict[str, str]:
        partition(g, "mbr", [(96, "83"), (0, "83")])
        g.mkfs("ext4", "/dev/sda1")
        g.luks_format("/dev/sda2", "a key that öpens", 0)
        g.cryptsetup_open("/dev/sda2", "a key that öpens", "sda2_crypt")
        volumes(g, "/dev/mapper/sda2_crypt", "debian-vg", {"root": 96, "swap_1": 8})
        g.mkfs("ext4", "/dev/debian-vg/root")
        g.mkswap("/dev/debian-vg/swap_1")
        mount(g, {"/": "/dev/debian-vg/root", "/boot": "/dev/sda1"})
        return {"BOOT": g.vfs_uuid("/dev/sda1")}

    root = "/dev/mapper/debian--vg-root"
    fstab = f"{_ROOT.format(root=root)}UUID=@BOOT@ /boot ext4 defaults 0 2\n"
    return built("encrypted", guest_various.debian(fstab, root, boot=""), layout, 272)


def two_systems() -> Path:
    """CentOS 6 on the first partition, Debian 12 on the second."""
    second = guest_various.debian(_ROOT.format(root="LABEL=debian"), "LABEL=debian")

    def layout(g: Any) -> dict[str, str]:
        partition(g, "mbr", [(160, "83"), (0, "83")])
        g.mkfs("ext4", "/dev/sda1", label="centos")
        g.mkfs("ext4", "/dev/sda2", label="debian")
        mount(g, {"/": "/dev/sda2"})
        _lay(g, second)
        g.umount_all()
        mount(g, {"/": "/dev/sda1"})
        return {"BOOT": g.vfs_uuid("/dev/sda1"), "ROOT": g.vfs_uuid("/dev/sda1")}

    first: Table = guest_redhat.centos6() | {"/etc/fstab": _ROOT.format(root="LABEL=centos")}
    return built("two-systems", first, layout, 320)


def ostree() -> Path:
    """The shape of an ostree system: a repository, and deployments that hold the real file systems."""

    def layout(g: Any) -> dict[str, str]:
        partition(g, "gpt", [(0, "0FC63DAF-8483-4772-8E79-3D69D8477DE4")])
        g.mkfs("xfs", "/dev/sda1", label="root")
        mount(g, {"/": "/dev/sda1"})
        return {}

    deployed = "/ostree/deploy/fedora-coreos/deploy/4d2e.0"
    table: Table = {
        "/ostree/repo/config": "[core]\nrepo_version=1\nmode=bare\n",
        f"{deployed}/usr/lib/os-release": 'ID=fedora\nVERSION_ID=41\nVARIANT_ID=coreos\nOSTREE_VERSION="41.1"\n',
        f"{deployed}/etc/fstab": "",
        "/ostree/deploy/fedora-coreos/var/lib": None,
        "/boot/loader/entries/ostree-1.conf": "title Fedora CoreOS\nlinux /vmlinuz\noptions ostree=/ostree/boot.1\n",
    }
    return built("ostree", table, layout, 340)


def _lay(g: Any, table: Table) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile() as tree:
        tree.write(_packed(filled(table, {})))
        tree.flush()
        g.tar_in(tree.name, "/")
