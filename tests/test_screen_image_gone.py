"""An image that is removed, renamed or away with its disk, at every stage, and that is there again."""

from __future__ import annotations

from pathlib import Path

from fake_engine import FakeHost, fast_host
from fake_report import PATH, make_change
from screen_driver import ended, reach, until, wizard
from test_screen_failing import shown, to_preview, undo, write

from screens.appliance import Phase
from screens.apply import ApplyScreen, UndoScreen
from screens.journal import JournalScreen
from screens.opening import OpeningScreen
from screens.picker import PickerScreen
from screens.requirements import RequirementsScreen
from screens.work import WorkScreen


async def test_an_image_that_is_gone_at_opening_opens_when_it_is_back() -> None:
    host = FakeHost(gone=True)
    app = wizard(host)
    async with app.run_test() as pilot:
        text = await ended(pilot, OpeningScreen)
        assert f"There is no file {PATH}" in text
        await pilot.press("r")
        await until(pilot, lambda: host.calls.count("open") == 2)
        await ended(pilot, OpeningScreen)
        host.gone = False
        await pilot.press("r")
        await reach(pilot, RequirementsScreen)
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert app.return_value == 0


async def test_an_image_that_went_between_check_and_preview() -> None:
    host = fast_host()
    async with wizard(host).run_test() as pilot:
        screen = await reach(pilot, RequirementsScreen)
        await until(pilot, lambda: screen._desk.appliance.phase is Phase.READY)
        host.gone, host.engines[-1]._warm = True, False
        await pilot.press("a", "p")
        text = await ended(pilot, WorkScreen)
        assert "is not there any more" in text
        assert "Nothing was written." in text
        await pilot.press("escape", "p")  # still gone: it is opened anew first
        await until(pilot, lambda: host.calls[-1] == "open")
        assert "There is no file" in await ended(pilot, WorkScreen)
        await pilot.press("escape")
        host.gone = False
        await to_preview(pilot)


async def test_an_image_that_went_while_the_preview_was_looked_at() -> None:
    host = FakeHost()
    async with wizard(host).run_test() as pilot:
        await to_preview(pilot)
        host.gone = True
        await write(pilot)
        text = await ended(pilot, ApplyScreen)
        assert "is not there any more" in text
        assert "Bring it back" in text
        await pilot.press("escape", "j")  # what was done to it is still known
        await reach(pilot, JournalScreen)
        await pilot.press("escape")
        await reach(pilot, RequirementsScreen)
        host.gone = False
        await to_preview(pilot)
        await write(pilot)
        assert "Change 1 is in the image" in await ended(pilot, ApplyScreen)


async def test_an_image_that_went_while_its_journal_was_looked_at() -> None:
    host = FakeHost(journal=[make_change(1)])
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("j")
        await reach(pilot, JournalScreen)
        host.gone, host.engines[-1]._warm = True, False
        await pilot.press("r")
        assert "is not there any more" in await ended(pilot, WorkScreen)
        await pilot.press("escape")
        await undo(pilot)
        assert f"There is no file {PATH}" in await ended(pilot, UndoScreen)
        await pilot.press("escape")
        host.gone = False
        await undo(pilot)
        await ended(pilot, UndoScreen)


async def test_an_image_that_went_from_below_the_picker(tmp_path: Path) -> None:
    image = tmp_path / "a.qcow2"
    image.write_bytes(b"QFI\xfb" + bytes(100))
    host = FakeHost()
    async with wizard(host, tmp_path).run_test() as pilot:
        picker = await reach(pilot, PickerScreen)
        await until(pilot, lambda: any(entry.format for entry in picker._listing.entries.values()))
        host.gone = True
        image.unlink()
        await pilot.press("enter")
        await until(pilot, lambda: "There is no" in shown(pilot), "what is wrong")
        if isinstance(pilot.app.screen, OpeningScreen):
            await pilot.press("escape")
        await reach(pilot, PickerScreen)
