"""What disks, partitions and volumes are to the fast reader: something with a size that can be read anywhere."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import Protocol

from wizard.fast.errors import StepAside

LARGEST_READ = 64 * 1024 * 1024
"""Bytes; a structure that asks for more at once is no structure of a guest's."""


class Stream(Protocol):
    """A file object as the dissect libraries want it, with a known size in bytes."""

    size: int

    def seek(self, offset: int, whence: int = 0, /) -> int: ...

    def tell(self) -> int: ...

    def read(self, length: int = -1, /) -> bytes: ...


class Positioned(ABC):
    """What streams have in common: a position, and bounds. Subclasses read in :meth:`_part`."""

    def __init__(self, size: int) -> None:
        self.size = size
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
            raise StepAside(f"A structure asks for {length} bytes at {self._at}")
        begin = self._at
        self._at = begin + length
        return self._part(begin, self._at)

    @abstractmethod
    def _part(self, begin: int, end: int) -> bytes:
        """The bytes from ``begin`` to ``end``, which lie within the size."""


def read_at(stream: Stream, offset: int, length: int) -> bytes:
    """Exactly ``length`` bytes from ``offset``; StepAside where they are not all there."""
    if offset < 0 or not 0 <= length <= LARGEST_READ or offset + length > stream.size:
        raise StepAside(f"A structure lies outside of its device, at {offset} with {length} bytes")
    stream.seek(offset)
    found = stream.read(length)
    if len(found) != length:
        raise StepAside(f"Only {len(found)} of {length} bytes could be read at {offset}")
    return bytes(found)
