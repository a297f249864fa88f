"""The approved pictures of the list of images."""

from __future__ import annotations

import os
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from fake_engine import FakeHost
from fake_report import FACTS, REPORT, clean_report
from screen_driver import reach, until
from snapshot_fixtures import same_picture_everywhere
from test_screen_pictures import WIDE, Snap, Steps, take
from textual.pilot import Pilot

import screens.listing
from screens.folder import Entry, list_folder, look_at
from screens.picker import PickerScreen
from wizard.known_images import KnownImages

__all__ = ["same_picture_everywhere"]

GIB = 1024**3
NOW = FakeHost().clock().timestamp()
ROCKY = replace(clean_report(), facts=replace(FACTS, product="Rocky Linux 9.5 (Blue Onyx)"))


def image(path: Path, virtual: int, hours: float) -> Path:
    """A file that begins as a qcow2 image does, of known age."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"QFI\xfb" + struct.pack(">I16xQ", 3, virtual) + bytes(512))
    return aged(path, hours)


def aged(path: Path, hours: float) -> Path:
    os.utime(path, (NOW - hours * 3600,) * 2)
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder, which screens write as ``~``; files take what file systems would differ about."""
    for name in ("HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))

    def on_disk(entry: Entry) -> Entry:
        return replace(entry, on_disk=len(entry.path.name) * 33554432 if entry.on_disk is not None else None)

    monkeypatch.setattr(screens.listing, "list_folder", lambda *args: tuple(map(on_disk, list_folder(*args))))
    monkeypatch.setattr(screens.listing, "look_at", lambda path: on_disk(look_at(path)))
    (tmp_path / "images").mkdir()
    return tmp_path / "images"


@pytest.fixture
def images(home: Path) -> Path:
    """Images of every kind: checked, written since, never checked; some looked at lately in another folder."""
    known = KnownImages()
    known.remember(image(home.parent / "golden" / "debian-12-generic-amd64-20250301.qcow2", 3 * GIB, 24 * 13), ROCKY)
    known.remember(image(home.parent / "golden" / "alma.qcow2", 10 * GIB, 24 * 3), REPORT)
    known.remember(image(home / "bookworm-base.qcow2", 2 * GIB, 2), REPORT)
    known.remember(image(home / "rocky-9.qcow2", 10 * GIB, 24 * 9), ROCKY)
    known.remember(image(home / "rocky-9-edited.qcow2", 10 * GIB, 24), ROCKY)
    aged(home / "rocky-9-edited.qcow2", 0.5)
    (home / "windows.vhdx").write_bytes(b"vhdxfile" + bytes(512))
    aged(home / "windows.vhdx", 24 * 40)
    (home / "SHA256SUMS").write_text("0\n")
    aged(home / "SHA256SUMS", 2)
    (home / ".hidden.qcow2").touch()
    (home / "old").mkdir()
    aged(home / "old", 24 * 400)
    return home


def pressing(*keys: str) -> Steps:
    """The list with all that a look into the files tells, then some keys."""

    async def steps(pilot: Pilot[int]) -> None:
        screen = await reach(pilot, PickerScreen)
        await until(pilot, lambda: not any(one.group == "folder" and not one.is_finished for one in screen.workers))
        await pilot.press(*keys)

    return steps


def test_picture_picker_80x24(snap_compare: Snap, images: Path) -> None:
    assert take(snap_compare, FakeHost(), pressing(), start=images)


def test_picture_picker_120x40(snap_compare: Snap, images: Path) -> None:
    assert take(snap_compare, FakeHost(), pressing("down"), WIDE, start=images)


def test_picture_picker_marked_ansi_80x24(snap_compare: Snap, images: Path) -> None:
    assert take(snap_compare, FakeHost(), pressing("space", "down", "space"), start=images, theme="ansi")


def test_picture_picker_filter_80x24(snap_compare: Snap, images: Path) -> None:
    assert take(snap_compare, FakeHost(), pressing("space", "slash", *"rocky", "down"), start=images)


def test_picture_picker_no_such_path_80x24(snap_compare: Snap, images: Path) -> None:
    assert take(snap_compare, FakeHost(), pressing("slash", *"nothing.img", "enter"), start=images)


def test_picture_picker_empty_80x24(snap_compare: Snap, home: Path) -> None:
    assert take(snap_compare, FakeHost(), pressing(), start=home)


def test_picture_picker_long_80x24(snap_compare: Snap, home: Path) -> None:
    for number in range(60):
        image(home / f"node-{number:02}.qcow2", 20 * GIB, number**2)
    assert take(snap_compare, FakeHost(), pressing("pagedown", "pagedown"), start=home)


def test_picture_picker_hostile_80x24(snap_compare: Snap, home: Path) -> None:
    for name in (b"[x].img", b"[@click=app.quit]x[\xe2\x80\xae].img", b"\x1b[2J.img", b"\xff.img"):
        path = Path(os.fsdecode(os.fsencode(home) + b"/" + name))
        path.touch()
        aged(path, 1 / 60)
    assert take(snap_compare, FakeHost(), pressing(), start=home)
