"""``/etc/inittab`` of sysvinit and busybox: what runs, which terminals get a login, how to add one (inittab(5))."""

from __future__ import annotations

import re
from dataclasses import dataclass

from remediations.guest import Guest
from remediations.linux.text import encode, line_ending, numbered, split_lines
from remediations.vocabulary import Evidence, PlanError

PATH = "/etc/inittab"
_RUNNING = ("respawn", "wait", "once", "askfirst")
_FIRST = ("sysinit", "boot", "bootwait")


@dataclass(frozen=True)
class Login:
    """An entry that starts a getty: the terminal is one of ``words``, without ``/dev/``; busybox's id is one too."""

    words: tuple[str, ...]
    evidence: Evidence


def logins(guest: Guest) -> tuple[Login, ...]:
    """The entries that start a getty in the runlevel that the guest boots into; empty without the file."""
    found = _entries(guest.read(PATH)) if guest.exists(PATH) else []
    level = next((fields[1] for _, fields in found if fields[2] == "initdefault"), "")
    return tuple(
        Login(
            (fields[0], *(word.removeprefix("/dev/") for word in fields[3].split()[1:])),
            Evidence(PATH, number, ":".join(fields)),
        )
        for number, fields in found
        if fields[2] in _RUNNING and (not fields[1] or not level or level in fields[1])
        if fields[3].split() and re.search(r"getty$", fields[3].split()[0])
    )


def programs(guest: Guest) -> tuple[tuple[str, Evidence], ...]:
    """The command lines that a boot runs, gettys too; empty without the file."""
    found = _entries(guest.read(PATH)) if guest.exists(PATH) else []
    level = next((fields[1] for _, fields in found if fields[2] == "initdefault"), "")
    return tuple(
        (fields[3].lstrip("+"), Evidence(PATH, number, ":".join(fields)))
        for number, fields in found
        if fields[2] in _FIRST or (fields[2] in _RUNNING and (not fields[1] or not level or level in fields[1]))
    )


def with_login(content: bytes, device: str, command: str) -> bytes:
    """The file with a getty on ``device``: ``command`` is what the respawned entry runs.

    busybox takes the entry's id for the terminal; sysvinit's has four characters at most, and none twice.
    """
    entries = _entries(content)
    if any(fields[2] == "initdefault" for _, fields in entries):
        taken = {fields[0] for _, fields in entries}
        plain = re.sub(r"^tty", "", device)[-4:]
        name = next(name for name in (plain, *(f"g{number}" for number in range(100))) if name not in taken)
        line = f"{name}:2345:respawn:{command}"
    else:
        line = f"{device}::respawn:{command}"
    ending = line_ending(content)
    joint = ending if content and not content.endswith(b"\n") else b""
    return content + joint + encode(line) + ending


def with_runlevel(content: bytes, after: Evidence, process: str) -> bytes:
    """The file of busybox's init with ``process`` run once, below the entry ``after``, which sysvinit's form refuses.

    Raises PlanError where the file has runlevels of its own.
    """
    if any(fields[2] == "initdefault" for _, fields in _entries(content)):
        raise PlanError(f"{PATH} does not run {process}, and has runlevels of its own: add it by hand")
    lines = split_lines(content)
    ending = line_ending(content).decode()
    at = after.line or len(lines)
    if not lines[at - 1].endswith(b"\n"):
        lines[at - 1] += encode(ending)
    return b"".join((*lines[:at], encode(f"::wait:{process}{ending}"), *lines[at:]))


def _entries(content: bytes) -> list[tuple[int, list[str]]]:
    """``(line, [id, runlevels, action, process])`` for each entry."""
    found = []
    for number, line in numbered(content):
        fields = line.strip().split(":", 3)
        if len(fields) == 4 and not line.lstrip().startswith("#"):
            found.append((number, [field.strip() for field in fields]))
    return found
