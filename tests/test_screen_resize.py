"""A window that is drawn larger and smaller at any moment: nothing fails, and everything is at its place afterwards."""

from __future__ import annotations

import pytest
from fake_engine import FakeHost
from screen_driver import reach, until, wizard
from textual.geometry import Region
from textual.pilot import Pilot

from screens.preview import PreviewScreen
from screens.requirements import RequirementsScreen
from screens.work import WorkScreen

SIZES = [(40, 10), (200, 60), (119, 24), (120, 23), (80, 12), (49, 11), (160, 40), (79, 24), (1, 1), (80, 24)]


def layout(pilot: Pilot[int]) -> dict[str, Region]:
    """Where each widget stands that has a name."""
    return {widget.id: widget.region for widget in pilot.app.screen.query("*") if widget.id and widget.display}


@pytest.mark.parametrize("stage", ["list", "staging", "preview", "split"])
async def test_a_storm_of_sizes(stage: str) -> None:
    host = FakeHost(hold={"preview"} if stage == "staging" else set())
    async with wizard(host).run_test(size=(80, 24)) as pilot:
        await reach(pilot, RequirementsScreen)
        if stage != "list":
            await pilot.press("a", "p")
            await reach(pilot, WorkScreen if stage == "staging" else PreviewScreen)
        if stage == "split":
            await pilot.press("n")
            await pilot.resize_terminal(160, 40)
            await pilot.press("vertical_line")
            await pilot.resize_terminal(80, 24)
        await pilot.pause(0.1)
        before, screen = layout(pilot), pilot.app.screen
        assert before
        for _ in range(3):
            for width, height in SIZES:
                await pilot.resize_terminal(width, height)
        await until(pilot, lambda: layout(pilot) == before, "the layout of before")
        assert pilot.app.screen is screen
        if stage == "staging":
            host.release.set()
            await reach(pilot, PreviewScreen)
