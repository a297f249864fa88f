"""What fails for real: an image that goes or changes, a killed appliance, a full disk, a program that is ended."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import images
import pytest
from disks import qemu, sha256
from screen_driver import banner
from terminal_session import terminal
from test_real_wizard import descendants, overlay, wait
from textual.pilot import Pilot

from remediations.vocabulary import Settings
from screens.app import WizardApp
from screens.base import Pane
from screens.dialogs import ConfirmDialog
from screens.preview import PreviewScreen
from screens.requirements import RequirementsScreen
from screens.work import WorkScreen
from wizard.change import State
from wizard.errors import ChangeError
from wizard.image import probe
from wizard.journal import Journal
from wizard.session import Session
from wizard.stage import Stage

pytestmark = [pytest.mark.guestfs, pytest.mark.mirror, pytest.mark.timeout(600)]
# A fix that only writes files: no program of the guest's has to run.
FIX = "mac-address"


async def previewed(pilot: Pilot[int]) -> None:
    await pilot.press("p")
    await wait(pilot, lambda: isinstance(pilot.app.screen, PreviewScreen), "the preview")


async def written(pilot: Pilot[int]) -> None:
    await pilot.press("w")
    await wait(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog), "the question")
    await pilot.press("y")


async def outcome(pilot: Pilot[int]) -> str:
    await wait(pilot, lambda: isinstance(pilot.app.screen, WorkScreen) and not pilot.app.screen.running, "an end")
    return pilot.app.screen.query_one("#work-outcome", Pane).text.plain


async def back(pilot: Pilot[int]) -> None:
    await pilot.press("escape")
    await wait(pilot, lambda: isinstance(pilot.app.screen, RequirementsScreen), "the list")


def appliance() -> int:
    """The process of the appliance."""
    return next(pid for pid, name in descendants().items() if name.startswith("qemu-system"))


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of its own that is soon full; only root may have one."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=False)
    if done.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> Path:
    """Leave no room on a disk."""
    filler = folder / "filler"
    number = os.open(filler, os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(number, bytes(4096)):
            pass
    except OSError:
        return filler
    finally:
        os.close(number)
    raise AssertionError("it is not full")


async def test_what_fails_is_told_leaves_the_image_alone_and_works_when_it_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One way through all of it: a launch of the appliance costs most of the time here."""
    (tmp_path / "images").mkdir()
    image = overlay(tmp_path / "images", images.broken())
    before = sha256(image)
    monkeypatch.setenv("LIBGUESTFS_CACHEDIR", os.environ["TMPDIR"])
    with small_disk(tmp_path / "state", "1M") as state, small_disk(tmp_path / "temporary", "200M") as temporary:
        monkeypatch.setenv("TMPDIR", str(temporary))
        filler = fill(temporary)
        app = WizardApp(lambda path: Session(path, Settings(user="admin"), state), image)
        async with app.run_test(size=(80, 24)) as pilot:
            await wait(pilot, lambda: "✗ appliance" in banner(pilot), "the failed start")
            await pilot.press("slash", *FIX, "enter", "p")
            text = await outcome(pilot)
            assert "The stage could not be made" in text
            assert "Make room in the temporary folder" in text
            assert list(temporary.iterdir()) == [filler], "what was begun there is gone"
            filler.unlink()
            await back(pilot)
            await killed_while_staging(pilot)
            assert "The appliance ended unexpectedly. The image is as it was." in await outcome(pilot)
            await back(pilot)
            await gone_while_previewed(pilot, image)
            await back(pilot)
            await replaced_while_previewed(pilot, image)
            await back(pilot)
            await previewed(pilot)
            await written(pilot)
            text = await outcome(pilot)
            assert "MiB are needed. The image is as it was." in text
            assert "Make room" in text
            await pilot.press("q")
            await wait(pilot, lambda: not app.is_running, "the end")
        assert sha256(image) == before
        assert [change.state for change in Journal(next(state.iterdir())).changes()] == [State.ROLLED_BACK]
        assert not list(temporary.iterdir())
    assert list(image.parent.iterdir()) == [image]


async def killed_while_staging(pilot: Pilot[int]) -> None:
    await pilot.press("p")

    def staging() -> bool:
        screen = pilot.app.screen
        return isinstance(screen, WorkScreen) and any(line == "Staging the fixes" for line, _ in screen._steps)

    await wait(pilot, staging, "staging")
    os.kill(appliance(), signal.SIGKILL)


