"""The rows of a difference, unified or side by side, from which only those in sight are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from itertools import repeat, zip_longest
from typing import NamedTuple

from textual.content import Content

from screens.diff_text import HEADER, LINE_LIMIT, TAB, marked, shown
from wizard.difference import Block, Difference, Side
from wizard.words import Pair, compared, paired

_TOLD = 40
"""Cells for what is said at the end of a line that is cut or has no newline."""
_COMPARED = 2000
"""Comparisons of lines, some 10 ms in all; in the blocks behind them, lines are side by side in their order."""


class Kind(Enum):
    """What a row is about."""

    HEAD = "head"
    HUNK = "hunk"
    SAME = " "
    REMOVED = "-"
    ADDED = "+"
    BESIDE = "|"


class DiffRow(NamedTuple):
    """One row. The numbers are those of the lines before and after, or count lines above the hunks, or hunks.

    Of a removed line, ``new`` is the line that it became; of an added one, ``old`` the line that it was.
    """

    kind: Kind
    old: int | None = None
    new: int | None = None


def diff_rows(difference: Difference, split: bool = False) -> Iterator[DiffRow]:
    """The rows of all hunks."""
    left = _COMPARED
    for number, hunk in enumerate(difference.hunks):
        yield DiffRow(Kind.HUNK, number)
        for block in hunk.blocks:
            if block.same:
                yield from map(DiffRow, repeat(Kind.SAME), block.old, block.new)
                continue
            left -= compared(block.old, block.new)
            pairs = _beside(difference, block) if left >= 0 else list(zip_longest(block.old, block.new))
            if split:
                yield from (DiffRow(Kind.BESIDE, a, b) for a, b in pairs)
                continue
            yield from (DiffRow(Kind.REMOVED, a, b) for a, b in pairs if a is not None)
            yield from (DiffRow(Kind.ADDED, a, b) for a, b in pairs if b is not None)


def draw(difference: Difference, row: DiffRow) -> Content:
    """A row of a hunk, without line numbers; of two lines side by side that before."""
    kind, old, new = row
    if kind is Kind.HUNK and old is not None:
        return Content.styled(difference.hunks[old].header, HEADER)
    if kind is Kind.ADDED:
        return Content("") if new is None else marked("+", difference.new, new, difference.old, old)
    if old is None:
        return Content("")
    if kind is Kind.SAME:
        return marked(" ", difference.old, old)
    return marked("-", difference.old, old, difference.new, new)


def widest(difference: Difference) -> int:
    """About how many cells the longest row takes behind its sign; exact for ASCII, and cheap."""
    longest = 0
    for block in (block for hunk in difference.hunks for block in hunk.blocks):
        for side, lines in ((difference.old, block.old), (difference.new, block.new)):
            for line in side.lines[lines.start : lines.stop]:
                longest = max(longest, len(line.expandtabs()) if line.isascii() else _cells(line))
    longest = min(longest, TAB * LINE_LIMIT)
    return longest + _TOLD if longest > LINE_LIMIT or _ends_open(difference) else longest


def _beside(difference: Difference, block: Block) -> list[Pair]:
    old, new = difference.old, difference.new
    return paired(block.old, block.new, lambda index: shown(old, index)[0], lambda index: shown(new, index)[0])


def _cells(line: bytes) -> int:
    return Content(shown(Side((line,)), 0)[0]).cell_length


def _ends_open(difference: Difference) -> bool:
    sides = (difference.old, difference.new)
    return any(side.ends_open(len(side.lines) - 1) for side in sides if side.lines)
