"""Driving the wizard in tests: start it on a fake host, wait for a screen, read what stands on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from fake_engine import FakeHost
from fake_report import PATH
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Static

from screens.app import WizardApp
from screens.base import Pane
from screens.dialogs import ConfirmDialog
from screens.diff_view import DiffView
from screens.journal import JournalScreen
from screens.requirements import RequirementsScreen
from screens.rows import RowList
from screens.work import WorkScreen
from wizard.config import Config

S = TypeVar("S", bound=Screen[Any])


def wizard(host: FakeHost, start: Path | None = PATH, demo: bool = False, **configured: Any) -> WizardApp:
    """The application over a fake host; ``theme="ansi"`` and the like are what the configuration file says."""
    app = WizardApp(host.connect, start, now=host.clock, demo=demo, config=Config(**configured))
    end = app.exit

    def exit_released(*args: Any, **kwargs: Any) -> None:
        # A picture is taken, then the application ended: what a test holds must not keep it waiting.
        host.release.set()
        end(*args, **kwargs)

    app.exit = exit_released  # type: ignore[method-assign]
    return app


async def until(pilot: Pilot[int], condition: Callable[[], object], what: str = "the condition") -> None:
    """Wait until a condition holds and the screen is drawn; the engine works in a thread of its own."""
    for _ in range(1000):
        await pilot.pause(0.01)
        if condition():
            await pilot.pause()
            return
    raise AssertionError(f"{what} did not come about; on the screen: {pilot.app.screen!r}")


async def reach(pilot: Pilot[int], kind: type[S]) -> S:
    """Wait for a screen and return it."""
    await until(pilot, lambda: isinstance(pilot.app.screen, kind) and pilot.app.screen.is_mounted, kind.__name__)
    screen = pilot.app.screen
    assert isinstance(screen, kind)
    return screen


async def ended(pilot: Pilot[int], kind: type[WorkScreen[Any]]) -> str:
    """Wait for a work screen's outcome and return its text."""
    screen = await reach(pilot, kind)
    await until(pilot, lambda: screen.has_class("-ended"), "an outcome")
    return screen.query_one("#work-outcome", Pane).text.plain


def detail(pilot: Pilot[int]) -> str:
    """The text of the pane beside or below a list."""
    return pilot.app.screen.query_one("#detail", Pane).text.plain


async def press(pilot: Pilot[int], *keys: str) -> None:
    """Press keys, each once the one before it has been answered."""
    for key in keys:
        await pilot.press(key)
        await pilot.pause()


def shown(pilot: Pilot[int]) -> str:
    """The difference that is shown."""
    view = pilot.app.screen.query_one(DiffView)
    assert view.display
    return view.text.plain


def row(pilot: Pilot[int]) -> str | None:
    """The key of the row under the cursor."""
    return pilot.app.screen.query_one(RowList).key


async def undo(pilot: Pilot[int]) -> None:
    """Go to the journal, ask for an undo of the newest change, and say yes."""
    await pilot.press("j")
    await reach(pilot, JournalScreen)
    await pilot.press("u")
    await reach(pilot, ConfirmDialog)
    await pilot.press("y")


def banner(pilot: Pilot[int]) -> str:
    """What the lines at the top of a screen show, one below the other."""
    shown = [line for line in pilot.app.screen.query("Banner Static").results(Static) if line.display]
    return "\n".join(str(line.content) for line in shown)


async def to_starting(pilot: Pilot[int], host: FakeHost) -> RequirementsScreen:
    """The list of requirements while the appliance is held at its start."""
    screen = await reach(pilot, RequirementsScreen)
    await until(pilot, host.held.is_set, "the start")
    return screen


async def to_waiting(pilot: Pilot[int], host: FakeHost) -> WorkScreen[Any]:
    """A preview of both fixes that waits for the appliance."""
    await to_starting(pilot, host)
    await pilot.press("a", "p")
    screen = await reach(pilot, WorkScreen)
    await until(pilot, lambda: screen.desk.waiting and screen._steps, "waiting")
    return screen


async def said(pilot: Pilot[int], text: str) -> None:
    """Wait for a text at the top of the list of requirements."""
    await reach(pilot, RequirementsScreen)
    await until(pilot, lambda: text in banner(pilot), f"{text!r}")
