"""The options that fstab gives the root file system, as evidence."""

from __future__ import annotations

from remediations.guest import FileKind, Guest
from remediations.linux import fstab
from remediations.linux.text import encode, numbered
from remediations.vocabulary import Evidence

_FSTAB = "/etc/fstab"


def root(guest: Guest, option: str) -> Evidence | None:
    """The line that gives the root file system an option; None where there is none."""
    found = guest.stat(_FSTAB)
    if found is None or found.kind is not FileKind.FILE:
        return None
    for number, line in numbered(guest.read(_FSTAB)):
        if any(entry.point == "/" and option in entry.options for entry in fstab.entries(encode(line))):
            return Evidence(_FSTAB, number, line.strip())
    return None
