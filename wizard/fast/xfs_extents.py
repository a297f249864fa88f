"""Where the contents of an XFS inode lie: its list of extents, inline or in a B+tree."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from wizard.fast.errors import StepAside
from wizard.fast.stream import read_at
from wizard.fast.xfs_inode import BTREE, EXTENTS, Inode
from wizard.fast.xfs_superblock import Geometry, Stamp

MOST_EXTENTS = 100_000
_MOST_BLOCKS = 10_000
"""More of them, extents or blocks of the tree, would take seconds to read."""
_DEEPEST = 9
_NONE = (1 << 64) - 1
_STAMP = Stamp("a block of the extent tree", crc=64, address=24, lsn=32, uuid=40, owner=56)
_RECORD, _POINTER = struct.Struct(">QQ"), struct.Struct(">Q")


class Extent(NamedTuple):
    """A run of file system blocks: ``offset`` counts blocks in the file, ``at`` is its first byte on the device."""

    offset: int
    blocks: int
    at: int
    unwritten: bool


def read_extents(geometry: Geometry, inode: Inode) -> list[Extent]:
    """All extents of an inode, in the order of the file; StepAside where they overlap or are not as many as said."""
    if inode.extents > MOST_EXTENTS:
        raise StepAside(f"XFS inode {inode.number} has {inode.extents} extents, too many to read quickly")
    records: Iterable[tuple[int, int]]
    if inode.format == EXTENTS:
        records = _records(inode.fork, 0, inode.extents)
    elif inode.format == BTREE:
        records = _tree(geometry, inode)
    else:
        raise StepAside(f"XFS inode {inode.number} has no extents")
    found = []
    end = 0
    for first, second in records:
        offset, count = (first & (_NONE >> 1)) >> 9, second & 0x1FFFFF
        if offset < end:
            raise StepAside(f"The extents of XFS inode {inode.number} overlap")
        end = offset + count
        at = geometry.block_offset((first & 0x1FF) << 43 | second >> 21, count)
        found.append(Extent(offset, count, at, bool(first >> 63)))
    if len(found) != inode.extents:
        raise StepAside(f"XFS inode {inode.number} has {len(found)} extents instead of {inode.extents}")
    return found


def read_run(geometry: Geometry, extents: list[Extent], block: int, count: int) -> tuple[int, bytes] | None:
    """Metadata of ``count`` blocks at ``block`` in a file, and its byte on the device; None where all of it is a hole.

    StepAside where it is in part a hole, unwritten, or in pieces.
    """
    following = bisect_right(extents, block + count - 1, key=lambda extent: extent.offset)
    if following == 0:
        return None
    extent = extents[following - 1]
    end = extent.offset + extent.blocks
    if end <= block:
        return None
    if extent.unwritten or block < extent.offset or block + count > end:
        raise StepAside("A metadata block of XFS is in pieces")
    at = extent.at + (block - extent.offset) * geometry.block_size
    return at, read_at(geometry.stream, at, count * geometry.block_size)


def read_contents(geometry: Geometry, inode: Inode, length: int) -> bytes:
    """The first ``length`` bytes of a file, none of them beyond its size; holes and unwritten extents are zeros."""
    block = geometry.block_size
    pieces = []
    done = 0
    for extent in read_extents(geometry, inode):
        start = extent.offset * block
        if start >= length:
            break
        end = min(length, start + extent.blocks * block)
        pieces.append(bytes(start - done))
        pieces.append(bytes(end - start) if extent.unwritten else read_at(geometry.stream, extent.at, end - start))
        done = end
    pieces.append(bytes(length - done))
    return b"".join(pieces)


def _records(data: bytes, start: int, count: int) -> list[tuple[int, int]]:
    return [_RECORD.unpack_from(data, start + number * _RECORD.size) for number in range(count)]


def _tree(geometry: Geometry, inode: Inode) -> Iterator[tuple[int, int]]:
    """The records of the leaves, read level by level from the root in the inode."""
    level, count = struct.unpack_from(">HH", inode.fork)
    room = (len(inode.fork) - 4) // 16
    if not 1 <= level <= _DEEPEST or not 1 <= count <= room or inode.extents <= len(inode.fork) // 16:
        raise StepAside(f"The extent tree of XFS inode {inode.number} has an impossible root")
    children = _children(inode.fork, 4, count, room)
    total = 0
    while level:
        level -= 1
        total += len(children)
        if total > _MOST_BLOCKS:
            raise StepAside(f"The extent tree of XFS inode {inode.number} is too large to read quickly")
        blocks = _siblings(geometry, inode, level, children)
        if level == 0:
            for data, head, count in blocks:
                yield from _records(data, head, count)
            return
        children = [
            child
            for data, head, count in blocks
            for child in _children(data, head, count, (geometry.block_size - head) // 16)
        ]


def _siblings(
    geometry: Geometry, inode: Inode, level: int, children: list[tuple[int, int]]
) -> Iterator[tuple[bytes, int, int]]:
    """The blocks of one level with the length of their head and the number of their records, checked as a chain."""
    head = 72 if geometry.checksums else 24
    magic = b"BMA3" if geometry.checksums else b"BMAP"
    pointers = [_NONE, *(pointer for _key, pointer in children), _NONE]
    for number, (key, pointer) in enumerate(children, 1):
        at = geometry.block_offset(pointer)
        data = read_at(geometry.stream, at, geometry.block_size)
        geometry.check_stamp(data, _STAMP, at, inode.number)
        own_level, count, left, right = struct.unpack_from(">HHQQ", data, 4)
        if (
            data[:4] != magic
            or own_level != level
            or not 1 <= count <= (geometry.block_size - head) // 16
            or left != pointers[number - 1]
            or right != pointers[number + 1]
            or _first_offset(data, head, level) != key
        ):
            raise StepAside(f"The extent tree of XFS inode {inode.number} contradicts itself")
        yield data, head, count


def _first_offset(data: bytes, head: int, level: int) -> int:
    first = int(_POINTER.unpack_from(data, head)[0])
    return first if level else (first & (_NONE >> 1)) >> 9


def _children(data: bytes, start: int, count: int, room: int) -> list[tuple[int, int]]:
    """First file block and file system block of each child; ``room`` is how many would fit."""
    keys, pointers = start, start + room * 8
    return [
        (_POINTER.unpack_from(data, keys + at)[0], _POINTER.unpack_from(data, pointers + at)[0])
        for at in range(0, count * 8, 8)
    ]
