"""The entries of an XFS directory, in the inode itself or in blocks of its own."""

from __future__ import annotations

import struct
from typing import NamedTuple

from wizard.fast.errors import StepAside
from wizard.fast.xfs_extents import Extent, read_extents, read_run
from wizard.fast.xfs_index import INDEX_SPACE, check_block_index, check_index, name_hash
from wizard.fast.xfs_inode import LOCAL, Inode
from wizard.fast.xfs_superblock import Geometry, Stamp

LARGEST_FOLDER = 16 * 1024 * 1024
"""Bytes of entries; about half a million names."""
_STAMP = Stamp("a directory block", crc=4, address=8, lsn=16, uuid=24, owner=40)
_FREE = 0xFFFF
_MOST_FILE_TYPE = 8
_NUMBER = struct.Struct(">Q")
_LARGEST_SHORT_INODE = 0xFFFFFFFF


class _Entry(NamedTuple):
    """A name, its inode's number, and where it stands in the directory (in units of 8 bytes), as its index says it."""

    name: bytes
    inode: int
    address: int


def read_entries(geometry: Geometry, folder: Inode) -> dict[bytes, int]:
    """Names and inode numbers, without ``.`` and ``..``; StepAside where anything in it is not as it must be."""
    if folder.format == LOCAL:
        return _named(geometry, folder, _short_entries(geometry, folder))
    if folder.size > LARGEST_FOLDER or folder.size % geometry.folder_block_size:
        raise StepAside(f"XFS directory {folder.number} has a size of {folder.size} bytes")
    entries = _block_entries(geometry, folder)
    if [entry.name for entry in entries[:2]] != [b".", b".."] or entries[0].inode != folder.number:
        raise StepAside(f"XFS directory {folder.number} does not start with itself and its parent")
    geometry.inode_offset(entries[1].inode)
    return _named(geometry, folder, entries[2:])


def _named(geometry: Geometry, folder: Inode, entries: list[_Entry]) -> dict[bytes, int]:
    found = {entry.name: entry.inode for entry in entries}
    if len(found) != len(entries) or b"." in found or b".." in found:
        raise StepAside(f"XFS directory {folder.number} has a name twice")
    if any(b"/" in name or b"\0" in name for name in found):
        raise StepAside(f"XFS directory {folder.number} has a name that no file can have")
    for inode in found.values():
        geometry.inode_offset(inode)
    return found


def _short_entries(geometry: Geometry, folder: Inode) -> list[_Entry]:
    """The entries in the inode: numbers of 4 bytes, or of 8 as soon as one of them, or of the parent, needs it."""
    data = folder.fork
    wide = 8 if data[1] else 4
    at = 2 + wide
    parent = int.from_bytes(data[2:at])
    geometry.inode_offset(parent)
    large = int(parent > _LARGEST_SHORT_INODE)
    tail = wide + (1 if geometry.file_types else 0)
    found = []
    place = 0
    for _ in range(data[0]):
        length, offset = struct.unpack_from(">BH", data, at)
        end = at + 3 + length
        inode = int.from_bytes(data[end + tail - wide : end + tail])
        if not length or end + tail > len(data) or offset < place or (tail > wide and data[end] > _MOST_FILE_TYPE):
            raise StepAside(f"XFS directory {folder.number} is damaged")
        place = offset + _entry_size(length, geometry.file_types)
        large += inode > _LARGEST_SHORT_INODE
        found.append(_Entry(data[at + 3 : end], inode, 0))
        at = end + tail
    if at != len(data) or large != data[1]:
        raise StepAside(f"XFS directory {folder.number} is damaged")
    return found


def _block_entries(geometry: Geometry, folder: Inode) -> list[_Entry]:
    """The entries of all data blocks; checked against the index, by which the kernel looks names up."""
    extents = read_extents(geometry, folder)
    size = geometry.folder_block_size
    unit = size // geometry.block_size
    _check_layout(geometry, folder, extents)
    found: list[_Entry] = []
    for start in range(0, folder.size, size):
        read = read_run(geometry, extents, start // geometry.block_size, unit)
        if read is None:
            continue
        at, data = read
        geometry.check_stamp(data, _STAMP, at, folder.number)
        kind = data[:4]
        single, many = (b"XDB3", b"XDD3") if geometry.checksums else (b"XD2B", b"XD2D")
        if kind == single and folder.size == size and extents[-1].offset < unit:
            end = size - 8 - 8 * int.from_bytes(data[size - 8 : size - 4])
            found = _data_entries(geometry, folder, data, start, end)
            check_block_index(folder.number, data, end, _index(found))
            return found
        if kind != many:
            raise StepAside(f"XFS directory {folder.number} has a block of an unknown kind")
        found += _data_entries(geometry, folder, data, start, size)
    check_index(geometry, folder, extents, _index(found))
    return found


def _check_layout(geometry: Geometry, folder: Inode, extents: list[Extent]) -> None:
    """No data block may lie beyond the directory's size: the kernel would list it."""
    for extent in extents:
        end = (extent.offset + extent.blocks) * geometry.block_size
        if extent.offset * geometry.block_size < INDEX_SPACE and end > folder.size:
            raise StepAside(f"XFS directory {folder.number} has blocks beyond its size")


def _index(entries: list[_Entry]) -> list[tuple[int, int]]:
    return sorted((name_hash(entry.name), entry.address) for entry in entries)


def _entry_size(length: int, file_types: bool) -> int:
    """Number, length, name, file type and tag, in whole units of 8 bytes."""
    return (11 + length + file_types + 7) & ~7


def _data_entries(geometry: Geometry, folder: Inode, data: bytes, start: int, end: int) -> list[_Entry]:
    """The entries of a block that is ``start`` bytes into the directory, from its head to ``end``."""
    at = 64 if geometry.checksums else 16
    file_types = geometry.file_types
    found = []
    while at < end:
        (inode,) = _NUMBER.unpack_from(data, at)
        if inode >> 48 == _FREE:
            size = inode >> 32 & 0xFFFF
            sound = size >= 8 and size % 8 == 0
        else:
            length = data[at + 8]
            size = _entry_size(length, file_types)
            sound = length > 0 and not (file_types and data[at + 9 + length] > _MOST_FILE_TYPE)
            found.append(_Entry(data[at + 9 : at + 9 + length], inode, (start + at) // 8))
        if not sound or at + size > end or int.from_bytes(data[at + size - 2 : at + size]) != at:
            raise StepAside(f"XFS directory {folder.number} is damaged")
        at += size
    if at != end:
        raise StepAside(f"XFS directory {folder.number} is damaged")
    return found
