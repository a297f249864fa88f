"""The disk inside an image file, as the guest sees it: formats and backing chains."""

from __future__ import annotations

import os
import struct
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from wizard.fast.errors import StepAside
from wizard.fast.stream import LARGEST_READ, Positioned, Stream
from wizard.image import Image

BLOCK = 64 * 1024
_KEPT_BLOCKS = 384
MOST_READ = 2 * 1024**3
"""Bytes read from one disk in all; a guest's answers take some megabytes."""


class HostFile(Positioned):
    """A file of the host as a stream. Beyond its end are zeros, as qemu sees it."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        super().__init__(os.fstat(self._descriptor).st_size)
        self.patches: dict[int, bytes] = {}
        """Bytes that stand at an offset in place of the file's own; lies within one read."""

    def read(self, length: int = -1, /) -> bytes:
        length = max(0, self.size - self._at) if length is None or length < 0 else length
        if length > LARGEST_READ or self._at < 0:
            raise StepAside(f"The image's own tables ask for {length} bytes at {self._at}")
        begin = self._at
        self._at += length
        return self._part(begin, self._at)

    def _part(self, begin: int, end: int) -> bytes:
        found = bytearray(os.pread(self._descriptor, end - begin, begin))
        found += bytes(end - begin - len(found))
        for offset, patch in self.patches.items():
            for index, byte in enumerate(patch):
                if 0 <= (at := offset + index - begin) < len(found):
                    found[at] = byte
        return bytes(found)


class Disk(Positioned):
    """A disk of ``size`` bytes, read in aligned blocks that are kept for a while; short blocks end in zeros.

    No read of the format below crosses a block: some of dissect's formats are wrong about such reads.
    """

    def __init__(self, size: int, fill: Callable[[int, int], bytes]) -> None:
        super().__init__(size)
        self._fill = fill
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._left = MOST_READ

    def _part(self, begin: int, end: int) -> bytes:
        parts = []
        while begin < end:
            number, offset = divmod(begin, BLOCK)
            part = self._block(number)[offset : offset + end - begin]
            parts.append(part)
            begin += len(part)
        return b"".join(parts)

    def _block(self, number: int) -> bytes:
        kept = self._kept.get(number)
        if kept is None:
            self._left -= BLOCK
            if self._left < 0:
                raise StepAside(f"More than {MOST_READ >> 30} GiB would have to be read")
            wanted = min(BLOCK, self.size - number * BLOCK)
            kept = self._kept[number] = self._fill(number * BLOCK, wanted).ljust(wanted, b"\0")
            if len(kept) != wanted:
                raise StepAside("The image's format gave more than it was asked for")
            if len(self._kept) > _KEPT_BLOCKS:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(number)
        return kept


def open_disk(image: Image) -> Disk:
    """The disk of a probed image, its backing chain included. StepAside where the format is not certain."""
    formats = (image.format, *image.backing_formats)
    disk: Disk | None = None
    for path, name in reversed(list(zip((image.path, *image.backing), formats, strict=True))):
        disk = _open(path, name, disk)
    assert disk is not None  # noqa: S101 - there is at least the image itself
    if disk.size != image.virtual_size:
        raise StepAside(f"The size of the disk is {disk.size} here and {image.virtual_size} for qemu")
    return disk


def _open(path: Path, name: str, backing: Disk | None) -> Disk:
    file = HostFile(path)
    if name == "raw" and backing is None:
        # qemu counts whole sectors.
        return Disk(-(-file.size // 512) * 512, _reader(file))
    from wizard.fast import formats

    if name == "qcow2":
        return formats.qcow2(file, backing)
    opener = {"vmdk": formats.vmdk, "vdi": formats.vdi, "vhdx": formats.vhdx}.get(name)
    if opener is None or backing is not None:
        raise StepAside(f"The format {name}{' with a backing file' if backing else ''} is read by the appliance only")
    return opener(file)


def _reader(stream: Stream) -> Callable[[int, int], bytes]:
    def fill(offset: int, length: int) -> bytes:
        stream.seek(offset)
        return stream.read(length)

    return fill


def disk_over(stream: Stream, size: int) -> Disk:
    """A disk over a stream of a format's library."""
    if not 0 < size < 1 << 60:
        raise StepAside(f"The image says that its disk has {size} bytes")
    return Disk(size, _reader(stream))


def big_endian(file: HostFile, offset: int, layout: str) -> tuple[int, ...]:
    """Numbers at an offset of a file, by a layout of :mod:`struct` without its byte order."""
    file.seek(offset)
    return struct.unpack(">" + layout, file.read(struct.calcsize(">" + layout)))
