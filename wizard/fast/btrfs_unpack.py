"""The three compressions of btrfs, with a bound on what comes out.

LZO is decoded here: the decoders of dissect.util take a distance before the beginning for granted, one of them ends
in a panic printed on stderr, and the kernel refuses it. The format is described in the kernel's
Documentation/staging/lzo.rst, how btrfs frames it in fs/btrfs/lzo.c's opening comment.
"""

from __future__ import annotations

import sys
import zlib
from typing import Any

from wizard.fast.btrfs_super import SECTOR
from wizard.fast.errors import StepAside

MOST_UNPACKED = 128 * 1024
"""Bytes of one compressed extent, packed or unpacked."""
ZLIB, LZO, ZSTD = 1, 2, 3
_WINDOW_LOG = 17
_LENGTH = 4
_SEGMENT = SECTOR + SECTOR // 16 + 64 + 3
"""The most that one sector can become when LZO makes it larger."""


def unpack(kind: int, packed: bytes, length: int, inline: bool) -> bytes:
    """The first ``length`` bytes of an extent. StepAside where they are not all there."""
    if not 0 < length <= MOST_UNPACKED or len(packed) > MOST_UNPACKED:
        raise StepAside("A compressed btrfs extent is larger than it may be")
    if kind == ZLIB:
        found = _zlib(packed, length)
    elif kind == LZO:
        found = _lzo(packed, length, inline)
    elif kind == ZSTD:
        found = _zstd(packed, length)
    else:
        raise StepAside(f"A btrfs extent has a compression that is not known here ({kind})")
    if len(found) < length:
        raise StepAside("A compressed btrfs extent is shorter than it says")
    return found[:length]


def _zlib(packed: bytes, length: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, length)
    except zlib.error:
        raise StepAside("A zlib extent of the btrfs is damaged") from None


def _zstd(packed: bytes, length: int) -> bytes:
    zstd = _zstd_library()
    try:
        limit = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
        return bytes(zstd.ZstdDecompressor(options=limit).decompress(packed, length))
    except zstd.ZstdError:
        raise StepAside("A zstd extent of the btrfs is damaged") from None


def _zstd_library() -> Any:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError:
        raise StepAside("The library that reads zstd is not installed") from None
    return zstd


def _lzo(packed: bytes, length: int, inline: bool) -> bytes:
    """Segments of one sector each. No segment's length field crosses a sector's end."""
    total = int.from_bytes(packed[:_LENGTH], "little")
    framed = total == len(packed) if inline else total <= len(packed) < total + SECTOR
    if not framed or total < 2 * _LENGTH:
        raise StepAside("An LZO extent of the btrfs has an impossible length")
    found = bytearray()
    at = _LENGTH
    while len(found) < length and at < total:
        if SECTOR - at % SECTOR < _LENGTH:
            at += SECTOR - at % SECTOR
        size = int.from_bytes(packed[at : at + _LENGTH], "little")
        at += _LENGTH
        if len(found) % SECTOR or not 0 < size <= _SEGMENT or at + size > total:
            raise StepAside("A segment of an LZO extent of the btrfs has an impossible length")
        found += lzo_segment(packed[at : at + size])
        at += size
    return bytes(found)


def lzo_segment(packed: bytes) -> bytes:
    """One LZO1X stream of at most a sector. StepAside where it is damaged."""
    try:
        return _decode(packed)
    except IndexError:
        raise StepAside("An LZO extent of the btrfs is cut off") from None


def _decode(packed: bytes) -> bytes:
    out = bytearray()
    at = 0
    after = 0
    """How many literals came last: 0 to 3 behind a copy, 4 for a run of them."""

    def number(code: int, mask: int) -> int:
        nonlocal at
        value = code & mask
        if value:
            return value
        while not packed[at]:
            value += 255
            at += 1
        value += mask + packed[at]
        at += 1
        return value

    def literals(count: int) -> None:
        nonlocal at
        if at + count > len(packed) or len(out) + count > SECTOR:
            raise IndexError
        out.extend(packed[at : at + count])
        at += count

    if packed[0] == 17:
        raise StepAside("An LZO extent of the btrfs has a version that is not known here")
    if packed[0] > 17:
        at, count = 1, packed[0] - 17
        literals(count)
        after = min(count, 4)
    while True:
        code = packed[at]
        at += 1
        if code < 16 and not after:
            literals(3 + number(code, 15))
            after = 4
            continue
        if code < 16:
            length, distance = (3, 2049) if after == 4 else (2, 1)
            distance += (packed[at] << 2) + (code >> 2)
            at += 1
            after = code & 3
        elif code < 64:
            length = 2 + number(code, 7 if code < 32 else 31)
            pair = packed[at] | packed[at + 1] << 8
            at += 2
            distance = (pair >> 2) + (16384 + ((code & 8) << 11) if code < 32 else 1)
            after = pair & 3
            if code < 32 and distance == 16384:
                if length != 3 or at != len(packed):
                    raise IndexError
                return bytes(out)
        else:
            length = 3 + (code >> 5 & 1) if code < 128 else 5 + (code >> 5 & 3)
            distance = (packed[at] << 3) + (code >> 2 & 7) + 1
            at += 1
            after = code & 3
        if distance > len(out) or len(out) + length > SECTOR:
            raise IndexError
        piece = out[-distance:]
        out += (piece * (length // distance + 1))[:length]
        literals(after)
