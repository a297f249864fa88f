"""The approved pictures of several images at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeHost
from fake_report import FACTS, HOSTILE, IMAGE, REPORT, clean_report
from screen_driver import reach, until
from snapshot_fixtures import same_picture_everywhere
from test_screen_batch import Hosts, marked
from test_screen_pictures import NO_ROOM, NOT_FOUND, WIDE, Snap, Steps, take
from textual.pilot import Pilot

import screens.app
from screens.batch import BatchScreen
from screens.batch_work import Batch, Item, Phase
from screens.dialogs import ConfirmDialog
from screens.text import Clock
from wizard.engine import Connect

__all__ = ["same_picture_everywhere"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:

    def in_images(connect: Connect, paths: Sequence[Path], now: Clock) -> Batch:
        """The command that undoes a fix has the whole path: one that is the same wherever the picture is taken."""
        return Batch(connect, tuple(Path("/images") / path.name for path in paths), now)

    monkeypatch.setattr(screens.app, "Batch", in_images)
    for name in ("alma-9", "bookworm", "broken", "evil", "in-use", "rocky-9"):
        (tmp_path / f"{name}.qcow2").touch()
    return tmp_path


def hosts(**changed: FakeHost) -> Hosts:
    """One image of each outcome."""
    evil = replace(REPORT, facts=replace(FACTS, product=f"Evil {HOSTILE}"))
    rocky = replace(clean_report(), facts=replace(FACTS, product="Rocky Linux 9.5 (Blue Onyx)"))
    known = {
        "alma-9": FakeHost(report=replace(REPORT, facts=replace(FACTS, product="AlmaLinux 9.5 (Teal Serval)"))),
        "broken": FakeHost(fail={"open": NOT_FOUND}),
        "evil": FakeHost(report=evil, fail={"commit": NO_ROOM}),
        "in-use": FakeHost(image=replace(IMAGE, read_only_reason="it is in use by a running VM", in_use=True)),
        "rocky-9": FakeHost(report=rocky),
    }
    made = Hosts(**(known | changed))
    for host in made.of.values():
        host.release = made.release
    return made


def until_all(ready: Callable[[Item], bool], *keys: str) -> Steps:
    """All images checked, then some keys, until each image is as ``ready`` says."""

    async def steps(pilot: Pilot[int]) -> None:
        screen = await marked(pilot, "a")
        await ended(pilot, screen)
        await pilot.press(*keys)
        await until(pilot, lambda: all(map(ready, screen._batch.items)), "the batch")
        await ended(pilot, screen)

    return steps


async def ended(pilot: Pilot[int], screen: BatchScreen) -> None:
    await until(pilot, lambda: screen._batch._running and not screen._batch.running, "the end of the batch")


def checked(item: Item) -> bool:
    return item.phase in (Phase.CHECKED, Phase.FAILED)


def worked_on(item: Item) -> bool:
    return item.phase in (Phase.FIXED, Phase.FAILED) or not item.fixes


async def to_checking(pilot: Pilot[int]) -> None:
    screen = await marked(pilot, "a")
    phases = [Phase.CHECKED, Phase.CHECKING, Phase.FAILED, Phase.CHECKING, Phase.WAITING, Phase.WAITING]
    await until(pilot, lambda: [item.phase for item in screen._batch.items] == phases, "two being checked")
    lines = {"Inspecting the guest", ""}
    await until(pilot, lambda: {item.line for item in screen._batch.items} <= lines, "the last step")


async def to_question(pilot: Pilot[int]) -> None:
    await until_all(checked, "w")(pilot)
    await reach(pilot, ConfirmDialog)


def shown(snap: Snap, folder: Path, steps: Steps, *size: tuple[int, int], **more: Any) -> bool:
    return take(snap, hosts(), steps, *size, start=folder, **more)


def test_picture_batch_checking_80x24(snap_compare: Snap, folder: Path) -> None:
    waiting = hosts(**{name: FakeHost(hold={"open"}) for name in ("bookworm", "evil")})
    assert take(snap_compare, waiting, to_checking, start=folder)


def test_picture_batch_80x24(snap_compare: Snap, folder: Path) -> None:
    assert shown(snap_compare, folder, until_all(checked))


def test_picture_batch_ansi_80x24(snap_compare: Snap, folder: Path) -> None:
    assert shown(snap_compare, folder, until_all(checked, "down", "down"), theme="ansi")


def test_picture_batch_120x40(snap_compare: Snap, folder: Path) -> None:
    assert shown(snap_compare, folder, until_all(checked, "end", "up"), WIDE)


def test_picture_batch_question_80x24(snap_compare: Snap, folder: Path) -> None:
    assert shown(snap_compare, folder, to_question)


def test_picture_batch_fixed_80x24(snap_compare: Snap, folder: Path) -> None:
    assert shown(snap_compare, folder, until_all(worked_on, "w", "y"))


def test_picture_batch_fixed_120x40(snap_compare: Snap, folder: Path) -> None:
    assert shown(snap_compare, folder, until_all(worked_on, "w", "y", "down", "down", "down"), WIDE)
