"""Runs one function in a process of its own: what it reads cannot crash, stall or starve this one."""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import select
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, NoReturn, TypeVar

from wizard.errors import Cancelled

T = TypeVar("T")

_CHUNK = 1024 * 1024
_TICK = 0.05


class ChildError(Exception):
    """The process gave no result; the message is a sentence without a full stop."""


class Child(Generic[T]):
    """A forked process that works on ``work``; its result or exception comes back pickled.

    ``memory`` (bytes above what this process has mapped now) and ``seconds`` bound it, None where nothing does.
    """

    def __init__(self, work: Callable[[], T], *, seconds: float | None = None, memory: int | None = None) -> None:
        self._seconds = seconds
        self._cancelled = threading.Event()
        self._until = None if seconds is None else time.monotonic() + seconds
        self._parts: list[bytes] = []
        self._reader, writer = os.pipe()
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            _work(work, writer, parent, seconds, memory)
        os.close(writer)

    def fileno(self) -> int:
        """For select: readable when there is something to :meth:`feed`."""
        return self._reader

    def feed(self) -> bool:
        """Take what has come; whether that was all."""
        part = os.read(self._reader, _CHUNK)
        self._parts.append(part)
        return not part

    def result(self) -> T:
        """Wait for the end; what ``work`` returned or raised. ChildError where it did neither, or took too long."""
        ended = False
        while not ended:
            if self._cancelled.is_set():
                self.kill()
                raise Cancelled
            if self._until is not None and time.monotonic() > self._until:
                self.kill()
                raise ChildError(f"It took longer than {self._seconds:.0f} seconds")
            if select.select([self._reader], [], [], _TICK)[0]:
                ended = self.feed()
        return self.collect()

    def collect(self) -> T:
        """After the last :meth:`feed`: as :meth:`result`."""
        status = self._reap()
        try:
            good, value = pickle.loads(b"".join(self._parts))  # noqa: S301 - of our own making
        except (EOFError, pickle.UnpicklingError):
            raise ChildError(f"It ended without a result ({_how(status)})") from None
        if good:
            found: T = value
            return found
        raise value

    def cancel(self) -> None:
        """From any thread: make :meth:`result` raise Cancelled."""
        self._cancelled.set()

    def kill(self) -> None:
        """End it now."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self._reap()

    def _reap(self) -> int:
        os.close(self._reader)
        return os.waitpid(self.pid, 0)[1]


def _how(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"signal {os.WTERMSIG(status)}"
    return f"status {os.waitstatus_to_exitcode(status)}"


def _work(work: Callable[[], T], writer: int, parent: int, seconds: float | None, memory: int | None) -> NoReturn:
    status = 1
    try:
        # An interrupt from the keyboard goes to all; the parent says what it means.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        _limit(seconds, memory)
        if os.getppid() == parent:
            _send(writer, _result(work))
            status = 0
    finally:
        os._exit(status)


def _result(work: Callable[[], T]) -> bytes:
    try:
        return pickle.dumps((True, work()))
    except MemoryError:
        return pickle.dumps((False, ChildError("It ran out of memory")))
    except Exception as error:  # noqa: BLE001 - the parent raises it
        try:
            packed = pickle.dumps((False, error))
            pickle.loads(packed)  # noqa: S301 - some exceptions cannot be made again from what they hold
        except Exception:  # noqa: BLE001
            return pickle.dumps((False, ChildError(f"{type(error).__name__}: {error}")))
        return packed


def _limit(seconds: float | None, memory: int | None) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if seconds is not None:
        whole = int(seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (whole, whole))
    if memory is not None:
        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + memory, mapped + memory))


def _send(writer: int, packed: bytes) -> None:
    left = memoryview(packed)
    while left:
        left = left[os.write(writer, left) :]
