"""The journal: a change looked at closely, one that was interrupted explained and finished, undo and revert asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake_changes import EVERY_KIND, LONG, LONG_AFTER, file
from fake_engine import FakeHost
from fake_report import HOSTILE, make_change
from screen_driver import banner, detail, ended, press, reach, row, shown, until, wizard
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Static

from screens.change import ChangeScreen
from screens.change_state import UNFINISHED
from screens.dialogs import ConfirmDialog
from screens.diff_view import DiffView
from screens.journal import JournalScreen
from screens.opening import OpeningScreen
from screens.preview import PreviewScreen
from screens.requirements import RequirementsScreen
from screens.rows import RowList
from screens.save_patch import SavePatchDialog
from screens.text import plain
from wizard.change import Change, FileChange, PackageChange, Packages, State
from wizard.errors import OpenError

WIDE = (120, 40)
KINDS = (ChangeScreen, PreviewScreen)
STUCK = OpenError("interrupted", "Change 2 was interrupted and cannot be finished.", "Do not boot the image.")


def host(*journal: Change, **more: object) -> FakeHost:
    return FakeHost(journal=list(journal), **more)  # type: ignore[arg-type]


async def to_journal(pilot: Pilot[int], *keys: str) -> JournalScreen:
    await reach(pilot, RequirementsScreen)
    await pilot.press("j")
    screen = await reach(pilot, JournalScreen)
    await press(pilot, *keys)
    return screen


async def to_change(pilot: Pilot[int], *keys: str) -> ChangeScreen:
    await to_journal(pilot, "enter")
    screen = await reach(pilot, ChangeScreen)
    await press(pilot, *keys)
    return screen


def asked(pilot: Pilot[int]) -> str:
    return "\n".join(str(line.content) for line in pilot.app.screen.query(Static))


async def test_the_list_tells_time_state_purpose_files_and_room() -> None:
    revert = replace(
        make_change(3, hours=0.4), kind="revert", fixes=(), note="Reverts change 1. Left alone: /etc/x: no."
    )
    made = host(revert, make_change(2, State.ROLLED_BACK, hours=26), make_change(1, State.UNDOING, hours=75))
    async with wizard(made).run_test(size=WIDE) as pilot:
        rows = (await to_journal(pilot)).query_one(RowList)
        first, second, third = (" ".join(rows.render_line(y).text.split()) for y in range(3))
        assert first == "#3 committed 24 minutes ago Reverts change 1 3 files 716.8 KiB"
        assert second == "#2 rolled back a day ago mac-address, console-log 3 files"
        assert third.startswith("#1 unfinished 3 days ago")


async def test_a_change_is_opened_on_its_first_difference_and_left_again() -> None:
    made = host(make_change(2), make_change(1))
    async with wizard(made).run_test() as pilot:
        await to_journal(pilot, "down", "enter")
        screen = await reach(pilot, ChangeScreen)
        assert row(pilot) == "file 0"
        assert "emptied  /etc/udev/rules.d/70-persistent-net.rules" in shown(pilot)
        await press(pilot, "n")
        assert '+GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200n8"' in shown(pilot)
        await press(pilot, "down", "down")
        assert detail(pilot).startswith("$ update-grub\nGenerating")
        await press(pilot, "home")
        assert row(pilot) == "change"
        assert "Change 1  fix  committed" in detail(pilot)
        assert screen.check_action("split", ()) is None, "80 columns have no room for two sides"
        await press(pilot, "escape")
        await reach(pilot, JournalScreen)
        assert row(pilot) == "1"
        assert set(made.calls) == {"open", "history"}


async def test_a_change_side_by_side_copied_and_its_keys_those_of_the_preview() -> None:
    app = wizard(host(replace(make_change(1), files=EVERY_KIND)))
    async with app.run_test(size=WIDE) as pilot:
        screen = await to_change(pilot, "vertical_line")
        assert screen.query_one(DiffView).split
        assert " │ " in shown(pilot)
        await press(pilot, "y")
        assert "--- a/etc/default/grub\n+++ b/etc/default/grub\n" in app.clipboard
        await press(pilot, "N", "n", "Y")
        assert app.clipboard == "/boot/grub/grub.cfg"
        ours, preview = ({(binding.id, key) for key, binding in kind._merged_bindings or ()} for kind in KINDS)
        assert {name for name, _ in ours - preview if name} == {"change.back"}
        assert {name for name, _ in preview - ours if name} == {"preview.write", "preview.discard"}


async def test_a_change_is_saved_as_a_patch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    packages = Packages((PackageChange("openssh-server", None, "1:9.2", 1024),), 7)
    async with wizard(host(replace(make_change(4), packages=packages))).run_test() as pilot:
        await to_change(pilot, "s")
        dialog = await reach(pilot, SavePatchDialog)
        assert dialog.query_one(Input).value == "bookworm-base.qcow2.change-4.patch"
        await press(pilot, "enter")
        saved = tmp_path / "bookworm-base.qcow2.change-4.patch"
        await until(pilot, saved.exists)
        lines = saved.read_bytes()
        assert lines.startswith(b"# Change 4 of bookworm-base.qcow2 (committed): mac-address, console-log\n")
        assert b"# package openssh-server - -> 1:9.2\n" in lines
        assert b"diff --git a/etc/default/grub b/etc/default/grub\n" in lines
        await reach(pilot, ChangeScreen)


async def test_a_change_of_an_image_that_never_opened_can_be_looked_at_and_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    image = tmp_path / "image.raw"
    image.write_bytes(b"image")
    made = host(make_change(1), fail={"open": OpenError("no-system", "There is none.", "Look again.")})
    async with wizard(made, start=image).run_test() as pilot:
        await ended(pilot, OpeningScreen)
        await press(pilot, "j")
        await reach(pilot, JournalScreen)
        await press(pilot, "enter")
        await reach(pilot, ChangeScreen)
        await press(pilot, "s")
        dialog = await reach(pilot, SavePatchDialog)
        dialog.query_one(Input).value = "image.raw"
        await press(pilot, "enter")
        told = dialog.query_one("#patch-told", Static)
        await until(pilot, lambda: "That is the image itself" in str(told.content))
        dialog.query_one(Input).value = "x.patch"
        await press(pilot, "enter")
        await until(pilot, (tmp_path / "x.patch").exists)
        assert image.read_bytes() == b"image"


async def test_a_change_without_files_and_one_with_long_and_hostile_ones() -> None:
    poisoned = FileChange(f"/etc/{HOSTILE}", file(b"a\n"), file(HOSTILE.encode("utf-8", "surrogatepass")))
    evil = replace(
        make_change(2, note=HOSTILE), who=HOSTILE, files=(poisoned, FileChange("/l", file(LONG), file(LONG_AFTER)))
    )
    empty = replace(make_change(1), files=(), commands=())
    app = wizard(host(evil, empty))
    async with app.run_test() as pilot:
        await to_change(pilot)
        assert visible_everywhere(shown(pilot))
        await press(pilot, "down")
        await until(pilot, lambda: pilot.app.screen.query_one(DiffView).display, "the long difference")
        await press(pilot, "home")
        assert plain(HOSTILE).plain in detail(pilot)
        await press(pilot, "escape", "down", "enter")
        screen = await reach(pilot, ChangeScreen)
        assert row(pilot) == "change"
        for action in ("hunk", "save", "split"):
            assert screen.check_action(action, ()) is None
        await press(pilot, "n", "s")
        assert pilot.app.screen is screen


def visible_everywhere(text: str) -> bool:
    return not any((c < " " and c != "\n") or 0xD800 <= ord(c) < 0xE000 for c in text)


async def test_enter_pressed_twice_opens_one_change() -> None:
    async with wizard(host(make_change(1))).run_test() as pilot:
        await to_journal(pilot)
        for _ in range(2):  # both before the screen stands
            pilot.app.post_message(events.Key("enter", None))
        await reach(pilot, ChangeScreen)
        await press(pilot, "escape")
        await reach(pilot, JournalScreen)


@pytest.mark.parametrize(
    ("state", "undo_bytes", "means", "then"),
    [
        (State.COMMITTED, 1024, "It is in the image.", "Undo takes it back, bit for bit."),
        (State.COMMITTED, None, "Its undo data is gone.", "It cannot be undone any more. Revert puts"),
        (State.UNDONE, None, "It was taken back", "preview its fixes again"),
        (State.ROLLED_BACK, None, "It is not in the image, which got back", "preview its fixes again"),
        (State.PREPARING, None, "Nothing of it is in the image.", "Opening the image again drops it."),
        (State.COMMITTING, 1024, "may be half written: do not boot or copy it.", "again finishes it; where that"),
        (State.UNDOING, 1024, "may be half written: do not boot or copy it.", "again finishes the undo."),
    ],
)
async def test_each_state_is_told_in_plain_words(state: State, undo_bytes: int | None, means: str, then: str) -> None:
    note = "Interrupted while it was written; rolled back at the next opening."
    made = host(replace(make_change(1, state, note=note), undo_bytes=undo_bytes))
    async with wizard(made).run_test() as pilot:
        await to_journal(pilot)
        told = detail(pilot)
        assert told.index(note) < told.index(means) < told.index(then)
        word = {State.ROLLED_BACK: "rolled back"}.get(state, "unfinished" if state in UNFINISHED else state.value)
        assert f"Change 1  fix  {word}  2025-03-14 06:30:00 UTC" in told


async def test_an_older_change_says_what_is_undone_first() -> None:
    async with wizard(host(make_change(2), make_change(1))).run_test() as pilot:
        await to_journal(pilot, "down")
        assert "Undo takes back the newest change first." in detail(pilot)


@pytest.mark.parametrize("state", UNFINISHED)
async def test_an_unfinished_change_is_finished_from_the_journal_after_a_question(state: State) -> None:
    """An undo asked for now would first finish the change, then take back that one, too."""
    made = host(make_change(2, state), make_change(1), fail={"open": STUCK})
    async with wizard(made).run_test() as pilot:
        await ended(pilot, OpeningScreen)
        await press(pilot, "j")
        screen = await reach(pilot, JournalScreen)
        said = str(screen.query_one("#unfinished", Static).content)
        assert said.startswith("! Change 2 is unfinished. ")
        assert screen.check_action("undo", ()) is None
        await press(pilot, "down")
        assert screen.check_action("revert", ()) is None
        await press(pilot, "u", "r")
        assert pilot.app.screen is screen
        await press(pilot, "f")
        await reach(pilot, ConfirmDialog)
        assert "Opening the image again" in asked(pilot)
        await press(pilot, "enter")
        await reach(pilot, JournalScreen)
        assert made.calls.count("open") == 1, "Cancel has the focus"
        made.journal[0] = make_change(2)
        made.notices = ("Change 2 was interrupted while it was written: it is finished.",)
        await press(pilot, "f")
        await reach(pilot, ConfirmDialog)
        await press(pilot, "y")
        await reach(pilot, RequirementsScreen)
        assert made.calls.count("open") == 2
        assert "undo" not in made.calls
        assert "it is finished" in banner(pilot)
        assert (await to_journal(pilot)).check_action("undo", ()) is True
        assert not pilot.app.screen.query("#unfinished")


async def test_nothing_unfinished_offers_no_finishing() -> None:
    async with wizard(host(make_change(1))).run_test() as pilot:
        screen = await to_journal(pilot, "f")
        assert screen.check_action("finish", ()) is False
        assert pilot.app.screen is screen


async def test_undo_says_what_comes_back_before_it_does_anything() -> None:
    packages = Packages((PackageChange("openssh-server", None, "1:9.2", 1024),), 7)
    made = host(replace(make_change(2), packages=packages), make_change(1))
    async with wizard(made).run_test() as pilot:
        await to_journal(pilot, "down", "u")
        await reach(pilot, ConfirmDialog)
        assert "Undo change 2?" in asked(pilot)
        assert "/etc/default/grub" in asked(pilot)
        assert "Packages as before, too: openssh-server" in asked(pilot)
        await press(pilot, "enter")
        await reach(pilot, JournalScreen)
        assert "undo" not in made.calls


async def test_a_revert_is_previewed_and_writes_nothing_by_itself() -> None:
    made = host(make_change(2), make_change(1))
    async with wizard(made).run_test() as pilot:
        await to_journal(pilot, "down", "r")
        await reach(pilot, PreviewScreen)
        assert "revert" in made.calls
        await press(pilot, "escape")
        await reach(pilot, RequirementsScreen)
        assert "commit" not in made.calls
