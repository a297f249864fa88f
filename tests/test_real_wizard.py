"""The wizard itself, driven by keyboard, on the real appliance and a real image: from opening to undo."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import images
import pytest
from disks import qemu

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


async def test_open_preview_apply_and_undo(tmp_path: Path) -> None:
    base = images.broken()
    image = tmp_path / "disk.qcow2"
    qemu("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, image)
    sessions: list[Session] = []

    def connect(path: Path) -> Session:
        sessions.append(Session(path, Settings(user="admin")))
        return sessions[-1]

    app = WizardApp(connect, image)
    async with app.run_test(size=(80, 24)) as pilot:

        async def wait(condition: Callable[[], bool], what: str) -> None:
            for _ in range(1800):
                await pilot.pause(0.1)
                if condition():
                    await pilot.pause()
                    return
            raise AssertionError(f"{what} did not come; on the screen: {app.screen!r}")

        def shown(kind: type) -> Callable[[], bool]:
            return lambda: isinstance(app.screen, kind)

        def text(selector: str) -> str:
            return app.screen.query_one(selector, Pane).text.plain

        await wait(shown(RequirementsScreen), "the list of requirements")
        before = await asyncio.to_thread(image.read_bytes)
        await pilot.press("a", "p")
        await wait(shown(PreviewScreen), "the preview")
        assert "console-log" in text("#detail")
        assert "not fixed" not in text("#detail").lower()
        assert await asyncio.to_thread(image.read_bytes) == before, "a preview changes no byte of the image"
        await pilot.press("w")
        await wait(shown(ConfirmDialog), "the question")
        await pilot.press("y")
        await wait(lambda: isinstance(app.screen, ApplyScreen) and app.screen.has_class("-ended"), "the result")
        assert "Change 1 is in the image" in text("#work-outcome")
        assert sum(session.launches for session in sessions) == 1, "one launch for an opening, preview and commit"
        assert await asyncio.to_thread(image.read_bytes) != before

        await pilot.press("enter")
        await wait(shown(RequirementsScreen), "the list again")
        await pilot.press("j")
        await wait(shown(JournalScreen), "the journal")
        await pilot.press("u")
        await wait(shown(ConfirmDialog), "the question")
        await pilot.press("y")
        await wait(lambda: isinstance(app.screen, UndoScreen) and app.screen.has_class("-ended"), "the undo")
        assert "bit for bit" in text("#work-outcome")
        qemu("qemu-img", "compare", "-f", "qcow2", "-F", "qcow2", image, base)
        await pilot.press("q")
        await wait(lambda: not app.is_running, "the end")
    assert app.return_value == 0
