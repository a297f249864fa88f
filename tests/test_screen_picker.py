"""The picker: folders, hidden files, typed paths."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_engine import FakeHost
from screen_driver import reach, until, wizard
from textual.widgets import Input

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


async def test_the_picker_lists_images_first_and_opens_one(folder: Path) -> None:
    host = FakeHost()
    async with wizard(host, folder).run_test() as pilot:
        screen = await reach(pilot, PickerScreen)
        await until(pilot, lambda: screen._entries)
        assert [e.path.name for e in screen._entries.values()] == ["b.qcow2", "sub", "a.txt"]
        await pilot.press("full_stop")
        await until(pilot, lambda: len(screen._entries) == 4)
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
