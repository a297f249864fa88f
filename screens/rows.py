"""A list of one-line rows that fill the width they are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.css.styles import RulesMap
from textual.message import Message
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual
from textual.widgets import OptionList
from textual.widgets.option_list import Option

Draw = Callable[[int], Content]
"""Makes a row for a width in cells."""


@dataclass(frozen=True)
class Row:
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


class RowList(OptionList):
    """Rows that are drawn anew for each width. Posts :class:`Moved` and :class:`Chosen` with the row's key."""

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

    def __init__(self, rows: Sequence[Row] = (), *, id: str | None = None) -> None:
        super().__init__(*map(_option, rows), id=id, markup=False, compact=True)

    @property
    def key(self) -> str | None:
        """The key of the row under the cursor."""
        option = self.highlighted_option
        return option.id if option else None

    def show(self, rows: Iterable[Row], key: str | None = None) -> None:
        """Replace the rows; the cursor goes to ``key``, else stays on its row, else goes to the first."""
        wanted = key or self.key
        self.set_options(map(_option, rows))
        keys = [option.id for option in self.options if not option.disabled]
        if wanted in keys and wanted is not None:
            self.highlighted = self.get_option_index(wanted)
        else:
            self.action_first()

    def redraw(self, rows: Iterable[Row]) -> None:
        """Draw the same rows anew, cursor and scrolling unmoved."""
        for row in rows:
            self.replace_option_prompt(row.key, RowVisual(row.draw))

    def get_visual_style(self, *component_classes: str, partial: bool = False) -> Style:
        # Textual leaves reversal out, and nothing else marks the cursor where there are no colours.
        style = super().get_visual_style(*component_classes, partial=partial)
        reverse = any(self.get_component_styles(name).text_style.reverse for name in component_classes)
        return style + Style(reverse=True) if reverse else style

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if event.option_id is not None:
            self.post_message(self.Moved(event.option_id, self))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id is not None:
            self.post_message(self.Chosen(event.option_id, self))

    async def on_click(self, event: events.Click) -> None:
        # A first click only moves the cursor: choosing may cost a launch of the appliance.
        event.prevent_default()
        index = event.style.meta.get("option")
        if index is None or self.options[index].disabled:
            return
        key = self.options[index].id
        if index == self.highlighted and key is not None:
            self.post_message(self.Chosen(key, self, event.x))
        self.highlighted = index


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


def _option(row: Row) -> Option:
    return Option(RowVisual(row.draw), id=row.key, disabled=row.heading)
