"""How the guest's root file system lies on its disk, asked of libguestfs."""

from __future__ import annotations

import re
from typing import Any

from remediations.guest import FILESYSTEMS, Filesystem, GuestError, RootDisk
from wizard.partition_table import TableError, partitions

_PARTITION = re.compile(r"(/dev/[a-z]+)(\d+)")


def root_disk(g: Any, root: str, disk_size: int) -> RootDisk:
    """The layout below ``root``: a device, a logical volume, or ``btrfsvol:DEVICE/SUBVOLUME``.

    ``disk_size`` is the image's, in bytes. May raise RuntimeError, as libguestfs does, or GuestError.
    """
    device = root
    if root.startswith("btrfsvol:"):
        device = "/".join(root.removeprefix("btrfsvol:").split("/")[:3])
    filesystem = str(g.vfs_type(device))
    size = _filesystem_size(g, device, filesystem)
    if _PARTITION.fullmatch(device):
        return _on_partition(g, "partition", device, disk_size, filesystem, size, None)
    if re.fullmatch(r"/dev/[a-z]+", device):
        return RootDisk("disk", disk_size, "", (), None, filesystem, size, disk_size)
    space = int(g.blockdev_getsize64(device))
    if g.is_lv(device) and _is_plain(g, device):
        holder = _physical_volume(g, device)
        if holder is not None and _PARTITION.fullmatch(holder):
            return _on_partition(g, "lvm", holder, disk_size, filesystem, size, space)
        if holder is not None:
            return RootDisk("lvm", disk_size, "", (), None, filesystem, size, space)
    return RootDisk("other", disk_size, "", (), None, filesystem, size, space)


def filesystems(g: Any) -> dict[int, Filesystem]:
    """What :attr:`~remediations.guest.Guest.filesystems` tells. May raise RuntimeError, as libguestfs does."""
    disk = str(g.list_devices()[0])  # the appliance has no other
    numbers = {str(name): int(g.part_to_partnum(name)) for name in g.list_partitions() if g.part_to_dev(name) == disk}
    found = {}
    for device, number in (numbers or {disk: 0}).items():
        kind = str(g.vfs_type(device))
        if kind in FILESYSTEMS:
            found[number] = Filesystem(kind, str(g.vfs_uuid(device)))
    return found


def _on_partition(
    g: Any, kind: str, device: str, disk_size: int, filesystem: str, size: int | None, space: int | None
) -> RootDisk:
    found = _PARTITION.fullmatch(device)
    assert found is not None  # noqa: S101 - the callers have looked
    disk, number = found[1], int(found[2])

    def read(offset: int, length: int) -> bytes:
        return bytes(g.pread_device(disk, length, offset))

    try:
        table, every = partitions(read)
    except TableError as error:
        raise GuestError(f"The partition table of the disk cannot be read: {error}") from error
    own = next((partition for partition in every if partition.number == number), None)
    if own is None:
        raise GuestError(f"Partition {number} is not in the partition table")
    return RootDisk(kind, disk_size, table, every, number, filesystem, size, space or own.end - own.start + 1)


def _is_plain(g: Any, logical: str) -> bool:
    """Whether a volume lies on its group's extents itself: no thin, mirrored, RAID, cached or snapshot volume, which
    do not grow as a plain one does (lvs(8), lv_attr). A striped one has several physical volumes, told elsewhere.
    """
    uuid = str(g.lvuuid(logical)).replace("-", "")
    attributes = {str(one["lv_uuid"]).replace("-", ""): str(one["lv_attr"]) for one in g.lvs_full()}
    return attributes.get(uuid, "").startswith("-")


def _physical_volume(g: Any, logical: str) -> str | None:
    """The one physical volume below a logical volume's group; None where there are several."""
    group = str(g.lvm_canonical_lv_name(logical)).split("/")[2]
    wanted = {str(uuid).replace("-", "") for uuid in g.vgpvuuids(group)}
    found = [
        str(name)
        for name, volume in zip(g.pvs(), g.pvs_full(), strict=True)
        if str(volume["pv_uuid"]).replace("-", "") in wanted
    ]
    return str(g.canonical_device_name(found[0])) if len(found) == 1 else None


def _filesystem_size(g: Any, device: str, filesystem: str) -> int | None:
    """What the file system says of its own size in bytes; None for one that is not asked."""
    if filesystem.startswith("ext"):
        told = g.tune2fs_l(device)
        return int(told["Block count"]) * int(told["Block size"])
    if filesystem == "xfs":
        told = g.xfs_info(device)
        return int(told["xfs_datablocks"]) * int(told["xfs_blocksize"])
    if filesystem == "btrfs":
        told = g.statvfs("/")
        return int(told["blocks"]) * int(told["frsize"])
    return None
