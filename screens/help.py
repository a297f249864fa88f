"""What a screen is for and every key it answers to."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Markdown, Static

from screens.text import EMPTY

KEYS_WIDTH = 16


class HelpScreen(ModalScreen[None]):
    """A text in Markdown of our own, then keys: ``HELP`` of a screen, or a requirement's page."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "close", "Close", id="help.close"),
    ]

    def __init__(self, help_text: str, keys: Content = EMPTY) -> None:
        super().__init__()
        self._help = help_text
        self._keys = keys

    @classmethod
    def about(cls, screen: Screen[object]) -> HelpScreen:
        """The help of a screen."""
        return cls(screen.HELP or "", key_list(screen))

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            with VerticalScroll(id="help-body"):
                yield Markdown(self._help, open_links=False)
                yield Static(self._keys, markup=False, id="help-keys")
            yield Static(Content("escape closes"), classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        self.query_one("#help-body").focus()

    def action_close(self) -> None:
        """Close it."""
        self.dismiss(None)


def key_list(screen: Screen[object]) -> Content:
    """One line for each action that the screen or the program binds, with all its keys."""
    found: dict[tuple[str, str], list[str]] = {}
    for node in (screen, screen.app):
        for binding in (b for bindings in node._bindings.key_to_bindings.values() for b in bindings):
            # What has no id is Textual's own and no business of the operator.
            if binding.id:
                keys = found.setdefault((binding.action, binding.tooltip or binding.description), [])
                keys.append(screen.app.get_key_display(binding))
    found["", "Next part of the screen"] = ["tab"]
    found["", "Theme and other commands"] = [screen.app.COMMAND_PALETTE_BINDING]
    lines = [
        Content.styled(" ".join(keys).ljust(KEYS_WIDTH), "bold $text-accent") + Content(description)
        for (_, description), keys in found.items()
    ]
    return Content("\n").join(lines)
