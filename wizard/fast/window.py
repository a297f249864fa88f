"""Streams made of parts of other streams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wizard.fast.errors import StepAside
from wizard.fast.stream import Positioned, Stream, read_at


@dataclass(frozen=True)
class Piece:
    """``size`` bytes of a stream, from ``start``."""

    stream: Stream
    start: int
    size: int


class Pieces(Positioned):
    """Pieces laid end to end: a partition (one piece), a logical volume (one a segment)."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            if piece.start < 0 or piece.size <= 0 or piece.start + piece.size > piece.stream.size:
                raise StepAside("A partition or volume reaches beyond the end of its disk")
        super().__init__(sum(piece.size for piece in pieces))
        self._pieces = tuple(pieces)

    def _part(self, begin: int, end: int) -> bytes:
        parts = []
        first = 0
        for piece in self._pieces:
            low, high = max(begin, first), min(end, first + piece.size)
            if low < high:
                parts.append(read_at(piece.stream, piece.start + low - first, high - low))
            first += piece.size
        return b"".join(parts)
