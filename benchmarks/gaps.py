#!/usr/bin/env python3
"""Measures how long the wizard's screen stands still while the appliance launches and works.

    .venv/bin/python benchmarks/gaps.py [IMAGE] [--why MILLISECONDS]

The real wizard runs in a terminal of 80x24, on an overlay over IMAGE (the bookworm test image unless given), and is
driven from opening to undo. Three figures for each phase: the longest time between two turns of the event loop, the
longest that such a turn computed (the difference is the host's other work, or a thread that keeps Python's lock), and
the longest from a key to the paint that answers it. ``--why`` prints where the program was when a turn took longer
than that.
"""

from __future__ import annotations

import asyncio
import json
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable
from fcntl import ioctl
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = 0.1
BEAT = 0.004


class Watch:
    """Beats in the event loop and notes how late each beat is; a thread looks where the loop hangs meanwhile."""

    def __init__(self, why: float) -> None:
        self.phase = "start"
        self.turns: dict[str, list[float]] = defaultdict(list)
        self.own: dict[str, list[float]] = defaultdict(list)
        self.paints: dict[str, list[float]] = defaultdict(list)
        self.stacks: list[str] = []
        self.painted = 0.0
        self._why = why
        self._last = time.perf_counter()
        self._main = threading.get_ident()

    async def beat(self) -> None:
        """Runs as long as the application."""
        if self._why:
            threading.Thread(target=self._look, daemon=True).start()
        self._last, before = time.perf_counter(), time.thread_time()
        while True:
            await asyncio.sleep(BEAT)
            now, used = time.perf_counter(), time.thread_time()
            self.turns[self.phase].append(now - self._last - BEAT)
            self.own[self.phase].append(used - before)
            self._last, before = now, used

    def _look(self) -> None:
        told = 0.0
        while True:
            time.sleep(0.005)
            beat = self._last
            if time.perf_counter() - beat > self._why and beat != told:
                told = beat
                frames = {**sys._current_frames()}
                main, _self = frames.pop(self._main), frames.pop(threading.get_ident())
                others = map(_where, frames.values())
                self.stacks.append(f"{self.phase}: {_where(main)}\n      beside: {' | '.join(others)}")


def _where(frame: FrameType) -> str:
    calls = traceback.extract_stack(frame)[-9:]
    return " > ".join(f"{Path(call.filename).name}:{call.lineno} {call.name}" for call in calls)


async def drive(app: Any, watch: Watch) -> None:
    """Opening, ticking, previewing, writing, the journal, undoing; keys are pressed all the while."""
    from screens.appliance import Phase
    from screens.apply import ApplyScreen, UndoScreen
    from screens.dialogs import ConfirmDialog
    from screens.journal import JournalScreen
    from screens.preview import PreviewScreen
    from screens.requirements import RequirementsScreen

    async def until(condition: Callable[[], bool], keys: tuple[str, ...] = (), seconds: float = 240) -> None:
        end = time.perf_counter() + seconds
        number = 0
        while not condition():
            if time.perf_counter() > end:
                raise RuntimeError(f"{watch.phase}: still on {app.screen}")
            if keys:
                await press(keys[number % len(keys)])
                number += 1
            await asyncio.sleep(0.05)

    async def press(key: str) -> None:
        begun = time.perf_counter()
        app.simulate_key(key)
        while watch.painted < begun and time.perf_counter() < begun + 2:
            await asyncio.sleep(0.001)
        if watch.painted >= begun:
            watch.paints[watch.phase].append(watch.painted - begun)

    def on(kind: type) -> Callable[[], bool]:
        return lambda: isinstance(app.screen, kind)

    def phase() -> Phase:
        return app._busy.desk.appliance.phase  # type: ignore[no-any-return]

    watch.phase = "opening"
    await until(on(RequirementsScreen))
    watch.phase = "appliance starts"
    await until(lambda: phase() in (Phase.READY, Phase.FAILED), ("down", "down", "down", "up", "up", "up"))
    watch.phase = "list of requirements"
    for _ in range(20):
        await press("down")
    watch.phase = "settings"
    await press("s")
    await until(lambda: app.screen.has_class("-settings"))
    for key in "console":
        await press(key)
    await until(lambda: app.screen._settings.user == "console")
    app.simulate_key("escape")
    await until(lambda: not app.screen.has_class("-settings"))
    app.simulate_key("a")
    await asyncio.sleep(0.2)
    watch.phase = "staging"
    app.simulate_key("p")
    await until(on(PreviewScreen))
    watch.phase = "preview"
    for _ in range(30):
        await press("down")
    app.simulate_key("w")
    await until(on(ConfirmDialog))
    watch.phase = "writing"
    app.simulate_key("y")
    await until(lambda: on(ApplyScreen)() and app.screen.has_class("-ended"))
    app.simulate_key("enter")
    await until(on(RequirementsScreen))
    watch.phase = "journal"
    app.simulate_key("j")
    await until(on(JournalScreen))
    await press("tab")
    for _ in range(10):
        await press("down")
    app.simulate_key("u")
    await until(on(ConfirmDialog))
    watch.phase = "undoing"
    app.simulate_key("y")
    await until(lambda: on(UndoScreen)() and app.screen.has_class("-ended"))
    app.simulate_key("enter")
    await until(on(RequirementsScreen))
    watch.phase = "leaving"
    await asyncio.sleep(0.5)
    app.simulate_key("q")


