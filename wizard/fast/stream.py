"""What disks, partitions and volumes are to the fast reader: something with a size that can be read anywhere."""

from __future__ import annotations

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


def read_at(stream: Stream, offset: int, length: int) -> bytes:
    """Exactly ``length`` bytes from ``offset``; StepAside where they are not all there."""
    if offset < 0 or not 0 <= length <= LARGEST_READ or offset + length > stream.size:
        raise StepAside(f"A structure lies outside of its device, at {offset} with {length} bytes")
    stream.seek(offset)
    found = stream.read(length)
    if len(found) != length:
        raise StepAside(f"Only {len(found)} of {length} bytes could be read at {offset}")
    return bytes(found)
