"""The approved pictures of the screens, kept under ``snapshots/``."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeHost
from fake_report import COMMAND, HOSTILE, IMAGE, file_state, hostile_report, make_change
from screen_driver import ended, reach, until, wizard
from snapshot_fixtures import same_picture_everywhere
from textual.pilot import Pilot

from screens.apply import ApplyScreen, UndoScreen
from screens.dialogs import ConfirmDialog, LeavingDialog
from screens.help import HelpScreen
from screens.journal import JournalScreen
from screens.opening import OpeningScreen
from screens.picker import PickerScreen
from screens.preview import PreviewScreen
from screens.requirements import RequirementsScreen
from screens.rows import RowList
from wizard.change import FileChange, State
from wizard.errors import ChangeError, OpenError

__all__ = ["same_picture_everywhere"]

Snap = Callable[..., bool]
Steps = Callable[[Pilot[int]], Awaitable[None]]
WIDE = (120, 40)
IN_USE = "The image is in use by a running VM: what is shown may be inconsistent, and nothing can be written."
REFUSED = ChangeError(
    "undo-refused",
    "Change 2 cannot be undone: 3 of the extents it wrote hold something else now. The image is unchanged.",
    "The image was booted or edited since. Revert the change instead: file by file, what can be put back is.",
)
NOT_FOUND = OpenError(
    "no-system",
    "No Linux system was found in bookworm-base.qcow2. Nothing was changed.",
    "Check that this is the disk with the root file system. Several disks of one guest cannot be opened together.",
)


def take(snap: Snap, host: FakeHost, steps: Steps, size: tuple[int, int] = (80, 24), **more: Any) -> bool:
    return snap(wizard(host, **more), terminal_size=size, run_before=steps)


def journal() -> list[Any]:
    return [
        replace(make_change(3, hours=0.4), fixes=("firewall",), files=make_change(3).files[:1], undo_bytes=65536),
        make_change(2, hours=26),
        make_change(1, State.UNDONE, hours=75, note="Undone on 2025-03-11 06:40 UTC."),
    ]


async def to_requirements(pilot: Pilot[int]) -> None:
    await reach(pilot, RequirementsScreen)
    await pilot.press("down", "space", *["down"] * 6, "space")


async def to_preview(pilot: Pilot[int]) -> None:
    await reach(pilot, RequirementsScreen)
    await pilot.press("a", "p")
    await reach(pilot, PreviewScreen)


async def to_file(pilot: Pilot[int]) -> None:
    await to_preview(pilot)
    await pilot.press("down", "down")


async def to_journal(pilot: Pilot[int]) -> None:
    await reach(pilot, RequirementsScreen)
    await pilot.press("j")
    await reach(pilot, JournalScreen)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with images of known age; screens write it as ``~``."""
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / "images"
    folder.mkdir()
    now = FakeHost().clock().timestamp()
    for name, size, hours in (
        ("bookworm-base.qcow2", 641728512, 2),
        ("rocky-9.qcow2", 1181116006, 24 * 9),
        ("windows.vhdx", 12884901888, 24 * 40),
        ("SHA256SUMS", 1337, 2),
        (".hidden.qcow2", 5, 2),
    ):
        with (folder / name).open("wb") as file:
            file.truncate(size)
        os.utime(folder / name, (now - hours * 3600,) * 2)
    (folder / "old").mkdir()
    os.utime(folder / "old", (now - 86400 * 400,) * 2)
    return folder


async def to_picker(pilot: Pilot[int]) -> None:
    screen = await reach(pilot, PickerScreen)
    await until(pilot, lambda: screen.query_one(RowList).option_count)


async def to_no_such_path(pilot: Pilot[int]) -> None:
    await to_picker(pilot)
    await pilot.press("slash", *"nothing.img", "enter")


def test_picture_picker_80x24(snap_compare: Snap, home: Path) -> None:
    assert take(snap_compare, FakeHost(), to_picker, start=home)


def test_picture_picker_120x40(snap_compare: Snap, home: Path) -> None:
    assert take(snap_compare, FakeHost(), to_picker, WIDE, start=home)


def test_picture_picker_no_such_path_80x24(snap_compare: Snap, home: Path) -> None:
    assert take(snap_compare, FakeHost(), to_no_such_path, start=home)


def test_picture_picker_hostile_80x24(snap_compare: Snap, home: Path) -> None:
    for name in (b"[x].img", b"[@click=app.quit]x[\xe2\x80\xae].img", b"\x1b[2J.img", b"\xff.img"):
        path = Path(os.fsdecode(os.fsencode(home) + b"/" + name))
        path.touch()
        os.utime(path, (FakeHost().clock().timestamp() - 60,) * 2)
    assert take(snap_compare, FakeHost(), to_picker, start=home)


