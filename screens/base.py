"""What every screen of the wizard shares: help, live keys, and the line that asks for a larger terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from textual.app import ComposeResult
from textual.containers import ScrollableContainer
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from screens.footer import KeyLine

Result = TypeVar("Result")
Answer = TypeVar("Answer")
SMALLEST = (80, 24)
"""Columns and rows in which everything has room; in less, a line says so."""
USABLE = (50, 12)
"""In less than this, that line is all that is shown."""


class WizardScreen(Screen[Result]):
    """A full screen. Subclasses yield their widgets in :meth:`body` and say in ``HELP`` what they are for."""

    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-slim"),
        (USABLE[0], "-narrow"),
        (SMALLEST[0], "-normal"),
        (120, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (USABLE[1], "-short"), (SMALLEST[1], "-tall")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        yield from self.body()
        yield Static(
            Content(f"image-wizard needs {SMALLEST[0]}x{SMALLEST[1]} or more to show everything"),
            id="too-small",
        )
        yield KeyLine()

    _left: tuple[Result] | None = None

    def leave(self, result: Result) -> None:
        """Dismiss with a result; where help or a dialog lies over this screen, as soon as that is gone."""
        if self.is_active:  # not is_current: that is also true of what shows through below a dialog
            self.dismiss(result)
        else:
            self._left = (result,)

    def on_screen_resume(self) -> None:
        if self._left is not None:
            self.dismiss(self._left[0])

    async def ask(self, dialog: Screen[Answer]) -> Answer | None:
        """A dialog's answer. None where something lies over this screen already: a key pressed twice asks once."""
        if not self.is_active:
            return None
        answer: Answer = await self.app.push_screen_wait(dialog)
        return answer

    def body(self) -> Iterable[Widget]:
        """The screen's own widgets."""
        return ()


class Pane(ScrollableContainer):
    """A frame around one text that can be scrolled; ``show`` replaces the text and goes back to its top."""

    def __init__(self, *, id: str, wrap: bool = True) -> None:
        super().__init__(id=id, classes="-wrap" if wrap else "")
        self._text = Static("", markup=False)

    def compose(self) -> ComposeResult:
        yield self._text

    @property
    def text(self) -> Content:
        """What is shown."""
        content = self._text.content
        return content if isinstance(content, Content) else Content(str(content))

    def show(self, content: Content) -> None:
        """Show ``content`` from its beginning."""
        self._text.update(content)
        self.scroll_home(animate=False)
