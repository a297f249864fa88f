"""How two states of a file's content differ, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from wizard.matching import BoundedMatcher
from wizard.visible import visible, visible_lines

CONTEXT = 3
"""Lines that stay the same and are shown around those that change."""
TEXT_LIMIT = 2 * 1024 * 1024
LINES_LIMIT = 100_000
"""Bytes and lines of text that are compared; of longer ones only the size and the hash are told."""
NO_NEWLINE = "\\ no newline at end"


@dataclass(frozen=True)
class Side:
    """One state of a file: its lines, each with its newline; or, where it is not text, one line that tells of it."""

    lines: tuple[bytes, ...] = ()
    is_text: bool = True

    def ends_open(self, index: int) -> bool:
        """Whether a line is the last of a text that has no newline at its end."""
        return self.is_text and not self.lines[index].endswith(b"\n")


def told(line: str) -> Side:
    """A side that is no text: a link, a folder, binary content."""
    return Side((line.encode("utf-8", "surrogateescape"),), is_text=False)


def text_side(content: bytes) -> Side:
    """A side that is text, split at newlines alone."""
    lines = content.split(b"\n")
    return Side((*(line + b"\n" for line in lines[:-1]), *filter(None, lines[-1:])))


def too_long(content: bytes) -> bool:
    """Whether a text is too long to be compared."""
    return len(content) > TEXT_LIMIT or content.count(b"\n") > LINES_LIMIT


@dataclass(frozen=True)
class Block:
    """A run of lines: the same on both sides (``same``), or what stands before (``old``) and after (``new``)."""

    same: bool
    old: range
    new: range


@dataclass(frozen=True)
class Hunk:
    """Blocks that stand near each other."""

    blocks: tuple[Block, ...]

    @property
    def header(self) -> str:
        """The line with the two ranges, as patch programs read it."""
        first, last = self.blocks[0], self.blocks[-1]
        old, new = (first.old.start, last.old.stop), (first.new.start, last.new.stop)
        return f"@@ -{_span(*old)} +{_span(*new)} @@"


@dataclass(frozen=True)
class Difference:
    """What becomes of a content. Found when it is first asked for, in bounded time."""

    old: Side
    new: Side

    @cached_property
    def hunks(self) -> tuple[Hunk, ...]:
        """The places that differ, with the lines around them."""
        if self.old.is_text is not self.new.is_text:
            old, new = range(len(self.old.lines)), range(len(self.new.lines))
            return (Hunk((Block(False, old, new),)),)
        matcher = BoundedMatcher(self.old.lines, self.new.lines)
        return tuple(
            Hunk(tuple(Block(tag == "equal", range(a, b), range(c, d)) for tag, a, b, c, d in group))
            for group in matcher.get_grouped_opcodes(CONTEXT)
        )

    @property
    def changed(self) -> Iterator[Block]:
        """The blocks that differ."""
        return (block for hunk in self.hunks for block in hunk.blocks if not block.same)

    @cached_property
    def added(self) -> int:
        """Lines that come."""
        return sum(len(block.new) for block in self.changed)

    @cached_property
    def removed(self) -> int:
        """Lines that go."""
        return sum(len(block.old) for block in self.changed)

    def unified(self) -> Iterator[str]:
        """The hunks as lines, guest text made visible."""
        for hunk in self.hunks:
            yield hunk.header
            for block in hunk.blocks:
                yield from _signed("-" if not block.same else " ", self.old, block.old)
                if not block.same:
                    yield from _signed("+", self.new, block.new)


def _signed(sign: str, side: Side, indices: Sequence[int]) -> Iterator[str]:
    for index in indices:
        line = side.lines[index].removesuffix(b"\n")
        # What is told of no text is one line, whatever newlines a link's target has.
        text = visible_lines(line) if side.is_text else visible(line)
        yield sign + text + (f"  {NO_NEWLINE}" if side.ends_open(index) else "")


def _span(start: int, stop: int) -> str:
    length = stop - start
    if length == 1:
        return str(start + 1)
    # An empty range names the line before it.
    return f"{start + 1 if length else start},{length}"
