"""An image that is opened again, by whatever way, is shown as it is then or not at all."""

from __future__ import annotations

from fake_engine import FakeHost
from fake_report import make_change
from screen_driver import ended, reach, undo, until, wizard

from screens.journal import JournalScreen
from screens.opening import OpeningScreen
from screens.picker import PickerScreen
from screens.preview import PreviewScreen
from screens.requirements import RequirementsScreen
from wizard.errors import ChangeError, OpenError

REFUSED = ChangeError("undo-refused", "The image was edited since. It is unchanged.", "Revert the change.")
BROKEN = OpenError("no-system", "No Linux system was found.", "Is this the right disk?")


async def test_who_gives_up_the_opening_after_an_undo_does_not_see_what_was_undone() -> None:
    host = FakeHost(journal=[make_change(1)])
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await undo(pilot)
        await until(pilot, lambda: "undo" in host.calls)
        await until(pilot, lambda: not getattr(pilot.app.screen, "running", True))
        host.hold.add("open")
        await pilot.press("enter")
        await until(pilot, host.held.is_set)
        await reach(pilot, OpeningScreen)
        await pilot.press("escape")
        await reach(pilot, PickerScreen)


async def test_an_image_that_a_revert_opened_after_all_ends_with_its_own_exit_code() -> None:
    host = FakeHost(fail={"open": BROKEN}, journal=[make_change(1)])
    app = wizard(host)
    async with app.run_test() as pilot:
        await ended(pilot, OpeningScreen)
        await pilot.press("j")
        await reach(pilot, JournalScreen)
        await pilot.press("r")
        await reach(pilot, PreviewScreen)
        await pilot.press("escape")
        await reach(pilot, RequirementsScreen)
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert app.return_value == 0
