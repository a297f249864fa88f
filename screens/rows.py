"""A list of one-line rows that fill the width they are given; only those in sight are drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.css.styles import RulesMap
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

Draw = Callable[[int], Content]
"""Makes a row for a width in cells."""


class Row(NamedTuple):
    """One row; ``key`` is unique in its list. A heading cannot be moved to."""

    key: str
    draw: Draw
    heading: bool = False


def columns(*cells: tuple[Content | str, int]) -> Draw:
    """A row of columns with widths in cells, one blank apart; the columns of width 0 share what is left."""

    def draw(width: int) -> Content:
        flexible = sum(1 for _, wanted in cells if wanted == 0)
        left = max(0, width - sum(wanted for _, wanted in cells) - len(cells) + 1)
        parts = [
            Content(cell).truncate(w := wanted or left // flexible, ellipsis=w > 1, pad=True)
            if isinstance(cell, str)
            else cell.truncate(w := wanted or left // flexible, ellipsis=w > 1, pad=True)
            for cell, wanted in cells
        ]
        return Content(" ").join(parts)

    return draw


class RowList(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows that are drawn anew for each width. Posts :class:`Moved` and :class:`Chosen` with the row's key.

    Textual's own list makes an object of every row and measures it, which a folder of ten thousand files would feel.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-list--cursor", "row-list--heading", "row-list--hover"}
    # No "enter" here: it would hide the screen's own from the last line. See key_enter.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor_up", "Up", show=False),
        Binding("down", "cursor_down", "Down", show=False),
        Binding("home", "first", "First", show=False),
        Binding("end", "last", "Last", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
    ]

    @dataclass
    class Moved(Message):
        """The cursor came to a row."""

        key: str
        row_list: RowList

        @property
        def control(self) -> RowList:
            """The list, for ``@on(…, selector)``."""
            return self.row_list

    @dataclass
    class Chosen(Message):
        """Enter was pressed on a row, or the row under the cursor was clicked (``column`` then says where)."""

        key: str
        row_list: RowList
        column: int | None = None

        @property
        def control(self) -> RowList:
            """The list, for ``@on(…, selector)``."""
            return self.row_list

    def __init__(self, rows: Iterable[Row] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: list[Row] = []
        self._places: dict[str, int] = {}
        self._cursor: int | None = None
        self._hovered: int | None = None
        self._fill(rows)
        self._cursor = self._nearest(0, 1)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all rows, from top to bottom."""
        return tuple(self._places)

    @property
    def key(self) -> str | None:
        """The key of the row under the cursor."""
        return None if self._cursor is None else self._rows[self._cursor].key

    @property
    def highlighted(self) -> int | None:
        """The number of the row under the cursor, from 0; None where there is none to move to."""
        return self._cursor

    @highlighted.setter
    def highlighted(self, number: int | None) -> None:
        if number is not None and number != self._cursor and not self._rows[number].heading:
            before, self._cursor = self._cursor, number
            for changed in (before, number):
                self._refresh_row(changed)
            self._arrived()

    def show(self, rows: Iterable[Row], key: str | None = None) -> None:
        """Replace the rows; the cursor goes to ``key``, else stays on its row, else goes to the first."""
        wanted = key or self.key
        self._fill(rows)
        self._hovered = None
        place = self._places.get(wanted) if wanted is not None else None
        self._cursor = place if place is not None and not self._rows[place].heading else self._nearest(0, 1)
        self._measure()
        self.refresh()
        self._arrived()

    def redraw(self, rows: Iterable[Row]) -> None:
        """Draw the same rows anew, cursor and scrolling unmoved."""
        for row in rows:
            self._rows[self._places[row.key]] = row
        self.refresh()

    def _fill(self, rows: Iterable[Row]) -> None:
        self._rows = list(rows)
        self._places = {row.key: place for place, row in enumerate(self._rows)}

    def _arrived(self) -> None:
        """Bring the cursor into sight, and tell."""
        if self.key is not None and self.is_attached:
            self._reveal()
            self.post_message(self.Moved(self.key, self))

    def _reveal(self) -> None:
        width = self.scrollable_content_region.width
        if self._cursor is not None and width:  # there is no size before the first layout
            row = Region(0, self._cursor, width, 1)
            self.scroll_to_region(row, force=True, animate=False, immediate=True)

    def _nearest(self, start: int, step: int) -> int | None:
        """The first row that can be moved to, from ``start`` on in steps, not beyond the ends."""
        numbers = range(start, len(self._rows) if step > 0 else -1, step)
        return next((number for number in numbers if not self._rows[number].heading), None)

    def _refresh_row(self, number: int | None) -> None:
        if number is not None:
            self.refresh_line(number)

    def _measure(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows))
        # At once, so that scrolling to the cursor moves a bar that is there.
        self._scroll_update(self.virtual_size)

    def on_mount(self) -> None:
        self._arrived()

    def on_show(self) -> None:
        self._reveal()

    def on_resize(self) -> None:
        self._measure()
        self._reveal()

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._rows)

    def render_line(self, y: int) -> Strip:
        number = y + round(self.scroll_offset.y)
        width = self.scrollable_content_region.width
        if number >= len(self._rows):
            return Strip.blank(width, self.visual_style.rich_style)
        row = self._rows[number]
        if row.heading:
            style = self._look("row-list--heading")
        elif number == self._cursor:
            style = self._look("row-list--cursor")
        else:
            style = self._look("row-list--hover") if number == self._hovered else self.visual_style
        options = RenderOptions(self._get_style, {"text_wrap": "nowrap"})
        strips = row.draw(width).render_strips(width, 1, style, options)
        return (strips[0] if strips else Strip.blank(0)).adjust_cell_length(width, style.rich_style)

    def _look(self, name: str) -> Style:
        style = self.get_visual_style(name)
        # Textual leaves reversal out, and nothing else marks the cursor where there are no colours.
        return style + Style(reverse=True) if self.get_component_styles(name).text_style.reverse else style

    def key_enter(self, event: events.Key) -> None:
        """Enter chooses the row under the cursor, whatever the screen does with it elsewhere."""
        event.stop()
        self.action_select()

    def on_click(self, event: events.Click) -> None:
        # A first click only moves the cursor: choosing may cost a launch of the appliance.
        number = self._below(event)
        if number is None or self._rows[number].heading:
            return
        if number == self._cursor:
            self.post_message(self.Chosen(self._rows[number].key, self, event.x))
        self.highlighted = number

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self._hover(self._below(event))

    def on_leave(self) -> None:
        self._hover(None)

    def _hover(self, number: int | None) -> None:
        if number != self._hovered:
            before, self._hovered = self._hovered, number
            for changed in (before, number):
                self._refresh_row(changed)

    def _below(self, event: events.MouseEvent) -> int | None:
        """The number of the row below the mouse."""
        offset = event.get_content_offset(self)
        number = offset.y + round(self.scroll_offset.y) if offset is not None else len(self._rows)
        return number if number < len(self._rows) else None

    def action_select(self) -> None:
        """Choose the row under the cursor."""
        if self.key is not None:
            self.post_message(self.Chosen(self.key, self))

    def action_cursor_up(self) -> None:
        """To the row above; from the first to the last."""
        at = self._nearest(self._cursor - 1, -1) if self._cursor else None
        self.highlighted = self._nearest(len(self._rows) - 1, -1) if at is None else at

    def action_cursor_down(self) -> None:
        """To the row below; from the last to the first."""
        at = None if self._cursor is None else self._nearest(self._cursor + 1, 1)
        self.highlighted = self._nearest(0, 1) if at is None else at

    def action_first(self) -> None:
        """To the first row."""
        self.highlighted = self._nearest(0, 1)

    def action_last(self) -> None:
        """To the last row."""
        self.highlighted = self._nearest(len(self._rows) - 1, -1)

    def action_page_up(self) -> None:
        """As many rows up as are in sight."""
        self._page(-1)

    def action_page_down(self) -> None:
        """As many rows down as are in sight."""
        self._page(1)

    def _page(self, step: int) -> None:
        if self._cursor is not None:
            far = self._cursor + step * self.scrollable_content_region.height
            far = max(0, min(far, len(self._rows) - 1))
            at = self._nearest(far, step)
            self.highlighted = self._nearest(far, -step) if at is None else at


class RowVisual(Visual):
    """A row as Textual draws it: for the width it is given, one line high."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        return self._draw(width).render_strips(width, height, style, options)

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        return container_width

    def get_minimal_width(self, rules: RulesMap) -> int:
        return 1

    def get_height(self, rules: RulesMap, width: int) -> int:
        return 1
