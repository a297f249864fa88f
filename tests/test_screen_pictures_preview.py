"""The approved pictures of the preview and of how differences read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from fake_changes import EVERY_KIND, HOSTILE_LINE, file
from fake_engine import FakeHost
from fake_report import HOSTILE, hostile_report
from screen_driver import reach, wizard
from snapshot_fixtures import same_picture_everywhere
from textual.pilot import Pilot

from screens.preview import PreviewScreen
from screens.requirements import RequirementsScreen
from screens.save_patch import SavePatchDialog
from wizard.change import FileChange

__all__ = ["same_picture_everywhere"]

Snap = Callable[..., bool]
Steps = Callable[[Pilot[int]], Awaitable[None]]
WIDE = (120, 40)


def pressing(*keys: str) -> Steps:
    """The preview of both fixes, then some keys."""

    async def steps(pilot: Pilot[int]) -> None:
        await reach(pilot, RequirementsScreen)
        await pilot.press("a", "p")
        await reach(pilot, PreviewScreen)
        for key in keys:
            await pilot.press(key)
            await pilot.pause()

    return steps


def every_kind() -> FakeHost:
    return FakeHost(files={"console-log": EVERY_KIND})


def take(snap: Snap, host: FakeHost, steps: Steps, size: tuple[int, int] = (80, 24), **more: Any) -> bool:
    return snap(wizard(host, **more), terminal_size=size, run_before=steps)


SSHD = ("n",) * 8


def test_picture_preview_kinds_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, every_kind(), pressing())


def test_picture_preview_kinds_120x40(snap_compare: Snap) -> None:
    assert take(snap_compare, every_kind(), pressing(), WIDE)


def test_picture_preview_hunks_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, every_kind(), pressing(*SSHD))


def test_picture_preview_hunks_120x40(snap_compare: Snap) -> None:
    assert take(snap_compare, every_kind(), pressing(*SSHD), WIDE)


def test_picture_preview_split_120x40(snap_compare: Snap) -> None:
    assert take(snap_compare, every_kind(), pressing("vertical_line", *SSHD, "tab"), WIDE)


def test_picture_preview_ansi_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, every_kind(), pressing(*SSHD), theme="ansi")


def test_picture_preview_split_ansi_120x40(snap_compare: Snap) -> None:
    assert take(snap_compare, every_kind(), pressing("vertical_line", *SSHD), WIDE, theme="ansi")


def test_picture_preview_attributes_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, every_kind(), pressing(*["n"] * 5))


def test_picture_preview_binary_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, every_kind(), pressing(*["n"] * 10))


def test_picture_preview_new_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, every_kind(), pressing(*["n"] * 3))


def test_picture_preview_sideways_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, every_kind(), pressing("n", "n", "tab", *["right"] * 12))


def test_picture_preview_nothing_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(files={}), pressing())


def hostile() -> FakeHost:
    poisoned = FileChange(
        f"/etc/{HOSTILE}",
        file(b"[b]same[/b]\n\tmode 1 \x1b[31m\nkey " + HOSTILE_LINE + b" old\r\n"),
        file(b"[b]same[/b]\n\tmode 2 \x1b[31m\nkey " + HOSTILE_LINE + b" new\r\n\xff" + b"long " * 2000),
        generated=True,
    )
    return FakeHost(report=hostile_report(), files={"mac-address": (poisoned,)})


def test_picture_preview_hostile_diff_120x40(snap_compare: Snap) -> None:
    assert take(snap_compare, hostile(), pressing("n"), WIDE, start=Path(f"/i/{HOSTILE}.img"))


def test_picture_preview_hostile_split_120x40(snap_compare: Snap) -> None:
    assert take(snap_compare, hostile(), pressing("vertical_line", "n"), WIDE, start=Path(f"/i/{HOSTILE}.img"))


def test_picture_preview_save_80x24(snap_compare: Snap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "patches").mkdir()
    monkeypatch.chdir(tmp_path / "patches")

    async def steps(pilot: Pilot[int]) -> None:
        await pressing("s")(pilot)
        await reach(pilot, SavePatchDialog)

    assert take(snap_compare, every_kind(), steps)
