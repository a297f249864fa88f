"""One image from opening to leaving it: which screen follows which."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from textual.app import App
from textual.screen import Screen

from screens.apply import ApplyScreen, UndoScreen
from screens.desk import Desk
from screens.dialogs import ErrorDialog
from screens.journal import Finish, JournalScreen, Revert
from screens.opening import OpeningScreen
from screens.preview import PreviewScreen
from screens.requests import LeaveImage, PreviewFixes, Reopen, Request, ShowJournal
from screens.requirements import RequirementsScreen
from screens.text import Clock
from screens.work import Leave, WorkScreen
from wizard.change import Preview
from wizard.errors import WizardError
from wizard.report import Report

Value = TypeVar("Value")


class _GivenUp(Exception):
    """The operator gave up on opening the image."""


class Visit:
    """The conversation about one image. ``exit_code`` is what leaving the program now would mean."""

    def __init__(self, app: App[int], desk: Desk, now: Clock, demo: bool = False) -> None:
        self.desk = desk
        self.requests: asyncio.Queue[Request] = asyncio.Queue()
        self._app = app
        self._now = now
        self._demo = demo
        self._opening: OpeningScreen | None = None

    @property
    def exit_code(self) -> int:
        """0, or the code of the error that keeps the image from being opened."""
        error = self._opening.error if self._opening else None
        return error.exit_code if error else 0

    @property
    def writing(self) -> bool:
        """Whether the image is being written right now."""
        return self.desk.writing

    async def close(self) -> None:
        """Stop what can be stopped and wait for what cannot. Safe to call twice."""
        await self.desk.close()

    def close_blocking(self) -> None:
        """:meth:`close` for when there is no event loop any more."""
        self.desk.close_blocking()

    async def run(self) -> None:
        """Show screens until the operator is done with this image. Runs in a Textual worker."""
        with contextlib.suppress(_GivenUp):
            requirements = RequirementsScreen(self.desk, await self._open(), self._now, self._demo)
            self._app.push_screen(requirements)
            with contextlib.suppress(_GivenUp):
                await self._serve(requirements)
            requirements.leave(None)

    async def _serve(self, requirements: RequirementsScreen) -> None:
        """Do what is asked at the list of requirements until another image is asked for."""
        report: Report | None = None
        while not isinstance(request := await self.requests.get(), LeaveImage):
            match request:
                case PreviewFixes(ids):
                    report = await self._stage("Staging the fixes", partial(self.desk.preview, ids))
                case ShowJournal():
                    report = await self._journal()
                case Reopen():
                    report = await self._open()
            if report is not None:
                requirements.show_report(report)

    async def _open(self) -> Report:
        """A report. _GivenUp where the operator goes back: a list from before would say what may not be so any more."""
        while True:
            self._opening = OpeningScreen(self.desk, self._now, self._demo)
            result = await self._show(self._opening)
            if isinstance(result, Report):
                self._opening = None
                return result
            if result is Leave.BACK:
                self._opening = None
                raise _GivenUp
            if result is Leave.JOURNAL:
                report = await self._journal()
                if report is not None:
                    self._opening = None
                    return report

    async def _stage(self, title: str, job: Callable[[], Awaitable[Preview]]) -> Report | None:
        """Stage, preview and, when confirmed, write; the newest report there is, None where staging failed."""
        preview = await self._show(WorkScreen(self.desk, title, job, self._now, self._demo))
        if isinstance(preview, Leave):
            return None
        if not await self._show(PreviewScreen(self.desk, preview, self._demo)):
            await self._try(self.desk.discard())
            return preview.before
        change = await self._show(ApplyScreen(self.desk, self._now, self._demo))
        return preview.before if isinstance(change, Leave) else preview.after

    async def _journal(self) -> Report | None:
        """Show the journal and do what is asked there; a report where the image was changed."""
        changes = await self._try(self.desk.history())
        if changes is None:
            return None
        decision = await self._show(JournalScreen(self.desk, changes, self._now, self._demo))
        if decision is None:
            return None
        if isinstance(decision, Revert):
            return await self._revert(decision.number)
        if isinstance(decision, Finish):
            return await self._open()
        undone = await self._show(UndoScreen(self.desk, decision.number, self._now, self._demo))
        if undone is Leave.REVERT:
            return await self._revert(decision.number)
        return None if isinstance(undone, Leave) else await self._open()

    async def _revert(self, number: int) -> Report | None:
        return await self._stage(f"Staging a revert of change {number}", partial(self.desk.revert, number))

    async def _show(self, screen: Screen[Value]) -> Value:
        return await self._app.push_screen_wait(screen)

    async def _try(self, answer: Awaitable[Value]) -> Value | None:
        try:
            return await answer
        except WizardError as error:
            if not self.desk.closing:
                await self._app.push_screen_wait(ErrorDialog(error))
            return None
