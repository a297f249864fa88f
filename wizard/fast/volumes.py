"""Every block device that the guest would see on the disk, named as libguestfs names it, and what is on it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from remediations.guest import Partition
from wizard.fast.content import CODE_TYPES, content
from wizard.fast.errors import StepAside
from wizard.fast.lvm import LogicalVolume, logical_volumes
from wizard.fast.stream import Stream, read_at
from wizard.fast.window import Piece, Pieces
from wizard.partition_table import TableError, partitions

DISK = "/dev/sda"


@dataclass(frozen=True)
class Device:
    """A device with something on it: ``content`` as :func:`~wizard.fast.content.content` says."""

    name: str
    stream: Stream
    content: str
    partition: Partition | None = None
    logical: LogicalVolume | None = None


@dataclass(frozen=True)
class Volumes:
    """``table`` is ``dos``, ``gpt`` or empty; ``devices`` by name."""

    table: str
    partitions: tuple[Partition, ...]
    devices: dict[str, Device] = field(default_factory=dict)


def volumes(disk: Stream) -> Volumes:
    """Look at the whole disk. StepAside where anything on it is not certain."""
    table, every = _partitions(disk)
    if table:
        found = [_partition(disk, partition) for partition in every if partition.kind != "extended"]
    else:
        found = [Device(DISK, disk, content(disk, "The disk"))]
    known = Volumes(table, every, {device.name: device for device in found})
    for volume in logical_volumes({device.name: device.stream for device in found if device.content == "lvm"}):
        what = content(volume.stream, volume.name)
        if what == "lvm":
            raise StepAside(f"{volume.name} is an LVM physical volume itself")
        known.devices[volume.name] = Device(volume.name, volume.stream, what, logical=volume)
    return known


def _partitions(disk: Stream) -> tuple[str, tuple[Partition, ...]]:
    first = read_at(disk, 0, 512)
    signed = first[510:512] == b"\x55\xaa"
    if not signed:
        if read_at(disk, 512, 8) == b"EFI PART":
            raise StepAside("There is a GPT without its protective MBR")
        return "", ()
    entries = [first[at : at + 16] for at in range(446, 510, 16)]
    # A boot sector of one of these ends like an MBR, but has no table.
    flat = first[0x36:0x39] == b"FAT" or first[0x52:0x55] == b"FAT" or first[3:7] == b"NTFS"
    if flat or not any(any(entry) for entry in entries):
        return "", ()
    if any(entry[0] not in (0, 0x80) for entry in entries):
        raise StepAside("The partition table has entries that are not understood")
    try:
        table, every = partitions(lambda offset, length: read_at(disk, offset, length))
    except TableError as error:
        raise StepAside(f"The partition table is not understood: {error}") from error
    _require_apart(every, disk.size)
    return table, every


def _require_apart(every: tuple[Partition, ...], size: int) -> None:
    if beyond := next((p for p in every if p.end >= size), None):
        raise StepAside(f"Partition {beyond.number} ends beyond the disk")
    inside = sorted((p for p in every if p.kind != "extended"), key=lambda known: known.start)
    for one, other in itertools.pairwise(inside):
        if one.end >= other.start:
            raise StepAside(f"Partitions {one.number} and {other.number} overlap")


def _partition(disk: Stream, partition: Partition) -> Device:
    name = f"{DISK}{partition.number}"
    stream = Pieces([Piece(disk, partition.start, partition.end - partition.start + 1)])
    what = content(stream, name, code=partition.type in CODE_TYPES)
    return Device(name, stream, what, partition=partition)
