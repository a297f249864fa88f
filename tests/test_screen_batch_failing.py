"""Several images of which one goes, is full or loses its appliance: the others are not touched by that."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_engine import FakeHost
from fake_report import REPORT
from screen_driver import detail, reach, until, wizard
from test_screen_batch import Hosts, done, marked

from screens.batch_work import Phase
from screens.requirements import RequirementsScreen
from wizard.errors import ChangeError, OpenError, WizardError
from wizard.guestfs_guest import died

FULL = ChangeError("no-room", "Making the undo data failed. The image is as it was.", "Make room on the disk.")
NO_START = OpenError("appliance", "The appliance did not start. The image is as it was.", "Run --doctor.")
FAILURES: dict[str, tuple[str, WizardError]] = {
    "appliance does not start": ("preview", NO_START),
    "appliance dies": ("preview", died()),
    "disk full": ("commit", FULL),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.qcow2", "b.qcow2"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize("name", [*FAILURES, "image gone"])
async def test_one_fails_the_other_is_fixed_and_opening_the_failed_one_goes_on(folder: Path, name: str) -> None:
    host = FakeHost()
    async with wizard(Hosts(a=host), folder).run_test() as pilot:
        screen = await marked(pilot, "a")
        await done(pilot, screen)
        if name == "image gone":
            host.gone = True
            (folder / "a.qcow2").unlink()
            told = ("There is no file", "Check the path.")
        else:
            call, error = FAILURES[name]
            host.fail[call] = error
            told = (error.message, error.next)
        await pilot.press("w", "y")
        await until(pilot, lambda: screen._batch.items[1].phase is Phase.FIXED)
        await done(pilot, screen)
        assert screen._batch.items[0].phase is Phase.FAILED
        assert screen._batch.items[0].report is REPORT, "what was found is still told"
        for text in told:
            assert text in detail(pilot).replace("\n", " ")
        assert not host.journal
        assert host.calls[-1] == "close"
        host.gone = False
        (folder / "a.qcow2").touch()
        await pilot.press("home", "enter")
        await reach(pilot, RequirementsScreen)
