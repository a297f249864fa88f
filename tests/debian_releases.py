"""Real guests of Debian releases beside bookworm, from their own packages: they boot nowhere, but hold all files."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import images

SUITES = {
    "sid": "",  # its image has nothing that configures the network: systemd-networkd is there, and not enabled
}
COMMON = (
    "cloud-guest-utils,cloud-init,curl,grub-pc,kmod,linux-image-cloud-amd64,netbase,nftables,openssh-server,"
    "systemd-sysv,udev,ufw"
)


def release(suite: str) -> Path:
    """A guest of a release as debootstrap leaves it, on one ext4 partition, with its own kernel and GRUB menu."""
    packages = COMMON + SUITES[suite]
    recipe = packages + images.FSTAB + inspect.getsource(_lay)
    with images.building(f"release-{suite}", recipe, ".qcow2") as (path, draft):
        if draft is not None:
            tree, raw = draft.parent / "tree.tar", draft.parent / "disk.raw"
            images._run("mmdebstrap", "--variant=minbase", f"--include={packages}",
                        "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
                        "--dpkgopt=path-exclude=/usr/share/man/*", "--aptopt=APT::Install-Recommends false",
                        '--aptopt=Acquire::Check-Valid-Until "false"', suite, str(tree))  # fmt: skip
            _lay(raw, tree)
            images._run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(raw), str(draft))
    return path


def _lay(raw: Path, tree: Path) -> None:
    with raw.open("wb") as disk:
        disk.truncate(images.DISK_SIZE)
    g = images.launched(raw, "raw")
    g.part_disk("/dev/sda", "mbr")
    g.mkfs("ext4", "/dev/sda1")
    g.mount("/dev/sda1", "/")
    g.tar_in(str(tree), "/", xattrs=True)
    uuid = g.vfs_uuid("/dev/sda1")
    g.write("/etc/fstab", images.FSTAB.format(uuid=uuid))
    if g.is_dir("/etc/network/interfaces.d"):
        g.write("/etc/network/interfaces.d/eth0", images.INTERFACES)
    g.sh(f"mkdir -p /dev/disk/by-uuid && ln -sf /dev/sda1 /dev/disk/by-uuid/{uuid}")
    g.command(["update-grub"])
    g.shutdown()
    g.close()


def broken(suite: str) -> Path:
    """The same, broken as images.broken is."""
    return images._derived(f"broken-{suite}", release(suite), _break)


def _break(g: Any) -> None:
    if not g.is_dir("/etc/network/interfaces.d"):
        g.mkdir_p("/etc/network/interfaces.d")
    images._break(g)
