"""The last line: the keys that do something now, as many as there is room for."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from screens.keymap import bindings

_GAP = 1
"""Cells between two keys of Textual's compact footer."""


class KeyLine(Footer):
    """Textual's footer, but one that never runs out of the screen.

    Where there is no room for all, those go first that do nothing now, then the last ones of the screen. Help and
    quitting, which the program itself binds, stay; help shows them all.
    """

    def __init__(self) -> None:
        super().__init__(compact=True, show_command_palette=False)
        self._shown: tuple[tuple[object, ...], ...] = ()

    def bindings_changed(self, screen: Screen[Any]) -> None:
        """Make the line anew, but only where it differs: a list tells of every step of its cursor."""
        if self._told() != self._shown:
            super().bindings_changed(screen)

    def _told(self) -> tuple[tuple[object, ...], ...]:
        active = self.screen.active_bindings.values()
        return tuple((one.binding, one.enabled) for one in active if one.binding.show)

    def compose(self) -> ComposeResult:
        self._shown = self._told() if self._bindings_ready else ()
        keys = [key for key in super().compose() if isinstance(key, FooterKey)]
        # As the screen names them: those with another key would come last otherwise.
        # Textual binds tab too, and so names it before the screen's others; it is the least of them.
        known = [*sorted(bindings(type(self.screen)), key=lambda one: one.key == "tab"), *bindings(type(self.app))]
        order = {one.action: place for place, one in enumerate(known)}
        keys.sort(key=lambda key: order.get(key.action, len(order)))
        ours = {binding.action for _, binding in self.app._bindings}
        # The first to go is the last here.
        ranked = sorted(keys, key=lambda key: (key.action not in ours, key._disabled))
        room = self.screen.size.width
        fitting: set[FooterKey] = set()
        for key in ranked:
            room -= _width(key)
            if room >= -_GAP:
                fitting.add(key)
        yield from (key for key in keys if key in fitting)

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self.recompose)


def _width(key: FooterKey) -> int:
    text = f"{key.key_display} {key.description}" if key.description else key.key_display
    return Content(text).cell_length + _GAP
