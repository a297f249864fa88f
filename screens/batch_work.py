"""Many images, one after the other: checked some at a time, fixed one at a time, each by an engine of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from remediations.vocabulary import Level, Status
from screens.engine_thread import PATIENCE, EngineThread
from screens.text import Clock
from wizard import overlays
from wizard.change import Change, Preview
from wizard.document import Outcome
from wizard.engine import Connect, Engine
from wizard.errors import Cancelled, WizardError
from wizard.image import Image, require_same
from wizard.report import Report

JOBS = max(1, min(4, os.cpu_count() or 1))
"""Images that are checked at a time; an appliance may be needed for each."""


class Phase(Enum):
    """How far an image is."""

    WAITING = "waiting"
    CHECKING = "checking"
    CHECKED = "checked"
    FIXING = "fixing"
    FIXED = "fixed"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass
class Item:
    """One image of the batch; ``line`` is the engine's newest word, ``below`` an image of the batch that rests on it.

    ``identity`` is that of the file that was checked.
    """

    path: Path
    phase: Phase = Phase.WAITING
    line: str = ""
    image: Image | None = None
    report: Report | None = None
    preview: Preview | None = None
    notices: tuple[str, ...] = ()
    change: Change | None = None
    error: WizardError | None = None
    identity: object = None
    below: Path | None = None

    @property
    def read_only(self) -> str:
        """Why fixes cannot be written, empty where they can."""
        if self.below is not None:
            return f"{self.below.name} rests on it, and would hold nonsense once it is written"
        return self.image.read_only_reason if self.image is not None else ""

    @property
    def outcome(self) -> Outcome:
        """What became of it, as the headless modes report it."""
        changes = (self.change,) if self.change is not None else ()
        told = Outcome(
            str(self.path), 0, self.image, self.report, self.preview, changes, None, self.notices, _error(self)
        )
        told.exit_code = _code(self)
        return told

    @property
    def fixes(self) -> tuple[str, ...]:
        """The ids with a fix on offer that could be written."""
        if self.report is None or self.read_only or self.phase is not Phase.CHECKED:
            return ()
        return _offered(self.report)

    def failing(self, status: Status, level: Level | None = None) -> tuple[str, ...]:
        """The ids with a status, of one level or of all."""
        assessments = self.report.assessments if self.report is not None else ()
        return tuple(
            a.requirement.id for a in assessments if a.finding.status is status and level in (None, a.requirement.level)
        )


class Batch:
    """Works through its items; ``on_change`` is called on the event loop whenever one of them came further."""

    def __init__(self, connect: Connect, paths: Sequence[Path], now: Clock) -> None:
        # What several links lead to is one image.
        first: dict[str, Path] = {}
        for path in paths:
            first.setdefault(os.path.realpath(path), path)
        self.items = list(map(Item, first.values()))
        self.cursor = 0
        self.on_change: Callable[[], object] = lambda: None
        self.cancelling = False
        self._connect = connect
        self._now = now
        self._threads: set[EngineThread] = set()
        self._running: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether images are being worked on."""
        return self._running is not None and not self._running.done()

    @property
    def writing(self) -> bool:
        """Whether an image is being written right now."""
        return any(thread.engine is not None and thread.engine.writing for thread in self._threads)

    @property
    def fixable(self) -> tuple[Item, ...]:
        """The images with fixes on offer."""
        return tuple(item for item in self.items if item.fixes)

    @property
    def exit_code(self) -> int:
        """The worst of the images, as the headless modes have it."""
        return max((_code(item) for item in self.items), default=0)

    async def check(self) -> None:
        """Examine every image that was not examined yet."""
        await self._run([item for item in self.items if item.phase is Phase.WAITING], self._check, JOBS)

    def again(self, path: Path) -> None:
        """Have an image examined anew at the next check: it was opened meanwhile."""
        self.items = [Item(path) if item.path == path else item for item in self.items]

    async def fix(self, items: Sequence[Item]) -> None:
        """Make every fix that is on offer, image after image; what could not be made is left and told."""
        await self._run(items, self._fix, 1)

    def cancel(self) -> None:
        """Stop what runs and begin nothing more; an image that is being written is finished first."""
        self.cancelling = True
        self._stop()
        self.on_change()

    def _stop(self) -> None:
        for thread in self._threads:
            thread.stop()

    async def close(self) -> None:
        """Stop, and wait for what cannot be stopped. Safe to call twice."""
        self.cancel()
        if self._running is not None:
            await self._ended(self._running)

    async def _ended(self, running: asyncio.Task[None]) -> None:
        while (await asyncio.wait([running], timeout=PATIENCE))[1]:
            if self.cancelling:  # more than once: an engine that is just made, or between two steps, misses it
                self._stop()

    def close_blocking(self) -> None:
        """:meth:`close` for when there is no event loop any more."""
        for thread in tuple(self._threads):
            thread.close()

    async def _run(
        self, items: Iterable[Item], work: Callable[[Item, EngineThread], Coroutine[object, object, None]], jobs: int
    ) -> None:
        self.cancelling = False
        turn = asyncio.Semaphore(jobs)

        async def one(item: Item) -> None:
            async with turn:
                await self._one(item, work)

        async def every() -> None:
            await asyncio.gather(*map(one, items))

        self._running = asyncio.create_task(every())
        await self._ended(self._running)
        self._find_below()
        self.on_change()
        self._running.result()

    def _find_below(self) -> None:
        """Writing to an image that another one rests on would break that one."""
        resting = overlays.above((item.path, item.image) for item in self.items)
        for item in self.items:
            item.below = resting.get(os.path.realpath(item.path))

    async def _one(self, item: Item, work: Callable[[Item, EngineThread], Coroutine[object, object, None]]) -> None:
        before = item.phase
        if self.cancelling:
            item.phase = Phase.STOPPED if before is Phase.WAITING else before
            return
        thread = EngineThread(self._connect, item.path, self._now)
        self._threads.add(thread)
        try:
            await work(item, thread)
        except Cancelled:
            item.phase = Phase.STOPPED if before is Phase.WAITING else before
        except WizardError as error:
            item.phase, item.error = Phase.FAILED, error
        finally:
            item.line = ""
            await asyncio.to_thread(thread.close)
            self._threads.discard(thread)
            self.on_change()

    async def _check(self, item: Item, thread: EngineThread) -> None:
        self._enter(item, Phase.CHECKING)

        def job(engine: Engine) -> None:
            item.report, item.image, item.notices = engine.open(), engine.image, engine.notices
            item.identity = engine.image.identity

        await thread.submit(job, lambda line, at: self._said(item, line))
        item.phase = Phase.CHECKED

    async def _fix(self, item: Item, thread: EngineThread) -> None:
        wanted = item.fixes
        self._enter(item, Phase.FIXING)

        def job(engine: Engine) -> None:
            report = engine.open()
            item.notices = engine.notices
            # What was agreed to was about what it was.
            require_same(engine.image, item.identity, "it was checked")
            self._go_on()
            preview = engine.preview([name for name in wanted if name in _offered(report)])
            self._go_on()
            if preview.files or preview.packages.changes:
                item.change = engine.commit()
            # Only now: a commit that fails leaves the image as it was, and what was staged is no verdict.
            item.preview, item.report = preview, preview.after

        await thread.submit(job, lambda line, at: self._said(item, line))
        item.phase = Phase.FIXED if item.change is not None else Phase.UNCHANGED

    def _go_on(self) -> None:
        """Between two steps nothing runs that could be told to stop."""
        if self.cancelling:
            raise Cancelled

    def _enter(self, item: Item, phase: Phase) -> None:
        item.phase = phase
        self.on_change()

    def _said(self, item: Item, line: str) -> None:
        item.line = line
        self.on_change()


def _offered(report: Report) -> tuple[str, ...]:
    return tuple(a.requirement.id for a in report.assessments if a.fix is not None and a.fix.available)


def _error(item: Item) -> WizardError | None:
    """What keeps an image from having a verdict; of one that nobody looked at nothing is established."""
    return item.error or (Cancelled() if item.report is None else None)


def _code(item: Item) -> int:
    if (error := _error(item)) is not None:
        return error.exit_code
    return 1 if item.report is not None and not item.report.satisfied() else 0
