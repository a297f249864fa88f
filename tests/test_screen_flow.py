"""Every way through the screens by keyboard that works."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake_engine import FakeHost
from fake_report import IMAGE, hostile_report, make_change
from screen_driver import detail, ended, reach, undo, until, wizard
from textual.widgets import Button

from screens.apply import ApplyScreen, UndoScreen
from screens.dialogs import ConfirmDialog
from screens.help import HelpScreen
from screens.journal import JournalScreen
from screens.picker import PickerScreen
from screens.preview import PreviewScreen
from screens.requirements import RequirementsScreen
from screens.rows import RowList
from wizard.change import State


async def test_from_opening_to_undo_and_out() -> None:
    host = FakeHost()
    app = wizard(host)
    async with app.run_test() as pilot:
        requirements = await reach(pilot, RequirementsScreen)
        await pilot.press("a", "p")
        await reach(pilot, PreviewScreen)
        assert "console-log" in detail(pilot)
        await pilot.press("w")
        await reach(pilot, ConfirmDialog)
        assert "commit" not in host.calls
        await pilot.press("y")
        assert "--undo" in await ended(pilot, ApplyScreen)
        await pilot.press("enter")
        await reach(pilot, RequirementsScreen)
        assert requirements.ticked == ()
        await undo(pilot)
        assert "bit for bit" in await ended(pilot, UndoScreen)
        await pilot.press("enter")
        await reach(pilot, RequirementsScreen)
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert host.calls == ["open", "preview", "commit", "history", "undo", "close", "open", "cancel", "close"]
    assert len(host.threads) == 1
    assert app.return_value == 0


async def test_a_second_preview_opens_the_written_image_first() -> None:
    host = FakeHost()
    async with wizard(host).run_test() as pilot:
        requirements = await reach(pilot, RequirementsScreen)
        await pilot.press("down", "p")
        await reach(pilot, PreviewScreen)
        await pilot.press("w", "y")
        await ended(pilot, ApplyScreen)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is requirements)
        await pilot.press("a", "p")
        await reach(pilot, PreviewScreen)
        assert host.calls == ["open", "preview", "commit", "close", "open", "preview"]


async def test_discarding_a_preview_writes_nothing() -> None:
    host = FakeHost()
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("a", "p")
        await reach(pilot, PreviewScreen)
        await pilot.press("escape")
        screen = await reach(pilot, RequirementsScreen)
        await until(pilot, lambda: "discard" in host.calls)
        assert screen.ticked == ("mac-address", "console-log")
        assert "commit" not in host.calls


@pytest.mark.parametrize("keys", [("w",), ("enter",), ("n",), ("escape",), ("space",)])
async def test_only_yes_confirms(keys: tuple[str, ...]) -> None:
    host = FakeHost()
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("a", "p")
        await reach(pilot, PreviewScreen)
        await pilot.press("w")
        dialog = await reach(pilot, ConfirmDialog)
        assert dialog.focused is dialog.query_one("#cancel", Button)
        await pilot.press(*keys)
        await pilot.pause(0.1)
        assert "commit" not in host.calls
        assert not isinstance(pilot.app.screen, ApplyScreen)


async def test_ticks_and_what_is_greyed() -> None:
    async with wizard(FakeHost()).run_test() as pilot:
        screen = await reach(pilot, RequirementsScreen)
        assert screen.check_action("tick", ()) is None
        assert screen.check_action("preview", ()) is None
        await pilot.press("space")
        assert screen.ticked == ()
        await pilot.press("down", "space")
        assert screen.ticked == ("mac-address",)
        await pilot.press("space", "a")
        assert screen.ticked == ("mac-address", "console-log")
        assert screen.check_action("all", ()) is None
        await pilot.press("n")
        assert screen.ticked == ()


async def test_the_detail_follows_the_cursor() -> None:
    async with wizard(FakeHost()).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("down")
        await until(pilot, lambda: "70-persistent-net.rules:2" in detail(pilot))
        await pilot.press("down")
        await until(pilot, lambda: "Needs   package openssh-server" in detail(pilot))


async def test_a_key_pressed_twice_starts_one_preview() -> None:
    host = FakeHost()
    async with wizard(host).run_test() as pilot:
        screen = await reach(pilot, RequirementsScreen)
        await pilot.press("a")
        screen.action_preview()
        screen.action_preview()
        await reach(pilot, PreviewScreen)
        await pilot.press("escape")
        await until(pilot, lambda: "discard" in host.calls)
        await pilot.pause(0.1)
        assert host.calls.count("preview") == 1


async def test_mouse_a_second_click_ticks() -> None:
    async with wizard(FakeHost()).run_test() as pilot:
        screen = await reach(pilot, RequirementsScreen)
        rows = screen.query_one(RowList)
        await pilot.click(rows, offset=(5, 2))
        assert (rows.key, screen.ticked) == ("mac-address", ())
        await pilot.click(rows, offset=(5, 2))
        await until(pilot, lambda: screen.ticked == ("mac-address",))


async def test_reverting_an_older_change() -> None:
    host = FakeHost(journal=[make_change(2), make_change(1)])
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("j")
        await reach(pilot, JournalScreen)
        await pilot.press("down", "r")
        await reach(pilot, PreviewScreen)
        assert host.calls[-1] == "revert"


async def test_nothing_to_undo_is_greyed() -> None:
    host = FakeHost(journal=[make_change(1, State.UNDONE)])
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("j")
        screen = await reach(pilot, JournalScreen)
        assert screen.check_action("undo", ()) is None
        assert screen.check_action("revert", ()) is None
        await pilot.press("u", "r", "escape")
        await reach(pilot, RequirementsScreen)
        assert "undo" not in host.calls


async def test_an_image_that_cannot_be_written_offers_no_preview() -> None:
    host = FakeHost(image=replace(IMAGE, read_only_reason="it is in use"))
    async with wizard(host).run_test() as pilot:
        screen = await reach(pilot, RequirementsScreen)
        await pilot.press("a", "down", "space", "p", "enter")
        await pilot.pause(0.1)
        assert screen.ticked == ()
        assert screen.check_action("preview", ()) is None
        assert host.calls == ["open"]


async def test_other_image_closes_this_one() -> None:
    host = FakeHost()
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("o")
        await reach(pilot, PickerScreen)
        assert host.calls[-1] == "close"


async def test_reopening_uses_a_fresh_engine() -> None:
    host = FakeHost()
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("r")
        await until(pilot, lambda: host.made == 2)
        await reach(pilot, RequirementsScreen)
        assert host.calls == ["open", "close", "open"]


async def test_help_and_keys_of_every_kind(tmp_path: Path) -> None:
    async with wizard(FakeHost()).run_test() as pilot:
        screen = await reach(pilot, RequirementsScreen)
        await pilot.press("question_mark")
        await reach(pilot, HelpScreen)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        await pilot.press("ctrl+c")
        assert pilot.app.is_running


async def test_hostile_text_runs_no_action() -> None:
    host = FakeHost(report=hostile_report())
    app = wizard(host)
    async with app.run_test() as pilot:
        screen = await reach(pilot, RequirementsScreen)
        for widget in screen.query("Static"):
            await pilot.click(widget)
        await pilot.click("#detail", offset=(25, 3))
        await pilot.pause(0.1)
        assert app.is_running
        assert "\x1b" not in detail(pilot)
