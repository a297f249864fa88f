"""The names of the files in an initial RAM disk, read without unpacking it.

Source: the kernel's buffer-format documentation: cpio archives (newc) one after another, zeros between them, the ones
in front often plain (microcode), the last one compressed.
"""

from __future__ import annotations

import bz2
import importlib
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from remediations.guest import Guest, GuestError

LARGEST = 128 * 1024**2
"""Bytes that an initial RAM disk may have before reading it is refused."""
_MOST_UNPACKED = 1024**3
_CHUNK = 1024**2
_MEMORY = 128 * 1024**2
_MOST_FILES = 300_000
_LONGEST_NAME = 4096
_HEADER = 110
_NOT_ZERO = re.compile(rb"[^\0]")
_COMPRESSED: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x5d\0\0", "lzma"),
    (b"BZh", "bzip2"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x02\x21\x4c\x18", "lz4"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x89LZO", "lzop"),
)


def names(guest: Guest, path: str) -> Iterator[str]:
    """The names in the archives of one file, as they come. Raises GuestError where it cannot be read to the end."""
    return names_in(guest.read(path, LARGEST), path)


def names_in(content: bytes, path: str) -> Iterator[str]:
    """The names in the archives of ``content``; ``path`` is what an error calls it."""
    try:
        yield from _names(content)
    except (ValueError, EOFError) as error:
        raise GuestError(f"{path}: its archives could not be read: {error}") from error


def _names(content: bytes) -> Iterator[str]:
    place = 0
    while found := _NOT_ZERO.search(content, place):
        place = found.start()
        if content.startswith((b"070701", b"070702"), place):
            stream = _Stream(_pieces(content, place))
            yield from stream.archive()
            place += stream.position
            continue
        kind = next((kind for magic, kind in _COMPRESSED if content.startswith(magic, place)), "")
        rest: list[int] = []
        stream = _Stream(_unpacked(content, place, _decompressor(kind), rest))
        while stream.more():
            yield from stream.archive()
        place = rest[0]


class _Stream:
    """A stream of bytes that comes in pieces, and the archives in it."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = b""
        self._at = 0
        self.position = 0

    def archive(self) -> Iterator[str]:
        """The names of the archive that begins here."""
        for _ in range(_MOST_FILES):
            header = self._take(_HEADER)
            if header[:6] not in (b"070701", b"070702"):
                raise ValueError("no cpio archive stands where one should")
            size, length = int(header[54:62], 16), int(header[94:102], 16)
            if not 0 < length <= _LONGEST_NAME:
                raise ValueError("a name in it is too long")
            name = self._take(length)[:-1].decode("utf-8", "surrogateescape")
            self._skip(-(_HEADER + length) % 4)
            if name == "TRAILER!!!":
                return
            yield name
            self._skip(size + -size % 4)
        raise ValueError("it has too many files")

    def more(self) -> bool:
        """Skip zeros; whether anything is left after them."""
        while True:
            if found := _NOT_ZERO.search(self._piece, self._at):
                self._skip(found.start() - self._at)
                return True
            self._skip(len(self._piece) - self._at)
            if not self._next():
                return False

    def _take(self, count: int) -> bytes:
        taken = self._piece[self._at : self._at + count]
        self._at += len(taken)
        while len(taken) < count:
            if not self._next():
                raise EOFError("it ends too early")
            self._at = count - len(taken)
            taken += self._piece[: self._at]
        self._at = min(self._at, len(self._piece))
        self.position += count
        return taken

    def _skip(self, count: int) -> None:
        self.position += count
        while count > len(self._piece) - self._at:
            count -= len(self._piece) - self._at
            if not self._next():
                raise EOFError("it ends too early")
        self._at += count

    def _next(self) -> bool:
        self._piece, self._at = next(self._pieces, b""), 0
        return bool(self._piece)


def _pieces(content: bytes, place: int) -> Iterator[bytes]:
    for start in range(place, len(content), _CHUNK):
        yield content[start : start + _CHUNK]


def _decompressor(kind: str) -> Any:
    makers: dict[str, Callable[[], Any]] = {
        "gzip": lambda: zlib.decompressobj(31),
        "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _MEMORY),
        "lzma": lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, _MEMORY),
        "bzip2": bz2.BZ2Decompressor,
        "zstd": lambda: _zstd().ZstdDecompressor(),
    }
    if kind not in makers:
        raise ValueError(f"it is compressed with {kind or 'something unknown'}, which is not read here")
    return makers[kind]()


def _zstd() -> Any:
    for module in ("compression.zstd", "backports.zstd"):
        try:
            return importlib.import_module(module)
        except ImportError:
            continue
    raise ValueError("it is compressed with zstd, and the library backports.zstd is not installed")


def _unpacked(content: bytes, place: int, unpack: Any, rest: list[int]) -> Iterator[bytes]:
    """The bytes of one compressed stream; ``rest`` gets the place where it ends in ``content``."""
    total = 0
    for start in range(place, len(content), _CHUNK):
        fed = content[start : start + _CHUNK]
        while True:
            piece = _piece(unpack, fed)
            total += len(piece)
            if total > _MOST_UNPACKED:
                raise ValueError("it is too large unpacked")
            if piece:
                yield piece
            if unpack.eof:
                rest.append(start + min(_CHUNK, len(content) - start) - len(unpack.unused_data))
                return
            # zlib hands back what it has not used; the others keep it.
            fed = getattr(unpack, "unconsumed_tail", b"")
            if not fed and len(piece) < 4 * _CHUNK and getattr(unpack, "needs_input", True):
                break
    raise EOFError("it ends too early")


def _piece(unpack: Any, fed: bytes) -> bytes:
    try:
        return bytes(unpack.decompress(fed, 4 * _CHUNK))
    except MemoryError:
        raise
    except Exception as error:  # each library has errors of its own, zstd's is not always there to be named
        raise ValueError(str(error)) from error
