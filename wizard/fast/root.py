"""How the root file system lies on its disk, told from what the fast reader has seen."""

from __future__ import annotations

from remediations.guest import RootDisk
from wizard.fast.find_root import System


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
