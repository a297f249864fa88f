"""What is asked when an image needs a key or a choice: keys, answers, pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fake_engine import FakeHost
from fake_report import REPORT
from screen_driver import ended, reach, wizard
from snapshot_fixtures import same_picture_everywhere
from textual.pilot import Pilot
from textual.widgets import Markdown, Static

from screens.dialogs import TextDialog
from screens.help import HelpScreen
from screens.opening import OpeningScreen
from screens.questions import KeyQuestion, SystemQuestion
from screens.requirements import RequirementsScreen
from wizard.errors import KeyNeeded, SeveralSystems

__all__ = ["same_picture_everywhere"]
Snap = Callable[..., bool]
LOCKED = KeyNeeded(
    "encrypted-guest",
    "The guest is encrypted with LUKS (/dev/sda2); without the key nothing can be read.",
    "Give the passphrase in a file with --key-file; the wizard asks for it.",
)
SEVERAL = SeveralSystems("several-systems", "The image holds 2 operating systems.", "Choose one with --root.")
SEVERAL.systems = (("/dev/sda1", "CentOS release 6.10 (Final)"), ("/dev/sda2", "Debian \x1b[31m[/x] 12"))


async def test_a_key_is_asked_for_and_given_to_the_engine() -> None:
    host = FakeHost(fail={"open": LOCKED})
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        await reach(pilot, KeyQuestion)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, KeyQuestion), "an empty key is no answer"
        await pilot.press(*"a q?", "enter")
        await reach(pilot, RequirementsScreen)
        assert host.engines[-1].opening.key == "a q?"


async def test_without_a_key_the_error_stays_and_it_can_be_tried_again() -> None:
    host = FakeHost(fail={"open": LOCKED})
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        await reach(pilot, KeyQuestion)
        await pilot.press("escape")
        assert "encrypted with LUKS" in await ended(pilot, OpeningScreen)
        host.fail["open"] = LOCKED
        await pilot.press("r")
        await reach(pilot, KeyQuestion)


async def test_of_several_systems_one_is_chosen() -> None:
    host = FakeHost(fail={"open": SEVERAL})
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        await reach(pilot, SystemQuestion)
        await pilot.press("down", "enter")
        await reach(pilot, RequirementsScreen)
        assert host.engines[-1].opening.root == "/dev/sda2"


async def test_a_requirement_is_explained_and_the_glance_properties_are_shown() -> None:
    host = FakeHost(report=replace(REPORT, properties={"os_type": "linux", "os_admin_user": "[/x]\x1b"}))
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        await reach(pilot, RequirementsScreen)
        await pilot.press("e")
        help_screen = await reach(pilot, HelpScreen)
        assert help_screen.query_one(Markdown).source.startswith("# ")
        await pilot.press("escape")
        await reach(pilot, RequirementsScreen)
        await pilot.press("g")
        dialog = await reach(pilot, TextDialog)
        shown = str(dialog.query_one(".dialog-body Static", Static).content)
        assert "--property os_type=linux" in shown
        assert "\x1b" not in shown
        await pilot.press("escape")
        await reach(pilot, RequirementsScreen)


def take(snap: Snap, host: FakeHost, steps: Callable[[Pilot[int]], Any], theme: str = "dark") -> bool:
    return snap(wizard(host, theme=theme), terminal_size=(80, 24), run_before=steps)


async def to_key(pilot: Pilot[int]) -> None:
    await reach(pilot, KeyQuestion)
    await pilot.press(*"secret")


def test_picture_key_question_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(fail={"open": LOCKED}), to_key)


def test_picture_key_question_ansi_80x24(snap_compare: Snap) -> None:
    assert take(snap_compare, FakeHost(fail={"open": LOCKED}), to_key, "ansi")


def test_picture_system_question_80x24(snap_compare: Snap) -> None:
    async def steps(pilot: Pilot[int]) -> None:
        await reach(pilot, SystemQuestion)

    assert take(snap_compare, FakeHost(fail={"open": SEVERAL}), steps)
