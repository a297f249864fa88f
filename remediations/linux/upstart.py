"""Upstart jobs: whether a job starts by itself. Source: init(5) of Ubuntu 14.04."""

from __future__ import annotations

import re

from remediations.guest import Guest
from remediations.linux.text import line_ending, numbered
from remediations.vocabulary import Evidence, RemoveFile, Step, WriteFile

_START = re.compile(r"start\s+on\b")


def job(name: str) -> str:
    """The job's configuration file."""
    return f"/etc/init/{name}.conf"


def override(name: str) -> str:
    """The file whose stanzas come after the job's own."""
    return f"/etc/init/{name}.override"


def starting_line(guest: Guest, name: str) -> Evidence | None:
    """The ``start on`` line that starts the job; None where it has none, or a later ``manual`` undoes it."""
    started: Evidence | None = None
    for path in (job(name), override(name)):
        if not guest.exists(path):
            continue
        for number, line in numbered(guest.read(path)):
            if _START.match(line.strip()):
                started = Evidence(path, number, line)
            elif line.split("#")[0].strip() == "manual":
                started = None
    return started if guest.exists(job(name)) else None


def disable_steps(guest: Guest, name: str) -> tuple[Step, ...]:
    """``manual`` at the end of the override file, which the package does not own."""
    path = override(name)
    before = guest.read(path) if guest.exists(path) else b""
    ending = line_ending(before)
    joint = ending if before and not before.endswith(b"\n") else b""
    return (WriteFile(path, before + joint + b"manual" + ending),)


def enable_steps(guest: Guest, name: str) -> tuple[Step, ...]:
    """Remove an override that holds nothing but ``manual``; empty where that is not what stops the job."""
    path = override(name)
    if not guest.exists(path):
        return ()
    told = {line.split("#")[0].strip() for _, line in numbered(guest.read(path))} - {""}
    return (RemoveFile(path),) if told == {"manual"} else ()
