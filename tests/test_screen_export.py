"""Exporting results from the wizard: the file's name, what is refused, what is asked, and where the file is."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeHost
from fake_report import HOSTILE, REPORT, hostile_report
from screen_driver import reach, until, wizard
from snapshot_fixtures import same_picture_everywhere
from textual.pilot import Pilot
from textual.widgets import Input, Static

from screens.dialogs import ConfirmDialog
from screens.export import ExportDialog, WrittenDialog
from screens.help import HelpScreen
from screens.requirements import RequirementsScreen
from wizard import reports
from wizard.document import Outcome, document

__all__ = ["same_picture_everywhere"]
Snap = Callable[..., bool]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory; screens write the home folder it is in as ``~``."""
    monkeypatch.setenv("HOME", str(tmp_path))
    made = tmp_path / "reports"
    made.mkdir()
    monkeypatch.chdir(made)
    return made


async def to_export(pilot: Pilot[int], name: str | None = None) -> ExportDialog:
    await reach(pilot, RequirementsScreen)
    await pilot.press("x")
    screen = await reach(pilot, ExportDialog)
    if name is not None:
        screen.query_one(Input).value = name
        await pilot.pause()
    return screen


def told(screen: ExportDialog) -> str:
    return str(screen.query_one("#export-told", Static).content)


def text(pilot: Pilot[int]) -> str:
    return "\n".join(str(static.content) for static in pilot.app.screen.query(Static))


async def test_a_page_is_proposed_written_and_its_place_told(folder: Path) -> None:
    async with wizard(FakeHost()).run_test(size=(80, 24)) as pilot:
        screen = await to_export(pilot)
        assert screen.query_one(Input).value == "bookworm-base.html"
        assert told(screen) == "HTML to ~/reports/bookworm-base.html"
        await pilot.press("enter")
        await reach(pilot, WrittenDialog)
        assert "HTML report written" in text(pilot)
        assert "~/reports/bookworm-base.html" in text(pilot)
        await pilot.press("y")
        assert pilot.app.clipboard == str(folder / "bookworm-base.html")
        await pilot.press("escape")
        await reach(pilot, RequirementsScreen)
    assert [path.name for path in folder.iterdir()] == ["bookworm-base.html"]
    assert "2 of 2 boot entries do not pass" in (folder / "bookworm-base.html").read_text()


async def test_the_suffix_chooses_and_home_is_known(tmp_path: Path) -> None:
    host = FakeHost(notices=("As in this image's last change: user admin.",))
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        screen = await to_export(pilot, "~/r.json")
        assert told(screen) == "JSON to ~/r.json"
        screen.query_one("#export").focus()
        await pilot.press("enter")
        await reach(pilot, WrittenDialog)
    expected = document([Outcome(str(host.image.path), 0, host.image, REPORT, notices=host.notices)])
    assert json.loads((tmp_path / "r.json").read_text()) == expected


@pytest.mark.parametrize(
    ("name", "why"),
    [("r.pdf", "has no suffix that says a format"), ("none/r.md", "no such folder"), ("dir.xml", "no ordinary file")],
)
async def test_what_cannot_be_is_refused_and_can_be_mended(name: str, why: str, folder: Path) -> None:
    (folder / "dir.xml").mkdir()
    async with wizard(FakeHost()).run_test(size=(80, 24)) as pilot:
        screen = await to_export(pilot, name)
        await pilot.press("enter")
        await until(pilot, lambda: why in told(screen), why)
        screen.query_one(Input).value = "r.xml"
        await pilot.press("enter")
        await reach(pilot, WrittenDialog)
        assert "JUnit XML report written" in text(pilot)
    assert sorted(path.name for path in folder.iterdir()) == ["dir.xml", "r.xml"]


async def test_a_full_disk_is_told_and_the_older_file_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    (folder / "r.md").write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    async with wizard(FakeHost()).run_test(size=(80, 24)) as pilot:
        screen = await to_export(pilot, "r.md")
        await pilot.press("enter")
        await reach(pilot, ConfirmDialog)
        await pilot.press("y")
        await until(pilot, lambda: "No space left" in told(screen), "the error")
        await pilot.press("escape")
        await reach(pilot, RequirementsScreen)
    assert (folder / "r.md").read_text() == "old"


