"""Work that takes time: what a guest's program prints, and copying how it ended."""

from __future__ import annotations

from datetime import datetime

import pytest
from fake_engine import FakeHost
from fake_report import HOSTILE
from screen_driver import ended, reach, until, wizard
from textual.content import Content

from screens.base import Pane
from screens.dialogs import TextDialog
from screens.help import HelpScreen
from screens.preview import PreviewScreen
from screens.requirements import RequirementsScreen
from screens.work import WorkScreen
from wizard.engine import OUTPUT
from wizard.errors import ChangeError
from wizard.visible import visible

FAILED = ChangeError("no-room", "There is no room in the guest. The image is as it was.", "Make room.")


async def test_what_a_program_prints_stands_below_its_step_without_a_time() -> None:
    host = FakeHost(hold={"preview"}, printed=("Generating grub configuration file ...", visible(HOSTILE)))
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("a", "p")
        screen = await reach(pilot, WorkScreen)
        await until(pilot, lambda: host.held.is_set() and len(screen._steps) == 4)
        lines = screen.query_one("#work-steps", Pane).text.plain.split("\n")
        assert [line[:2] for line in lines] == ["✓ ", "  ", "  ", "> "]
        assert lines[0].endswith("4 s")  # the step's own 2 s and those of what it printed
        assert "Generating grub" in lines[1]
        assert not lines[1].endswith(" s")
        host.release.set()
        await reach(pilot, PreviewScreen)


@pytest.mark.parametrize("count", [3, 700])
async def test_a_talkative_program_does_not_fill_the_screen_for_ever(count: int) -> None:
    host = FakeHost(hold={"preview"}, printed=tuple(f"Unpacking {n}" for n in range(count)))
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("a", "p")
        screen = await reach(pilot, WorkScreen)
        await until(pilot, lambda: host.held.is_set() and len(screen._steps) == count + 2)
        lines = screen.query_one("#work-steps", Pane).text.plain.split("\n")
        assert len(lines) == min(count, 499) + 2
        assert f"Unpacking {count - 1}" in lines[-2]
        host.release.set()
        await reach(pilot, PreviewScreen)


async def test_an_error_can_be_copied_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    host = FakeHost(fail={"preview": FAILED})
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("a", "p")
        text = await ended(pilot, WorkScreen)
        await pilot.press("y")
        assert pilot.app.clipboard == text
        assert "no-room" in text
        assert isinstance(pilot.app.screen, WorkScreen)


async def test_a_text_can_be_copied_by_key_and_button() -> None:
    async with wizard(FakeHost()).run_test(size=(80, 24)) as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("g")
        await reach(pilot, TextDialog)
        await pilot.press("down", "y")
        assert "openstack image set" in pilot.app.clipboard
        pilot.app.copy_to_clipboard("")
        await pilot.click("#copy")
        assert "openstack image set" in pilot.app.clipboard
        await pilot.press("escape")
        await reach(pilot, RequirementsScreen)


async def test_work_that_ends_below_the_help_goes_on_when_that_is_closed() -> None:
    host = FakeHost(hold={"preview"})
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("a", "p")
        await until(pilot, host.held.is_set)
        await pilot.press("question_mark")
        await reach(pilot, HelpScreen)
        work = pilot.app.screen_stack[-2]
        assert isinstance(work, WorkScreen)
        host.release.set()
        await until(pilot, lambda: not work.running and work._left)
        assert isinstance(pilot.app.screen, HelpScreen)
        await pilot.press("escape")
        await reach(pilot, PreviewScreen)
        assert not any(isinstance(screen, WorkScreen) for screen in pilot.app.screen_stack)


async def test_a_flood_of_lines_is_drawn_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    host = FakeHost(hold={"preview"})
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("a", "p")
        screen = await reach(pilot, WorkScreen)
        await until(pilot, host.held.is_set)
        drawn = 0
        lines = screen._lines

        def counted(now: datetime) -> list[Content]:
            nonlocal drawn
            drawn += 1
            return lines(now)

        monkeypatch.setattr(screen, "_lines", counted)
        for number in range(1000):
            screen._step_began(f"{OUTPUT}{number}", host.clock())
        await until(pilot, lambda: len(screen._steps) >= 1000)
        assert drawn < 20
