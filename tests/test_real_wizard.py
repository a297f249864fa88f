"""The wizard itself, driven by keyboard, on the real appliance and a real image: from opening to undo."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import images
import pytest
from disks import qemu
from screen_driver import banner
from textual.pilot import Pilot

from remediations.vocabulary import Settings
from screens.app import WizardApp
from screens.apply import ApplyScreen, UndoScreen
from screens.base import Pane
from screens.dialogs import ConfirmDialog
from screens.journal import JournalScreen
from screens.preview import PreviewScreen
from screens.requirements import RequirementsScreen
from wizard.session import Session

pytestmark = [pytest.mark.guestfs, pytest.mark.mirror, pytest.mark.timeout(600)]


async def wait(pilot: Pilot[int], condition: Callable[[], bool], what: str) -> None:
    for _ in range(1800):
        await pilot.pause(0.1)
        if condition():
            await pilot.pause()
            return
    raise AssertionError(f"{what} did not come; on the screen: {pilot.app.screen!r}")


def descendants() -> dict[int, str]:
    """The processes below this one, with their names."""
    found: dict[int, tuple[int, str]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = entry.read_text(errors="replace").partition(" (")[2].rpartition(") ")
        except OSError:
            continue  # it ended meanwhile
        found[int(entry.parent.name)] = (int(rest.split(" ")[1]), name)
    below, unseen = {}, {os.getpid()}
    while unseen:
        unseen = {pid for pid, (parent, _) in found.items() if parent in unseen}
        below |= {pid: found[pid][1] for pid in unseen}
    return below


def overlay(tmp_path: Path, base: Path) -> Path:
    image = tmp_path / "disk.qcow2"
    qemu("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, image)
    return image


async def test_open_preview_apply_and_undo(tmp_path: Path) -> None:
    base = images.broken()
    image = overlay(tmp_path, base)
    sessions: list[Session] = []

    def connect(path: Path) -> Session:
        sessions.append(Session(path, Settings(user="admin")))
        return sessions[-1]

    app = WizardApp(connect, image)
    async with app.run_test(size=(80, 24)) as pilot:

        def shown(kind: type) -> Callable[[], bool]:
            return lambda: isinstance(app.screen, kind)

        def text(selector: str) -> str:
            return app.screen.query_one(selector, Pane).text.plain

        await wait(pilot, shown(RequirementsScreen), "the list of requirements")
        assert "> appliance starting" in banner(pilot)
        before = await asyncio.to_thread(image.read_bytes)
        await pilot.press("a", "p")
        await wait(pilot, shown(PreviewScreen), "the preview")
        assert "console-log" in text("#detail")
        assert "not fixed" not in text("#detail").lower()
        assert await asyncio.to_thread(image.read_bytes) == before, "a preview changes no byte of the image"
        await pilot.press("w")
        await wait(pilot, shown(ConfirmDialog), "the question")
        await pilot.press("y")
        await wait(pilot, lambda: isinstance(app.screen, ApplyScreen) and app.screen.has_class("-ended"), "the result")
        assert "Change 1 is in the image" in text("#work-outcome")
        assert sum(session.launches for session in sessions) == 1, "one launch for an opening, preview and commit"
        assert await asyncio.to_thread(image.read_bytes) != before

        await pilot.press("enter")
        await wait(pilot, shown(RequirementsScreen), "the list again")
        await pilot.press("j")
        await wait(pilot, shown(JournalScreen), "the journal")
        await pilot.press("u")
        await wait(pilot, shown(ConfirmDialog), "the question")
        await pilot.press("y")
        await wait(pilot, lambda: isinstance(app.screen, UndoScreen) and app.screen.has_class("-ended"), "the undo")
        assert "bit for bit" in text("#work-outcome")
        qemu("qemu-img", "compare", "-f", "qcow2", "-F", "qcow2", image, base)
        await pilot.press("q")
        await wait(pilot, lambda: not app.is_running, "the end")
    assert app.return_value == 0


@pytest.mark.parametrize("moment", ["0 s", "1 s"])
async def test_quitting_while_the_appliance_starts_leaves_nothing_running(tmp_path: Path, moment: str) -> None:
    image = overlay(tmp_path, images.broken())
    before, others = await asyncio.to_thread(image.read_bytes), descendants()
    app = WizardApp(lambda path: Session(path, Settings(user="admin")), image)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: f"> appliance starting… {moment}" in banner(pilot), "the start of the appliance")
        assert descendants().keys() > others.keys()
        began = time.monotonic()
        await pilot.press("q")
        await wait(pilot, lambda: not app.is_running, "the end")
        assert time.monotonic() - began < 5
    assert app.return_value == 0
    assert descendants().keys() <= others.keys(), descendants()
    assert list(tmp_path.iterdir()) == [image]
    assert await asyncio.to_thread(image.read_bytes) == before
