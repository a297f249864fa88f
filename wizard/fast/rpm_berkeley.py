"""The headers in ``Packages``, a Berkeley DB hash table, its pages read with dissect.database.

The walk is our own: dissect's takes an empty bucket for an error, follows chains in circles, and does not tell the
kinds of items apart. The layout is described in libdb's dbinc/db_page.h; what rpm accepts, in its bdb_ro.c.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from wizard.fast.errors import StepAside

_MAGIC, _VERSION = 0x061561, 9
_HASH_META, _HASH, _OVERFLOW = 8, 13, 7
_HERE, _ELSEWHERE = 1, 3
_PAGE_HEADER = 26


def headers(content: bytes) -> Iterator[bytes]:
    """The packages' headers, as they lie. StepAside where the file is not certainly whole, or big-endian."""
    from dissect.database.bsd.db import BUCKET_TO_PAGE, DB

    last = _checked(content)
    database = DB(BytesIO(content))
    if database.meta.max_bucket > last:
        raise StepAside("The rpm database has more buckets than pages")
    pages = _Pages(database, last)
    numbers = set()
    for bucket in range(database.meta.max_bucket + 1):
        number = BUCKET_TO_PAGE(database, bucket)
        while number:
            page = pages.take(number, _HASH)
            for key, value in _pairs(pages, page):
                if len(key) != 4 or key in numbers:
                    raise StepAside("The rpm database holds a key that is none of rpm's")
                numbers.add(key)
                if key != bytes(4):  # there rpm keeps the last number it gave
                    yield value
            number = page.header.next_pgno


def _checked(content: bytes) -> int:
    """The number of the last page, once the file's header fits the file."""
    if len(content) < 512:
        raise StepAside("The rpm database is no Berkeley DB file")
    magic, version, size, encryption, kind, flags = struct.unpack_from("<IIIBBB", content, 12)
    last, parts = struct.unpack_from("<II", content, 32)
    (shape,) = struct.unpack_from("<I", content, 48)
    if magic == int.from_bytes(_MAGIC.to_bytes(4, "little"), "big"):
        raise StepAside("The rpm database was written on a machine of the other byte order")
    if magic != _MAGIC or version != _VERSION or kind != _HASH_META:
        raise StepAside("The rpm database is no Berkeley DB hash table of the known version")
    if encryption or flags or parts or shape:
        raise StepAside("The rpm database is a Berkeley DB file of an unusual kind")
    if not 512 <= size <= 65536 or size & (size - 1) or (last + 1) * size > len(content):
        raise StepAside("The rpm database is a Berkeley DB file that is cut short")
    return int(last)


class _Pages:
    """Pages by number; none is given out twice, so that every walk ends."""

    def __init__(self, database: Any, last: int) -> None:
        self.size = int(database.page_size)
        self._database = database
        self._last = last
        self._taken: set[int] = set()

    def take(self, number: int, kind: int) -> Any:
        if not 0 < number <= self._last or number in self._taken:
            raise StepAside("The pages of the rpm database lead outside or in a circle")
        self._taken.add(number)
        page = self._database.page(number)
        if len(page.raw) != self.size or page.header.pgno != number or page.header.type != kind:
            raise StepAside("A page of the rpm database is not what leads to it")
        return page


def _pairs(pages: _Pages, page: Any) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values: the items stand from the page's end downwards, a value below its key."""
    count = int(page.header.entries)
    floor = _PAGE_HEADER + 2 * count
    if count % 2 or floor > pages.size:
        raise StepAside("A page of the rpm database holds half a pair")
    items = []
    end = pages.size
    for start in page.lookup:
        if not floor <= start < end:
            raise StepAside("The items on a page of the rpm database overlap")
        items.append(_item(pages, page.raw[start:end]))
        end = start
    yield from zip(items[::2], items[1::2], strict=True)


def _item(pages: _Pages, item: bytes) -> bytes:
    if item[0] == _HERE:
        return item[1:]
    if item[0] != _ELSEWHERE or len(item) != 12:
        raise StepAside("The rpm database holds an item of a kind that rpm does not use")
    number, left = struct.unpack_from("<II", item, 4)
    parts = []
    while left > 0:
        page = pages.take(number, _OVERFLOW)
        length = int(page.header.hf_offset)
        if not 0 < length <= min(left, pages.size - _PAGE_HEADER):
            raise StepAside("A long item of the rpm database has another length than it says")
        parts.append(page.raw[_PAGE_HEADER : _PAGE_HEADER + length])
        left -= length
        number = page.header.next_pgno
    if number or not parts:
        raise StepAside("A long item of the rpm database does not end where it says")
    return b"".join(parts)
