"""rpm's own database format, ``Packages.db`` of SUSE (the comments in rpm's lib/backend/ndb/rpmpkg.c).

Little-endian. Pages of slots of 16 bytes, the first two being the file's header, then blobs in blocks of 16 bytes.
A slot names a package's number and its blob's first block and blocks; a blob has a head, the package's header and a
tail.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from remediations.linux.package_error import DatabaseError

_BLOCK = 16
_PAGE = 4096
_HEAD, _TAIL = 16, 12


def headers(content: bytes) -> Iterator[bytes]:
    """Every package's header, in the order in which they lie.

    DatabaseError where rpm would refuse the file, and where blobs lie one over the other.
    """
    if len(content) < _PAGE or len(content) % _BLOCK:
        raise DatabaseError("The ndb database is cut short")
    magic, version, _generation, pages = struct.unpack_from("<4sIII", content)
    if magic != b"RpmP" or version != 0:
        raise DatabaseError("This is no ndb database of the known version")
    if not 0 < pages * _PAGE <= len(content):
        raise DatabaseError("The slots of the ndb database reach beyond its end")
    end = pages * _PAGE // _BLOCK
    seen = set()
    for first, count, package in sorted(_slots(content, pages)):
        if package in seen or first < end or (first + count) * _BLOCK > len(content):
            raise DatabaseError("Two slots of the ndb database contradict each other, or one its size")
        seen.add(package)
        end = first + count
        yield _blob(content, first * _BLOCK, count * _BLOCK, package)


def _slots(content: bytes, pages: int) -> Iterator[tuple[int, int, int]]:
    for magic, package, first, count in struct.iter_unpack("<4sIII", content[2 * _BLOCK : pages * _PAGE]):
        if magic != b"Slot":
            raise DatabaseError("A slot of the ndb database is none")
        if first:
            if not package or not count:
                raise DatabaseError("A slot of the ndb database is half empty")
            yield first, count, package


def _blob(content: bytes, start: int, size: int, package: int) -> bytes:
    magic, number, _time, length = struct.unpack_from("<4sIII", content, start)
    tail = start + size - _TAIL
    checksum, again, end = struct.unpack_from("<II4s", content, tail)
    if magic != b"BlbS" or end != b"BlbE" or number != package or again != length:
        raise DatabaseError("A blob of the ndb database is not its slot's")
    if -(-(_HEAD + length + _TAIL) // _BLOCK) * _BLOCK != size:
        raise DatabaseError("A blob of the ndb database has another size than its slot says")
    if zlib.adler32(memoryview(content)[start:tail]) != checksum:
        raise DatabaseError("A checksum in the ndb database is wrong")
    return content[start + _HEAD : start + _HEAD + length]
