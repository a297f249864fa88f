"""A line to type a filter into, while the arrow keys move in the list that it filters."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from screens.rows import RowList
from screens.text_line import TextLine


class FilterLine(TextLine):
    """Filters the list ``of`` (its id); the screen listens to ``Input.Changed``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "Next", show=False, id="filter.down", tooltip="Down in the list"),
        Binding("up", "move(-1)", "Previous", show=False, id="filter.up", tooltip="Up in the list"),
    ]

    def __init__(self, placeholder: str, *, id: str, of: str) -> None:
        super().__init__(placeholder=placeholder, id=id, compact=True)
        self._of = of

    def action_move(self, rows: int) -> None:
        """Move the list's cursor."""
        listed = self.screen.query_one(f"#{self._of}", RowList)
        if rows > 0:
            listed.action_cursor_down()
        else:
            listed.action_cursor_up()
