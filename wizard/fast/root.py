"""How the root file system lies on its disk, told from what the fast reader has seen."""

from __future__ import annotations

import uuid

from remediations.guest import Filesystem, RootDisk
from wizard.fast.find_root import System
from wizard.fast.stream import Stream, read_at
from wizard.fast.volumes import DISK

_SWAP_UUID = 0x40C


def root_disk(system: System, disk_size: int) -> RootDisk:
    """As :func:`wizard.root_disk.root_disk` asks the appliance. ``disk_size`` is the image's, in bytes."""
    device = system.device
    known = system.filesystem
    table, every = system.volumes.table, system.volumes.partitions
    if device.partition is not None:
        number = device.partition.number
        return RootDisk("partition", disk_size, table, every, number, known.type, known.size, device.stream.size)
    if device.logical is None:
        return RootDisk("disk", disk_size, "", (), None, known.type, known.size, disk_size)
    holders = device.logical.holders
    if len(holders) != 1:
        return RootDisk("other", disk_size, "", (), None, known.type, known.size, device.stream.size)
    holder = system.volumes.devices[holders[0]].partition
    if holder is None:
        return RootDisk("lvm", disk_size, "", (), None, known.type, known.size, device.stream.size)
    return RootDisk("lvm", disk_size, table, every, holder.number, known.type, known.size, device.stream.size)


def filesystems(system: System) -> dict[int, Filesystem]:
    """As :func:`wizard.root_disk.filesystems` asks the appliance."""
    found = {}
    for device in system.volumes.devices.values():
        number = 0 if device.name == DISK else device.partition.number if device.partition is not None else None
        if number is None:
            continue
        if (known := system.opened.get(device.name)) is not None:
            found[number] = Filesystem(known.type, known.uuid)
        elif device.content == "swap":
            found[number] = Filesystem("swap", _swap_uuid(device.stream))
    return found


def _swap_uuid(stream: Stream) -> str:
    """The UUID in a swap area's header (mkswap), empty where it is all zeros."""
    raw = read_at(stream, _SWAP_UUID, 16)
    return str(uuid.UUID(bytes=raw)) if any(raw) else ""