async def gone_while_previewed(pilot: Pilot[int], image: Path) -> None:
    elsewhere = image.parent.with_name("elsewhere")
    await previewed(pilot)
    image.rename(elsewhere)
    await written(pilot)
    text = await outcome(pilot)
    assert "is not there any more" in text
    assert "Nothing was written." in text
    assert not list(image.parent.iterdir()), "nothing is made where an image was"
    await back(pilot)
    await pilot.press("p")
    assert "There is no file" in await outcome(pilot)
    elsewhere.rename(image)


async def replaced_while_previewed(pilot: Pilot[int], image: Path) -> None:
    await previewed(pilot)
    other = image.with_name("other")
    await asyncio.to_thread(shutil.copyfile, image, other)
    other.replace(image)
    await written(pilot)
    assert "was written to or replaced by something else" in await outcome(pilot)


def write(stage: Stage, size: int) -> None:
    """As a step would whose room somebody else has taken since it was asked for."""
    with stage._translating():
        stage._appliance.g.write("/root/large", os.urandom(size))
        stage._appliance.g.sync()


def test_a_disk_that_runs_full_while_staging_ends_the_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = overlay(tmp_path, images.broken())
    monkeypatch.setenv("LIBGUESTFS_CACHEDIR", os.environ["TMPDIR"])
    with small_disk(tmp_path / "temporary", "80M") as temporary:
        monkeypatch.setenv("TMPDIR", str(temporary))
        stage = Stage(probe(image), writable=True)
        try:
            stage.launch(lambda line: None)
            assert stage.alive
            fill(temporary)
            # qemu stops a guest whose disk finds no room, until there is some: the call would never return.
            with pytest.raises(ChangeError) as caught:
                write(stage, 1 << 20)
            assert caught.value.code == "no-room"
            assert "temporary ran full while fixes were staged. The image is as it was." in caught.value.message
            assert not stage.alive
        finally:
            stage.drop()


def until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)


# All is real but that one fix is made, and that a write lasts: what is told to end comes in the midst of it.
PROGRAM = f"""
import sys
from screens import batch_work
from wizard.cli import main
batch_work._offered = lambda report: ("{FIX}",)
sys.exit(main())
"""
SHIM = """#!/bin/sh
[ "$1" = commit ] && touch {marker} && sleep 1
exec {real} "$@"
"""


@pytest.mark.parametrize(("way", "moment"), [("SIGTERM", "staging"), ("SIGHUP", "writing"), ("closed", "writing")])
def test_a_batch_that_is_ended_leaves_each_image_as_before_or_as_after(tmp_path: Path, way: str, moment: str) -> None:
    base = images.broken()
    folder, temporary, programs = (tmp_path / name for name in ("images", "temporary", "programs"))
    for made in (folder, temporary, programs):
        made.mkdir()
    first, second = (overlay(folder, base).rename(folder / f"{name}.qcow2") for name in "ab")
    before = sha256(first), sha256(second)
    marker, shim = tmp_path / "writing", programs / "qemu-img"
    shim.write_text(SHIM.format(marker=marker, real=shutil.which("qemu-img")))
    shim.chmod(0o755)
    with terminal(
        [sys.executable, "-c", PROGRAM, str(folder), "--user", "admin"],
        PYTHONPATH=str(Path(__file__).parent.parent),
        PATH=f"{programs}:{os.environ['PATH']}",
        XDG_STATE_HOME=str(tmp_path / "known"),
        LIBGUESTFS_CACHEDIR=os.environ["TMPDIR"],
        TMPDIR=str(temporary),
    ) as shown:
        shown.wait("a.qcow2", "b.qcow2", "qcow2")
        shown.keys("a", "c")
        shown.wait("2 of 2 images done")
        shown.keys("w")
        shown.wait("Fix 2 images?")
        shown.keys("y")
        if moment == "staging":
            shown.wait("Staging the fixes")
        else:
            until(marker.exists)
        running = {shown.pid, *descendants(shown.pid)}
        if way == "closed":
            shown.close()
        else:
            os.kill(shown.pid, getattr(signal, way))
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in running))
    assert not list(temporary.glob("image-wizard-*")), "no overlay is left"
    assert sha256(second) == before[1]
    if moment == "staging":
        assert sha256(first) == before[0]
        assert sorted(folder.iterdir()) == [first, second]
        return
    journal = Journal(folder / "a.qcow2.wizard")
    assert [change.state for change in journal.changes()] == [State.COMMITTED]
    assert sha256(first) != before[0]
    qemu("qemu-img", "check", "-q", first)
    Session(first, Settings()).undo()
    qemu("qemu-img", "compare", first, base)
