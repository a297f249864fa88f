"""Questions whose answer is more than yes or no: a key, one of several systems."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from screens.rows import Row, RowList, columns
from screens.text import plain
from screens.text_line import TextLine
from wizard.errors import KeyNeeded, SeveralSystems

Answer = TypeVar("Answer")


class Question(ModalScreen[Answer | None]):
    """A dialog that gives an answer, or None where it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", id="question.cancel", tooltip="Close without an answer")
    ]

    def action_leave(self) -> None:
        """Close without an answer."""
        self.dismiss(None)

    @on(Button.Pressed, "#cancel")
    def _cancelled(self) -> None:
        self.dismiss(None)


class KeyQuestion(Question[str]):
    """Asks for the passphrase of an encrypted guest; it is not shown, and kept only as long as the image is open."""

    def __init__(self, error: KeyNeeded) -> None:
        super().__init__()
        self._error = error

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content.styled("The guest is encrypted", "bold"), markup=False)
            yield Static(plain(self._error.message), classes="dialog-text", markup=False)
            yield TextLine(password=True, placeholder="Passphrase", id="key", compact=True)
            with Horizontal(classes="dialog-buttons"):
                yield Button(Content("Cancel (escape)"), id="cancel")
                yield Button(Content("Open (enter)"), id="open", variant="primary")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    @on(Input.Submitted)
    @on(Button.Pressed, "#open")
    def _answered(self) -> None:
        if key := self.query_one(Input).value:
            self.dismiss(key)


class SystemQuestion(Question[str]):
    """Asks which of several operating systems to open; the answer is its root."""

    def __init__(self, error: SeveralSystems) -> None:
        super().__init__()
        self._systems = error.systems

    def compose(self) -> ComposeResult:
        rows = [Row(root, columns((plain(product), 0), (plain(root), 24))) for root, product in self._systems]
        with Vertical(classes="dialog"):
            yield Static(Content.styled("The image holds several systems: which one?", "bold"), markup=False)
            yield RowList(rows, id="systems")
            with Horizontal(classes="dialog-buttons"):
                yield Button(Content("Cancel (escape)"), id="cancel")

    def on_mount(self) -> None:
        self.query_one(RowList).focus()

    @on(RowList.Chosen)
    def _answered(self, event: RowList.Chosen) -> None:
        self.dismiss(event.key)
