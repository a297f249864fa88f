"""Whether the journal (log) of an XFS file system is clean: whether its last record says that it was unmounted.

The kernel finds the end of the log in xlog_find_head, and the unmount record in xlog_check_unmount_rec; where it would
repair what it finds on the way, this steps aside.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

from wizard.fast.errors import StepAside

BASIC_BLOCK = 512
"""Bytes; the log is written in these, each stamped with the number of the turn (cycle) in which it was written."""
_MAGIC = 0xFEEDBABE
_HEADER_CYCLES = 32 * 1024
_LARGEST_RECORD = 256 * 1024
_WINDOW = 8 * _LARGEST_RECORD // BASIC_BLOCK
"""Blocks; that much may be on its way to the disk at once, so a crash may leave holes that far before the head."""
_UNMOUNT = 0x20
_DIRTY = "The XFS journal has changes to replay"


class _Head(NamedTuple):
    """Where the next record would go: ``block`` of the turn ``cycle``.

    ``before`` are the blocks written ahead of it, the first ``wrapped`` of them at the log's end in the previous turn.
    """

    block: int
    cycle: int
    before: bytes
    wrapped: int


def require_clean_log(read: Callable[[int, int], bytes], blocks: int, uuid: bytes, version_2: bool, lsn: int) -> int:
    """The log's position after its last record; StepAside unless that is the record of an unmount.

    ``read(block, count)`` gives that many of the log's basic blocks, ``lsn`` is the newest log position that the
    superblock knows of.
    """
    head = _find_head(read, blocks)
    position = head.cycle << 32 | head.block
    if lsn > position:
        raise StepAside("The XFS superblock is newer than the journal")
    start = _last_header(head.before)
    record = head.before[start:]
    version, length, record_lsn = struct.unpack_from(">IIQ", record, 8)
    (operations,) = struct.unpack_from(">I", record, 40)
    (size,) = struct.unpack_from(">I", record, 320)
    if record[304:320] != uuid:
        raise StepAside("The XFS journal is that of another file system")
    headers = 1
    if version_2 and version & 2 and size > _HEADER_CYCLES:
        headers = -(-size // _HEADER_CYCLES)
    before = start // BASIC_BLOCK
    if before < head.wrapped:
        expected = (head.cycle - 1) << 32 | (blocks - head.wrapped + before)
    else:
        expected = head.cycle << 32 | (head.block - len(record) // BASIC_BLOCK)
    ends_at_head = headers + -(-length // BASIC_BLOCK) == len(record) // BASIC_BLOCK
    if size > _LARGEST_RECORD or record_lsn != expected or not ends_at_head or operations != 1:
        raise StepAside(_DIRTY)
    operation = record[headers * BASIC_BLOCK :]
    if len(operation) < BASIC_BLOCK or not operation[9] & _UNMOUNT:
        raise StepAside(_DIRTY)
    return position


def _find_head(read: Callable[[int, int], bytes], blocks: int) -> _Head:
    first, last = _cycles(read(0, 1))[0], _cycles(read(blocks - 1, 1))[0]
    if first == 0:
        raise StepAside("The XFS journal is empty")
    if first == last:
        head = blocks
    elif first == last + 1:
        head = _first_of_previous_turn(read, blocks, last)
    else:
        raise StepAside(_DIRTY)
    count = min(blocks, _WINDOW)
    wrapped = max(0, count - head)
    before = read(blocks - wrapped, wrapped) if wrapped else b""
    before += read(head - (count - wrapped), count - wrapped)
    if _cycles(before) != [last] * wrapped + [first] * (count - wrapped):
        raise StepAside(_DIRTY)
    if head == blocks:
        return _Head(0, first + 1, before, count)
    return _Head(head, first, before, wrapped)


def _first_of_previous_turn(read: Callable[[int, int], bytes], blocks: int, cycle: int) -> int:
    low, high = 0, blocks - 1
    while high - low > 1:
        middle = (low + high) // 2
        if _cycles(read(middle, 1))[0] == cycle:
            high = middle
        else:
            low = middle
    return high


def _cycles(data: bytes) -> list[int]:
    """The turn of each block. In a record's header the magic number comes first."""
    return [second if first == _MAGIC else first for first, second in struct.iter_unpack(">II504x", data)]


def _last_header(before: bytes) -> int:
    """The byte at which the last record header starts."""
    longest = _LARGEST_RECORD + (_LARGEST_RECORD // _HEADER_CYCLES) * BASIC_BLOCK
    for at in range(len(before) - BASIC_BLOCK, max(-1, len(before) - longest - BASIC_BLOCK), -BASIC_BLOCK):
        if before[at : at + 4] == _MAGIC.to_bytes(4):
            return at
    raise StepAside(_DIRTY)
