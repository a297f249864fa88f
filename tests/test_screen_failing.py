"""What fails while an operator works stands on the screen, says what is unchanged; and what it says helps does help."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from fake_engine import FakeHost
from fake_report import make_change
from screen_driver import ended, reach, until, wizard
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Static

from screens.apply import ApplyScreen, UndoScreen
from screens.dialogs import ConfirmDialog
from screens.journal import JournalScreen
from screens.preview import PreviewScreen
from screens.requirements import RequirementsScreen
from screens.work import WorkScreen
from wizard.errors import ChangeError, OpenError, WizardError
from wizard.guestfs_guest import died
from wizard.put_back import failed

FULL = failed(OSError(errno.ENOSPC, "/images has 3 MiB free and 40 MiB are needed"), "Making the undo data failed")
NO_UNDO = failed(OSError(errno.ENOSPC, "/images has 3 MiB free and 40 MiB are needed"), "The undo was not begun")
NO_STAGE = OpenError("stage", "The stage could not be made. The image is as it was.", "Make room in TMPDIR.")
NO_JOURNAL = OpenError("journal", "The journal cannot be used: disk full. The image is as it was.", "Make room.")
NO_FLUSH = ChangeError("stage", "The staged fixes could not be flushed. The image is as it was.", "Try again.")
REFUSED = ChangeError("undo-refused", "Change 1 cannot be undone exactly: the image was booted.", "Revert it instead.")
NO_REVERT = ChangeError("revert-failed", "Change 1 cannot be reverted. The image is as it was.", "Look at the file.")

TO_PREVIEW = ("a", "p")


async def to_preview(pilot: Pilot[int]) -> PreviewScreen:
    await reach(pilot, RequirementsScreen)
    await pilot.press("a", "p")
    return await reach(pilot, PreviewScreen)


async def write(pilot: Pilot[int]) -> None:
    await pilot.press("w")
    await reach(pilot, ConfirmDialog)
    await pilot.press("y")


async def undo(pilot: Pilot[int]) -> None:
    await pilot.press("j")
    await reach(pilot, JournalScreen)
    await pilot.press("u")
    await reach(pilot, ConfirmDialog)
    await pilot.press("y")


async def stands(pilot: Pilot[int], error: WizardError, host: FakeHost) -> None:
    """An error is all on the screen, can be copied, and is still there an hour later."""
    text = await ended(pilot, WorkScreen)
    for told in (error.message, "What to do next", error.next, error.code):
        assert told in text
    host.clock.tick(3600)
    await pilot.pause(0.6)
    await pilot.press("y")
    assert pilot.app.clipboard == text
    assert await ended(pilot, WorkScreen) == text


STAGING = {"appliance died": died(), "temporary folder full": NO_STAGE}
WRITING = {"disk full": FULL, "journal full": NO_JOURNAL, "appliance died": NO_FLUSH}
UNDOING = {"disk full": NO_UNDO, "journal full": NO_JOURNAL}


@pytest.mark.parametrize("error", STAGING.values(), ids=STAGING)
async def test_staging_fails_and_works_when_it_is_tried_again(error: WizardError) -> None:
    host = FakeHost(fail={"preview": error})
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("a", "p")
        await stands(pilot, error, host)
        await pilot.press("escape")
        await to_preview(pilot)
        await write(pilot)
        await ended(pilot, ApplyScreen)
        assert len(host.journal) == 1


@pytest.mark.parametrize("error", WRITING.values(), ids=WRITING)
async def test_writing_fails_and_works_when_it_is_tried_again(error: WizardError) -> None:
    host = FakeHost(fail={"commit": error})
    async with wizard(host).run_test() as pilot:
        await to_preview(pilot)
        await write(pilot)
        await stands(pilot, error, host)
        assert not host.journal
        await pilot.press("escape")
        screen = await reach(pilot, RequirementsScreen)
        assert screen.ticked == ("mac-address", "console-log"), "nothing has to be chosen again"
        await to_preview(pilot)
        await write(pilot)
        await ended(pilot, ApplyScreen)
        assert len(host.journal) == 1


@pytest.mark.parametrize("error", UNDOING.values(), ids=UNDOING)
async def test_undoing_fails_and_works_when_it_is_tried_again(error: WizardError) -> None:
    host = FakeHost(fail={"undo": error}, journal=[make_change(1)])
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await undo(pilot)
        await stands(pilot, error, host)
        await pilot.press("r")  # only a refusal offers a revert
        assert isinstance(pilot.app.screen, UndoScreen)
        await pilot.press("escape")
        await reach(pilot, RequirementsScreen)
        await undo(pilot)
        assert "bit for bit" in await ended(pilot, UndoScreen)


async def test_the_appliance_dies_while_a_preview_is_looked_at_and_discarding_it_is_no_trouble() -> None:
    host = FakeHost(fail={"discard": RuntimeError("the appliance is gone")})
    async with wizard(host).run_test() as pilot:
        await to_preview(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: "Unexpected RuntimeError" in shown(pilot), "the error")
        await pilot.press("escape")
        await to_preview(pilot)
        assert host.made == 2


def shown(pilot: Pilot[int]) -> str:
    """All text of the screen in front."""
    return "\n".join(str(one.content) for one in pilot.app.screen.query(Static))


async def test_a_refused_undo_then_a_refused_revert_then_a_revert_that_works() -> None:
    host = FakeHost(fail={"undo": REFUSED, "revert": NO_REVERT}, journal=[make_change(1)])
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await undo(pilot)
        await stands(pilot, REFUSED, host)
        await pilot.press("r")
        await until(pilot, lambda: not isinstance(pilot.app.screen, UndoScreen))
        await stands(pilot, NO_REVERT, host)
        assert host.journal == [make_change(1)]
        await pilot.press("escape")
        await reach(pilot, RequirementsScreen)
        await pilot.press("j")
        await reach(pilot, JournalScreen)
        await pilot.press("r")
        await reach(pilot, PreviewScreen)
        await write(pilot)
        await ended(pilot, ApplyScreen)
        assert len(host.journal) == 2


KEYS = {"open": (), "preview": TO_PREVIEW, "commit": (*TO_PREVIEW, "w", "y"), "undo": ("j", "u", "y")}


@pytest.mark.parametrize("call", KEYS)
async def test_quitting_while_an_error_stands_closes_the_image(call: str) -> None:
    host = FakeHost(fail={call: FULL}, journal=[make_change(1)])
    app = wizard(host)
    async with app.run_test() as pilot:
        await through(pilot, KEYS[call])
        await ended(pilot, WorkScreen)
        await pilot.press("q", "q")
        await until(pilot, lambda: not app.is_running)
    assert host.calls[-1] == "close"
    assert host.journal == [make_change(1)]
    assert app.return_value == (FULL.exit_code if call == "open" else 0)


@pytest.mark.parametrize("call", KEYS)
async def test_keys_pressed_twice_do_a_thing_once(call: str) -> None:
    host = FakeHost(journal=[make_change(1)])
    async with wizard(host).run_test() as pilot:
        await through(pilot, KEYS[call], times=2)
        await until(pilot, lambda: call in host.calls)
        await pilot.pause(0.2)
        assert host.calls.count(call) == 1


@pytest.mark.parametrize("call", ["preview", "commit", "undo"])
async def test_keys_pressed_twice_leave_an_error_once(call: str) -> None:
    """What was left is not followed by a second step that nobody asked for."""
    host = FakeHost(fail={call: FULL}, journal=[make_change(1)])
    async with wizard(host).run_test() as pilot:
        await through(pilot, KEYS[call])
        await ended(pilot, WorkScreen)
        done = list(host.calls)
        for _ in range(2):
            pilot.app.post_message(events.Key("escape", None))
        await reach(pilot, RequirementsScreen)
        await pilot.pause(0.2)
        assert isinstance(pilot.app.screen, RequirementsScreen)
        assert [one for one in host.calls if one != "cancel"] == done


async def through(pilot: Pilot[int], keys: tuple[str, ...], times: int = 1) -> None:
    """Press keys from the list of requirements on, each as soon as the screen that it is for stands."""
    stands = {"a": RequirementsScreen, "p": RequirementsScreen, "w": PreviewScreen, "y": ConfirmDialog,
              "j": RequirementsScreen, "u": JournalScreen}  # fmt: skip
    for key in keys:
        await reach(pilot, stands[key])
        for _ in range(times):
            pilot.app.post_message(events.Key(key, key))
        await pilot.pause()


SAVED = {"s": "patch-name", "x": "export-file"}


@pytest.mark.parametrize("key", SAVED)
async def test_a_full_disk_fails_a_patch_and_a_report_and_they_are_written_elsewhere(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = FakeHost()
    full, file = tmp_path / "full.html", tmp_path / "room.html"
    full.write_text("the old one")

    failures = [OSError(errno.ENOSPC, "No space left on device")]

    def fsync(number: int) -> None:
        if failures:
            raise failures.pop()

    monkeypatch.setattr("wizard.save.os.fsync", fsync)
    async with wizard(host).run_test() as pilot:
        await (to_preview(pilot) if key == "s" else reach(pilot, RequirementsScreen))
        before = pilot.app.screen
        for target in (full, file):
            await pilot.press(key)
            await until(pilot, lambda: pilot.app.screen.query(f"#{SAVED[key]}"), "the dialog")
            pilot.app.screen.query_one(Input).value = str(target)
            await pilot.press("enter")
            if target == full:
                await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog))
                await pilot.press("y")
                await until(pilot, lambda: "No space left on device" in shown(pilot), "the error")
                assert "another" in shown(pilot)
                await pilot.press("escape")
                await until(pilot, lambda: pilot.app.screen is before)
        await until(pilot, file.exists)
    assert full.read_text() == "the old one"
    assert sorted(tmp_path.iterdir()) == [full, file]


async def test_a_report_under_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    host = FakeHost()
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("x")
        await until(pilot, lambda: pilot.app.screen.query("#export-file"), "the dialog")
        pilot.app.screen.query_one(Input).value = str(tmp_path / ("x" * 300 + ".html"))
        await pilot.press("enter")
        await until(pilot, lambda: "Name another file." in shown(pilot), "the error")
        await pilot.press("escape")
        await reach(pilot, RequirementsScreen)
