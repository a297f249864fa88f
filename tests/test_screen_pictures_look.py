"""The approved pictures of other themes, of no colour at all, and of terminals that are too small."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_engine import FakeHost
from fake_report import HOSTILE, hostile_report
from screen_driver import reach, wizard
from snapshot_fixtures import same_picture_everywhere
from test_screen_pictures import (
    NO_ROOM,
    NOT_FOUND,
    Snap,
    to_file,
    to_help,
    to_journal,
    to_opening_failed,
    to_question,
    to_requirements,
    to_writing,
    to_written,
)
from test_screen_pictures import journal as changes
from textual.pilot import Pilot

from screens.dialogs import LeavingDialog

__all__ = ["same_picture_everywhere"]

WIDE = (120, 40)
Take = Callable[..., bool]


@pytest.fixture
def take(snap_compare: Snap) -> Take:
    def take(steps: object, theme: str = "ansi", size: tuple[int, int] = (80, 24), hold: str = "") -> bool:
        host = FakeHost(journal=changes(), hold={hold} if hold else set())
        return snap_compare(wizard(host, theme=theme), terminal_size=size, run_before=steps)

    return take


def test_picture_requirements_light_80x24(take: Take) -> None:
    assert take(to_requirements, "light")


def test_picture_requirements_high_contrast_80x24(take: Take) -> None:
    assert take(to_requirements, "high-contrast")


def test_picture_requirements_ansi_80x24(take: Take) -> None:
    assert take(to_requirements)


def test_picture_requirements_ansi_120x40(take: Take) -> None:
    assert take(to_requirements, size=WIDE)


def test_picture_requirements_no_color_80x24(take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert take(to_requirements, "dark")


def test_picture_preview_file_ansi_80x24(take: Take) -> None:
    assert take(to_file)


def test_picture_preview_file_light_80x24(take: Take) -> None:
    assert take(to_file, "light")


def test_picture_confirm_ansi_80x24(take: Take) -> None:
    assert take(to_question)


def test_picture_confirm_no_color_80x24(take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert take(to_question, "dark")


def test_picture_apply_writing_ansi_80x24(take: Take) -> None:
    assert take(to_writing, hold="commit")


def test_picture_apply_failed_ansi_80x24(snap_compare: Snap) -> None:
    host = FakeHost(fail={"commit": NO_ROOM})
    assert snap_compare(wizard(host, theme="ansi"), terminal_size=(80, 24), run_before=to_written)


def test_picture_opening_failed_ansi_120x40(snap_compare: Snap) -> None:
    host = FakeHost(fail={"open": NOT_FOUND})
    assert snap_compare(wizard(host, theme="ansi"), terminal_size=WIDE, run_before=to_opening_failed)


def test_picture_requirements_hostile_ansi_120x40(snap_compare: Snap) -> None:
    app = wizard(FakeHost(report=hostile_report()), theme="ansi", start=Path(f"/i/{HOSTILE}.img"))
    assert snap_compare(app, terminal_size=WIDE, run_before=to_requirements)


def test_picture_journal_ansi_80x24(take: Take) -> None:
    assert take(to_journal)


def test_picture_help_ansi_80x24(take: Take) -> None:
    assert take(to_help)


async def to_help_keys(pilot: Pilot[int]) -> None:
    await to_help(pilot)
    await pilot.press("end")


def test_picture_help_keys_80x24(take: Take) -> None:
    assert take(to_help_keys, "dark")


def test_picture_too_small_80x23(take: Take) -> None:
    assert take(to_requirements, "dark", (80, 23))


def test_picture_too_small_20x5(take: Take) -> None:
    assert take(to_requirements, "dark", (20, 5))


async def to_leaving(pilot: Pilot[int]) -> None:
    await to_writing(pilot)
    await pilot.press("q")
    await reach(pilot, LeavingDialog)


def test_picture_leaving_while_writing_ansi_80x24(take: Take) -> None:
    assert take(to_leaving, hold="commit")
