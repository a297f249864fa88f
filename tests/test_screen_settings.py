"""The settings below the list: what they change shows while they are chosen, and only what is kept holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeHost, fast_host
from fake_report import HOSTILE, REPORT
from screen_driver import banner, detail, reach, said, until, wizard
from snapshot_fixtures import same_picture_everywhere
from textual.pilot import Pilot
from textual.widgets import Input, Select, Static

from remediations.vocabulary import Settings, Status
from screens.appliance import Phase
from screens.preview import PreviewScreen
from screens.requirements import RequirementsScreen
from screens.rows import RowList
from wizard.errors import OpenError
from wizard.report import Reader, Report

__all__ = ["same_picture_everywhere"]
Snap = Callable[..., bool]
FIRST, OTHERS = REPORT.assessments[0], REPORT.assessments[1:]
ADMIN = Settings(user="admin")
XEN = Settings(hypervisor="xen")


def first_stands(status: Status, report: Report = REPORT) -> Report:
    return replace(report, assessments=(replace(FIRST, finding=replace(FIRST.finding, status=status)), *OTHERS))


def fast(report: Report) -> Report:
    return replace(report, reader=Reader("fast"))


async def to_settings(pilot: Pilot[int]) -> RequirementsScreen:
    screen = await reach(pilot, RequirementsScreen)
    await pilot.press("s")
    await until(pilot, lambda: screen.has_class("-settings"), "the settings")
    return screen


def effect(screen: RequirementsScreen) -> str:
    return str(screen.query_one("#settings-effect", Static).content)


def line(screen: RequirementsScreen) -> str:
    return str(screen.query_one("#settings-line", Static).content)


async def closed(pilot: Pilot[int], screen: RequirementsScreen) -> None:
    await until(pilot, lambda: not screen.has_class("-settings"), "the list alone")


async def test_what_other_settings_change_shows_while_they_are_chosen() -> None:
    host = FakeHost(otherwise={ADMIN: first_stands(Status.UNKNOWN)})
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        screen = await to_settings(pilot)
        assert "shows in the list at once" in effect(screen)
        await pilot.press(*"admin")
        await until(pilot, lambda: "unknown" in effect(screen), "the effect")
        assert effect(screen) == f"{FIRST.requirement.id}: {FIRST.finding.status} → unknown"
        assert "user admin" in line(screen)
        assert "? 2 unknown" in str(screen.query_one("#counts", Static).content)
        assert "use" not in host.calls, "nothing holds yet"
        assert host.engines[-1].settings == Settings()


async def test_what_is_put_back_is_as_before() -> None:
    host = FakeHost(otherwise={ADMIN: first_stands(Status.UNKNOWN)})
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        screen = await to_settings(pilot)
        before = str(screen.query_one("#counts", Static).content)
        await pilot.press(*"admin")
        await until(pilot, lambda: "unknown" in effect(screen), "the effect")
        await pilot.press("escape")
        await closed(pilot, screen)
        assert screen.query_one(RowList).has_focus
        assert FIRST.requirement.id in detail(pilot)
        assert "user auto" in line(screen)
        assert str(screen.query_one("#counts", Static).content) == before
        await pilot.press("s")
        await until(pilot, lambda: screen.has_class("-settings"), "the settings")
        assert screen.query_one("#user", Input).value == ""
        assert host.calls == ["open", "consider"]


@pytest.mark.parametrize("key", ["ctrl+s", "enter"])
async def test_what_is_kept_holds_here_and_at_the_next_opening(key: str, tmp_path: Path) -> None:
    wanted = Settings(user="admin", key_fetch="rc.local", network=True, packages=str(tmp_path))
    host = FakeHost(otherwise={wanted: first_stands(Status.UNKNOWN)})
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        screen = await to_settings(pilot)
        screen.query_one("#key_fetch", Select).value = "rc.local"
        screen.query_one("#network", Select).value = "yes"
        screen.query_one("#packages", Input).value = str(tmp_path)
        await pilot.press(*"admin", key)  # at once: what was typed last counts
        await closed(pilot, screen)
        assert host.engines[-1].settings == wanted
        assert "user admin" in line(screen)
        assert screen._report.assessments[0].finding.status is Status.UNKNOWN
        assert host.calls.count("open") == 1, "the image stays open"
        await pilot.press("r")
        await until(pilot, lambda: host.calls.count("open") == 2, "another opening")
        await reach(pilot, RequirementsScreen)
        assert host.engines[-1].settings == wanted
        assert "user" in host.engines[-1].opening.given, "the journal does not outweigh it"


async def test_what_is_no_setting_is_told_and_not_taken() -> None:
    host = FakeHost()
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        screen = await to_settings(pilot)
        await pilot.press(*"Admin")
        await until(pilot, lambda: "no account name" in effect(screen), "the refusal")
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert screen.has_class("-settings")
        assert "no account name" in effect(screen)
        screen.query_one("#user", Input).value = ""
        screen.query_one("#packages", Input).value = "/nowhere/" + HOSTILE[:20]
        await until(pilot, lambda: "is no folder" in effect(screen), "the refusal")
        assert "\x1b" not in effect(screen)
        assert "consider" not in host.calls


async def test_unchanged_settings_examine_nothing() -> None:
    host = FakeHost()
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        for key in ("escape", "ctrl+s"):
            screen = await to_settings(pilot)
            await pilot.press(key)
            await closed(pilot, screen)
        assert host.calls == ["open"]


async def test_keys_of_the_list_do_nothing_below_the_settings() -> None:
    host = FakeHost()
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        screen = await to_settings(pilot)
        screen.query_one("#hypervisor").focus()
        await pilot.press("a", "p", "j", "o", "r", "x")
        await pilot.pause()
        assert pilot.app.screen is screen
        assert screen.ticked == ()
        assert host.calls == ["open"]


async def test_a_failure_is_told_and_the_settings_stay_as_they_were() -> None:
    host = FakeHost(fail={"consider": OpenError("not-considered", "It could not be read.", "Open it again.")})
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        screen = await to_settings(pilot)
        await pilot.press(*"admin", "ctrl+s")
        await until(pilot, lambda: "It could not be read. Open it again." in effect(screen), "the error")
        assert screen.has_class("-settings")
        assert host.engines[-1].settings == Settings()
        await pilot.press("ctrl+s")
        await closed(pilot, screen)
        assert host.engines[-1].settings == ADMIN, "it can be tried again"


async def test_ticks_stay_only_where_a_fix_is_still_on_offer() -> None:
    fixable = [a.requirement.id for a in REPORT.assessments if a.fix and a.fix.available]
    without = replace(
        REPORT,
        assessments=tuple(replace(a, fix=None) if a.requirement.id == fixable[0] else a for a in REPORT.assessments),
    )
    host = FakeHost(otherwise={XEN: without})
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        screen = await reach(pilot, RequirementsScreen)
        await pilot.press("a")
        await to_settings(pilot)
        screen.query_one("#hypervisor", Select).value = "xen"
        await until(pilot, lambda: "no fix on offer now" in effect(screen), "the effect")
        await pilot.press("escape")
        await closed(pilot, screen)
        assert list(screen.ticked) == fixable, "putting back takes nothing away"
        await to_settings(pilot)
        screen.query_one("#hypervisor", Select).value = "xen"
        await pilot.press("ctrl+s")
        await closed(pilot, screen)
        assert list(screen.ticked) == fixable[1:]


async def test_the_fast_reader_answers_while_the_appliance_starts() -> None:
    host = fast_host(hold={"warm_up"}, otherwise={ADMIN: fast(first_stands(Status.UNKNOWN))})
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        screen = await to_settings(pilot)
        await until(pilot, host.held.is_set, "the start")
        await pilot.press(*"admin", "ctrl+s")
        await closed(pilot, screen)
        assert screen._desk.appliance.phase is Phase.STARTING
        assert "cancel" not in host.calls, "another account is no reason to start it anew"
        host.release.set()
        await said(pilot, "appliance ready")


async def test_packages_from_elsewhere_start_the_appliance_anew() -> None:
    network = Settings(network=True)
    host = fast_host(hold={"warm_up"}, otherwise={network: fast(REPORT)})
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        screen = await to_settings(pilot)
        await until(pilot, host.held.is_set, "the start")
        screen.query_one("#network", Select).value = "yes"
        await pilot.press("ctrl+s")
        await closed(pilot, screen)
        await until(pilot, lambda: host.calls.count("warm_up") == 2, "another start")
        assert "appliance starting" in banner(pilot)
        host.release.set()
        await said(pilot, "appliance ready")


async def test_after_a_change_the_image_is_opened_before_other_settings_are_tried() -> None:
    host = FakeHost()
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("a", "p")
        await reach(pilot, PreviewScreen)
        await pilot.press("w")
        await until(pilot, lambda: type(pilot.app.screen).__name__ == "ConfirmDialog", "the question")
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.screen.has_class("-ended"), "the end")
        await pilot.press("enter")
        screen = await to_settings(pilot)
        host.otherwise[XEN] = first_stands(Status.UNKNOWN, host.report)
        screen.query_one("#hypervisor", Select).value = "xen"
        await until(pilot, lambda: "unknown" in effect(screen), "the effect")
        assert host.calls[-2:] == ["open", "consider"]


def take(snap: Snap, host: FakeHost, steps: Callable[[Pilot[int]], Any], size: tuple[int, int], **more: Any) -> bool:
    return snap(wizard(host, **more), terminal_size=size, run_before=steps)


async def other_settings(pilot: Pilot[int]) -> None:
    screen = await to_settings(pilot)
    await pilot.press(*"admin")
    await until(pilot, lambda: "→" in effect(screen), "the effect")


def host_with_effect() -> FakeHost:
    return FakeHost(otherwise={ADMIN: first_stands(Status.UNKNOWN)})


def test_picture_settings_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, host_with_effect(), other_settings, (80, 24))


def test_picture_settings_120x40(snap_compare: Snap) -> None:
    assert take(snap_compare, host_with_effect(), other_settings, (120, 40))


def test_picture_settings_ansi_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, host_with_effect(), other_settings, (80, 24), theme="ansi")


def test_picture_settings_refused_80x24(snap_compare: Snap) -> None:
    async def steps(pilot: Pilot[int]) -> None:
        screen = await to_settings(pilot)
        await pilot.press(*"Admin")
        await until(pilot, lambda: "no account name" in effect(screen), "the refusal")

    assert take(snap_compare, FakeHost(), steps, (80, 24))