async def test_a_file_is_replaced_only_after_a_question_that_enter_does_not_answer(folder: Path) -> None:
    (folder / "r.md").write_text("old")
    async with wizard(FakeHost()).run_test(size=(80, 24)) as pilot:
        await to_export(pilot, "r.md")
        await pilot.press("enter")
        await reach(pilot, ConfirmDialog)
        assert "~/reports/r.md" in text(pilot)
        await pilot.press("enter")
        await reach(pilot, ExportDialog)
        assert (folder / "r.md").read_text() == "old"
        await pilot.press("enter")
        await reach(pilot, ConfirmDialog)
        await pilot.press("y")
        await reach(pilot, WrittenDialog)
    assert (folder / "r.md").read_text().startswith("# Images")


async def test_leaving_writes_nothing(folder: Path) -> None:
    async with wizard(FakeHost()).run_test(size=(80, 24)) as pilot:
        await to_export(pilot)
        await pilot.press("escape")
        await reach(pilot, RequirementsScreen)
        await to_export(pilot)
        await pilot.click("#cancel")
        await reach(pilot, RequirementsScreen)
    assert list(folder.iterdir()) == []


async def test_keys_pressed_twice_write_once_and_escape_waits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release, calls = threading.Event(), list[Path]()

    def slow(file: Path, *_: Any) -> None:
        calls.append(file)
        assert release.wait(20)
        file.write_text("")

    monkeypatch.setattr(reports, "write", slow)
    async with wizard(FakeHost()).run_test(size=(80, 24)) as pilot:
        await to_export(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: calls, "writing")
        await pilot.press("enter", "escape")
        await pilot.pause()
        assert isinstance(pilot.app.screen, ExportDialog)
        release.set()
        await reach(pilot, WrittenDialog)
    assert calls == [Path("bookworm-base.html")]


async def test_hostile_names_and_guests_stay_text(folder: Path) -> None:
    path = Path(f"/images/{HOSTILE.replace('/', '')}.qcow2")
    async with wizard(FakeHost(report=hostile_report()), start=path).run_test(size=(80, 24)) as pilot:
        screen = await to_export(pilot)
        assert screen.query_one(Input).value == "x-click-app.quit-x-2J.html"
        await pilot.press("enter")
        await reach(pilot, WrittenDialog)
        await pilot.press("escape")
        screen = await to_export(pilot, f"{HOSTILE.replace('/', '')}.md")
        await pilot.press("enter")
        await until(pilot, lambda: "is no name that a file can have" in told(screen), "the refusal")
        assert "\x1b" not in told(screen)
    assert "\x1b" not in (folder / "x-click-app.quit-x-2J.html").read_text()


async def test_the_help_names_the_key() -> None:
    async with wizard(FakeHost()).run_test(size=(80, 24)) as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("question_mark")
        screen = await reach(pilot, HelpScreen)
        assert "Write the results to a file" in str(screen.query_one("#help-keys", Static).content)


async def to_exists(pilot: Pilot[int]) -> None:
    Path("bookworm-base.html").touch()
    await to_export(pilot)
    await pilot.press("enter")
    await reach(pilot, ConfirmDialog)


async def to_refused(pilot: Pilot[int]) -> None:
    screen = await to_export(pilot, "results.pdf")
    await pilot.press("enter")
    await until(pilot, lambda: "Use .json" in told(screen), "the refusal")


async def to_written(pilot: Pilot[int]) -> None:
    await to_export(pilot, "bookworm-base.xml")
    await pilot.press("enter")
    await reach(pilot, WrittenDialog)


def test_picture_export_80x24(snap_compare: Snap) -> None:
    assert snap_compare(wizard(FakeHost()), terminal_size=(80, 24), run_before=to_export)


def test_picture_export_120x40(snap_compare: Snap) -> None:
    assert snap_compare(wizard(FakeHost()), terminal_size=(120, 40), run_before=to_export)


def test_picture_export_exists_80x24(snap_compare: Snap) -> None:
    assert snap_compare(wizard(FakeHost()), terminal_size=(80, 24), run_before=to_exists)


def test_picture_export_refused_80x24(snap_compare: Snap) -> None:
    assert snap_compare(wizard(FakeHost()), terminal_size=(80, 24), run_before=to_refused)


def test_picture_export_written_80x24(snap_compare: Snap) -> None:
    assert snap_compare(wizard(FakeHost()), terminal_size=(80, 24), run_before=to_written)
