"""SIGKILL at every step of commit and undo, in real processes: the next opening finds
before or after, never between.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from committer import WHERES
from disks import WRITES, content, disk, overlay, qemu

from wizard import recovery, undo
from wizard.change import State
from wizard.image import probe
from wizard.journal import Journal

HERE = Path(__file__).parent
POINTS = [f"{where}:{when}" for where in WHERES for when in ("before", "after")]


def committer(folder: Path, action: str, point: str, path: str = "") -> int:
    environment = {**os.environ, "PYTHONPATH": f"{HERE.parent}:{HERE}"}
    if path:
        environment["PATH"] = f"{path}:{environment['PATH']}"
    words = [
        sys.executable,
        HERE / "committer.py",
        folder / "disk",
        folder / "overlay",
        folder / "state",
        action,
        point,
    ]
    return subprocess.run(words, env=environment, timeout=120, check=False, capture_output=True).returncode


def recovered(folder: Path, image_format: str) -> tuple[str, tuple[str, ...], State | None]:
    """What the next opening leaves: the disk's content, what it says, and the change's state."""
    journal = Journal(folder / "state")
    said = recovery.recover(folder / "disk", journal)
    changes = journal.changes()
    assert recovery.recover(folder / "disk", journal) == (), "recovering twice finds nothing the second time"
    if image_format == "qcow2":
        qemu("qemu-img", "check", "-q", "-f", "qcow2", folder / "disk")
    return content(folder / "disk", image_format), said, changes[0].state if changes else None


@pytest.fixture(params=["raw", "qcow2"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str, str, str]:
    """A folder with a disk and an overlay; the format, and the content before and after."""
    image_format: str = request.param
    disk(tmp_path / "disk", image_format)
    overlay(tmp_path / "overlay", tmp_path / "disk", image_format, *WRITES)
    before = content(tmp_path / "disk", image_format)
    after = content(tmp_path / "overlay", "qcow2")
    assert before != after
    return tmp_path, image_format, before, after


@pytest.mark.parametrize("point", POINTS)
def test_killed_while_committing(stage: tuple[Path, str, str, str], point: str) -> None:
    folder, image_format, before, after = stage
    assert committer(folder, "commit", point) == -signal.SIGKILL
    found, said, state = recovered(folder, image_format)
    if state is State.COMMITTED:
        assert found == after
        # The change is whole: it can be taken back like any other.
        undo.undo(probe(folder / "disk"), Journal(folder / "state"), 1, lambda line: None)
        assert content(folder / "disk", image_format) == before
    else:
        assert state in (None, State.ROLLED_BACK)
        assert found == before
    if said:
        assert ("as after it" in said[0]) is (found == after)


@pytest.mark.parametrize("point", [p for p in POINTS if not p.startswith(("begin", "set_extents", "create"))])
def test_killed_while_undoing(stage: tuple[Path, str, str, str], point: str) -> None:
    folder, image_format, before, after = stage
    assert committer(folder, "commit", "never") == 0
    assert committer(folder, "undo", point) == -signal.SIGKILL
    found, said, state = recovered(folder, image_format)
    assert (found, state) in ((after, State.COMMITTED), (before, State.UNDONE))
    if said:
        assert found == before


@pytest.mark.parametrize("delay", [0.0, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05])
def test_killed_in_the_middle_of_writing(stage: tuple[Path, str, str, str], tmp_path: Path, delay: float) -> None:
    folder, image_format, _before, after = stage
    shim = tmp_path / "bin"
    shim.mkdir()
    real = subprocess.run(["which", "qemu-img"], capture_output=True, text=True, check=True).stdout.strip()
    # prlimit and qemu-img are started directly: the shim's parent is the committer itself.
    (shim / "qemu-img").write_text(
        f'#!/bin/sh\n[ "$1" = commit ] || exec {real} "$@"\n'
        f'{real} "$@" & child=$!\nsleep {delay}\nkill -9 $PPID $child\n'
    )
    (shim / "qemu-img").chmod(0o755)
    assert committer(folder, "commit", "never", str(shim)) == -signal.SIGKILL
    found, said, state = recovered(folder, image_format)
    assert (found, state) == (after, State.COMMITTED)
    assert "finished" in said[0]


def test_killed_again_while_recovering(stage: tuple[Path, str, str, str]) -> None:
    folder, image_format, _before, after = stage
    assert committer(folder, "commit", "write_back:before") == -signal.SIGKILL
    assert committer(folder, "recover", "write_back:after") == -signal.SIGKILL
    found, _said, state = recovered(folder, image_format)
    assert (found, state) == (after, State.COMMITTED)


def test_lost_overlay_rolls_back(stage: tuple[Path, str, str, str]) -> None:
    folder, image_format, before, _after = stage
    assert committer(folder, "commit", "write_back:after") == -signal.SIGKILL
    (folder / "state" / "change-1.qcow2").unlink()
    found, said, state = recovered(folder, image_format)
    assert (found, state) == (before, State.ROLLED_BACK)
    assert "rolled back" in said[0]