def child(image: Path, out: Path, why: float) -> int:
    """The wizard in this terminal, measured."""
    from remediations.vocabulary import Settings
    from screens import app as screens_app
    from screens.terminal import LastingDriver
    from wizard.session import Session

    watch = Watch(why)
    failures: list[str] = []
    mounted, write = screens_app.WizardApp.on_mount, LastingDriver.write

    def on_mount(self: Any) -> None:
        async def driven() -> None:
            try:
                await drive(self, watch)
            except Exception:  # noqa: BLE001 - told by the parent, whatever it was
                failures.append(traceback.format_exc())
                self.leave(9)

        mounted(self)
        self._watch_tasks = [asyncio.create_task(watch.beat()), asyncio.create_task(driven())]

    def painted(self: Any, data: str) -> None:
        watch.painted = time.perf_counter()
        write(self, data)

    screens_app.WizardApp.on_mount = on_mount  # type: ignore[method-assign]
    LastingDriver.write = painted  # type: ignore[method-assign]
    code = screens_app.run_wizard(lambda path: Session(path, Settings(user="debian")), image)
    found = {
        "turns": {name: [max(values), len(values)] for name, values in watch.turns.items()},
        "own": {name: max(values) for name, values in watch.own.items()},
        "paints": {name: [max(values), len(values)] for name, values in watch.paints.items()},
        "stacks": watch.stacks,
        "failures": failures,
    }
    out.write_text(json.dumps(found))
    return code


def run(image: Path, out: Path, why: float) -> int:
    """Start the child on a terminal of its own, and read what it paints."""
    pid, terminal = pty.fork()
    if pid == 0:
        words = [sys.executable, __file__, "--child", str(image), str(out), str(why)]
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
        os.execve(sys.executable, words, environment)  # noqa: S606
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    while True:
        try:
            if select.select([terminal], [], [], 1)[0] and not os.read(terminal, 65536):
                break
        except OSError:
            break  # it has closed its side
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main() -> int:
    """Measure once, print the table; 1 where a turn before leaving took longer than the target."""
    why = float(sys.argv[sys.argv.index("--why") + 1]) / 1000 if "--why" in sys.argv else 0.0
    named = [word for word in sys.argv[1:] if Path(word).is_file()]
    if named:
        base = Path(named[0]).resolve()
    else:
        sys.path.insert(0, str(ROOT / "tests"))
        import images

        base = images.bookworm()
    with tempfile.TemporaryDirectory(prefix="gaps-", dir="/var/tmp") as folder:
        image, out = Path(folder) / "disk.qcow2", Path(folder) / "gaps.json"
        probe = subprocess.run(["qemu-img", "info", "--output=json", str(base)], capture_output=True, check=True)
        words = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", json.loads(probe.stdout)["format"], "-b", str(base)]
        subprocess.run([*words, str(image)], check=True)
        code = run(image, out, why)
        if not out.exists():
            sys.exit(f"the wizard ended with {code} and told nothing")
        found = json.loads(out.read_text())
    print("\n".join(found["failures"] + found["stacks"]))
    print("| phase | longest turn, ms | its own, ms | turns | longest key to paint, ms | keys |")
    print("|---|---|---|---|---|---|")
    for name, (worst, count) in found["turns"].items():
        paint, keys = found["paints"].get(name, (0, 0))
        own, shown = f"{found['own'][name] * 1000:.0f}", f"{paint * 1000:.0f}" if keys else ""
        print(f"| {name} | {worst * 1000:.0f} | {own} | {count} | {shown} | {keys or ''} |")
    kept = all(worst <= TARGET for name, (worst, _) in found["turns"].items() if name != "leaving")
    return 0 if kept and not found["failures"] else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        sys.path.insert(0, str(ROOT))
        sys.exit(child(Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4])))
    sys.exit(main())
