"""The one thread in which an image's engine is made, used and closed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from remediations.vocabulary import Settings
from screens.text import Clock
from wizard.change import Change
from wizard.engine import Connect, Engine, Progress
from wizard.errors import WizardError
from wizard.report import Report

Value = TypeVar("Value")
Listener = Callable[[str, datetime], object]
"""Called on the event loop with a line that the engine said, and with the moment at which it did."""
PATIENCE = 0.2
"""Seconds after which an engine that was told to stop, and has not, is told again."""
# A child of the logger whose records the command line sends to the log file.
_log = logging.getLogger("wizard.screens")


class UnexpectedError(WizardError):
    """A fault of the program itself, told like any other error."""

    exit_code = 4

    def __init__(self, error: Exception, outcome: str = "The image was closed.") -> None:
        super().__init__(
            "unexpected",
            f"Unexpected {type(error).__name__}: {error}\n{outcome}",
            "Open the image again: a change that was interrupted is finished or rolled back then. Please report this.",
        )


class EngineThread:
    """Jobs for one engine, done one after the other. An engine in which a fault of the program showed is closed."""

    def __init__(self, connect: Connect, path: Path, now: Clock) -> None:
        self.engine: Engine | None = None
        self._connect = connect
        self._path = path
        self._now = now
        self._used = False
        self._progress: Progress = lambda line: None
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")

    def submit(self, job: Callable[[Engine], Value], said: Listener) -> asyncio.Future[Value]:
        """Do a job after those that came before it; only WizardError comes out of it."""
        loop = asyncio.get_running_loop()

        def progress(line: str) -> None:
            # In the engine's thread: the time is taken here. A loop that has ended meanwhile has no use for it.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(said, line, self._now())

        return loop.run_in_executor(self._executor, self._run, job, progress)

    def fresh(self, engine: Engine) -> Engine:
        """In a job: the engine to open the image with, another one where this was used before."""
        if self._used:
            settings, opening = engine.settings, engine.opening
            self._drop()
            engine = self._attach()
            engine.settings, engine.opening = settings, opening
        self._used = True
        return engine

    def history(self) -> tuple[Change, ...]:
        """The journal, from any thread and beside any job."""
        try:
            return (self.engine or self._connect(self._path)).history()
        except WizardError:
            raise
        except Exception as error:
            _log.info("unexpected error", exc_info=True)
            raise UnexpectedError(error, "The journal could not be read; the image is as it was.") from error

    def consider(self, settings: Settings) -> Report:
        """How the guest stands by other settings, as its fast reader sees it; from any thread and beside any job."""
        try:
            return self._opened.consider(settings)
        except WizardError:
            raise
        except Exception as error:
            _log.info("unexpected error", exc_info=True)
            raise UnexpectedError(error, "The settings were not taken over; the image is as it was.") from error

    def use(self, settings: Settings, report: Report) -> None:
        """Take over settings that were considered; from any thread and beside any job."""
        self._opened.use(settings, report)

    @property
    def _opened(self) -> Engine:
        if self.engine is None:
            raise RuntimeError("the image is not open")
        return self.engine

    def stop(self) -> None:
        """From any thread: stop what is running; ignored by the engine while it writes."""
        engine = self.engine
        if engine is not None:
            engine.cancel()

    def close(self) -> None:
        """From any other thread: stop what can be stopped, wait for what cannot, end the engine and the thread."""
        closed = self._executor.submit(self._drop)
        while wait([closed], PATIENCE).not_done:
            self.stop()
        self.join()

    def join(self) -> None:
        """Wait until a close that is under way is done."""
        self._executor.shutdown(wait=True)

    def _run(self, job: Callable[[Engine], Value], progress: Progress) -> Value:
        self._progress = progress
        try:
            return job(self.engine or self._attach())
        except WizardError:
            raise
        except Exception as error:
            _log.info("unexpected error", exc_info=True)
            self._drop()
            raise UnexpectedError(error) from error

    def _attach(self) -> Engine:
        engine = self._connect(self._path)
        engine.on_progress = lambda line: self._progress(line)
        self.engine = engine
        return engine

    def _drop(self) -> None:
        engine, self.engine, self._used = self.engine, None, False
        if engine is not None:
            try:
                engine.close()
            except Exception:  # noqa: BLE001 - whatever it was, there is nothing left to close and someone is leaving
                _log.info("closing the engine failed", exc_info=True)
