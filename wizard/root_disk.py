"""How the guest's root file system lies on its disk, asked of libguestfs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from remediations.guest import Partition, RootDisk

_MBR_KINDS = {"primary": "primary", "logical": "logical", "extended": "extended"}


def root_disk(g: Any, root: str) -> RootDisk:
    """The layout below ``root``: a device, a logical volume, or ``btrfsvol:DEVICE/SUBVOLUME``.

    May raise RuntimeError, as libguestfs does.
    """
    device = root
    if root.startswith("btrfsvol:"):
        device = "/".join(root.removeprefix("btrfsvol:").split("/")[:3])
    filesystem = str(g.vfs_type(device))
    sizes = (filesystem, _filesystem_size(g, device, filesystem), int(g.blockdev_getsize64(device)))
    whole = [str(disk) for disk in g.list_devices()]
    if device in whole:
        return RootDisk("disk", int(g.blockdev_getsize64(device)), "", (), None, *sizes)
    if device in [str(partition) for partition in g.list_partitions()]:
        return _on_partition(g, "partition", device, sizes)
    if g.is_lv(device):
        holder = _physical_volume(g, device)
        if holder in whole:
            return RootDisk("lvm", int(g.blockdev_getsize64(holder)), "", (), None, *sizes)
        if holder is not None and holder in [str(partition) for partition in g.list_partitions()]:
            return _on_partition(g, "lvm", holder, sizes)
    return RootDisk("other", 0, "", (), None, *sizes)


def _on_partition(g: Any, kind: str, device: str, sizes: tuple[str, int | None, int]) -> RootDisk:
    disk = str(g.part_to_dev(device))
    table = {"msdos": "dos"}.get(str(g.part_get_parttype(disk)), str(g.part_get_parttype(disk)))
    partitions = tuple(_partition(g, disk, table, found) for found in g.part_list(disk))
    size = int(g.blockdev_getsize64(disk))
    return RootDisk(kind, size, table, partitions, int(g.part_to_partnum(device)), *sizes)


def _partition(g: Any, disk: str, table: str, found: dict[str, int]) -> Partition:
    number = int(found["part_num"])
    kind, code = "primary", ""
    if table == "dos":
        kind = _MBR_KINDS.get(str(g.part_get_mbr_part_type(disk, number)), "primary")
        # A logical partition's type is not in the table of the disk.
        code = "" if kind == "logical" else f"0x{int(g.part_get_mbr_id(disk, number)):02x}"
    elif table == "gpt":
        code = str(g.part_get_gpt_type(disk, number)).upper()
    return Partition(number, int(found["part_start"]), int(found["part_end"]), kind, code)


def _physical_volume(g: Any, logical: str) -> str | None:
    """The one physical volume below a logical volume's group; None where there are several."""
    group = str(g.lvm_canonical_lv_name(logical)).split("/")[2]
    wanted = {str(uuid).replace("-", "") for uuid in g.vgpvuuids(group)}
    names: Callable[[], list[str]] = g.pvs
    found = [
        str(name)
        for name, volume in zip(names(), g.pvs_full(), strict=True)
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
