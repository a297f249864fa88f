"""Reads MBR and GPT partition tables (UEFI specification, chapter 5): some sectors, where parted takes seconds."""

from __future__ import annotations

import struct
import uuid
import zlib
from collections.abc import Callable
from dataclasses import replace

from remediations.guest import Partition

SECTOR = 512
Read = Callable[[int, int], bytes]
"""``read(offset, length)`` gives that part of the disk."""
_EXTENDED = (0x05, 0x0F, 0x85)
_MOST_LOGICAL = 128


class TableError(Exception):
    """A partition table that is not understood, or contradicts itself; the message says which."""


def partitions(read: Read) -> tuple[str, tuple[Partition, ...]]:
    """``dos`` or ``gpt``, and its partitions by number. TableError for anything else."""
    first = read(0, SECTOR)
    if first[510:512] != b"\x55\xaa":
        raise TableError("no MBR or GPT partition table")
    entries = list(_entries(first))
    if any(kind == 0xEE for kind, _start, _length in entries):
        return "gpt", _gpt(read)
    disk_id = struct.unpack_from("<I", first, 440)[0]
    return "dos", tuple(replace(found, uuid=f"{disk_id:08x}-{found.number:02x}") for found in _dos(read, entries))


def _entries(sector: bytes) -> list[tuple[int, int, int]]:
    """Type, first sector and sectors of the four entries of an MBR."""
    found = []
    for at in range(446, 510, 16):
        start, length = struct.unpack_from("<II", sector, at + 8)
        found.append((sector[at + 4], int(start), int(length)))
    return found


def _partition(number: int, start: int, length: int, kind: str, code: str) -> Partition:
    return Partition(number, start * SECTOR, (start + length) * SECTOR - 1, kind, code)


def _dos(read: Read, entries: list[tuple[int, int, int]]) -> tuple[Partition, ...]:
    found = []
    logical: list[Partition] = []
    for number, (code, start, length) in enumerate(entries, 1):
        if code == 0 or length == 0:
            continue
        extended = code in _EXTENDED
        found.append(_partition(number, start, length, "extended" if extended else "primary", f"0x{code:02x}"))
        if extended:
            logical += _logical(read, start)
    return (*found, *logical)


def _logical(read: Read, base: int) -> list[Partition]:
    """The chain of logical partitions; a hostile one may be a ring, so it is bounded."""
    found: list[Partition] = []
    here = base
    while len(found) < _MOST_LOGICAL:
        sector = read(here * SECTOR, SECTOR)
        if sector[510:512] != b"\x55\xaa":
            raise TableError("the chain of logical partitions is broken")
        (code, start, length), (link, following, _length), *_ = _entries(sector)
        if code and length:
            found.append(_partition(5 + len(found), here + start, length, "logical", f"0x{code:02x}"))
        if link not in _EXTENDED:
            return found
        here = base + following
    raise TableError(f"more than {_MOST_LOGICAL} logical partitions")


def _gpt(read: Read) -> tuple[Partition, ...]:
    header = read(SECTOR, SECTOR)
    if header[:8] != b"EFI PART":
        raise TableError("a protective MBR without a GPT")
    length, checksum = struct.unpack_from("<II", header, 12)
    if not 92 <= length <= SECTOR or checksum != zlib.crc32(header[:16] + bytes(4) + header[20:length]):
        raise TableError("a GPT header whose checksum is wrong")
    table, count, size, entries_checksum = struct.unpack_from("<QIII", header, 72)
    if not 128 <= size <= 4096 or not 0 < count <= 1024:
        raise TableError("a GPT with impossible figures")
    raw = read(table * SECTOR, count * size)
    if len(raw) < count * size:
        raise TableError("a GPT that ends beyond the disk")
    if entries_checksum != zlib.crc32(raw):
        raise TableError("a GPT whose checksum is wrong")
    found = []
    for number in range(1, count + 1):
        entry = raw[(number - 1) * size : number * size]
        if entry[:16] == bytes(16):
            continue
        start, last = struct.unpack_from("<QQ", entry, 32)
        code = str(uuid.UUID(bytes_le=entry[:16])).upper()
        label = entry[56:128].decode("utf-16-le", "replace").split("\0")[0]
        partition = _partition(number, start, last - start + 1, "primary", code)
        found.append(replace(partition, uuid=str(uuid.UUID(bytes_le=entry[16:32])), label=label))
    return tuple(found)
