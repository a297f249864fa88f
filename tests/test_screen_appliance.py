"""The appliance starts behind the statuses: all but previews works meanwhile, and previews wait for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake_engine import FakeHost, fast_host
from fake_report import HOSTILE, IMAGE, REPORT, make_change
from screen_driver import banner, ended, reach, said, to_starting, to_waiting, until, wizard

from screens.apply import ApplyScreen
from screens.base import Pane
from screens.dialogs import ErrorDialog
from screens.journal import JournalScreen
from screens.preview import PreviewScreen
from screens.requirements import RequirementsScreen
from screens.work import WorkScreen
from wizard.errors import ChangeError, OpenError
from wizard.report import Reader

NO_START = OpenError(
    "appliance", "The libguestfs appliance did not start: it said [/x]. The image is as it was.", "Run --doctor."
)


async def test_all_else_works_while_the_appliance_starts() -> None:
    host = fast_host(hold={"warm_up"})
    async with wizard(host).run_test() as pilot:
        screen = await to_starting(pilot, host)
        await said(pilot, "> appliance starting… 7 s")
        await pilot.press("down", "space")
        assert screen.ticked == ("mac-address",)
        host.clock.tick(54)
        await said(pilot, "> appliance starting… 1 min 01 s")
        host.release.set()
        await said(pilot, "✓ appliance ready")
        await pilot.press("p")
        await reach(pilot, PreviewScreen)
    assert host.calls[:3] == ["open", "warm_up", "preview"]
    assert len(host.threads) == 1


async def test_an_appliance_that_is_up_is_not_started_again() -> None:
    host = FakeHost()
    async with wizard(host).run_test() as pilot:
        await said(pilot, "✓ appliance ready")
        assert host.calls == ["open"]


async def test_no_appliance_is_started_for_an_image_that_cannot_be_written() -> None:
    host = fast_host(image=replace(IMAGE, read_only_reason="it is in use"))
    async with wizard(host).run_test() as pilot:
        await said(pilot, "it is in use")
        assert "appliance" not in banner(pilot)
        assert host.calls == ["open"]


async def test_no_appliance_is_started_where_no_fix_is_on_offer() -> None:
    assessments = tuple(replace(a, fix=replace(a.fix, available=False) if a.fix else None) for a in REPORT.assessments)
    host = fast_host()
    host.report = replace(REPORT, assessments=assessments)
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("down", "up")
        assert "appliance" not in banner(pilot)
        assert host.calls == ["open"]


async def test_a_preview_waits_for_the_appliance_and_shows_its_steps() -> None:
    host = fast_host(hold={"warm_up"})
    async with wizard(host).run_test() as pilot:
        work = await to_waiting(pilot, host)
        assert "preview" not in host.calls
        (began,) = [at for line, at in work._steps if line == "Starting the appliance (emulation)"]
        assert (work._began - began).total_seconds() == 7
        host.release.set()
        await reach(pilot, PreviewScreen)
        assert [line for line, _ in work._steps] == [
            "Starting the appliance (emulation)",
            "Looking for the operating system",
            "Staging the changes",
            "Examining the staged guest",
        ]


async def test_a_revert_waits_for_the_appliance() -> None:
    host = fast_host(hold={"warm_up"}, journal=[make_change(2), make_change(1)])
    async with wizard(host).run_test() as pilot:
        await to_starting(pilot, host)
        await pilot.press("j")
        await reach(pilot, JournalScreen)
        await pilot.press("down", "r")
        work = await reach(pilot, WorkScreen)
        await until(pilot, lambda: work.desk.waiting)
        assert "revert" not in host.calls
        host.release.set()
        await reach(pilot, PreviewScreen)
    assert host.calls[:4] == ["open", "warm_up", "history", "revert"]


async def test_escape_drops_the_waiting_preview_alone() -> None:
    host = fast_host(hold={"warm_up"})
    async with wizard(host).run_test() as pilot:
        await to_waiting(pilot, host)
        await pilot.press("escape")
        requirements = await reach(pilot, RequirementsScreen)
        assert requirements.ticked == ("mac-address", "console-log")
        await said(pilot, "> appliance starting")
        host.release.set()
        await said(pilot, "✓ appliance ready")
        assert host.calls == ["open", "warm_up"]
        await pilot.press("p")
        await reach(pilot, PreviewScreen)
        assert host.calls == ["open", "warm_up", "preview"]


async def test_a_second_preview_after_escape_waits_again() -> None:
    host = fast_host(hold={"warm_up"})
    async with wizard(host).run_test() as pilot:
        first = await to_waiting(pilot, host)
        await pilot.press("escape")
        await reach(pilot, RequirementsScreen)
        await pilot.press("p")
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkScreen) and pilot.app.screen is not first)
        await until(pilot, lambda: first.desk.waiting)
        host.release.set()
        await reach(pilot, PreviewScreen)
        assert host.calls == ["open", "warm_up", "preview"]


async def test_two_quick_presses_ask_for_one_preview() -> None:
    host = fast_host(hold={"warm_up"})
    async with wizard(host).run_test() as pilot:
        screen = await to_starting(pilot, host)
        await pilot.press("a")
        screen.action_preview()
        screen.action_preview()
        await pilot.press("p")
        await reach(pilot, WorkScreen)
        host.release.set()
        await reach(pilot, PreviewScreen)
        await pilot.press("escape")
        await until(pilot, lambda: host.calls.count("warm_up") == 2)
        await reach(pilot, RequirementsScreen)
        await said(pilot, "✓ appliance ready")
    assert host.calls.count("preview") == 1


async def test_the_appliance_fails_under_a_waiting_preview() -> None:
    host = fast_host(hold={"warm_up"}, fail={"warm_up": NO_START})
    async with wizard(host).run_test() as pilot:
        await to_waiting(pilot, host)
        host.release.set()
        text = await ended(pilot, WorkScreen)
        assert "did not start: it said [/x]." in text
        assert "Run --doctor." in text
        assert "preview" not in host.calls, "nothing is tried again behind an error that nobody has read yet"
        await pilot.press("escape")
        await said(pilot, "✗ appliance failed")
        await said(pilot, "! The libguestfs appliance did not start: it said [/x].")
        await pilot.press("p")
        await reach(pilot, PreviewScreen)
        assert host.calls == ["open", "warm_up", "preview"]


async def test_after_a_failed_start_the_statuses_stay_and_each_preview_tries_again() -> None:
    host = fast_host(fail={"warm_up": NO_START, "preview": NO_START}, journal=[make_change(1)])
    async with wizard(host).run_test() as pilot:
        await said(pilot, "✗ appliance failed")
        await pilot.press("a", "j")
        await reach(pilot, JournalScreen)
        await pilot.press("escape")
        requirements = await reach(pilot, RequirementsScreen)
        assert requirements.ticked == ("mac-address", "console-log")
        await pilot.press("p")
        assert "did not start" in await ended(pilot, WorkScreen)
        await pilot.press("escape")
        await said(pilot, "✗ appliance failed")
        await said(pilot, "All but previews works")
        await pilot.press("p")
        await reach(pilot, PreviewScreen)
        await pilot.press("escape")
        await said(pilot, "✓ appliance ready")
        assert "did not start" not in banner(pilot)


async def test_a_failed_fix_is_no_failure_of_the_appliance() -> None:
    host = FakeHost(fail={"preview": ChangeError("disk-full", "No room. The image is as it was.", "Free some space.")})
    async with wizard(host).run_test() as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("a", "p")
        await ended(pilot, WorkScreen)
        await pilot.press("escape")
        await reach(pilot, RequirementsScreen)
        await until(pilot, lambda: "appliance" not in banner(pilot))


async def test_an_unexpected_fault_at_the_start_leaves_the_statuses() -> None:
    host = fast_host(fail={"warm_up": ZeroDivisionError(f"by {HOSTILE}")}, journal=[make_change(1)])
    async with wizard(host).run_test() as pilot:
        await said(pilot, "Unexpected ZeroDivisionError")
        assert host.calls == ["open", "warm_up", "close"]
        await pilot.press("j")
        await reach(pilot, JournalScreen)
        await pilot.press("escape")
        await reach(pilot, RequirementsScreen)
        await pilot.press("a", "p")
        await reach(pilot, PreviewScreen)
        assert host.made == 3, "one for the journal alone"


async def test_the_journal_needs_no_waiting() -> None:
    host = fast_host(hold={"warm_up"}, journal=[make_change(1)])
    async with wizard(host).run_test() as pilot:
        await to_starting(pilot, host)
        await pilot.press("j")
        await reach(pilot, JournalScreen)
        assert host.calls == ["open", "warm_up", "history"]
        await pilot.press("escape")
        await said(pilot, "> appliance starting")
        host.release.set()
        await said(pilot, "✓ appliance ready")


@pytest.mark.parametrize("error", [ChangeError("journal", "The journal is damaged.", "Restore it."), KeyError("x")])
async def test_an_unreadable_journal_does_not_disturb_the_start(error: Exception) -> None:
    host = fast_host(hold={"warm_up"}, fail={"history": error})
    async with wizard(host).run_test() as pilot:
        await to_starting(pilot, host)
        await pilot.press("j")
        await reach(pilot, ErrorDialog)
        await pilot.press("escape")
        host.release.set()
        await said(pilot, "✓ appliance ready")
        assert host.calls == ["open", "warm_up", "history"]


async def test_after_a_commit_the_appliance_is_started_by_the_next_preview_alone() -> None:
    host = fast_host()
    async with wizard(host).run_test() as pilot:
        await said(pilot, "✓ appliance ready")
        await pilot.press("down", "p")
        await reach(pilot, PreviewScreen)
        await pilot.press("w", "y")
        await ended(pilot, ApplyScreen)
        await pilot.press("escape")
        await reach(pilot, RequirementsScreen)
        await until(pilot, lambda: "appliance" not in banner(pilot))
        await pilot.press("a", "p")
        await reach(pilot, PreviewScreen)
        assert host.calls == ["open", "warm_up", "preview", "commit", "close", "open", "preview"]


async def test_after_a_discarded_preview_the_appliance_is_started_for_the_next() -> None:
    host = fast_host()
    async with wizard(host).run_test() as pilot:
        await said(pilot, "✓ appliance ready")
        await pilot.press("a", "p")
        await reach(pilot, PreviewScreen)
        await pilot.press("escape")
        await until(pilot, lambda: host.calls == ["open", "warm_up", "preview", "discard", "warm_up"])
        await said(pilot, "✓ appliance ready")
        await pilot.press("p")
        await reach(pilot, PreviewScreen)


async def test_the_name_of_the_image_stays_whole() -> None:
    async with wizard(FakeHost(), Path(f"/images/{'n' * 50}")).run_test() as pilot:
        await said(pilot, "✓ appliance")
        assert "ready" not in banner(pilot)
        assert "n" * 50 in banner(pilot)
        await pilot.resize_terminal(120, 40)
        await said(pilot, "✓ appliance ready")


async def test_who_read_the_image_is_said() -> None:
    host = fast_host()
    host.report = replace(host.report, facts=replace(host.report.facts, product="Debian 12"))
    async with wizard(host).run_test() as pilot:
        await said(pilot, "x86_64 · fast reader")
        host.warm, host.report = True, replace(host.report, reader=Reader("appliance", f"Found {HOSTILE}"))
        await pilot.press("r")
        await said(pilot, "Read through the appliance: Found [/x][@click=app.quit]x[/]␛[2J<U+202E><U+D800>")
        assert "fast reader" not in banner(pilot)


async def test_the_waiting_screen_says_what_it_waits_for() -> None:
    host = fast_host(hold={"warm_up"})
    async with wizard(host).run_test() as pilot:
        work = await to_waiting(pilot, host)
        work._draw()
        assert "Staging the fixes  0 s  waits for the appliance" in str(work.query_one("#work-title").render())
        assert work.query_one("#work-steps", Pane).text.plain.startswith("> Starting the appliance (emulation)")
        assert work.query_one("#work-steps", Pane).text.plain.endswith(" 7 s")
