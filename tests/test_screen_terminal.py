"""The wizard on a real terminal: signals and a terminal that goes away end it with the image closed."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROGRAM = """
import sys
from pathlib import Path
from fake_engine import FakeEngine, FakeHost
from screens import requirements
from screens.app import run_wizard

class Marking(FakeEngine):
    def close(self):
        super().close()
        Path(sys.argv[1]).touch()

hold = set(sys.argv[2:])
if "fault" in hold:
    def fail(*_):
        raise RuntimeError("of its own \\x1b[2J")
    requirements.RequirementsScreen.show_report = fail
host = FakeHost(hold=hold, warm="warm_up" not in hold)
sys.exit(run_wizard(lambda path: Marking(host), Path("/images/bookworm.qcow2")))
"""


class Terminal:
    """The wizard as the leader of a session on a pseudo terminal."""

    def __init__(self, marker: Path, *hold: str, controlling: bool = True) -> None:
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, 80))
        here = Path(__file__).parent
        environment = dict(os.environ, PYTHONPATH=f"{here.parent}:{here}", TERM="xterm-256color")
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(marker), *hold],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
            preexec_fn=_own_the_terminal if controlling else None,
        )
        os.close(slave)
        self.seen = b""

    def read_until(self, text: bytes) -> None:
        """Read the screen until a text stands on it."""
        end = time.monotonic() + 20
        while text not in self.seen:
            assert time.monotonic() < end, self.seen[-2000:]
            if select.select([self.master], [], [], 0.2)[0]:
                self.seen += os.read(self.master, 65536)

    def drain(self) -> int:
        """Read on until the process has ended; its exit code."""
        end = time.monotonic() + 20
        while self.process.poll() is None:
            assert time.monotonic() < end, "the wizard did not end"
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.master, 65536)
                except OSError:
                    time.sleep(0.05)
        return self.process.returncode


def _own_the_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "closed"


@pytest.fixture
def start(marker: Path) -> Iterator[Callable[..., Terminal]]:
    started = []

    def start(*hold: str, controlling: bool = True) -> Terminal:
        started.append(Terminal(marker, *hold, controlling=controlling))
        return started[-1]

    yield start
    for terminal in started:
        terminal.process.kill()
        terminal.process.wait()


def test_sigterm_restores_the_terminal_and_exits_130(start: Callable[..., Terminal], marker: Path) -> None:
    terminal = start()
    terminal.read_until(b"console-log")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.drain() == 130
    assert marker.exists()
    assert b"\x1b[?1049l" in terminal.seen
    assert b"Traceback" not in terminal.seen


@pytest.mark.parametrize(("call", "shown"), [("open", b"Inspecting"), ("warm_up", b"appliance starting")])
@pytest.mark.parametrize("controlling", [True, False], ids=["with SIGHUP", "without"])
def test_a_closed_terminal_closes_the_image(
    start: Callable[..., Terminal], marker: Path, controlling: bool, call: str, shown: bytes
) -> None:
    terminal = start(call, controlling=controlling)
    terminal.read_until(shown)
    os.close(terminal.master)
    terminal.process.wait(20)
    assert marker.exists()


def test_a_fault_of_the_program_prints_one_line(start: Callable[..., Terminal], marker: Path) -> None:
    terminal = start("fault")
    assert terminal.drain() == 4
    assert marker.exists()
    said = terminal.seen.partition(b"\x1b[?1049l")[2]
    assert "image-wizard failed (RuntimeError: of its own ␛[2J)".encode() in said.replace(b"\r\n", b" ")
    assert b"locals" not in terminal.seen


def test_q_leaves_with_0(start: Callable[..., Terminal], marker: Path) -> None:
    terminal = start()
    terminal.read_until(b"console-log")
    os.write(terminal.master, b"q")
    assert terminal.drain() == 0
    assert marker.exists()
