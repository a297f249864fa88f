"""One image's engine as the screens use it: coroutines, and an appliance that starts behind them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from remediations.vocabulary import Settings
from screens.appliance import Appliance, Phase
from screens.engine_thread import PATIENCE, EngineThread, Listener, UnexpectedError
from screens.text import Clock
from wizard.change import Change, Preview
from wizard.choices import REMEMBERED
from wizard.engine import Connect, Engine
from wizard.errors import Cancelled, OpenError, WizardError
from wizard.image import Image
from wizard.report import Report

Value = TypeVar("Value")


@dataclass(frozen=True)
class _Told:
    """What the operator said about one image; None for what was not said."""

    settings: Settings | None = None
    key: str | None = None
    root: str | None = None

    def to(self, engine: Engine) -> None:
        """Say it to an engine that has not opened the image yet."""
        if self.settings is not None:
            engine.settings = self.settings
            engine.opening = replace(engine.opening, given=frozenset(REMEMBERED))
        if self.key is not None:
            engine.opening = replace(engine.opening, key=self.key)
        if self.root is not None:
            engine.opening = replace(engine.opening, root=self.root)


class Desk:
    """The engine for one image as coroutines, run one after the other in a thread of their own.

    Every method but :meth:`cancel` and :meth:`close` raises :class:`~wizard.errors.WizardError`. An engine that failed
    is not used again: the next preview opens the image first.

    Once an image is open, the appliance that previews need is started in the background. ``appliance`` says how far
    that is, ``waiting`` whether a job waits for it. ``on_appliance`` and ``on_step`` are called on the event loop, but
    outside of any screen: they post messages.
    """

    def __init__(self, connect: Connect, path: Path, now: Clock) -> None:
        self.path = path
        self.closing = False
        self.waiting = False
        self.appliance = Appliance()
        self.on_appliance: Callable[[], object] = lambda: None
        self.on_step: Listener = lambda line, at: None
        self.notices: tuple[str, ...] = ()
        self._image: Image | None = None
        self._now = now
        self._thread = EngineThread(connect, path, now)
        self._open = False
        self._fast = False
        self._warm_up: asyncio.Future[None] | None = None
        self._dropped: asyncio.Future[None] | None = None
        self._told = _Told()

    @property
    def image(self) -> Image:
        """The image as it was probed at the newest opening."""
        if self._image is None:
            raise RuntimeError("the image is not open")
        return self._image

    @property
    def writing(self) -> bool:
        """Whether the image is being written right now."""
        engine = self._thread.engine
        return engine is not None and engine.writing

    @property
    def settings(self) -> Settings:
        """The settings that the image was opened with."""
        engine = self._thread.engine
        return engine.settings if engine is not None else Settings()

    def tell(self, settings: Settings | None = None, key: str | None = None, root: str | None = None) -> None:
        """What the next opening is to know: other settings, the key of an encrypted guest, one of several systems."""
        self._told = replace(
            self._told,
            settings=settings or self._told.settings,
            key=key or self._told.key,
            root=root or self._told.root,
        )

    async def open(self) -> Report:
        """Open the image, with a fresh engine where this one was used before.

        Where a fix is on offer, the appliance that its preview will need starts behind it.
        """
        report = await self._open_alone()
        self._warm_up_for(report)
        return report

    async def consider(self, settings: Settings) -> Report:
        """How the guest would stand by other settings; :meth:`use` takes them over.

        Waits for nothing where the fast reader made the report; else for what the appliance does.
        """
        if not self._open:
            await self._open_alone()
        if self._fast:
            return await asyncio.to_thread(self._thread.consider, settings)
        return await self._ask(lambda engine: engine.consider(settings))

    async def use(self, settings: Settings, report: Report) -> None:
        """Take over settings and their report, also at every opening to come."""
        before = self.settings
        self.tell(settings=settings)
        await asyncio.to_thread(self._thread.use, settings, report)
        if (before.network, before.packages) != (settings.network, settings.packages):
            # The appliance has the network and the folder of packages from its start, or never.
            await self._end_warm_up()
            self._show(Appliance())
        self._warm_up_for(report)

    async def preview(self, ids: Sequence[str]) -> Preview:
        """Stage fixes; waits for an appliance that is starting, opens the image first where it is closed."""
        return await self._stage(lambda engine: engine.preview(ids))

    async def revert(self, number: int) -> Preview:
        """Stage a change that takes back change ``number`` file by file; waits and opens as :meth:`preview` does."""
        return await self._stage(lambda engine: engine.revert(number))

    async def discard(self) -> None:
        """Drop what is staged. Another preview is likely to follow: its appliance starts in the background."""
        self._settle(await self._ask(_discard))
        self._begin_warm_up()

    async def commit(self) -> Change:
        """Write what is staged. The image is closed afterwards, whatever happened."""
        self._open = False
        return await self._ask(lambda engine: engine.commit())

    async def history(self) -> tuple[Change, ...]:
        """The image's journal, newest first; waits for nothing that the engine does."""
        return await asyncio.to_thread(self._thread.history)

    async def undo(self, number: int | None = None) -> tuple[Change, ...]:
        """Take changes back, giving up an appliance that is starting. The image is closed afterwards in any case."""
        await self._end_warm_up()
        self._close_image()
        return await self._ask(lambda engine: engine.undo(number))

    def cancel(self) -> None:
        """Drop the job that waits for the appliance, else stop the one that runs; ignored by an engine that writes."""
        if self._dropped is None:
            self._thread.stop()
        elif not self._dropped.done():
            self._dropped.set_result(None)

    async def close(self) -> None:
        """Stop what can be stopped, wait for what cannot, end the appliance. Safe to call twice."""
        if not self.closing:
            self._begin_closing()
            await asyncio.to_thread(self._thread.close)

    def close_blocking(self) -> None:
        """:meth:`close` for when there is no event loop any more."""
        if not self.closing:
            self._begin_closing()
            self._thread.close()
        self._thread.join()

    def _begin_closing(self) -> None:
        self.closing = True
        if self._dropped is not None:
            self.cancel()
        self._thread.stop()

    def _close_image(self) -> None:
        self._open = False
        self._show(Appliance())

    async def _open_alone(self) -> Report:
        await self._end_warm_up()
        self._close_image()
        report, self._image, self.notices, warm = await self._ask(self._opening)
        self._open, self._fast = True, report.reader.name == "fast"
        self._settle(warm)
        return report

    def _opening(self, engine: Engine) -> tuple[Report, Image, tuple[str, ...], bool]:
        engine = self._thread.fresh(engine)
        self._told.to(engine)
        report = engine.open()
        return report, engine.image, engine.notices, engine.warm

    async def _stage(self, job: Callable[[Engine], Preview]) -> Preview:
        if self._warm_up is not None:
            await self._join_warm_up(self._warm_up)
        if not self._open:
            await self._open_alone()
        try:
            preview = await self._ask(job)
        except WizardError as error:
            self._close_image()
            if isinstance(error, OpenError):  # it was the appliance: a preview launches it where it is not up
                self._show(Appliance(Phase.FAILED, error=error))
            raise
        self._show(Appliance())
        return preview

    def _settle(self, warm: bool) -> None:
        self._show(Appliance(Phase.READY if warm and not self.image.read_only_reason else Phase.OFF))

    def _show(self, appliance: Appliance) -> None:
        self.appliance = appliance
        self.on_appliance()

    def _warm_up_for(self, report: Report) -> None:
        """Start the appliance where a preview may want it."""
        if any(assessment.fix is not None and assessment.fix.available for assessment in report.assessments):
            self._begin_warm_up()

    def _begin_warm_up(self) -> None:
        if self.appliance.phase in (Phase.STARTING, Phase.READY) or self.image.read_only_reason or self.closing:
            return
        self._show(Appliance(Phase.STARTING, began=self._now()))
        self._warm_up = self._thread.submit(lambda engine: engine.warm_up(), self._warm_up_said)
        self._warm_up.add_done_callback(self._warmed_up)

    def _warm_up_said(self, line: str, at: datetime) -> None:
        if self._warm_up is not None:
            self._show(replace(self.appliance, steps=(*self.appliance.steps, (line, at))))
            if self.waiting:
                self.on_step(line, at)

    def _warmed_up(self, warm_up: asyncio.Future[None]) -> None:
        error = None if warm_up.cancelled() else warm_up.exception()
        if warm_up is not self._warm_up:
            return  # it was given up, and what is shown is not about it any more
        self._warm_up = None
        if isinstance(error, UnexpectedError):
            self._open = False
        if isinstance(error, WizardError) and not isinstance(error, Cancelled):
            self._show(Appliance(Phase.FAILED, error=error))
        else:
            self._settle(warm=error is None)

    async def _join_warm_up(self, warm_up: asyncio.Future[None]) -> None:
        """Make a job wait for the appliance, and show it the steps of that; raises what the start raises."""
        self.waiting = True
        try:
            for line, at in self.appliance.steps:
                self.on_step(line, at)
            await self._unless_dropped(warm_up)
        finally:
            self.waiting = False
        warm_up.result()

    async def _end_warm_up(self) -> None:
        """Give up the appliance that is starting, if one is, and wait until the engine is free."""
        warm_up, self._warm_up = self._warm_up, None
        if warm_up is None:
            return
        self._show(Appliance())
        while not warm_up.done():
            # More than once: between two programs that a start runs, there is nothing to kill.
            self._thread.stop()
            await self._unless_dropped(warm_up, PATIENCE)

    async def _unless_dropped(self, warm_up: asyncio.Future[None], timeout: float | None = None) -> None:
        """Wait for a start to end. Cancelled where :meth:`cancel` came meanwhile: what waited never begins then."""
        dropped = self._dropped = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait({warm_up, dropped}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._dropped = None
        if dropped.done():
            raise Cancelled

    async def _ask(self, job: Callable[[Engine], Value]) -> Value:
        if self.closing:
            raise RuntimeError("the image was closed")
        try:
            return await self._thread.submit(job, lambda line, at: self.on_step(line, at))
        except UnexpectedError:
            self._open = False
            raise


def _discard(engine: Engine) -> bool:
    engine.discard()
    return engine.warm
