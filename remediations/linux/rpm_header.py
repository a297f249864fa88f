"""One package's header as rpm's databases hold it: an index of tags and their data, big-endian (rpm's docs, format)."""

from __future__ import annotations

import struct
from typing import NamedTuple

from remediations.linux.package_error import DatabaseError

_NAME, _VERSION, _RELEASE, _EPOCH = 1000, 1001, 1002, 1003
_INT32, _STRING = 4, 6
_MOST_TAGS = 0xFFFF
_LARGEST = 256 * 1024 * 1024


class Header(NamedTuple):
    """What tells one package's build from another's."""

    name: str
    epoch: int
    version: str
    release: str


def parse(blob: bytes) -> Header:
    """The header in ``blob``, which holds nothing else. DatabaseError where its parts do not fit together."""
    if len(blob) < 8:
        raise DatabaseError("An rpm header is cut short")
    tags, size = struct.unpack_from(">II", blob)
    data = 8 + 16 * tags
    if not 0 < tags <= _MOST_TAGS or size > _LARGEST or data + size != len(blob):
        raise DatabaseError("An rpm header has another size than it says")
    found: dict[int, str | int] = {}
    for tag, kind, offset, count in struct.iter_unpack(">IIiI", blob[8:data]):
        if not _NAME <= tag <= _EPOCH:
            continue
        if tag in found or kind != (_INT32 if tag == _EPOCH else _STRING) or count != 1 or not 0 <= offset < size:
            raise DatabaseError(f"Tag {tag} of an rpm header is not as rpm writes it")
        found[tag] = _number(blob, data + offset) if tag == _EPOCH else _text(blob, data + offset)
    name, version, release = (str(found.get(tag, "")) for tag in (_NAME, _VERSION, _RELEASE))
    if not (name and version and release):
        raise DatabaseError("An rpm header lacks the package's name, version or release")
    return Header(name, int(found.get(_EPOCH, 0)), version, release)


def _number(blob: bytes, start: int) -> int:
    if start + 4 > len(blob):
        raise DatabaseError("The epoch in an rpm header is cut short")
    return int.from_bytes(blob[start : start + 4], "big")


def _text(blob: bytes, start: int) -> str:
    end = blob.find(b"\0", start)
    if end < 0:
        raise DatabaseError("A text in an rpm header does not end")
    return blob[start:end].decode("utf-8", "surrogateescape")
