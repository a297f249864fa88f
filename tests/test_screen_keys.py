"""The keys of all screens: free of what terminals keep for themselves, rebindable, and listed by help as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_engine import FakeHost
from screen_driver import reach, until, wizard
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Static

from screens import keymap
from screens.app import WizardApp
from screens.help import HelpScreen
from screens.keymap import bindings, screen_classes
from screens.opening import OpeningScreen
from screens.requirements import RequirementsScreen
from wizard import config
from wizard.config import Entry
from wizard.errors import UsageError

TMUX, SCREEN = {"ctrl+b"}, {"ctrl+a"}
# What terminal.integrated.commandsToSkipShell keeps from programs in VS Code's terminal, by its keys on Linux and
# Windows, and what people press there for the editor around it.
EDITOR = {f"ctrl+{key}" for key in "efgjkmnopqrtw"} | {"ctrl+tab", "ctrl+pageup", "ctrl+pagedown"} | {
    "f1", "f3", "shift+f3", "f5", "ctrl+f5", "shift+f5", "f6", "f10", "f11", "shift+f11",
}  # fmt: skip
OWNERS = (WizardApp, *screen_classes())


def entry(name: str, value: str) -> Entry:
    return Entry(name, value, "config.yaml:7")


def test_no_key_is_one_that_tmux_screen_or_an_editor_around_the_terminal_takes() -> None:
    for owner in OWNERS:
        for key, binding in owner._merged_bindings or ():
            assert key not in TMUX | SCREEN | EDITOR, (owner, binding)
    assert WizardApp.COMMAND_PALETTE_BINDING not in TMUX | SCREEN | EDITOR


def test_every_key_has_an_id_of_one_meaning_and_is_told_in_help() -> None:
    meaning: dict[str, str] = {}
    textual = {*(App._merged_bindings or ()), *(Screen._merged_bindings or ())}
    for owner in OWNERS:
        for key, binding in owner._merged_bindings or ():
            if (key, binding) in textual:
                continue
            assert binding.id, (owner, binding)
            assert binding.tooltip or binding.description or key in keymap.MOVING, (owner, binding)
            assert meaning.setdefault(binding.id, binding.action) == binding.action, binding.id


def test_the_keys_as_they_come_do_not_clash() -> None:
    some = next(iter(bindings(WizardApp)))
    assert keymap.keymap([entry(str(some.id), some.key)], WizardApp)[str(some.id)] == some.key


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("requirements.tock", "t", "there is no key 'requirements.tock'; known are .*requirements.tick"),
        ("requirements.tick", "spacebar", "'spacebar' is no key"),
        ("requirements.tick", "hyper+t", "'hyper\\+t' is no key"),
        ("requirements.tick", "t,", "'' is no key"),
        ("requirements.tick", "j", "j is the key of requirements.journal on the same screen"),
        ("requirements.tick", "?", "\\? is the key of app.help"),
        ("app.quit", "j", "j is the key of .*journal"),
        ("work.cancel", "enter", "enter moves and chooses"),
        ("requirements.tick", "down", "down moves and chooses"),
        ("settings.use", "u", "types"),
        ("confirm.yes", "w", "w, the key of (preview.write|batch.fix), would answer unread"),
        ("confirm.yes", "u", "u, the key of journal.undo, would answer unread"),
        ("preview.write", "f9,y", "y is the key of|y, the key of confirm.yes, would answer unread"),
    ],
)
def test_a_key_that_cannot_be_had_is_refused_with_its_line(name: str, value: str, told: str) -> None:
    with pytest.raises(UsageError, match=f"config.yaml:7: .*{told}"):
        keymap.keymap([entry(name, value)], WizardApp)


def test_two_rebound_to_one_key_are_refused_and_two_that_change_places_are_not() -> None:
    with pytest.raises(UsageError, match="f7 is the key of"):
        keymap.keymap([entry("requirements.tick", "f7"), entry("requirements.all", "f7")], WizardApp)
    changed = keymap.keymap([entry("requirements.tick", "a"), entry("requirements.all", "space")], WizardApp)
    assert changed == {"requirements.tick": "a", "requirements.all": "space"}


async def listed(pilot: Pilot[int], key: str) -> list[str]:
    await pilot.press(key)
    screen = await reach(pilot, HelpScreen)
    text = str(screen.query_one("#help-keys", Static).content)
    await pilot.press("escape")
    return text.split("\n")


async def test_a_rebound_key_works_is_shown_as_rebound_and_its_old_one_is_dead() -> None:
    app = wizard(FakeHost(), keys=(entry("requirements.tick", "f7"), entry("app.help", "f4,f9")))
    async with app.run_test() as pilot:
        screen = await reach(pilot, RequirementsScreen)
        await pilot.press("down", "space")
        assert screen.ticked == ()
        await pilot.press("f7")
        assert screen.ticked == ("mac-address",)
        await pilot.press("question_mark")
        assert app.screen is screen
        lines = await listed(pilot, "f9")
        assert any(line.startswith("f7  ") and "Tick" in line for line in lines)
        assert any(line.startswith("f4 f9") for line in lines)
        shown = {key.key_display for key in screen.query("FooterKey").results()}
        assert {"f7", "f4"} <= shown
        assert "space" not in shown


async def test_what_shares_a_key_with_a_rebound_action_keeps_it() -> None:
    host = FakeHost(hold={"open"})
    app = wizard(host, keys=(entry("work.back", "b"),))
    async with app.run_test() as pilot:
        screen = await reach(pilot, OpeningScreen)
        await until(pilot, host.held.is_set)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is not screen, "cancelling with escape")
    assert "cancel" in host.calls


async def test_help_lists_every_key_and_dims_what_does_nothing_now() -> None:
    app = wizard(FakeHost())
    async with app.run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        lines = await listed(pilot, "question_mark")
    told = [one for owner in (RequirementsScreen, WizardApp) for one in bindings(owner) if one.key not in keymap.MOVING]
    ids = {binding.id for binding in told}
    assert len(lines) == len(ids) + 3
    assert any("Untick all (not now)" in line for line in lines)


async def test_the_palette_offers_our_themes_and_what_it_puts_on_stays_until_the_end() -> None:
    app = wizard(FakeHost())
    async with app.run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        assert [command.title for command in app.get_system_commands(app.screen)] == ["Theme", "Help", "Quit"]
        app.action_change_theme()
        await pilot.pause(0.2)
        await pilot.press(*"high-contrast", "enter")
        await until(pilot, lambda: app.theme == "high-contrast", "the theme")
    assert set(app.available_themes) == {"dark", "light", "high-contrast", "ansi"}


def test_the_documented_example_is_right(tmp_path: Path) -> None:
    page = (Path(__file__).parent.parent / "docs" / "configuration.md").read_text()
    example = tmp_path / "config.yaml"
    example.write_text(page.partition("```yaml\n")[2].partition("```")[0])
    told = config.load(example)
    assert set(told.defaults) == set(config.DEFAULTS)
    assert told.theme in config.THEMES
    assert set(keymap.keymap(told.keys, WizardApp)) == {entry.name for entry in told.keys}
