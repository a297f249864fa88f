"""A line to type into that draws no control character, wherever its text comes from: a file's name, the clipboard."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Input

from wizard.visible import visible

_STAND_IN = "\N{REPLACEMENT CHARACTER}"


class TextLine(Input):
    """Textual's own writes such characters to the terminal as they are. The value keeps them."""

    @property
    def _value(self) -> Text:
        drawn = super()._value
        # One character for one: the cursor counts them.
        drawn.plain = "".join(shown if len(shown := visible(one)) == 1 else _STAND_IN for one in drawn.plain)
        return drawn
