"""Every key of ours says in a few words what it does: help, footer and the table of keys show them."""

from __future__ import annotations

import pytest
from textual.binding import Binding

from screens import keymap
from screens.app import WizardApp

OURS = sorted(
    {
        (str(binding.id), binding)
        for owner in (WizardApp, *keymap.screen_classes())
        for binding in keymap.bindings(owner)
    },
    key=lambda found: (found[0], found[1].key),
)


def test_there_are_screens_to_look_at() -> None:
    assert {name.partition(".")[0] for name, _ in OURS} >= {"app", "confirm", "journal", "picker", "preview", "text"}


@pytest.mark.parametrize(("name", "binding"), OURS, ids=[f"{name}-{binding.key}" for name, binding in OURS])
def test_every_key_has_a_tooltip(name: str, binding: Binding) -> None:
    assert binding.tooltip, f"{name} has none"
    assert not binding.tooltip.endswith("."), "a line of a table, no sentence"
    assert len(binding.tooltip) <= 60, "a line of the help has room for this"
