"""The approved pictures of the list of requirements: clean, long, filtered, sorted."""

from __future__ import annotations

from itertools import cycle

from fake_engine import FakeHost
from fake_report import FACTS, clean_report
from screen_driver import reach
from snapshot_fixtures import same_picture_everywhere
from test_screen_pictures import WIDE, Snap, Steps, take
from textual.pilot import Pilot

from remediations import REQUIREMENTS
from remediations.vocabulary import Evidence, Finding, Level, Status
from screens.requirements import RequirementsScreen
from wizard.report import Assessment, Fix, Report

__all__ = ["same_picture_everywhere"]


def long_report() -> Report:
    """Every requirement there is, so that what the guide and good practice ask is seen to fit."""
    evidence = (Evidence("/etc/ssh/sshd_config.d/50-cloud-init.conf", 12, "PasswordAuthentication yes"),)
    fix = Fix(True, "Write /etc/ssh/sshd_config.d/00-image-wizard.conf")
    statuses = cycle((Status.PASS, Status.FAIL, Status.PASS, Status.UNKNOWN, Status.PASS, Status.SKIPPED))
    return Report(
        FACTS,
        tuple(
            Assessment(requirement, Finding(status, "It is as found", evidence), fix if status is Status.FAIL else None)
            for requirement, status in zip(REQUIREMENTS, statuses, strict=False)
        ),
    )


def pressing(*keys: str) -> Steps:
    async def steps(pilot: Pilot[int]) -> None:
        await reach(pilot, RequirementsScreen)
        await pilot.press(*keys)

    return steps


def to_good_practice() -> list[str]:
    """The keys to the first requirement that the guide does not have."""
    required = sum(one.level is Level.REQUIRED for one in REQUIREMENTS)
    return ["down"] * required


def test_picture_requirements_clean_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(report=clean_report()), pressing())


def test_picture_requirements_long_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(report=long_report()), pressing("a", *to_good_practice()))


def test_picture_requirements_long_120x40(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(report=long_report()), pressing("a", *to_good_practice()), WIDE)


def test_picture_requirements_sorted_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(report=long_report()), pressing("t"))


def test_picture_requirements_filter_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(report=long_report()), pressing("slash", *"fail", "down"))


def test_picture_requirements_no_match_ansi_80x24(snap_compare: Snap) -> None:
    keys = pressing("slash", *"nonesuch")
    assert take(snap_compare, FakeHost(report=long_report()), keys, theme="ansi")
