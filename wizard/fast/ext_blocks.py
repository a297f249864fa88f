"""Where the data of an ext inode lies: extents (ext4) and block pointers (ext2, ext3)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from wizard.fast.checksum import crc32c
from wizard.fast.errors import StepAside
from wizard.fast.ext_super import Super

_DEEPEST = 5
_HEADER = struct.Struct("<HHHHI")
_DIRECT = 12


class Run(NamedTuple):
    """``length`` blocks of a file from block ``logical``, lying together on the disk from block ``physical``."""

    logical: int
    physical: int
    length: int


def extent_runs(known: Super, root: bytes, seed: int | None, blocks: int) -> Iterator[Run]:
    """The written extents among a file's first ``blocks`` blocks, in order. The rest reads as zeros."""
    end = 0
    for logical, physical, count, written in _extents(known, root, seed, blocks, None):
        if logical < end or not physical > 0 or physical + count > known.blocks:
            raise StepAside("The extents of an ext file contradict each other")
        end = logical + count
        if logical >= blocks:
            return
        if written:
            yield Run(logical, physical, min(count, blocks - logical))


def _extents(
    known: Super, raw: bytes, seed: int | None, blocks: int, expected: int | None
) -> Iterator[tuple[int, int, int, bool]]:
    """The leaves below one node, as they stand there; ``expected`` is the depth that its parent promises."""
    magic, entries, most, depth, _generation = _HEADER.unpack_from(raw)
    room = (len(raw) - 12) // 12
    if magic != 0xF30A or not entries <= most <= room or depth > _DEEPEST or expected not in (None, depth):
        raise StepAside("A node of an ext file's extents is damaged")
    if expected is not None and seed is not None:
        tail = 12 + 12 * most
        if tail + 4 > len(raw) or struct.unpack_from("<I", raw, tail)[0] != crc32c(raw[:tail], seed):
            raise StepAside("The checksum of an ext file's extents is wrong")
    for at in range(12, 12 + 12 * entries, 12):
        if depth == 0:
            logical, count, high, low = struct.unpack_from("<IHHI", raw, at)
            written = count <= 0x8000
            count = count if written else count - 0x8000
            if not count:
                raise StepAside("An extent of an ext file is empty")
            yield logical, high << 32 | low, count, written
            continue
        logical, low, high = struct.unpack_from("<IIH", raw, at)
        if logical >= blocks:
            return
        yield from _extents(known, known.block(high << 32 | low), seed, blocks, depth - 1)


def pointer_runs(known: Super, area: bytes, blocks: int) -> Iterator[Run]:
    """The allocated blocks among a file's first ``blocks`` blocks, in order. The rest reads as zeros."""
    run: Run | None = None
    for logical, physical in _pointers(known, area, blocks):
        if not 0 < physical < known.blocks:
            raise StepAside("A block pointer of an ext file leads outside of the file system")
        if run and (run.logical + run.length, run.physical + run.length) == (logical, physical):
            run = run._replace(length=run.length + 1)
            continue
        if run:
            yield run
        run = Run(logical, physical, 1)
    if run:
        yield run


def _pointers(known: Super, area: bytes, blocks: int) -> Iterator[tuple[int, int]]:
    direct = struct.unpack_from("<12I", area)
    yield from ((at, block) for at, block in enumerate(direct[:blocks]) if block)
    first = _DIRECT
    for level, block in enumerate(struct.unpack_from("<3I", area, 48), 1):
        if first >= blocks:
            return
        if block:
            yield from _indirect(known, block, level, first, blocks)
        first += (known.block_size // 4) ** level


def _indirect(known: Super, block: int, level: int, first: int, blocks: int) -> Iterator[tuple[int, int]]:
    """The pointers below one indirect block, whose first one is that of the file's block ``first``."""
    reach = (known.block_size // 4) ** (level - 1)
    for at, child in enumerate(struct.unpack(f"<{known.block_size // 4}I", known.block(block))):
        logical = first + at * reach
        if logical >= blocks:
            return
        if child and level == 1:
            yield logical, child
        elif child:
            yield from _indirect(known, child, level - 1, logical, blocks)
