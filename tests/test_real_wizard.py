"""The wizard itself, driven by keyboard, on the real appliance and a real image: from opening to undo."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import images
import pytest
from disks import qemu
from screen_driver import banner
from terminal_session import terminal
from textual.pilot import Pilot

from remediations.vocabulary import Settings
from screens.app import WizardApp
from wizard.session import Session

pytestmark = [pytest.mark.guestfs, pytest.mark.mirror, pytest.mark.timeout(600)]


async def wait(pilot: Pilot[int], condition: Callable[[], bool], what: str) -> None:
    for _ in range(1800):
        await pilot.pause(0.1)
        if condition():
            await pilot.pause()
            return
    raise AssertionError(f"{what} did not come; on the screen: {pilot.app.screen!r}")


def descendants(of: int | None = None) -> dict[int, str]:
    """The processes below one, by default this one, with their names."""
    found: dict[int, tuple[int, str]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = entry.read_text(errors="replace").partition(" (")[2].rpartition(") ")
        except OSError:
            continue  # it ended meanwhile
        found[int(entry.parent.name)] = (int(rest.split(" ")[1]), name)
    below, unseen = {}, {of or os.getpid()}
    while unseen:
        unseen = {pid for pid, (parent, _) in found.items() if parent in unseen}
        below |= {pid: found[pid][1] for pid in unseen}
    return below


def overlay(tmp_path: Path, base: Path) -> Path:
    image = tmp_path / "disk.qcow2"
    qemu("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, image)
    return image


def test_in_a_terminal_from_the_picker_to_undo(tmp_path: Path) -> None:
    base = images.broken()
    folder = tmp_path / "images"
    folder.mkdir()
    image = overlay(folder, base)
    before = image.read_bytes()
    program = [sys.executable, "-m", "wizard", str(folder), "--user", "admin"]
    with terminal(
        program, XDG_STATE_HOME=str(tmp_path / "state"), PYTHONPATH=str(Path(__file__).parent.parent)
    ) as shown:
        shown.wait("Choose an image", "disk.qcow2", "qcow2")
        shown.keys("Enter")
        shown.wait("READ-ONLY", "ssh-server", "user admin", seconds=120)
        assert [entry.name for entry in folder.iterdir()] == ["disk.qcow2"], "looking leaves no file beside the image"
        shown.keys("a", "p")
        shown.wait("STAGED", "outcome", "/boot/grub/grub.cfg", seconds=240)
        assert image.read_bytes() == before, "a preview changes no byte of the image"
        shown.keys("w")
        shown.wait("Write this to the image?", "Cancel")
        shown.keys("Enter")  # Cancel has the focus
        shown.wait_without("Write this to the image?")
        shown.keys("w")
        shown.wait("Write this to the image?")
        shown.keys("y")
        shown.wait("Change 1 is in the image", "--undo", seconds=120)
        assert image.read_bytes() != before
        shown.keys("Enter")
        shown.wait("READ-ONLY", "✓ pass    ssh-server")
        shown.keys("j")
        shown.wait("#1", "committed")
        shown.keys("u")
        shown.wait("Undo change 1?")
        shown.keys("y")
        shown.wait("is undone", seconds=120)
        qemu("qemu-img", "compare", "-f", "qcow2", "-F", "qcow2", image, base)
        shown.keys("Enter")
        shown.wait("READ-ONLY", "✗ fail    ssh-server", seconds=120)
        shown.keys("o")
        shown.wait("Choose an image", "fail")
        shown.keys("q")
        shown.wait_end()


@pytest.mark.parametrize("moment", ["0 s", "1 s"])
async def test_quitting_while_the_appliance_starts_leaves_nothing_running(tmp_path: Path, moment: str) -> None:
    image = overlay(tmp_path, images.broken())
    before, others = await asyncio.to_thread(image.read_bytes), descendants()
    app = WizardApp(lambda path: Session(path, Settings(user="admin")), image)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: f"> appliance starting… {moment}" in banner(pilot), "the start of the appliance")
        assert descendants().keys() - others.keys()
        began = time.monotonic()
        await pilot.press("q")
        await wait(pilot, lambda: not app.is_running, "the end")
        assert time.monotonic() - began < 5
    assert app.return_value == 0
    assert descendants().keys() <= others.keys(), descendants()
    assert list(tmp_path.iterdir()) == [image]
    assert await asyncio.to_thread(image.read_bytes) == before
