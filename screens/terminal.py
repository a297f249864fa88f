"""A terminal that may go away while an image is being written."""

from __future__ import annotations

import select
import threading
from collections.abc import Callable
from io import TextIOWrapper
from typing import IO, Any, cast

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message


class TerminalLost(Message):
    """Nothing can be shown any more: the terminal was closed or the connection to it is gone."""


class LastingDriver(LinuxDriver):
    """Textual's driver, but one that outlives its terminal.

    Textual's writing thread ends at the first failed write; the queue to it then fills, and the next write blocks the
    event loop for ever, with the image open. Here output to nowhere is dropped and the application told once. Its
    reading thread panics, or reads nothing for ever, as fast as it can; where nothing is drawn, nobody would notice.
    Here a terminal that hangs up is noticed by itself, and ends the reading.
    """

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        if self._file is not None:
            lasting = _LastingFile(self._file, self._lost)
            self._file = cast("TextIOWrapper", lasting)

    def run_input_thread(self) -> None:
        """Read until the terminal hangs up."""
        threading.Thread(target=self._await_hang_up, name="hang-up", daemon=True).start()
        try:
            super().run_input_thread()
        except OSError:
            self._lost()

    def _await_hang_up(self) -> None:
        poll = select.poll()
        poll.register(self.fileno, 0)  # hanging up is always told
        while not self.exit_event.is_set():
            if any(told & (select.POLLHUP | select.POLLERR) for _, told in poll.poll(200)):
                self._lost()
                return

    def _lost(self) -> None:
        self.exit_event.set()
        self._app.post_message(TerminalLost())


class _LastingFile:
    """The part of a text file that Textual's driver uses; drops what cannot be written."""

    def __init__(self, file: IO[str], lost: Callable[[], object]) -> None:
        self._file = file
        self._lost = lost
        self._gone = False

    def write(self, text: str) -> int:
        self._attempt(lambda: self._file.write(text))
        return len(text)

    def flush(self) -> None:
        self._attempt(self._file.flush)

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()

    def _attempt(self, act: Callable[[], object]) -> None:
        if not self._gone:
            try:
                act()
            except (OSError, ValueError):
                self._gone = True
                self._lost()
