"""The picker: folders, hidden files, typed paths."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fake_engine import FakeHost
from screen_driver import reach, until, wizard
from textual.widgets import Input, Static

from screens.folder import _moment
from screens.picker import PickerScreen
from screens.requirements import RequirementsScreen
from screens.rows import RowList


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "b.qcow2").touch()
    (tmp_path / "a.txt").touch()
    (tmp_path / ".c.raw").touch()
    return tmp_path


def _names(screen: PickerScreen) -> list[str]:
    """What is listed of the folder itself."""
    return [entry.path.name for key, entry in screen._entries.items() if not key.startswith("recent")]


async def test_the_picker_lists_images_first_and_opens_one(folder: Path) -> None:
    host = FakeHost()
    async with wizard(host, folder).run_test() as pilot:
        screen = await reach(pilot, PickerScreen)
        await until(pilot, lambda: screen._entries)
        assert _names(screen) == ["b.qcow2", "sub", "a.txt"]
        await pilot.press("full_stop")
        await until(pilot, lambda: len(_names(screen)) == 4)
        await pilot.press("down", "enter")
        await reach(pilot, RequirementsScreen)
        assert host.image.path.parent == folder


async def test_the_picker_goes_down_and_up(folder: Path) -> None:
    async with wizard(FakeHost(), folder).run_test() as pilot:
        screen = await reach(pilot, PickerScreen)
        await until(pilot, lambda: screen._entries)
        await pilot.press("down", "enter")
        await until(pilot, lambda: screen._folder == folder / "sub")
        await pilot.press("backspace")
        await until(pilot, lambda: screen._folder == folder)
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
        await until(pilot, lambda: screen._entries)
        monkeypatch.setattr("screens.picker.list_folder", refuse)
        await pilot.press("down", "enter")
        problem = screen.query_one("#picker-problem")
        await until(pilot, lambda: problem.display)
        assert screen._folder == folder


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
        await until(pilot, lambda: any(entry.format == "qcow" for entry in screen._entries.values()))
        assert _names(screen) == ["b.qcow2", "z-really-an-image", "sub", "a.txt"]
        # It was the last name before, and its key is the same.
        assert screen._entries["3"].path.name == "z-really-an-image"


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
