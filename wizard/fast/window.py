"""Streams made of parts of other streams."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from wizard.fast.errors import StepAside
from wizard.fast.stream import LARGEST_READ, Stream, read_at


@dataclass(frozen=True)
class Piece:
    """``size`` bytes of a stream, from ``start``."""

    stream: Stream
    start: int
    size: int


class Pieces:
    """Pieces laid end to end: a partition (one piece), a logical volume (one a segment)."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            if piece.start < 0 or piece.size <= 0 or piece.start + piece.size > piece.stream.size:
                raise StepAside("A partition or volume reaches beyond the end of its disk")
        self._pieces = tuple(pieces)
        self.size = sum(piece.size for piece in pieces)
        self._at = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, length: int = -1, /) -> bytes:
        left = max(0, self.size - self._at)
        length = left if length is None or length < 0 else min(length, left)
        if length > LARGEST_READ or self._at < 0:
            raise StepAside(f"A structure asks for {length} bytes at once")
        parts = []
        begin, end, first = self._at, self._at + length, 0
        for piece in self._pieces:
            low, high = max(begin, first), min(end, first + piece.size)
            if low < high:
                parts.append(read_at(piece.stream, piece.start + low - first, high - low))
            first += piece.size
        self._at = end
        return b"".join(parts)
