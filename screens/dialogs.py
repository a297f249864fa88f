"""Small windows over a screen: a question, an error that stays, and the wait before leaving."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from screens.clipboard import copy
from screens.text import plain, plain_lines, stack
from wizard.errors import WizardError


class ConfirmDialog(ModalScreen[bool]):
    """A question with consequences: True only for ``y`` or the second button; Cancel has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="confirm.yes", tooltip="Do what the question says"),
        Binding("n,escape", "answer(False)", "Cancel", id="confirm.cancel", tooltip="Do nothing"),
        Binding(
            "left,right,up,down",
            "app.focus_next",
            "Move",
            show=False,
            id="confirm.move",
            tooltip="To the other button",
        ),
    ]

    def __init__(self, title: str, body: Content, yes: str) -> None:
        super().__init__()
        self._title = title
        self._body = body
        self._yes = yes

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content.styled(self._title, "bold"), markup=False)
            with VerticalScroll(classes="dialog-body", can_focus=False):
                yield Static(self._body, markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button(Content("Cancel (n)"), id="cancel")
                yield Button(Content(f"{self._yes} (y)"), id="yes", variant="warning")

    def on_mount(self) -> None:
        self.query_one("#cancel").focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        """Close with an answer."""
        self.dismiss(answer)


class TextDialog(ModalScreen[None]):
    """A text that stays until dismissed."""

    LOOK = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", id="text.close", tooltip="Close this text"),
        Binding("y", "copy", "Copy", id="text.copy", tooltip="Copy the text"),
        Binding("up", "scroll(-1)", "Up", show=False, id="text.up", tooltip="Scroll up what does not fit"),
        Binding("down", "scroll(1)", "Down", show=False, id="text.down", tooltip="Scroll down what does not fit"),
    ]

    def __init__(self, text: Content) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        with Vertical(classes=f"dialog {self.LOOK}"):
            with VerticalScroll(classes="dialog-body", can_focus=False):
                yield Static(self._text, markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button(Content("Copy (y)"), id="copy")
                yield Button(Content("Close"), id="close")

    def on_mount(self) -> None:
        self.query_one("#close").focus()

    def action_copy(self) -> None:
        """Copy the text."""
        copy(self.app, self._text.plain, "the text")

    def action_scroll(self, lines: int) -> None:
        """Scroll what does not fit."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_close(self) -> None:
        """Close it."""
        self.dismiss(None)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "copy":
            self.action_copy()
        else:
            self.dismiss(None)


class ErrorDialog(TextDialog):
    """An error that stays until dismissed."""

    LOOK = "-error"

    def __init__(self, error: WizardError) -> None:
        super().__init__(problem(error))


class LeavingDialog(ModalScreen[None]):
    """Shown while the image is closed before the program ends; nothing can be pressed."""

    def __init__(self, writing: bool) -> None:
        super().__init__()
        self._writing = writing

    def compose(self) -> ComposeResult:
        text = (
            "The image is being written, which cannot be stopped.\nimage-wizard closes as soon as it is done."
            if self._writing
            else "Closing the image…"
        )
        with Vertical(classes="dialog"):
            yield Static(Content(text), markup=False)


def problem(error: WizardError) -> Content:
    """What failed and what to do next."""
    return stack(
        Content.styled("✗ ", "$text-error bold") + plain_lines(error.message, "$text-error"),
        "",
        Content.styled("What to do next", "bold"),
        plain_lines(error.next),
        "",
        plain(error.code, "$foreground-muted"),
    )
