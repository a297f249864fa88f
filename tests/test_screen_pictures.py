"""The approved pictures of the screens, kept under ``snapshots/``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fake_engine import FakeHost
from fake_report import COMMAND, HOSTILE, IMAGE, file_state, hostile_report, make_change
from screen_driver import ended, reach, until, wizard
from snapshot_fixtures import same_picture_everywhere
from textual.pilot import Pilot

from screens.apply import ApplyScreen, UndoScreen
from screens.change import ChangeScreen
from screens.dialogs import ConfirmDialog, LeavingDialog
from screens.help import HelpScreen
from screens.journal import JournalScreen
from screens.opening import OpeningScreen
from screens.preview import PreviewScreen
from screens.requirements import RequirementsScreen
from screens.work import WorkScreen
from wizard.change import FileChange, State
from wizard.errors import ChangeError, OpenError

__all__ = ["same_picture_everywhere"]

Snap = Callable[..., bool]
Steps = Callable[[Pilot[int]], Awaitable[None]]
WIDE = (120, 40)
IN_USE = "The image is in use by a running VM: what is shown may be inconsistent, and nothing can be written."
REFUSED = ChangeError(
    "undo-refused",
    "Change 3 cannot be undone: 3 of the extents it wrote hold something else now. The image is unchanged.",
    "The image was booted or edited since. Revert the change instead: file by file, what can be put back is.",
)
NOT_FOUND = OpenError(
    "no-system",
    "No Linux system was found in this image. Nothing was changed.",
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


NO_ROOM = ChangeError(
    "no-space",
    "/images has 12.0 MiB free, and saving what undo needs takes 716.8 KiB more. The image is unchanged.",
    "Free some room, or give --state-dir on another disk. Then write it again: what was staged is lost.",
)


def test_picture_apply_failed_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(fail={"commit": NO_ROOM}), to_written)


async def to_printing(pilot: Pilot[int]) -> None:
    await reach(pilot, RequirementsScreen)
    await pilot.press("a", "p")
    screen = await reach(pilot, WorkScreen)
    await until(pilot, lambda: len(screen._steps) == 7)


def test_picture_preview_printing_80x24(snap_compare: Snap) -> None:
    printed = ("Reading package lists...", f"prints {HOSTILE}", "Unpacking openssh-server ...", "Setting up", "Done")
    assert take(snap_compare, FakeHost(hold={"preview"}, printed=printed), to_printing)


def long_journal() -> list[Any]:
    """Half a year of changes, an interrupted one that was rolled back among them."""
    note = "Interrupted while it was written; rolled back at the next opening."
    changes = [make_change(number, hours=(15 - number) ** 3) for number in range(14, 0, -1)]
    changes[2] = make_change(12, State.ROLLED_BACK, hours=27, note=note)
    return changes


async def to_rolled_back(pilot: Pilot[int]) -> None:
    await to_journal(pilot)
    await pilot.press("down", "down")


def test_picture_journal_long_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(journal=long_journal()), to_rolled_back)


def test_picture_journal_long_120x40(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(journal=long_journal()), to_rolled_back, WIDE)


def test_picture_journal_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(journal=journal()), to_journal)


def test_picture_journal_120x40(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(journal=journal()), to_journal, WIDE)


def test_picture_journal_empty_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(), to_journal)


def unfinished_journal() -> list[Any]:
    """A change that could not be finished at the opening, above one that stands."""
    note = "Not finished at the last opening: the image cannot be written to now."
    stuck = replace(make_change(3, State.COMMITTING, hours=0.4, note=note), undo_bytes=734003)
    return [stuck, *journal()[1:]]


STUCK = OpenError(
    "interrupted",
    "Change 3 was interrupted while the image was written, and cannot be finished or rolled back: "
    "the image cannot be written to now.",
    "Do not boot the image. Free it and make room, then try again.",
)


async def to_unfinished(pilot: Pilot[int]) -> None:
    await ended(pilot, OpeningScreen)
    await pilot.press("j")
    await reach(pilot, JournalScreen)


async def to_finish_question(pilot: Pilot[int]) -> None:
    await to_unfinished(pilot)
    await pilot.press("f")
    await reach(pilot, ConfirmDialog)


async def to_change(pilot: Pilot[int]) -> None:
    await to_journal(pilot)
    await pilot.press("down", "enter")
    await reach(pilot, ChangeScreen)
    await pilot.press("down")


async def to_split_change(pilot: Pilot[int]) -> None:
    await to_change(pilot)
    await pilot.press("vertical_line")


def test_picture_journal_unfinished_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(journal=unfinished_journal(), fail={"open": STUCK}), to_unfinished)


def test_picture_journal_unfinished_ansi_80x24(snap_compare: Snap) -> None:
    host = FakeHost(journal=unfinished_journal(), fail={"open": STUCK})
    assert take(snap_compare, host, to_unfinished, theme="ansi")


def test_picture_journal_finish_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(journal=unfinished_journal(), fail={"open": STUCK}), to_finish_question)


def test_picture_journal_change_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(journal=journal()), to_change)


def test_picture_journal_change_120x40(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(journal=journal()), to_change, WIDE)


def test_picture_journal_change_split_120x40(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(journal=journal()), to_split_change, WIDE)


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