async def to_opening(pilot: Pilot[int]) -> None:
    screen = await reach(pilot, OpeningScreen)
    await until(pilot, lambda: len(screen._steps) == 3)


async def to_opening_failed(pilot: Pilot[int]) -> None:
    await ended(pilot, OpeningScreen)


def test_picture_opening_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(hold={"open"}), to_opening)


def test_picture_opening_failed_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(fail={"open": NOT_FOUND}), to_opening_failed)


def test_picture_opening_hostile_80x24(snap_compare: Snap) -> None:
    error = OpenError("not-an-image", f"qemu-img says {HOSTILE}", f"do {HOSTILE}")
    assert take(snap_compare, FakeHost(fail={"open": error}), to_opening_failed, start=Path(f"/i/{HOSTILE}.img"))


def test_picture_requirements_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(), to_requirements)


def test_picture_requirements_120x40(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(), to_requirements, WIDE)


def test_picture_requirements_read_only_80x24(snap_compare: Snap) -> None:
    reason = "it is in use by a running VM"
    host = FakeHost(image=replace(IMAGE, read_only_reason=reason, in_use=True), notices=(IN_USE,))
    assert take(snap_compare, host, to_requirements, demo=True)


def test_picture_requirements_hostile_80x24(snap_compare: Snap) -> None:
    host = FakeHost(report=hostile_report(), notices=(f"found {HOSTILE}",))
    assert take(snap_compare, host, to_requirements, start=Path(f"/i/{HOSTILE}.img"))


def test_picture_preview_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(failed=(("firewall", "ufw.conf is immutable"),)), to_preview)


def test_picture_preview_file_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(), to_file)


def test_picture_preview_file_120x40(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(), to_file, WIDE)


def test_picture_preview_hostile_80x24(snap_compare: Snap) -> None:
    poisoned = FileChange(
        f"/etc/{HOSTILE}", file_state(b"a\n"), file_state(HOSTILE.encode("utf-8", "surrogatepass") + b"\n")
    )
    host = FakeHost(
        report=hostile_report(),
        files={"mac-address": (poisoned,), "console-log": (poisoned,)},
        command=replace(COMMAND, output=f"prints {HOSTILE}\n", note=f"note {HOSTILE}"),
        failed=((f"/etc/{HOSTILE}", f"because {HOSTILE}"),),
    )
    assert take(snap_compare, host, to_file)


async def to_question(pilot: Pilot[int]) -> None:
    await to_preview(pilot)
    await pilot.press("w")
    await reach(pilot, ConfirmDialog)


async def to_writing(pilot: Pilot[int]) -> None:
    await to_question(pilot)
    await pilot.press("y")
    screen = await reach(pilot, ApplyScreen)
    await until(pilot, lambda: screen.desk.writing and len(screen._steps) == 2)
    screen._draw()


async def to_written(pilot: Pilot[int]) -> None:
    await to_question(pilot)
    await pilot.press("y")
    await ended(pilot, ApplyScreen)


def test_picture_confirm_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(), to_question)


def test_picture_apply_writing_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(hold={"commit"}), to_writing)


def test_picture_apply_done_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(), to_written)


def test_picture_apply_done_120x40(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(), to_written, WIDE)


def test_picture_journal_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(journal=journal()), to_journal)


def test_picture_journal_120x40(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(journal=journal()), to_journal, WIDE)


def test_picture_journal_empty_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(), to_journal)


async def to_undo_question(pilot: Pilot[int]) -> None:
    await to_journal(pilot)
    await pilot.press("u")
    await reach(pilot, ConfirmDialog)


async def to_undone(pilot: Pilot[int]) -> None:
    await to_undo_question(pilot)
    await pilot.press("y")
    await ended(pilot, UndoScreen)


def test_picture_undo_confirm_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(journal=journal()), to_undo_question)


def test_picture_undo_done_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(journal=journal()), to_undone)


def test_picture_undo_refused_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(journal=journal(), fail={"undo": REFUSED}), to_undone)


async def to_help(pilot: Pilot[int]) -> None:
    await reach(pilot, RequirementsScreen)
    await pilot.press("question_mark")
    await reach(pilot, HelpScreen)


def test_picture_help_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(), to_help)


def test_picture_help_120x40(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(), to_help, WIDE)


def test_picture_too_small_70x20(snap_compare: Snap) -> None:
    async def steps(pilot: Pilot[int]) -> None:
        await reach(pilot, RequirementsScreen)

    assert take(snap_compare, FakeHost(), steps, (70, 20))


def test_picture_leaving_while_writing_80x24(snap_compare: Snap) -> None:
    async def steps(pilot: Pilot[int]) -> None:
        await to_writing(pilot)
        await pilot.press("q")
        await reach(pilot, LeavingDialog)

    assert take(snap_compare, FakeHost(hold={"commit"}), steps)
