"""Runs a guest's own program inside the appliance, and finds every file that it changed."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from remediations.guest import FileKind
from remediations.vocabulary import RunCommand
from wizard.appliance import Appliance
from wizard.change import FileState
from wizard.enclosure import Enclosure, OnLine
from wizard.guestfs_guest import GuestfsGuest
from wizard.step_error import StepError

COMMAND_SECONDS = 900.0
_KEEP_LIMIT = 256 * 1024
_MARK = "/tmp/image-wizard-mark"  # noqa: S108 - in the appliance's own memory, not on the host


@dataclass(frozen=True)
class Result:
    """What it printed, and what it changed of what it may change, with the states before.

    ``problem``: why its result is not used, empty where it may be; ``strays``: what it changed and should not have.
    """

    output: str
    problem: str = ""
    strays: tuple[str, ...] = ()
    changed: Mapping[str, FileState | None] = field(default_factory=dict)


class Ledger(Protocol):
    """Where the states of paths before our first write are kept (the stage)."""

    def state(self, path: str) -> FileState | None:
        """What stands at a path now."""

    def keep(self, path: str, state: FileState | None) -> None:
        """Keep what stood at a path, unless an earlier state is kept."""


def run(
    appliance: Appliance, guest: GuestfsGuest, step: RunCommand, ledger: Ledger, on_line: OnLine = lambda line: None
) -> Result:
    """Run it if the guest can, each line it prints told as it comes.

    Every file that it changes, makes or removes is in the ledger, or is a stray.
    """
    g = appliance.g
    program = guest.stat(step.argv[0])
    if program is None or program.kind is not FileKind.FILE or not program.mode & 0o111:
        return Result("", f"the guest has no {step.argv[0]}")
    if reason := foreign(appliance, guest):
        return Result("", reason)
    output_path = guest.realpath(step.output)
    kept = {output_path: ledger.state(output_path)}
    large: set[str] = set()
    for path in step.may_change:
        _keep(guest, path, ledger, kept, large)
    g.debug("sh", ["touch", f"{_MARK}-start"])
    time.sleep(0.05)  # the kernel's clock for files ticks every few milliseconds
    output, problem = "", ""
    try:
        ended = Enclosure(appliance, guest, (), on_line).run(shlex.join(step.argv), COMMAND_SECONDS)
        output, problem = ended.output, f"{step.argv[0]} failed" if ended.code else ""
    except StepError as error:
        problem = f"{step.argv[0]} did not end: {error}"
    guest.forget()
    try:
        listed = _changed(g)
    except UnicodeDecodeError:
        return Result(output, "it changed a file whose name is not UTF-8", ("a file whose name is not UTF-8",))
    # What was too large to keep cannot be shown as it was: it may neither change nor go.
    large -= kept.keys()
    strays = [path for path in sorted(large) if path in listed or guest.lstat(path) is None]
    changed = {path: was for path, was in kept.items() if path in listed or (was and guest.lstat(path) is None)}
    for path in listed:
        if path in kept or path in large:
            continue
        if any(path == may or path.startswith(may.rstrip("/") + "/") for may in step.may_change):
            changed[path] = None
        else:
            strays.append(path)
    for path, was in changed.items():
        ledger.keep(path, was)
    if strays:
        problem = problem or f"{step.argv[0]} touched other files"
    return Result(output, problem, tuple(strays), changed)


def foreign(appliance: Appliance, guest: GuestfsGuest) -> str:
    """Why the guest's programs cannot run in the appliance: another architecture; empty where they can."""
    host = str(appliance.g.debug("sh", ["uname", "-m"])).strip()
    if guest.facts.arch in (host, "i386" if host == "x86_64" else host):
        return ""
    return f"the guest's programs are for {guest.facts.arch}, the appliance is {host}"


def _keep(guest: GuestfsGuest, path: str, ledger: Ledger, kept: dict[str, FileState | None], large: set[str]) -> None:
    """Keep the state of everything below a path, but for large files, which are only noted."""
    found = guest.lstat(path)
    if found is None:
        return
    if found.kind is FileKind.DIRECTORY:
        for name in guest.listdir(path):
            _keep(guest, f"{path.rstrip('/')}/{name}", ledger, kept, large)
    elif found.size <= _KEEP_LIMIT:
        kept[path] = ledger.state(path)
    else:
        large.add(path)


def _changed(g: Any) -> list[str]:
    """Files whose inode changed since the mark. A guest's clock may run ahead: what is newer than now is older."""
    newer = f"-xdev ! -type d -cnewer {_MARK}-start ! -cnewer {_MARK}-end -print0"
    mounted = "/sysroot $(while read d m r; do case $m in /sysroot/*) echo $m;; esac; done < /proc/mounts)"
    # The answer is a C string: NUL cannot be in it, and a newline may stand in a hostile name.
    script = f"touch {_MARK}-end; find {mounted} {newer} | tr '\\n\\0' '\\001\\n'"
    listed = str(g.debug("sh", [script])).split("\n")
    return sorted({name.removeprefix("/sysroot") for name in listed if name})
