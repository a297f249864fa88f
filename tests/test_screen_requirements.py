"""The list of requirements: filter, order, settings and what they change, why a requirement matters."""

from __future__ import annotations

from dataclasses import replace

from fake_engine import FakeHost
from fake_report import HOSTILE, REPORT
from screen_driver import detail, reach, wizard
from textual.widgets import Input

from remediations.pages import why
from remediations.vocabulary import Settings, Status
from screens.requirement_list import differences, settings_line
from screens.requirements import RequirementsScreen
from screens.rows import RowList

IDS = [assessment.requirement.id for assessment in REPORT.assessments]


def shown(screen: RequirementsScreen) -> list[str]:
    """The ids that are listed, from top to bottom."""
    return [key for key in screen.query_one(RowList).keys if key in IDS]


async def test_the_filter_shows_what_matches_and_ticks_stay() -> None:
    async with wizard(FakeHost()).run_test(size=(80, 24)) as pilot:
        screen = await reach(pilot, RequirementsScreen)
        await pilot.press("a")
        ticked = screen.ticked
        await pilot.press("slash", *"ssh", "down")
        assert shown(screen) == [name for name in IDS if "ssh" in name]
        assert screen.query_one(RowList).key == shown(screen)[1]
        await pilot.press("enter")
        assert screen.query_one(RowList).has_focus
        assert screen.query_one("#filter", Input).display
        assert screen.ticked == ticked
        await pilot.press("escape")
        assert shown(screen) == IDS
        assert not screen.query_one("#filter", Input).display
        assert len(ticked) > 1


async def test_a_filter_that_matches_nothing_says_so_and_letters_are_no_keys_in_it() -> None:
    host = FakeHost()
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        screen = await reach(pilot, RequirementsScreen)
        await pilot.press("slash", *"qoj[/]")
        assert screen.query_one("#filter", Input).value == "qoj[/]"
        assert shown(screen) == []
        assert screen.check_action("preview", ()) is None
        await pilot.press("escape")
        assert host.calls == ["open"]
        assert shown(screen) == IDS


async def test_what_is_wrong_comes_first_on_demand() -> None:
    async with wizard(FakeHost()).run_test(size=(80, 24)) as pilot:
        screen = await reach(pilot, RequirementsScreen)
        assert shown(screen) == IDS
        await pilot.press("t")
        statuses = [screen._report.get(name).finding.status for name in shown(screen)]
        order = [Status.FAIL, Status.UNKNOWN, Status.PASS, Status.SKIPPED]
        assert statuses == sorted(statuses, key=order.index)
        assert sorted(shown(screen)) == sorted(IDS)
        await pilot.press("t")
        assert shown(screen) == IDS


async def test_the_detail_says_why_it_matters() -> None:
    async with wizard(FakeHost()).run_test(size=(120, 40)) as pilot:
        screen = await reach(pilot, RequirementsScreen)
        name = screen.query_one(RowList).key or ""
        assert why(name)
        assert why(name) in detail(pilot)


def test_every_page_gives_a_reason() -> None:
    assert all(len(why(name)) > 40 for name in IDS)


def test_settings_are_made_visible_and_a_fix_that_comes_is_told() -> None:
    assert "\x1b" not in settings_line(Settings(packages=HOSTILE)).plain
    fixable = next(a for a in REPORT.assessments if a.fix is not None and a.fix.available)
    without = tuple(replace(a, fix=None) if a is fixable else a for a in REPORT.assessments)
    before = replace(REPORT, assessments=without)
    assert differences(before, REPORT) == [f"{fixable.requirement.id}: can be fixed now"]
    assert differences(REPORT, REPORT) == []
