"""Logical volumes: the metadata through dissect.volume, after checking it; only what lies on whole extents is read."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wizard.fast.errors import StepAside
from wizard.fast.stream import Stream, read_at
from wizard.fast.window import Piece, Pieces

_SECTOR = 512
_SEED = 0xF597A6CF
_MOST_EXTENTS = 1 << 40


@dataclass(frozen=True)
class LogicalVolume:
    """``name`` is ``/dev/GROUP/VOLUME``; ``holders`` are the names of the physical volumes of its group."""

    name: str
    group: str
    uuid: str
    group_uuid: str
    stream: Stream
    holders: tuple[str, ...]


def logical_volumes(physical: Mapping[str, Stream]) -> list[LogicalVolume]:
    """All volumes of all groups on these physical volumes (by device name). StepAside where one is not plain."""
    if not physical:
        return []
    from dissect.volume.lvm import LVM2

    devices: dict[str, tuple[str, Stream]] = {}
    groups: dict[str, Any] = {}
    for name, stream in physical.items():
        _check_metadata(name, stream)
        known = LVM2(stream)
        (device,) = known.devices.values()
        if device.id in devices:
            raise StepAside(f"{name} and {devices[device.id][0]} are the same LVM physical volume")
        devices[device.id] = (name, stream)
        newest = groups.get(known.vg.id)
        if newest is None or known.vg.seqno > newest.seqno:
            groups[known.vg.id] = known.vg
    found = [volume for group in groups.values() for volume in _volumes(group, devices)]
    if len({volume.name for volume in found}) != len(found):
        raise StepAside("Two LVM volume groups have the same name")
    return found


def _check_metadata(name: str, stream: Stream) -> None:
    """Label, metadata area and text each have their checksum; dissect looks at none of them."""
    for sector in range(4):
        label = read_at(stream, sector * _SECTOR, _SECTOR)
        if label[:8] == b"LABELONE":
            break
    if int.from_bytes(label[16:20], "little") != _checksum(label[20:]):
        raise StepAside(f"The LVM label of {name} is damaged")
    start = int.from_bytes(label[20:24], "little") + 40
    # Data areas, then metadata areas: pairs of offset and size, each list ended by zeros.
    areas: list[list[int]] = [[], []]
    at = start
    for area in areas:
        while at + 16 <= _SECTOR:
            offset, size = (int.from_bytes(label[at + part : at + part + 8], "little") for part in (0, 8))
            at += 16
            if not offset and not size:
                break
            area.append(offset)
    if len(areas[0]) != 1 or not areas[1]:
        raise StepAside(f"The LVM physical volume {name} has more than one data area, or no metadata")
    header = read_at(stream, areas[1][0], _SECTOR)
    if header[4:20] != b" LVM2 x[5A%r0N*>" or int.from_bytes(header[:4], "little") != _checksum(header[4:]):
        raise StepAside(f"The LVM metadata of {name} is damaged")
    offset, size = (int.from_bytes(header[at : at + 8], "little") for at in (40, 48))
    stored, flags = (int.from_bytes(header[at : at + 4], "little") for at in (56, 60))
    area_size = int.from_bytes(header[32:40], "little")
    if flags or not 0 < size < area_size or offset + size > area_size:
        raise StepAside(f"The LVM metadata of {name} lies in a way that is not read here")
    if stored != _checksum(read_at(stream, areas[1][0] + offset, size)):
        raise StepAside(f"The checksum of the LVM metadata of {name} is wrong")


def _checksum(data: bytes) -> int:
    return zlib.crc32(data, _SEED ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


def _volumes(group: Any, devices: Mapping[str, tuple[str, Stream]]) -> list[LogicalVolume]:
    if {"EXPORTED", "PARTIAL"} & {*group.status, *(group.flags or ())}:
        raise StepAside(f"The LVM volume group {group.name} is exported or incomplete")
    starts: dict[str, tuple[Stream, int]] = {}
    holders = []
    for label, volume in group.physical_volumes.items():
        if volume.id.replace("-", "") not in devices:
            raise StepAside(f"A physical volume of the LVM volume group {group.name} is not in the image")
        name, stream = devices[volume.id.replace("-", "")]
        starts[label] = (stream, volume.pe_start * _SECTOR)
        holders.append(name)
    extent = group.extent_size * _SECTOR
    return [
        LogicalVolume(
            f"/dev/{group.name}/{volume.name}",
            group.name,
            volume.id,
            group.id,
            _stream(volume, starts, extent),
            tuple(holders),
        )
        for volume in group.lv
        if volume.is_visible
    ]


def _stream(volume: Any, starts: Mapping[str, tuple[Stream, int]], extent: int) -> Stream:
    if volume.flags and set(volume.flags) - {"NOTSYNCED"}:
        raise StepAside(f"The logical volume {volume.name} has flags that are not known here")
    pieces = []
    at = 0
    for segment in sorted(volume.segments, key=lambda known: known.start_extent):
        if segment.type not in ("striped", "linear") or segment.flags or segment.stripe_count != 1:
            raise StepAside(f"The logical volume {volume.name} is {segment.type}, not plain")
        ((label, first),) = segment.stripes
        if segment.start_extent * extent != at or not 0 < segment.extent_count < _MOST_EXTENTS or first < 0:
            raise StepAside(f"The segments of the logical volume {volume.name} contradict each other")
        stream, start = starts[label]
        size = segment.extent_count * extent
        pieces.append(Piece(stream, start + first * extent, size))
        at += size
    if not pieces:
        raise StepAside(f"The logical volume {volume.name} is empty")
    return Pieces(pieces)
