"""What goes wrong: told, left standing, and left again; leaving in the middle of work."""

from __future__ import annotations

import signal

import pytest
from fake_engine import FakeHost
from fake_report import make_change
from screen_driver import ended, reach, undo, until, wizard

from screens.apply import ApplyScreen, UndoScreen
from screens.dialogs import ErrorDialog, LeavingDialog
from screens.engine_thread import UnexpectedError
from screens.help import HelpScreen
from screens.opening import OpeningScreen
from screens.picker import PickerScreen
from screens.preview import PreviewScreen
from screens.requirements import RequirementsScreen
from screens.work import WorkScreen
from wizard.errors import ChangeError, OpenError

BROKEN = OpenError("truncated", "The image is truncated. Nothing was changed.", "Copy it again.")
REFUSED = ChangeError("undo-refused", "The image was edited since. It is unchanged.", "Revert the change.")


async def test_opening_fails_then_again_then_works() -> None:
    host = FakeHost(fail={"open": BROKEN})
    app = wizard(host)
    async with app.run_test() as pilot:
        text = await ended(pilot, OpeningScreen)
        assert "The image is truncated" in text
        assert "Copy it again." in text
        await pilot.press("r")
        await reach(pilot, RequirementsScreen)
        assert host.made == 2


async def test_quitting_at_a_failed_opening_returns_its_exit_code() -> None:
    app = wizard(FakeHost(fail={"open": BROKEN}))
    async with app.run_test() as pilot:
        await ended(pilot, OpeningScreen)
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert app.return_value == 3


async def test_the_journal_of_an_image_that_does_not_open() -> None:
    host = FakeHost(fail={"open": BROKEN}, journal=[make_change(1)])
    async with wizard(host).run_test() as pilot:
        await ended(pilot, OpeningScreen)
        await undo(pilot)
        await ended(pilot, UndoScreen)
        await pilot.press("enter")
        await reach(pilot, RequirementsScreen)


async def test_cancelling_the_opening_leads_to_the_picker() -> None:
    host = FakeHost(hold={"open"})
    async with wizard(host).run_test() as pilot:
        await reach(pilot, OpeningScreen)
        await until(pilot, host.held.is_set)
        await pilot.press("escape")
        await reach(pilot, PickerScreen)
        assert host.calls[:2] == ["open", "cancel"]
        assert host.calls[-1] == "close"


async def test_cancelling_a_preview_keeps_the_ticks() -> None:
    host = FakeHost(hold={"preview"})
    async with wizard(host).run_test() as pilot:
        requirements = await reach(pilot, RequirementsScreen)
        await pilot.press("a", "p")
        await reach(pilot, WorkScreen)
        await until(pilot, host.held.is_set)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is requirements)
        assert requirements.ticked == ("mac-address", "console-log")


@pytest.mark.parametrize("call", ["preview", "commit"])
async def test_a_failure_stays_until_it_is_left(call: str) -> None:
    error = ChangeError("disk-full", "No room for the undo data. The image is as it was.", "Free some space.")
    host = FakeHost(fail={call: error})
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("a", "p")
        if call == "commit":
            await reach(pilot, PreviewScreen)
            await pilot.press("w", "y")
        text = await ended(pilot, WorkScreen)
        assert "No room for the undo data. The image is as it was." in text
        assert "Free some space." in text
        await pilot.press("escape")
        screen = await reach(pilot, RequirementsScreen)
        assert screen.ticked == ("mac-address", "console-log")
        await pilot.press("p")
        await reach(pilot, PreviewScreen)


async def test_an_unexpected_fault_is_shown_and_closes_the_engine() -> None:
    host = FakeHost(fail={"preview": ZeroDivisionError("by [/x]\x1b[2J")})
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("a", "p")
        text = await ended(pilot, WorkScreen)
        assert "Unexpected ZeroDivisionError: by [/x]␛[2J" in text
        assert host.calls[-1] == "close"
        await pilot.press("escape")
        await reach(pilot, RequirementsScreen)
        await pilot.press("p")
        await reach(pilot, PreviewScreen)
        assert host.made == 2


async def test_an_unreadable_journal_is_told_in_a_dialog() -> None:
    host = FakeHost(fail={"history": ChangeError("journal", "The journal is damaged.", "Restore it.")})
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("j")
        await reach(pilot, ErrorDialog)
        await pilot.press("escape")
        await reach(pilot, RequirementsScreen)


async def test_a_refused_undo_leads_to_a_revert() -> None:
    host = FakeHost(fail={"undo": REFUSED}, journal=[make_change(1)])
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await undo(pilot)
        assert "r previews a revert of change 1" in await ended(pilot, UndoScreen)
        await pilot.press("r")
        await reach(pilot, PreviewScreen)
        assert host.calls[-2:] == ["open", "revert"]
        await pilot.press("w", "y")
        await ended(pilot, ApplyScreen)


async def test_another_undo_failure_offers_no_revert() -> None:
    host = FakeHost(fail={"undo": BROKEN}, journal=[make_change(1)])
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await undo(pilot)
        await ended(pilot, UndoScreen)
        assert pilot.app.screen.check_action("revert", ()) is False


async def test_quitting_while_writing_waits_and_says_so() -> None:
    host = FakeHost(hold={"commit"})
    app = wizard(host)
    async with app.run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("a", "p")
        await reach(pilot, PreviewScreen)
        await pilot.press("w", "y")
        await until(pilot, host.held.is_set)
        screen = await reach(pilot, ApplyScreen)
        assert screen.check_action("cancel", ()) is None
        await pilot.press("escape", "q")
        await reach(pilot, LeavingDialog)
        await pilot.press("q", "escape")
        await pilot.pause(0.2)
        assert app.is_running
        host.release.set()
        await until(pilot, lambda: not app.is_running)
    assert len(host.journal) == 1
    assert host.calls[-1] == "close"
    assert app.return_value == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_signals_close_the_image(number: signal.Signals) -> None:
    host = FakeHost(hold={"open"})
    app = wizard(host)
    async with app.run_test() as pilot:
        await until(pilot, host.held.is_set)
        signal.raise_signal(number)
        await until(pilot, lambda: not app.is_running)
    assert app.return_value == 130
    assert host.calls == ["open", "cancel", "close"]


def test_an_unexpected_error_says_what_to_do() -> None:
    error = UnexpectedError(KeyError("x"))
    assert "KeyError" in error.message
    assert "Open the image again" in error.next


async def test_work_that_ends_below_the_help_goes_on_when_that_is_closed() -> None:
    host = FakeHost(hold={"open"})
    async with wizard(host).run_test() as pilot:
        opening = await reach(pilot, OpeningScreen)
        await until(pilot, host.held.is_set)
        await pilot.press("question_mark")
        await reach(pilot, HelpScreen)
        host.release.set()
        await until(pilot, lambda: not opening.running)
        await pilot.pause(0.1)
        await pilot.press("escape")
        await reach(pilot, RequirementsScreen)
