"""The wizard on a real terminal: signals and a terminal that goes away end it with the image closed."""

from __future__ import annotations

import fcntl
import functools
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
from typing import Any

import pytest

PROGRAM = """
import sys
import threading
import time
from pathlib import Path
from fake_engine import FakeEngine, FakeHost
from fake_report import make_change
from screens import requirements
from screens.app import run_wizard
from wizard.config import Config

marker, start = Path(sys.argv[1]), Path(sys.argv[2])
hold = set(sys.argv[3:])
done = []

class Marking(FakeEngine):
    def commit(self):
        change = super().commit()
        done.append("committed")
        return change
    def undo(self, number=None):
        changes = super().undo(number)
        done.append("undone")
        return changes
    def close(self):
        super().close()
        marker.write_text(" ".join([*host.calls, *done]))

def release():
    while not Path(f"{marker}.release").exists():
        time.sleep(0.02)
    host.release.set()

if "fault" in hold:
    def fail(*_):
        raise RuntimeError("of its own \\x1b[2J")
    requirements.RequirementsScreen.show_report = fail
host = FakeHost(hold=hold, warm="warm_up" not in hold, journal=[make_change(1)])
threading.Thread(target=release, daemon=True).start()
config = Config(mouse="no-mouse" not in hold, theme="light")
sys.exit(run_wizard(lambda path: Marking(host), start, config=config))
"""
IMAGE = Path("/images/bookworm.qcow2")


class Terminal:
    """The wizard as the leader of a session on a pseudo terminal."""

    def __init__(self, marker: Path, *hold: str, controlling: bool = True, start: Path = IMAGE) -> None:
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, 80))
        here = Path(__file__).parent
        environment = dict(os.environ, PYTHONPATH=f"{here.parent}:{here}", TERM="xterm-256color")
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(marker), str(start), *hold],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
            preexec_fn=_own_the_terminal if controlling else None,
        )
        os.close(slave)
        self.seen = b""

    def press(self, keys: str, shown: bytes) -> None:
        """Press keys and wait for what they show."""
        self.seen = b""
        os.write(self.master, keys.encode())
        self.read_until(shown)

    def read_until(self, text: bytes) -> None:
        """Read the screen until a text stands on it."""
        end = time.monotonic() + 60
        while text not in self.seen:
            assert time.monotonic() < end, self.seen[-2000:]
            if select.select([self.master], [], [], 0.2)[0]:
                self.seen += os.read(self.master, 65536)

    def drain(self) -> int:
        """Read on until the process has ended; its exit code."""
        end = time.monotonic() + 60
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


Start = Callable[..., Terminal]


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "closed"


@pytest.fixture
def start(marker: Path) -> Iterator[Callable[..., Terminal]]:
    started = []

    def start(*hold: str, **more: Any) -> Terminal:
        started.append(Terminal(marker, *hold, **more))
        return started[-1]

    yield start
    for terminal in started:
        terminal.process.kill()
        terminal.process.wait()


def to_picker(start: Start, folder: Path) -> Terminal:
    (folder / "disk.qcow2").touch()
    terminal = start(start=folder)
    terminal.read_until(b"disk.qcow2")
    return terminal


def to_opening(start: Start, folder: Path) -> Terminal:
    terminal = start("open")
    terminal.read_until(b"Inspecting")
    return terminal


def to_starting(start: Start, folder: Path) -> Terminal:
    terminal = start("warm_up")
    terminal.read_until(b"appliance starting")
    return terminal


def to_requirements(start: Start, folder: Path, *hold: str) -> Terminal:
    terminal = start(*hold)
    terminal.read_until(b"console-log")
    return terminal


def to_staging(start: Start, folder: Path) -> Terminal:
    terminal = to_requirements(start, folder, "preview")
    terminal.press("ap", b"Examining the staged")
    return terminal


def to_preview(start: Start, folder: Path, *hold: str) -> Terminal:
    terminal = to_requirements(start, folder, *hold)
    terminal.press("ap", b"STAGED")
    return terminal


def to_question(start: Start, folder: Path, *hold: str) -> Terminal:
    terminal = to_preview(start, folder, *hold)
    terminal.press("w", b"Write this")
    return terminal


