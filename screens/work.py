"""Something that takes time: its steps with elapsed time, a way to stop it, and its error if it fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from itertools import pairwise
from typing import ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from screens.banner import Banner, Mode
from screens.base import Pane, WizardScreen
from screens.clipboard import copy
from screens.desk import Desk
from screens.dialogs import problem
from screens.rows import columns
from screens.text import Clock, plain, seconds, stack
from wizard.engine import OUTPUT
from wizard.errors import Cancelled, WizardError

Value = TypeVar("Value")
_PRINTED = 500  # lines of a program's that are drawn; the journal has all of them


class Leave(Enum):
    """How a screen was left without a result."""

    BACK = auto()
    RETRY = auto()
    JOURNAL = auto()
    REVERT = auto()


class WorkScreen(WizardScreen[Value | Leave], Generic[Value]):
    """Runs one job on a desk. Returns its value, or how it was left after a failure or cancelling."""

    CSS_PATH = "work.tcss"
    MODE: ClassVar[Mode] = Mode.READ_ONLY
    HELP = """
# Working

Each step is shown as it begins, with the time it took. The image is not written unless **WRITING** stands in the
upper right corner.

A preview needs a small appliance. It starts in the background as soon as the image is open, which takes some seconds,
without KVM up to a minute; a preview asked for meanwhile waits for it. `escape` then gives up the preview alone: the
appliance goes on starting.

While nothing is being written, `escape` stops the work and leaves the image as it was.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="work.cancel", tooltip="Stop; the image stays as it was"),
        Binding("escape,enter", "back", "Back", id="work.back", tooltip="Back to where you were"),
        Binding("y", "copy", "Copy", id="work.copy", tooltip="Copy the result or the error"),
    ]

    @dataclass
    class Step(Message):
        """The engine began a step, at a moment of the injected clock."""

        line: str
        at: datetime

    def __init__(self, desk: Desk, title: str, job: Callable[[], Awaitable[Value]], now: Clock, demo: bool = False):
        super().__init__()
        self.desk = desk
        self.error: WizardError | None = None
        self._heading = title
        self._job = job
        self._now = now
        self._demo = demo
        self._steps: list[tuple[str, datetime]] = []
        self._began = now()
        self._ended: datetime | None = None
        self._cancelling = False
        self._stale = False

    def body(self) -> Iterable[Widget]:
        yield Banner(self.desk.path, demo=self._demo)
        yield Static(id="work-title", markup=False)
        yield Pane(id="work-steps", wrap=False)
        yield Pane(id="work-outcome")

    def on_mount(self) -> None:
        self.desk.on_step = self._step_began
        self.query_one("#work-outcome").display = False
        self._draw()
        self.set_interval(0.5, self._draw)
        self.run_worker(self._work())

    def _step_began(self, line: str, at: datetime) -> None:
        self.post_message(self.Step(line, at))

    async def _work(self) -> None:
        try:
            value = await self._job()
        except WizardError as error:
            if not self.desk.closing:
                self.error = None if isinstance(error, Cancelled) else error
                self._end()
                self.failed(error)
        else:
            if not self.desk.closing:
                self._end()
                self.finished(value)

    def finished(self, value: Value) -> None:
        """The job is done; unless overridden the screen closes with its value."""
        self.leave(value)

    def failed(self, error: WizardError) -> None:
        """The job failed: the error stays until the screen is left. Cancelling is no error."""
        if isinstance(error, Cancelled):
            self.leave(Leave.BACK)
            return
        self.show_outcome(problem(error))

    def show_outcome(self, content: Content) -> None:
        """Show how it ended, below the steps."""
        outcome = self.query_one("#work-outcome", Pane)
        outcome.display = True
        outcome.show(content)
        outcome.focus()
        self.set_class(self.error is not None, "-failed")
        self.set_class(True, "-ended")
        self.refresh_bindings()

    @property
    def running(self) -> bool:
        """Whether the job still runs."""
        return self._ended is None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Cancelling only while it runs (greyed while writing), going back only after."""
        if action == "cancel":
            if not self.running:
                return False
            return None if self._cancelling or self.desk.writing else True
        if action in ("back", "copy"):
            return not self.running
        return True

    def action_cancel(self) -> None:
        """Ask the engine to stop; the job then ends by itself."""
        self._cancelling = True
        self.desk.cancel()
        self._draw()
        self.refresh_bindings()

    def action_back(self) -> None:
        """Leave after the end."""
        self.leave(Leave.BACK)

    def on_work_screen_step(self, event: Step) -> None:
        if self._ended is None or event.at <= self._ended:
            self._steps.append((event.line, event.at))
            if not self._stale:  # a program may print faster than lines are drawn: those that are here, at once
                self._stale = True
                self.call_later(self._draw)

    def action_copy(self) -> None:
        """Copy how it ended."""
        copy(self.app, self.query_one("#work-outcome", Pane).text.plain, "the result")

    def _end(self) -> None:
        self._ended = self._now()
        self._draw()

    def _draw(self) -> None:
        self._stale = False
        if not self.is_mounted or self.app.screen is not self:
            return
        writing = self.running and self.desk.writing
        idle = self.MODE if self.running else Mode.READ_ONLY
        self.query_one(Banner).set_mode(Mode.WRITING if writing else idle)
        now = self._ended or self._now()
        self.query_one("#work-title", Static).update(
            Content.styled(self._heading, "bold")
            + Content.styled(f"  {seconds(now - self._began)}", "$foreground-muted")
            + Content.styled(self._note(writing), "$text-warning")
        )
        pane = self.query_one("#work-steps", Pane)
        pane.show(stack(*self._lines(now)))
        pane.scroll_end(animate=False)
        self.refresh_bindings()

    def _lines(self, now: datetime) -> list[Content]:
        """Each step with its time, and below it what a program of the guest's has printed meanwhile."""
        begun = [number for number, (line, _) in enumerate(self._steps) if not line.startswith(OUTPUT)]
        ends = {number: self._steps[after][1] for number, after in pairwise(begun)}
        lines = []
        for number, (line, at) in enumerate(self._steps):
            if line.startswith(OUTPUT):
                if number >= len(self._steps) - _PRINTED:
                    lines.append(columns(("", 1), (plain(line, "$foreground-muted"), 0))(71))
                continue
            last = number == begun[-1]
            mark = ">" if last and self.running else "✗" if last and self.error else "✓"
            took = seconds(ends.get(number, now) - at)
            drawn = columns((mark, 1), (plain(line), 56), (took.rjust(12), 12))(71)
            lines.append(drawn.stylize("bold") if last else drawn)
        return lines

    def _note(self, writing: bool) -> str:
        if writing:
            return "  cannot be stopped now"
        if self.running and self._cancelling:
            return "  stopping…"
        return "  waits for the appliance" if self.running and self.desk.waiting else ""
