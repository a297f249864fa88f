"""The entries of a FAT directory, long names put together as Linux' vfat driver does."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from wizard.fast.errors import StepAside

ENTRY = struct.Struct("<11sBB7xH4xHI")
"""Short name, attributes, notes on case, upper and lower half of the first cluster, size."""
VOLUME, DIRECTORY, LONG, DELETED = 0x08, 0x10, 0x0F, 0xE5
_SLOT = struct.Struct("<B10sBxB12s2x4s")
_READ_ONLY = 0x01
_LOWER_BASE, _LOWER_EXTENSION = 0x08, 0x10
_LAST_SLOT, _MOST_SLOTS = 0x40, 20
_DOTS = (b".".ljust(11), b"..".ljust(11))
_FOLDED = bytes(range(128)).lower() + bytes(range(128, 256))


@dataclass(frozen=True, slots=True)
class Entry:
    name: bytes | None
    """None where the name is not certain: a short one of which the code page is not known."""
    folded: frozenset[bytes]
    """What it is found by: its long and its short name, as far as they are ASCII."""
    at: int
    is_directory: bool
    read_only: bool
    start: int
    size: int


def fold(name: bytes) -> bytes:
    """A name as it is compared: ASCII letters in lower case."""
    return name.translate(_FOLDED)


def parsed(content: bytes) -> Iterator[Entry]:
    """A directory's entries, each with its long name where one goes with it; as the kernel puts them together."""
    long: list[bytes] = []
    left, checksum = 0, 0
    ended = False
    for at in range(0, len(content), ENTRY.size):
        name, attributes, cases, high, low, size = ENTRY.unpack_from(content, at)
        if not name[0]:
            ended, left, long = True, 0, []
            continue
        if name[0] == DELETED:
            left, long = 0, []
            continue
        if ended:
            raise StepAside("A FAT directory has entries behind its end")
        if attributes == LONG:
            order, first, _, sum_, second, third = _SLOT.unpack_from(content, at)
            number = order & ~_LAST_SLOT
            if long and number == left and sum_ == checksum:
                if order & _LAST_SLOT:
                    raise StepAside("A long name of a FAT directory ends twice")
                left -= 1
                long.append(first + second + third)
            elif order & _LAST_SLOT and 0 < number <= _MOST_SLOTS:
                left, checksum = number - 1, sum_
                long = [first + second + third]
            else:
                left, long = 0, []
            continue
        pieces, whole = long, left == 0
        left, long = 0, []
        if attributes & VOLUME or name in _DOTS:
            continue
        short = _short_name(name, cases)
        if not short:
            continue
        shown: bytes | None = short if short.isascii() else None
        if pieces and whole and checksum == _checksum(name):
            shown = _long_name(pieces)
        if any(
            one is not None and (b"/" in one or b"\0" in one or one in (b"", b".", b"..")) for one in (short, shown)
        ):
            raise StepAside("A FAT directory has an impossible name")
        folded = frozenset(fold(one) for one in (short, shown) if one is not None and one.isascii())
        is_directory, read_only = bool(attributes & DIRECTORY), bool(attributes & _READ_ONLY)
        yield Entry(shown, folded, at, is_directory, read_only, high << 16 | low, size)


def _short_name(name: bytes, cases: int) -> bytes:
    """As ``shortname=mixed``, the default, shows it: upper case as stored, unless Windows NT noted lower case."""
    if name[0] == 0x05:
        name = bytes([DELETED]) + name[1:]
    base, extension = (part.partition(b"\0")[0].rstrip(b" ") for part in (name[:8], name[8:]))
    if cases & _LOWER_BASE:
        base = fold(base)
    if cases & _LOWER_EXTENSION:
        extension = fold(extension)
    return base + b"." + extension if extension else base


def _long_name(pieces: list[bytes]) -> bytes:
    """Pieces of 13 UTF-16 letters, the last one first, as UTF-8."""
    letters = b"".join(reversed(pieces)).decode("utf-16-le", "surrogatepass").partition("\0")[0]
    try:
        return letters.encode()
    except UnicodeEncodeError:
        raise StepAside("A FAT directory has a name that is no UTF-16") from None


def _checksum(name: bytes) -> int:
    """Of a short name, which the slots of its long name carry."""
    total = 0
    for byte in name:
        total = ((total >> 1) + ((total & 1) << 7) + byte) & 0xFF
    return total
