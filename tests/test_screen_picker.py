"""The picker: folders, hidden files, typed paths."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fake_engine import FakeHost
from fake_report import REPORT
from screen_driver import reach, until, wizard
from textual.pilot import Pilot
from textual.widgets import Input, Static
from textual.widgets._footer import FooterKey

import screens.listing
import screens.picker
from remediations.vocabulary import Status
from screens.folder import _moment
from screens.picker import PickerScreen
from screens.picker_rows import verdict
from screens.requirements import RequirementsScreen
from screens.rows import RowList
from wizard.known_images import KnownImages


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "b.qcow2").touch()
    (tmp_path / "a.txt").touch()
    (tmp_path / ".c.raw").touch()
    return tmp_path


def _names(screen: PickerScreen) -> list[str]:
    """What is listed of the folder itself."""
    return [entry.path.name for entry in screen._listing.entries.values()]


async def test_the_picker_lists_images_first_and_opens_one(folder: Path) -> None:
    host = FakeHost()
    async with wizard(host, folder).run_test() as pilot:
        screen = await reach(pilot, PickerScreen)
        await until(pilot, lambda: screen._listing.entries)
        assert _names(screen) == ["b.qcow2", "sub", "a.txt"]
        await pilot.press("full_stop")
        await until(pilot, lambda: len(_names(screen)) == 4)
        assert screen._under == folder / "b.qcow2"  # the cursor stays
        await pilot.press("enter")
        await reach(pilot, RequirementsScreen)
        assert host.image.path == folder / "b.qcow2"


async def test_the_picker_goes_down_and_up(folder: Path) -> None:
    async with wizard(FakeHost(), folder).run_test() as pilot:
        screen = await reach(pilot, PickerScreen)
        await until(pilot, lambda: screen._listing.entries)
        await pilot.press("down", "enter")
        await until(pilot, lambda: screen._place.folder == folder / "sub")
        await pilot.press("backspace")
        await until(pilot, lambda: screen._place.folder == folder)
        assert screen.query_one(RowList).key == "1"


async def test_a_path_can_be_typed(folder: Path) -> None:
    host = FakeHost()
    async with wizard(host, folder).run_test() as pilot:
        await reach(pilot, PickerScreen)
        await pilot.press("slash", *"q.img", "enter")
        assert isinstance(pilot.app.screen, PickerScreen)
        pilot.app.screen.query_one(Input).value = str(folder / "b.qcow2")
        await pilot.press("enter")
        await reach(pilot, RequirementsScreen)
        assert host.image.path == folder / "b.qcow2"


async def test_a_folder_that_cannot_be_read_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    async with wizard(FakeHost(), folder).run_test() as pilot:
        screen = await reach(pilot, PickerScreen)
        await until(pilot, lambda: screen._listing.entries)
        monkeypatch.setattr("screens.listing.list_folder", refuse)
        await pilot.press("down", "enter")
        problem = screen.query_one("#picker-problem")
        await until(pilot, lambda: problem.display)
        assert screen._place.folder == folder


async def test_a_home_that_nobody_has_is_told(folder: Path) -> None:
    async with wizard(FakeHost(), folder).run_test() as pilot:
        screen = await reach(pilot, PickerScreen)
        await pilot.press("slash")
        screen.query_one(Input).value = "~nobody-of-that-name/a b.qcow2"
        await pilot.press("enter")
        await until(pilot, lambda: "no file" in str(screen.query_one("#picker-problem", Static).content))


@pytest.mark.parametrize(("second", "year"), [(10**14, 9999), (-(10**14), 1)])
def test_a_time_beyond_all_calendars_is_told_as_far_as_they_go(second: int, year: int) -> None:
    # Not every file system keeps such a time, but some do.
    assert _moment(os.stat_result((0,) * 7 + (second,) * 3)).year == year


async def test_the_cursor_stays_on_its_file_when_a_closer_look_moves_it(folder: Path) -> None:
    (folder / "z-really-an-image").write_bytes(b"QFI\xfb" + bytes(100))
    async with wizard(FakeHost(), folder).run_test() as pilot:
        screen = await reach(pilot, PickerScreen)
        await until(pilot, lambda: any(entry.format == "qcow" for entry in screen._listing.entries.values()))
        assert _names(screen) == ["b.qcow2", "z-really-an-image", "sub", "a.txt"]
        # It was the last name before, and its key is the same.
        assert screen._listing.entries["3"].path.name == "z-really-an-image"


async def test_no_control_character_is_drawn_of_what_is_pasted(folder: Path) -> None:
    async with wizard(FakeHost(), folder).run_test() as pilot:
        screen = await reach(pilot, PickerScreen)
        line = screen.query_one(Input)
        line.value = "/a\x1b[31m\x9b\u202e\udcffb"
        line.focus()
        await pilot.pause()
        drawn = line.render_line(0).text
        assert drawn.startswith("/a␛[31m\ufffd\ufffd\ufffdb")
        assert line.value == "/a\x1b[31m\x9b\u202e\udcffb"


async def looked(pilot: Pilot[int]) -> PickerScreen:
    """The picker when it has looked into the files."""
    screen = await reach(pilot, PickerScreen)
    await until(pilot, lambda: not any(one.group == "folder" and not one.is_finished for one in screen.workers))
    return screen


async def test_a_folder_of_thousands_is_looked_at_in_a_thread_and_drawn_where_it_is_seen(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3000):
        (folder / f"node-{number:04}.qcow2").touch()
    drawn: list[str] = []
    row, look = screens.picker.entry_row, screens.listing.looked_into
    here = threading.get_ident()

    def counted(*args: object) -> Callable[[int], object]:
        drawn.append(str(args[0]))
        return row(*args)  # type: ignore[arg-type]

    def elsewhere(entry: screens.listing.Entry) -> screens.listing.Entry:
        assert threading.get_ident() != here
        return look(entry)

    monkeypatch.setattr(screens.picker, "entry_row", counted)
    monkeypatch.setattr(screens.listing, "looked_into", elsewhere)
    async with wizard(FakeHost(), folder).run_test() as pilot:
        screen = await looked(pilot)
        assert len(screen._listing.entries) == 3003
        for key in ("a", "slash", "0", "7", "escape", "end"):
            drawn.clear()
            await pilot.press(key)
            assert len(drawn) < 60, key
        assert len(screen._place.marked) == 3001


async def test_what_is_typed_filters_whatever_its_case(folder: Path) -> None:
    (folder / "Golden.IMG").touch()
    async with wizard(FakeHost(), folder).run_test() as pilot:
        screen = await looked(pilot)
        await pilot.press("slash", *"gOLd")
        assert [screen._listing.entries[key].path.name for key in screen._list_widget.keys] == ["Golden.IMG"]
        await pilot.press(*"x")
        assert screen._list_widget.keys == ("title empty",)


async def test_the_picker_is_found_again_as_it_was_left(folder: Path) -> None:
    (folder / "sub" / "in.qcow2").touch()
    (folder / "sub" / "inner.qcow2").touch()
    host = FakeHost()
    async with wizard(host, folder).run_test() as pilot:
        await looked(pilot)
        await pilot.press("full_stop")
        await looked(pilot)
        await pilot.press("space", "enter")  # marked, and then into sub
        await until(pilot, lambda: pilot.app.screen._place.folder.name == "sub")  # type: ignore[attr-defined]
        screen = await looked(pilot)
        await pilot.press("slash", *"inn", "enter")
        await reach(pilot, RequirementsScreen)
        await pilot.press("o")
        await until(pilot, lambda: pilot.app.screen is not screen)
        again = await looked(pilot)
        assert again._under == folder / "sub" / "inner.qcow2"
        assert again.query_one("#picker-path", Input).value == "inn"
        assert again._list_widget.has_focus
        assert "1 image marked" in str(again.query_one("#picker-title", Static).content)
        await pilot.press("escape")
        assert len(again._list_widget.keys) == 3
        await pilot.press("backspace")
        await until(pilot, lambda: again._place.folder == folder)
        assert ".c.raw" in _names(await looked(pilot))


async def test_after_an_image_that_was_named_the_cursor_is_on_it(folder: Path) -> None:
    (folder / "a.qcow2").touch()
    async with wizard(FakeHost(), folder / "b.qcow2").run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("o")
        assert (await looked(pilot))._under == folder / "b.qcow2"


async def test_an_image_looked_at_lately_is_found_again_where_it_was(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    image = tmp_path_factory.mktemp("elsewhere") / "golden.qcow2"
    image.write_bytes(b"QFI\xfb" + bytes(100))
    KnownImages().remember(image, REPORT)
    async with wizard(FakeHost(), folder).run_test() as pilot:
        first = await looked(pilot)
        await pilot.press("home", "enter")
        await reach(pilot, RequirementsScreen)
        await pilot.press("o")
        await until(pilot, lambda: pilot.app.screen is not first)
        again = await looked(pilot)
        assert (again._place.folder, again._under, again._list_widget.key) == (folder, image, "recent 0")


async def test_the_last_line_says_what_enter_does(folder: Path) -> None:
    async with wizard(FakeHost(), folder).run_test() as pilot:
        screen = await looked(pilot)
        shown = [(key.key_display, key.description) for key in screen.query(FooterKey)]
        assert shown[0] == ("enter", "Open")


def test_what_all_was_skipped_of_does_not_pass(tmp_path: Path) -> None:
    image = tmp_path / "a.raw"
    image.touch()
    skipped = [replace(a, finding=replace(a.finding, status=Status.SKIPPED)) for a in REPORT.assessments]
    images = KnownImages(tmp_path / "known.db")
    images.remember(image, replace(REPORT, assessments=tuple(skipped)))
    assert verdict(images.recent(1)[0]).plain == "- skipped"
    passed = replace(skipped[0], finding=replace(skipped[0].finding, status=Status.PASS))
    images.remember(image, replace(REPORT, assessments=(passed, *skipped[1:])))
    assert verdict(images.recent(1)[0]).plain == "✓ pass"
