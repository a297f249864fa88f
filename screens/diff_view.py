"""A file's difference that can be scrolled: unified, or before and after side by side."""

from __future__ import annotations

from functools import lru_cache

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import RenderOptions

from screens.diff_rows import DiffRow, Kind, diff_rows, draw, widest
from screens.diff_text import FAINT, heading
from wizard.change import FileChange
from wizard.difference import Difference, Side

_NOTHING = Difference(Side(), Side())
_SIGN = 1


class DiffView(ScrollView, can_focus=True):
    """Draws only the rows that are in sight, so that a long difference costs no more than a short one."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._difference = _NOTHING
        self._heading: list[Content] = []
        self._rows: list[DiffRow] = []
        self._hunk_rows: list[int] = []
        self._hunk = 0
        self._split = False
        self._longest = 0
        self._line = lru_cache(maxsize=512)(self._drawn)

    @property
    def text(self) -> Content:
        """All that can be scrolled to, without line numbers."""
        return Content("\n").join([self._whole(row) for row in self._rows])

    @property
    def split(self) -> bool:
        """Whether before and after stand side by side."""
        return self._split

    @property
    def hunk(self) -> int:
        """The number of the hunk that was gone to."""
        return self._hunk

    def show(self, file: FileChange, split: bool) -> None:
        """Show a file's difference from its beginning."""
        self._difference = file.difference
        self._heading = heading(file)
        self._hunk = 0
        self._lay_out(split)
        self.scroll_home(animate=False)

    def show_split(self, split: bool) -> None:
        """Side by side, or unified; the hunk that was gone to stays in sight."""
        if split is not self._split:
            self._lay_out(split)
            self._reveal()

    def go(self, by: int) -> bool:
        """Go ``by`` hunks on or back; False where there is none."""
        if not 0 <= self._hunk + by < len(self._hunk_rows):
            return False
        self._hunk += by
        self._reveal()
        return True

    def go_last(self) -> None:
        """Go to the last hunk."""
        self._hunk = max(0, len(self._hunk_rows) - 1)
        self._reveal()

    def on_resize(self, event: events.Resize) -> None:
        self._measure()

    def render_line(self, y: int) -> Strip:
        """One row: its numbers and sign stay where they are, the rest is scrolled sideways."""
        number = y + round(self.scroll_offset.y)
        width = self.scrollable_content_region.width
        if number >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        return self._line(number, round(self.scroll_offset.x), width, self._hunk)

    def notify_style_update(self) -> None:
        """What was drawn has the colours of before."""
        self._line.cache_clear()
        super().notify_style_update()

    def _reveal(self) -> None:
        if self._hunk_rows:
            self.scroll_to(y=self._hunk_rows[self._hunk] if self._hunk else 0, animate=False)
        self.refresh()

    def _lay_out(self, split: bool) -> None:
        self._split = split
        heads = [DiffRow(Kind.HEAD, number) for number in range(len(self._heading))]
        self._rows = [*heads, *diff_rows(self._difference, split)]
        self._hunk_rows = [number for number, row in enumerate(self._rows) if row.kind is Kind.HUNK]
        self._longest = widest(self._difference) + _SIGN
        self._line.cache_clear()
        self._measure()
        self.refresh()

    def _measure(self) -> None:
        """Make room to scroll to the end of the longest line."""
        width = self.scrollable_content_region.width
        hidden = self._longest - (self._half(width) if self._split else width - self._gutter)
        above = max((line.cell_length for line in self._heading), default=0) - width
        self.virtual_size = Size(width + max(0, hidden, above), len(self._rows))

    @property
    def _digits(self) -> int:
        return max(2, len(str(max(len(self._difference.old.lines), len(self._difference.new.lines)))))

    @property
    def _gutter(self) -> int:
        """Cells left of the signs."""
        return self._digits + 1 if self._split else 2 * self._digits + 2

    def _half(self, width: int) -> int:
        """Cells for the lines of one side."""
        return max(1, (width - 1) // 2 - self._gutter)

    def _drawn(self, number: int, left: int, width: int, hunk: int) -> Strip:
        row = self._rows[number]
        if row.kind is Kind.HEAD:
            line = self._whole(row)
            return self._strip(line, min(left, max(0, line.cell_length - width)), width)
        if row.kind is Kind.HUNK:
            current = row.old == hunk and len(self._hunk_rows) > 1
            return self._strip(self._whole(row).stylize("bold reverse" if current else ""), 0, width)
        old, new = ("" if index is None else str(index + 1) for index in self._numbers(row))
        if not self._split:
            numbers = f"{old.rjust(self._digits)} {new.rjust(self._digits)} "
            return self._numbered(numbers, draw(self._difference, row), left, width - self._gutter)
        half = self._half(width)
        before, after = row, row._replace(kind=Kind.ADDED if row.kind is Kind.BESIDE else Kind.SAME)
        halves = [
            self._numbered(f"{text.rjust(self._digits)} ", draw(self._difference, one), left, half)
            for text, one in ((old, before), (new, after))
        ]
        bar = self._strip(Content.styled("│", FAINT), 0, 1)
        return Strip.join([halves[0], bar, halves[1]]).adjust_cell_length(width, self.rich_style)

    def _numbers(self, row: DiffRow) -> tuple[int | None, int | None]:
        """The lines of a row that stand there themselves; what is no text has none."""
        old = row.old if row.kind is not Kind.ADDED and self._difference.old.is_text else None
        new = row.new if row.kind is not Kind.REMOVED and self._difference.new.is_text else None
        return old, new

    def _numbered(self, numbers: str, body: Content, left: int, width: int) -> Strip:
        gutter = self._strip(Content.styled(numbers, FAINT), 0, self._gutter)
        sign, end = self._strip(body, 0, _SIGN), left + width
        if body.cell_length <= end:
            return Strip.join([gutter, sign, self._strip(body, _SIGN + left, width - _SIGN)])
        hidden = any(span.end >= end and "underline" in str(span.style) for span in body.spans)
        more = Content.styled("▸", "bold reverse $text-warning" if hidden else FAINT)
        return Strip.join([gutter, sign, self._strip(body, _SIGN + left, width - _SIGN - 1), self._strip(more, 0, 1)])

    def _whole(self, row: DiffRow) -> Content:
        """A row without its numbers."""
        if row.kind is Kind.HEAD:
            return self._heading[row.old or 0]
        content = draw(self._difference, row)
        if row.kind is Kind.BESIDE:
            return content + Content(" │ ") + draw(self._difference, row._replace(kind=Kind.ADDED))
        return content

    def _strip(self, content: Content, left: int, width: int) -> Strip:
        """A piece of one line, exactly ``width`` cells."""
        options = RenderOptions(self._get_style, {"text_wrap": "nowrap"})
        strips = content.render_strips(max(1, content.cell_length), 1, self.visual_style, options)
        strip = strips[0] if strips else Strip.blank(0)
        return strip.crop(left, left + width).adjust_cell_length(width, self.rich_style)
