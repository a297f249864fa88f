"""A terminal of its own for a test, made by tmux: keys go in, and what stands on the screen comes out."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager


class Terminal:
    """One window of a tmux server that nothing else uses."""

    def __init__(self, server: str) -> None:
        self._server = server

    def keys(self, *names: str) -> None:
        """Press keys, by tmux's names."""
        self._tmux("send-keys", *names)

    def typed(self, text: str) -> None:
        """Type a text."""
        self._tmux("send-keys", "-l", text)

    def screen(self) -> str:
        """What stands on the screen now; empty once the program has ended."""
        return self._tmux("capture-pane", "-p", check=False)

    def wait(self, *texts: str, seconds: float = 60) -> str:
        """The screen once all these texts stand on it."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            shown = self.screen()
            if all(text in shown for text in texts):
                return shown
            time.sleep(0.2)
        raise AssertionError(f"{texts} did not come in {seconds} s; on the screen:\n{self.screen()}")

    def wait_without(self, text: str, seconds: float = 60) -> str:
        """The screen once this text has left it."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            shown = self.screen()
            if text not in shown:
                return shown
            time.sleep(0.2)
        raise AssertionError(f"{text!r} did not go in {seconds} s; on the screen:\n{shown}")

    def wait_end(self, seconds: float = 30) -> None:
        """Until the program, and with it the terminal, has ended."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if not self._tmux("list-panes", check=False):
                return
            time.sleep(0.1)
        raise AssertionError(f"it did not end; on the screen:\n{self.screen()}")

    @property
    def pid(self) -> int:
        """The program's process."""
        return int(self._tmux("display-message", "-p", "#{pane_pid}"))

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def close(self) -> None:
        """Close the terminal under the program, as a lost connection does."""
        self._tmux("kill-pane")

    def _tmux(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._server, *words], capture_output=True, text=True, timeout=30, check=False
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def terminal(command: Sequence[str], size: tuple[int, int] = (80, 24), **environment: str) -> Iterator[Terminal]:
    """Run a program in a terminal of ``size``; the terminal goes at the end, and the program with it."""
    server = f"image-wizard-{uuid.uuid4().hex[:8]}"
    known: Mapping[str, str] = {**os.environ, "TERM": "screen-256color", **environment}
    start = ["tmux", "-L", server, "-f", "/dev/null", "new-session", "-d", "-x", str(size[0]), "-y", str(size[1])]
    subprocess.run([*start, f"exec {shlex.join(command)}"], env=known, check=True, timeout=30, capture_output=True)
    try:
        yield Terminal(server)
    finally:
        subprocess.run(["tmux", "-L", server, "kill-server"], capture_output=True, timeout=30, check=False)
