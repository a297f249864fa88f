"""Runs a guest's own program inside the appliance, and finds every file that it changed."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from remediations.guest import FileKind
from remediations.vocabulary import RunCommand
from wizard.appliance import Appliance
from wizard.guestfs_guest import GuestfsGuest

COMMAND_SECONDS = 900.0
_KEEP_LIMIT = 256 * 1024
_MARK = "/tmp/image-wizard-mark"  # noqa: S108 - in the appliance's own memory, not on the host


@dataclass(frozen=True)
class Result:
    """What it printed; ``problem``: why its result is not used; ``strays``: what it changed and should not have."""

    output: str
    problem: str
    strays: tuple[str, ...] = ()


def run(appliance: Appliance, guest: GuestfsGuest, step: RunCommand, touch: Callable[[str], str]) -> Result:
    """Run it if the guest can. ``touch`` is called with each path that it may change, beforehand."""
    g = appliance.g
    program = guest.stat(step.argv[0])
    if program is None or program.kind is not FileKind.FILE or not program.mode & 0o111:
        return Result("", f"the guest has no {step.argv[0]}")
    host = str(g.debug("sh", ["uname", "-m"])).strip()
    if guest.facts.arch not in (host, "i386" if host == "x86_64" else host):
        return Result("", f"the guest's programs are for {guest.facts.arch}, the appliance is {host}")
    for path in step.may_change:
        _keep(guest, path, touch)
    g.debug("sh", ["touch", f"{_MARK}-start"])
    time.sleep(0.05)  # the kernel's clock for files ticks every few milliseconds
    problem = ""
    try:
        with appliance.limited(COMMAND_SECONDS):
            output = str(g.sh(f"{shlex.join(step.argv)} 2>&1"))
    except UnicodeDecodeError:
        output = "(what it printed is not UTF-8)"
    except RuntimeError as error:
        if not g.is_ready():
            raise
        output, problem = str(error), f"{step.argv[0]} failed"
    guest.forget()
    strays = []
    for path in _changed(g):
        if any(path == may or path.startswith(may.rstrip("/") + "/") for may in step.may_change):
            touch(path)
        elif path != step.output:
            strays.append(path)
    return Result(output, problem or (f"{step.argv[0]} touched other files" if strays else ""), tuple(strays))


def _keep(guest: GuestfsGuest, path: str, touch: Callable[[str], str]) -> None:
    """Remember the state of everything below a path, but for what is large (fonts) or can only be replaced whole."""
    found = guest.lstat(path)
    if found is None:
        return
    if found.kind is FileKind.DIRECTORY:
        for name in guest.listdir(path):
            _keep(guest, f"{path.rstrip('/')}/{name}", touch)
    elif found.size <= _KEEP_LIMIT:
        touch(path)


def _changed(g: Any) -> list[str]:
    """Files whose inode changed since the mark. A guest's clock may run ahead: what is newer than now is older."""
    newer = f"-xdev ! -type d -cnewer {_MARK}-start ! -cnewer {_MARK}-end -print0"
    mounted = "/sysroot $(while read d m r; do case $m in /sysroot/*) echo $m;; esac; done < /proc/mounts)"
    # The answer is a C string: NUL cannot be in it, and a newline may stand in a hostile name.
    script = f"touch {_MARK}-end; find {mounted} {newer} | tr '\\n\\0' '\\001\\n'"
    listed = str(g.debug("sh", [script])).split("\n")
    return sorted({name.removeprefix("/sysroot") for name in listed if name})
