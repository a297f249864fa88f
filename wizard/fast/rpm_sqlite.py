"""The headers in ``rpmdb.sqlite``, read with dissect.database (https://www.sqlite.org/fileformat2.html)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from wizard.fast.errors import StepAside

_TABLE = "create table packages (hnum integer primary key autoincrement,blob blob not null)"
_LARGEST_PAGE = 8192
"""Bytes; SQLite chooses no larger page by itself, and rpm leaves the choice to it."""
_LEAF, _INTERIOR = 0x0D, 0x05
_UTF8 = 1
_DEEPEST = 20


def headers(content: bytes) -> Iterator[bytes]:
    """The packages' headers in the order of their numbers. StepAside where the file is not certainly whole."""
    from dissect.database.sqlite3.sqlite3 import SQLite3

    pages = _checked(content)
    database = SQLite3(_Measured(content))
    roots = []
    for _, (kind, name, _table, root, sql) in _rows(database, 1, set()):
        if kind == "table" and str(name).lower() == "packages":
            roots.append((root, " ".join(re.sub("['\"`]", "", str(sql)).lower().split())))
    if len(roots) != 1 or roots[0][1] != _TABLE:
        raise StepAside("The rpm database has no table of packages as rpm makes it")
    root = roots[0][0]
    if not isinstance(root, int) or not 1 < root <= pages:
        raise StepAside("The rpm database's table of packages is nowhere")
    for size, values in _rows(database, root, {1}):
        # The number is the row's own: in the record stands NULL, of no length. The header ends the record.
        match values:
            case [None, bytes(blob)] if 2 < size - len(blob) < 12:
                yield blob
            case _:
                raise StepAside("The rpm database holds a row that is none of rpm's")


def _checked(content: bytes) -> int:
    """How many pages there are, once the file's header fits them."""
    if len(content) < 512 or content[:16] != b"SQLite format 3\0":
        raise StepAside("The rpm database is no SQLite file")
    size, write, read, reserved = struct.unpack_from(">HBBB", content, 16)
    counter, pages = struct.unpack_from(">II", content, 24)
    (encoding,) = struct.unpack_from(">I", content, 56)
    (valid_for,) = struct.unpack_from(">I", content, 92)
    if not 512 <= size <= _LARGEST_PAGE or size & (size - 1) or reserved or write not in (1, 2) or read not in (1, 2):
        raise StepAside("The rpm database is a SQLite file of an unusual kind")
    if encoding != _UTF8 or counter != valid_for or not pages or pages * size > len(content):
        raise StepAside("The rpm database is a SQLite file that is cut short, or not finished")
    return int(pages)


def _rows(database: Any, root: int, seen: set[int]) -> Iterator[tuple[int, list[Any]]]:
    """The size and the values of each record of a table, in the order of its keys; no page of the tree comes twice."""
    last = None
    waiting = [(root, 0)]
    while waiting:
        number, depth = waiting.pop()
        if number in seen or depth > _DEEPEST:
            raise StepAside("The tree of the rpm database runs in a circle")
        seen.add(number)
        page = database.page(number)
        if page.header.flags == _INTERIOR:
            below = [cell.left_page for cell in page.cells()]
            waiting += [(child, depth + 1) for child in (page.right_page, *reversed(below))]
            continue
        if page.header.flags != _LEAF:
            raise StepAside("The table of the rpm database holds pages of another kind")
        room = database.page_size
        for cell in page.cells():
            room -= min(cell.size, cell.min_payload_size)
            if room < 0 or (last is not None and cell.key <= last):
                raise StepAside("The rows of the rpm database overlap or are out of order")
            last = cell.key
            values = cell.values
            if len(cell.data) < cell.size:
                raise StepAside("A row of the rpm database is cut short")
            yield cell.size, values


class _Measured(BytesIO):
    """Gives out each byte about once: dissect follows a row's chain of pages to wherever it leads, circles too."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._left = len(content) + 8 * _LARGEST_PAGE

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self._left -= len(found)
        if self._left < 0:
            raise StepAside("The pages of the rpm database are used more than once")
        return found
