"""The index of an XFS directory: hashes of its names, in order. The kernel looks a name up here, and only here.

So an index that does not agree with the entries makes the kernel blind to a name that it lists: no answer is certain.
"""

from __future__ import annotations

import struct

from wizard.fast.errors import StepAside
from wizard.fast.xfs_extents import Extent, read_run
from wizard.fast.xfs_inode import Inode
from wizard.fast.xfs_superblock import Geometry, Stamp

INDEX_SPACE = 1 << 35
"""Bytes into the directory at which the index starts, a hole before it."""
_STAMP = Stamp("a directory index block", crc=12, address=16, lsn=24, uuid=32, owner=48)
_DEEPEST = 5
_NODE, _LEAF, _SINGLE = range(3)
_KINDS = {
    False: {0xFEBE: _NODE, 0xD2FF: _LEAF, 0xD2F1: _SINGLE},
    True: {0x3EBE: _NODE, 0x3DFF: _LEAF, 0x3DF1: _SINGLE},
}
_LARGEST = 16 * 1024 * 1024
"""Bytes of index blocks."""
_STALE = 0
"""The address of an entry whose name was removed."""
_PAIR = struct.Struct(">II")


def name_hash(name: bytes) -> int:
    """The hash of a name: four bytes at a time, 7 bits each, rotated by 28 between (xfs_da_hashname)."""
    hashed = 0
    length = len(name) & ~3
    for a, b, c, d in zip(name[0:length:4], name[1:length:4], name[2:length:4], name[3:length:4], strict=True):
        hashed = (a << 21) ^ (b << 14) ^ (c << 7) ^ d ^ ((hashed << 28 | hashed >> 4) & 0xFFFFFFFF)
    rest = name[length:]
    value = 0
    for byte in rest:
        value = value << 7 ^ byte
    turn = 7 * len(rest)
    return value ^ ((hashed << turn | hashed >> (32 - turn)) & 0xFFFFFFFF)


def check_block_index(folder: int, data: bytes, end: int, expected: list[tuple[int, int]]) -> None:
    """StepAside unless the index at the end of a single directory block says the same as its entries."""
    head = 64 if data[:4] == b"XDB3" else 16
    count, stale = _PAIR.unpack_from(data, len(data) - 8)
    if end < head:
        raise StepAside(f"The index of XFS directory {folder} does not fit in its block")
    _compare(folder, _pairs(data, end, count), stale, expected)


def check_index(geometry: Geometry, folder: Inode, extents: list[Extent], expected: list[tuple[int, int]]) -> None:
    """StepAside unless the index blocks say the same as the entries, and every way through them is right."""
    walk = _Walk(geometry, folder, extents)
    walk.visit(INDEX_SPACE // geometry.block_size, None)
    walk.check_chain()
    _compare(folder.number, walk.pairs, walk.stale, expected)


def _pairs(data: bytes, at: int, count: int) -> list[tuple[int, int]]:
    return list(_PAIR.iter_unpack(data[at : at + 8 * count]))


def _compare(folder: int, pairs: list[tuple[int, int]], stale: int, expected: list[tuple[int, int]]) -> None:
    hashes = [hashed for hashed, _address in pairs]
    used = sorted(pair for pair in pairs if pair[1] != _STALE)
    if hashes != sorted(hashes) or len(pairs) - len(used) != stale or used != expected:
        raise StepAside(f"The index of XFS directory {folder} does not agree with its entries")


class _Walk:
    """One pass through the index from its root: the leaves' pairs, and how the blocks of a level are chained."""

    def __init__(self, geometry: Geometry, folder: Inode, extents: list[Extent]) -> None:
        self._geometry = geometry
        self._folder = folder
        self._extents = extents
        unit = geometry.folder_block_size // geometry.block_size
        self._alone = extents[-1].offset + extents[-1].blocks == INDEX_SPACE // geometry.block_size + unit
        self._levels: dict[int, list[tuple[int, int, int]]] = {}
        self._seen: set[int] = set()
        self.pairs: list[tuple[int, int]] = []
        self.stale = 0

    def visit(self, block: int, level: int | None) -> int:
        """Take in a block, at this level unless it is the root, and what is below it; returns its highest hash."""
        geometry, folder = self._geometry, self._folder.number
        size = geometry.folder_block_size
        read = None
        if block * geometry.block_size >= INDEX_SPACE and block not in self._seen:
            read = read_run(geometry, self._extents, block, size // geometry.block_size)
        if read is None:
            raise self._broken()
        self._seen.add(block)
        if len(self._seen) * size > _LARGEST:
            raise StepAside(f"The index of XFS directory {folder} is too large to read quickly")
        at, data = read
        geometry.check_stamp(data, _STAMP, at, folder)
        following, previous, magic = struct.unpack_from(">IIH", data)
        head = 64 if geometry.checksums else 16
        count, second = struct.unpack_from(">HH", data, 56 if geometry.checksums else 12)
        kind = _KINDS[geometry.checksums].get(magic)
        own_level = second if kind == _NODE else 0
        if (
            kind is None
            or not 1 <= count <= (size - head) // 8
            or own_level > _DEEPEST
            or (level is None and (kind == _SINGLE) != self._alone)
            or (level is not None and (kind == _SINGLE or own_level != level))
            or (kind == _NODE and own_level == 0)
        ):
            raise self._broken()
        self._levels.setdefault(own_level, []).append((block, previous, following))
        pairs = _pairs(data, head, count)
        if kind != _NODE:
            self.pairs += pairs
            self.stale += second
            return pairs[-1][0]
        for highest, child in pairs:
            if self.visit(child, own_level - 1) != highest:
                raise self._broken()
        return pairs[-1][0]

    def check_chain(self) -> None:
        """Names of the same hash may go on in the next leaf, to which the kernel follows the chain."""
        for blocks in self._levels.values():
            order = [0, *(block for block, _previous, _following in blocks), 0]
            for number, (_block, previous, following) in enumerate(blocks, 1):
                if previous != order[number - 1] or following != order[number + 1]:
                    raise self._broken()

    def _broken(self) -> StepAside:
        return StepAside(f"The index of XFS directory {self._folder.number} contradicts itself")
