#!/usr/bin/env python3
"""Times image-wizard against libguestfs' own tools, all on the bookworm test image in one run; prints one table.

    bin/setup --dev && .venv/bin/python benchmarks/run.py [ROUNDS] [--only WORD]

Needs virt-inspector, virt-customize and guestfish (Debian: guestfs-tools, libguestfs-tools). Every command runs once in
each round, so that a machine whose speed drifts does so for all. Figures are medians: wall seconds, and the resident
memory of the largest single process, the emulator included.
"""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections import defaultdict
from collections.abc import Callable
from fcntl import ioctl
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
PROGRAM = [str(ROOT / ".venv/bin/python"), "-P", "-m", "wizard"]
EDIT = '/etc/default/grub:s/^GRUB_CMDLINE_LINUX=""/GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200n8"/'
MANY = 100
Figure = tuple[float, float]


def measured(*words: str | Path, accept: tuple[int, ...] = (0,)) -> Figure:
    """One run of a command: wall seconds, and MB of its largest process."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        running = subprocess.Popen(list(map(str, words)), stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _pid, status, used = os.wait4(running.pid, 0)
        took = time.perf_counter() - begun
        code = running.returncode = os.waitstatus_to_exitcode(status)
        if code not in accept:
            output.seek(0)
            sys.exit(f"{words[0]} ended with {code}:\n{output.read().decode(errors='replace')[-2000:]}")
    return took, used.ru_maxrss / 1024


def until_shown(image: Path, pattern: bytes) -> Figure:
    """The wizard's start in a terminal of 80x24, until its output has what a pattern matches."""
    begun = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(PROGRAM[0], [*PROGRAM, str(image)], {**os.environ, "TERM": "xterm-256color"})  # noqa: S606
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    shown = b""
    while not re.search(pattern, shown):
        if not select.select([terminal], [], [], 60)[0]:
            sys.exit(f"the wizard did not show {pattern!r}")
        shown += os.read(terminal, 65536)
    took = time.perf_counter() - begun
    os.write(terminal, b"q")
    ended = time.monotonic() + 30
    while True:
        try:
            if select.select([terminal], [], [], 0.1)[0]:
                os.read(terminal, 65536)
        except OSError:
            pass  # it has closed its side
        gone, _status, used = os.wait4(pid, os.WNOHANG)
        if gone:
            os.close(terminal)
            return took, used.ru_maxrss / 1024
        if time.monotonic() > ended:
            os.kill(pid, signal.SIGKILL)


def over(base: Path, path: Path) -> Path:
    """A fresh image over the cached one, with no state beside it."""
    shutil.rmtree(f"{path}.wizard", ignore_errors=True)
    words = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", str(base), str(path)]
    subprocess.run(words, check=True)
    return path


def commands(base: Path, folder: Path) -> dict[str, Callable[[], Figure]]:
    """What is timed, by name, in the order in which it runs."""
    fixed, customized, many = folder / "fixed.qcow2", folder / "customized.qcow2", folder / "many"
    many.mkdir()
    for number in range(MANY):
        over(base, many / f"{number:03}.qcow2")

    def customize() -> Figure:
        over(base, customized)
        found = measured("virt-customize", "-a", customized, "--edit", EDIT, "--run-command", "update-grub")
        measured(*PROGRAM, customized, "--check")  # the same edits have the same result
        return found

    def apply_all() -> Figure:
        return measured(*PROGRAM, over(base, fixed), "--apply-all")

    return {
        "check": lambda: measured(*PROGRAM, base, "--check", accept=(1,)),
        "check, through the appliance": lambda: measured(
            *PROGRAM, base, "--check", "--reader", "appliance", accept=(1,)
        ),
        f"check of {MANY} images, two jobs": lambda: measured(*PROGRAM, many, "--check", "--jobs", "2", accept=(1,)),
        "apply-all": apply_all,
        "undo": lambda: measured(*PROGRAM, fixed, "--undo"),
        "wizard, first paint": lambda: until_shown(base, rb"Opening the image|bookworm"),
        "wizard, first statuses": lambda: until_shown(base, rb"xen-kernel"),
        "virt-inspector": lambda: measured("virt-inspector", "-a", base),
        "guestfish --ro -i exit": lambda: measured("guestfish", "--ro", "-a", base, "-i", "exit"),
        "virt-customize, same edits": customize,
    }


def main() -> int:
    """Run all rounds, print the table and how each target fared; 1 where one was missed."""
    import images

    rounds = int(next((word for word in sys.argv[1:] if word.isdigit()), "5"))
    only = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else ""
    os.environ["PYTHONPATH"] = str(ROOT)
    doctor = subprocess.run([*PROGRAM, "--doctor", "--json"], capture_output=True, text=True, check=False)
    states = {row["name"]: row["state"] for row in json.loads(doctor.stdout)["doctor"]}
    if states.get("kvm") != "ok":
        # The tools beside us do not find out for themselves that KVM is broken.
        os.environ.update(LIBGUESTFS_BACKEND="direct", LIBGUESTFS_BACKEND_SETTINGS="force_tcg")
    seen: dict[str, list[Figure]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir="/var/tmp") as folder:
        todo = {name: run for name, run in commands(images.bookworm(), Path(folder)).items() if only in name}
        for number in range(rounds):
            for name, run in todo.items():
                seen[name].append(run())
                took, memory = seen[name][-1]
                print(f"round {number + 1}: {name}: {took:.2f} s, {memory:.0f} MB", file=sys.stderr, flush=True)
    accelerator = "KVM" if states.get("kvm") == "ok" else "emulated appliance"
    print(f"{os.cpu_count()} processors, {accelerator}, medians of {rounds}\n")
    print("| command | seconds | least | most | MB |\n|---|---|---|---|---|")
    for name, figures in seen.items():
        times = [took for took, _memory in figures]
        memory = statistics.median(memory for _took, memory in figures)
        print(f"| {name} | {statistics.median(times):.2f} | {min(times):.2f} | {max(times):.2f} | {memory:.0f} |")
    return 0 if only else _targets(seen)


def _targets(seen: dict[str, list[Figure]]) -> int:
    def seconds(name: str) -> float:
        return statistics.median(took for took, _memory in seen[name])

    check_memory = statistics.median(memory for _took, memory in seen["check"])
    rows = (
        ("check / virt-inspector", seconds("check") / seconds("virt-inspector"), 1 / 40),
        ("check, MB", check_memory, 120),
        ("apply-all / virt-customize", seconds("apply-all") / seconds("virt-customize, same edits"), 0.65),
        ("wizard, first paint, seconds", seconds("wizard, first paint"), 0.5),
        (f"{MANY} images / one", seconds(f"check of {MANY} images, two jobs") / seconds("check"), 55),
    )
    print("\n| target | measured | at most | |\n|---|---|---|---|")
    for name, found, most in rows:
        print(f"| {name} | {found:.4g} | {most:.4g} | {'kept' if found <= most else '**missed**'} |")
    return 0 if all(found <= most for _name, found, most in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
