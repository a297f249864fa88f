"""The approved pictures of dialogs in the terminal's own colours: what lies below them can still be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_engine import FakeHost
from screen_driver import reach, wizard
from snapshot_fixtures import same_picture_everywhere
from test_screen_pictures import Snap, Steps, journal, to_help, to_journal, to_question, to_undo_question
from textual.pilot import Pilot

from screens.export import ExportDialog
from screens.preview import PreviewScreen
from screens.questions import SystemQuestion
from screens.requirements import RequirementsScreen
from screens.save_patch import SavePatchDialog
from wizard.errors import SeveralSystems

__all__ = ["same_picture_everywhere"]

SEVERAL = SeveralSystems("several-systems", "The image holds 2 operating systems.", "Choose one with --root.")
SEVERAL.systems = (("/dev/sda1", "CentOS release 6.10 (Final)"), ("/dev/sda2", "Debian \x1b[31m[/x] 12"))


def take(snap: Snap, host: FakeHost, steps: Steps) -> bool:
    return snap(wizard(host, theme="ansi"), terminal_size=(80, 24), run_before=steps)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory that screens write as ``~/images``."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "images").mkdir()
    monkeypatch.chdir(tmp_path / "images")


async def test_the_mode_can_be_read_below_a_dialog() -> None:
    async with wizard(FakeHost(), theme="ansi").run_test(size=(80, 24)) as pilot:
        await to_question(pilot)
        drawn = [strip.text for strip in pilot.app.screen._compositor.render_strips()]
        assert any("Cancel (n)" in line for line in drawn), "the dialog"
        assert "STAGED" in drawn[0]


def test_picture_undo_confirm_ansi_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(journal=journal()), to_undo_question)


def test_picture_journal_empty_ansi_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(), to_journal)


async def to_export(pilot: Pilot[int]) -> None:
    await reach(pilot, RequirementsScreen)
    await pilot.press("x")
    await reach(pilot, ExportDialog)


@pytest.mark.usefixtures("home")
def test_picture_export_ansi_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(), to_export)


async def to_save(pilot: Pilot[int]) -> None:
    await reach(pilot, RequirementsScreen)
    await pilot.press("a", "p")
    await reach(pilot, PreviewScreen)
    await pilot.press("s")
    await reach(pilot, SavePatchDialog)


@pytest.mark.usefixtures("home")
def test_picture_preview_save_ansi_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(), to_save)


async def to_systems(pilot: Pilot[int]) -> None:
    await reach(pilot, SystemQuestion)


def test_picture_system_question_ansi_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(fail={"open": SEVERAL}), to_systems)


async def to_help_keys(pilot: Pilot[int]) -> None:
    await to_help(pilot)
    await pilot.press("end")


def test_picture_help_keys_ansi_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(), to_help_keys)
