"""One image's engine and the one thread that ever talks to it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from wizard.change import Change, Preview
from wizard.engine import Connect, Engine, Progress
from wizard.errors import WizardError
from wizard.image import Image
from wizard.report import Report

Value = TypeVar("Value")
# A child of the logger whose records the command line sends to the log file.
_log = logging.getLogger("wizard.screens")


class UnexpectedError(WizardError):
    """A fault of the program itself, told like any other error; the engine it happened in is closed."""

    exit_code = 4

    def __init__(self, error: Exception) -> None:
        super().__init__(
            "unexpected",
            f"Unexpected {type(error).__name__}: {error}\nThe image was closed.",
            "Open the image again: a change that was interrupted is finished or rolled back then. Please report this.",
        )


class Desk:
    """The engine for one image as coroutines, run one after the other in a thread of their own.

    Every method but :meth:`cancel` and :meth:`close` raises :class:`~wizard.errors.WizardError`. ``ready`` says whether
    a preview can start at once; if not, :meth:`open` comes first. An engine that failed is not used again.
    """

    def __init__(self, connect: Connect, path: Path) -> None:
        self.path = path
        self.ready = False
        self.closing = False
        self.on_progress: Progress = _ignore
        self._connect = connect
        self._engine: Engine | None = None
        self._opened = False
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")

    @property
    def image(self) -> Image:
        """The probed image; only after :meth:`open`."""
        if self._engine is None:
            raise RuntimeError("the image is not open")
        return self._engine.image

    @property
    def notices(self) -> tuple[str, ...]:
        """What the engine has to say about the opening."""
        return self._engine.notices if self._engine else ()

    @property
    def writing(self) -> bool:
        """Whether the image is being written right now."""
        return self._engine is not None and self._engine.writing

    async def open(self) -> Report:
        """Open the image, with a fresh engine where this one was used before."""
        report = await self._ask(self._open)
        self.ready = True
        return report

    async def preview(self, ids: Sequence[str]) -> Preview:
        """Stage fixes; opens the image first where it is closed."""
        return await self._stage(lambda engine: engine.preview(ids))

    async def revert(self, number: int) -> Preview:
        """Stage a change that takes back change ``number`` file by file; opens the image first where it is closed."""
        return await self._stage(lambda engine: engine.revert(number))

    async def discard(self) -> None:
        """Drop what is staged."""
        await self._ask(lambda engine: engine.discard())

    async def commit(self) -> Change:
        """Write what is staged. The image is closed afterwards, whatever happened."""
        self.ready = False
        return await self._ask(lambda engine: engine.commit())

    async def history(self) -> tuple[Change, ...]:
        """The image's journal, newest first."""
        return await self._ask(lambda engine: engine.history())

    async def undo(self, number: int | None = None) -> tuple[Change, ...]:
        """Take changes back. The image is closed afterwards, whatever happened."""
        self.ready = False
        return await self._ask(lambda engine: engine.undo(number))

    def cancel(self) -> None:
        """Stop what is running; ignored by the engine while it writes."""
        if self._engine is not None:
            self._engine.cancel()

    async def close(self) -> None:
        """Stop what can be stopped, wait for what cannot, end the appliance. Safe to call twice."""
        if not self.closing:
            self._begin_closing()
            await asyncio.get_running_loop().run_in_executor(self._executor, self._drop)
            self._executor.shutdown(wait=False)

    def close_blocking(self) -> None:
        """:meth:`close` for when there is no event loop any more."""
        if not self.closing:
            self._begin_closing()
            self._executor.submit(self._drop)
        self._executor.shutdown(wait=True)

    def _begin_closing(self) -> None:
        self.closing = True
        self.ready = False
        self.cancel()

    async def _stage(self, job: Callable[[Engine], Preview]) -> Preview:
        if not self.ready:
            await self.open()
        try:
            return await self._ask(job)
        except WizardError:
            self.ready = False
            raise

    async def _ask(self, job: Callable[[Engine], Value]) -> Value:
        if self.closing:
            raise RuntimeError("the image was closed")
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._run, job)

    def _run(self, job: Callable[[Engine], Value]) -> Value:
        try:
            return job(self._engine or self._attach())
        except WizardError:
            raise
        except Exception as error:
            _log.info("unexpected error", exc_info=True)
            self._drop()
            raise UnexpectedError(error) from error

    def _open(self, engine: Engine) -> Report:
        if self._opened:
            settings = engine.settings
            self._drop()
            engine = self._attach()
            engine.settings = settings
        self._opened = True
        return engine.open()

    def _attach(self) -> Engine:
        engine = self._connect(self.path)
        engine.on_progress = lambda line: self.on_progress(line)
        self._engine = engine
        return engine

    def _drop(self) -> None:
        engine, self._engine, self._opened, self.ready = self._engine, None, False, False
        if engine is not None:
            try:
                engine.close()
            except Exception:  # noqa: BLE001 - whatever it was, there is nothing left to close and someone is leaving
                _log.info("closing the engine failed", exc_info=True)


def _ignore(line: str) -> None:
    """Progress that nobody is looking at."""