def to_writing(start: Start, folder: Path) -> Terminal:
    terminal = to_question(start, folder, "commit")
    terminal.press("y", b"WRITING")
    return terminal


def to_undoing(start: Start, folder: Path) -> Terminal:
    terminal = to_requirements(start, folder, "undo")
    terminal.press("j", b"Change 1")
    terminal.press("u", b"Undo change")
    terminal.press("y", b"WRITING")
    return terminal


STOPPED = (to_picker, to_opening, to_starting, to_requirements, to_staging, to_preview, to_question)
WRITING = {to_writing: "committed", to_undoing: "undone"}
Reach = Callable[[Start, Path], Terminal]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.parametrize("reach", STOPPED, ids=lambda reach: reach.__name__)
def test_a_signal_closes_the_image_restores_the_terminal_and_exits_130(
    start: Start, marker: Path, tmp_path: Path, reach: Reach, number: signal.Signals
) -> None:
    terminal = reach(start, tmp_path)
    terminal.process.send_signal(number)
    assert terminal.drain() == 130
    assert marker.exists() or reach is to_picker
    assert b"\x1b[?1049l" in terminal.seen
    assert b"Traceback" not in terminal.seen


@pytest.mark.parametrize("controlling", [True, False], ids=["with SIGHUP", "without"])
@pytest.mark.parametrize("reach", STOPPED, ids=lambda reach: reach.__name__)
def test_a_closed_terminal_closes_the_image(
    start: Start, marker: Path, tmp_path: Path, reach: Reach, controlling: bool
) -> None:
    terminal = reach(functools.partial(start, controlling=controlling), tmp_path)
    os.close(terminal.master)
    assert terminal.process.wait(60) == 130
    assert marker.exists() or reach is to_picker


@pytest.mark.parametrize("way", ["q", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("reach", WRITING, ids=lambda reach: reach.__name__)
def test_what_is_being_written_is_finished_first_and_the_screen_says_so(
    start: Start, marker: Path, tmp_path: Path, reach: Reach, way: str
) -> None:
    terminal = reach(start, tmp_path)
    terminal.seen = b""
    for _ in range(3):  # nobody is so impatient that the image would not be whole
        if way == "q":
            os.write(terminal.master, b"q")
        else:
            terminal.process.send_signal(getattr(signal, way))
        terminal.read_until(b"cannot be stopped.")
        time.sleep(0.2)
    assert terminal.process.poll() is None
    assert not marker.exists()
    Path(f"{marker}.release").touch()
    assert terminal.drain() == (0 if way == "q" else 130)
    assert marker.read_text().endswith(f"close {WRITING[reach]}")


@pytest.mark.parametrize("controlling", [True, False], ids=["with SIGHUP", "without"])
@pytest.mark.parametrize("reach", WRITING, ids=lambda reach: reach.__name__)
def test_a_terminal_that_closes_while_it_is_written_leaves_it_whole(
    start: Start, marker: Path, tmp_path: Path, reach: Reach, controlling: bool
) -> None:
    terminal = reach(functools.partial(start, controlling=controlling), tmp_path)
    os.close(terminal.master)
    time.sleep(1)
    assert terminal.process.poll() is None
    assert not marker.exists()
    Path(f"{marker}.release").touch()
    assert terminal.process.wait(60) == 130
    assert marker.read_text().endswith(f"close {WRITING[reach]}")


def test_a_fault_of_the_program_prints_one_line(start: Start, marker: Path) -> None:
    terminal = start("fault")
    assert terminal.drain() == 4
    assert marker.exists()
    said = terminal.seen.partition(b"\x1b[?1049l")[2]
    assert "image-wizard failed (RuntimeError: of its own ␛[2J)".encode() in said.replace(b"\r\n", b" ")
    assert b"locals" not in terminal.seen


def test_q_leaves_with_0(start: Start, marker: Path) -> None:
    terminal = start()
    terminal.read_until(b"console-log")
    os.write(terminal.master, b"q")
    assert terminal.drain() == 0
    assert marker.exists()
