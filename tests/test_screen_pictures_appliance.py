"""The approved pictures of the appliance's states, kept under ``snapshots/`` with the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from fake_engine import FakeHost, fast_host
from fake_report import HOSTILE, REPORT
from screen_driver import banner, reach, until, wizard
from snapshot_fixtures import same_picture_everywhere
from textual.pilot import Pilot

from screens.requirements import RequirementsScreen
from screens.work import WorkScreen
from wizard.errors import OpenError
from wizard.report import Reader

__all__ = ["same_picture_everywhere"]

Snap = Callable[..., bool]
Steps = Callable[[Pilot[int]], Awaitable[None]]
WIDE = (120, 40)
NO_START = OpenError(
    "appliance",
    "The libguestfs appliance did not start: it had not started after 300 seconds. The image is as it was.",
    "Run `image-wizard --doctor`; the log is /root/.local/state/image-wizard/appliance.log.",
)


def take(snap: Snap, host: FakeHost, steps: Steps, size: tuple[int, int] = (80, 24)) -> bool:
    return snap(wizard(host), terminal_size=size, run_before=steps)


def to(text: str) -> Steps:
    """Until a text stands at the top of the list of requirements, with one fix ticked."""

    async def steps(pilot: Pilot[int]) -> None:
        await reach(pilot, RequirementsScreen)
        await pilot.press("down", "space")
        await until(pilot, lambda: text in banner(pilot), text)

    return steps


async def to_waiting(pilot: Pilot[int]) -> None:
    await to("appliance starting… 7 s")(pilot)
    await pilot.press("a", "p")
    screen = await reach(pilot, WorkScreen)
    await until(pilot, lambda: screen.desk.waiting and screen._steps)
    pilot.app._now.tick(2)  # type: ignore[attr-defined]
    screen._draw()


def test_picture_requirements_starting_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, fast_host(hold={"warm_up"}), to("appliance starting… 7 s"))


def test_picture_requirements_starting_120x40(snap_compare: Snap) -> None:
    assert take(snap_compare, fast_host(hold={"warm_up"}), to("appliance starting… 7 s"), WIDE)


def test_picture_requirements_appliance_failed_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, fast_host(fail={"warm_up": NO_START}), to("appliance failed"))


def test_picture_requirements_through_appliance_80x24(snap_compare: Snap) -> None:
    reader = Reader("appliance", "The ext4 journal has changes to replay")
    assert take(snap_compare, FakeHost(report=replace(REPORT, reader=reader)), to("appliance ready"))


def test_picture_requirements_through_appliance_hostile_80x24(snap_compare: Snap) -> None:
    reader = Reader("appliance", f"The file system has the unknown feature {HOSTILE} and the link /etc/{HOSTILE} loops")
    assert take(snap_compare, FakeHost(report=replace(REPORT, reader=reader)), to("appliance ready"))


def test_picture_preview_waiting_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, fast_host(hold={"warm_up"}), to_waiting)
