"""What a screen is for and every key it answers to."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Markdown, Static

from screens.text import EMPTY

KEYS_WIDTH = 16
_EVERYWHERE = (
    ("↑ ↓ pgup pgdn", "Move in a list, scroll a text; home and end too"),
    ("tab shift+tab", "Next part of the screen, and back"),
    ("ctrl+c", "Copy the text that was marked with the mouse"),
)
"""What Textual's widgets answer to on every screen."""


class HelpScreen(ModalScreen[None]):
    """A text in Markdown of our own, then keys: ``HELP`` of a screen, or a requirement's page."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "close", "Close", id="help.close", tooltip="Close this help"),
    ]

    def __init__(self, help_text: str, keys: Content = EMPTY) -> None:
        super().__init__()
        self._help = help_text
        self._keys = keys

    @classmethod
    def about(cls, screen: Screen[Any]) -> HelpScreen:
        """The help of a screen."""
        return cls(screen.HELP or "", key_list(screen))

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            with VerticalScroll(id="help-body"):
                yield Markdown(self._help, open_links=False)
                yield Static(self._keys, markup=False, id="help-keys")
            keys = getattr(self.app, "rebound", {}).get("help.close", "escape").split(",")
            yield Static(Content(f"{keys[0]} closes"), classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        self.query_one("#help-body").focus()

    def action_close(self) -> None:
        """Close it."""
        self.dismiss(None)


def key_list(screen: Screen[Any]) -> Content:
    """One line for each action that the screen or the program binds, with all its keys as they are bound now.

    What a key cannot do at the moment is dimmed.
    """
    live = {(active.binding.id, key) for key, active in screen.active_bindings.items() if active.enabled}
    found: dict[str, tuple[list[str], str, bool]] = {}
    for node in (screen, screen.app):
        keymap = getattr(screen.app, "rebound", {})
        # What has no id is Textual's own, and what has no words moves a cursor, which is told below.
        for binding in (one for _, one in node._bindings if one.id and (one.tooltip or one.description)):
            name = str(binding.id)
            shown, tooltip, alive = found.setdefault(name, ([], binding.tooltip or binding.description, False))
            keys = keymap[name].split(",") if name in keymap else [binding.key]
            for key in keys:
                display = screen.app.get_key_display(binding if name not in keymap else binding.with_key(key))
                if display not in shown:
                    shown.append(display)
            found[name] = shown, tooltip, alive or any((name, key) in live for key in keys)
    lines = [_line(" ".join(keys), tooltip, alive) for keys, tooltip, alive in found.values()]
    return Content("\n").join([*lines, *(_line(keys, told) for keys, told in _EVERYWHERE)])


def _line(keys: str, told: str, alive: bool = True) -> Content:
    if not alive:
        return Content.styled(f"{keys:<{KEYS_WIDTH}}{told} (not now)", "$foreground-muted")
    return Content.styled(keys.ljust(KEYS_WIDTH), "bold $text-accent") + Content(told)
