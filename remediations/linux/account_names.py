"""What each distribution's useradd takes for a name. Source: shadow's ``chkname.c`` and the patches to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from remediations.guest import Guest

# Debian's is free in most; Red Hat's allows capitals, dots and a leading digit, SUSE's a character class of its own.
_TAKEN = {
    "debian": re.compile(r"(?![-+~])[^\s:,/\x00-\x1f\x7f]{1,32}"),
    "redhat": re.compile(r"(?!\d+$)[A-Za-z0-9_.][A-Za-z0-9_.-]{0,31}"),
    "suse": re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}"),
}
EVERYWHERE = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
"""What every one of them takes."""


@dataclass(frozen=True)
class Refused:
    """Why a name will not do; ``certain`` False where that depends on the version."""

    sentence: str
    certain: bool


def refused(guest: Guest, name: str) -> Refused | None:
    """Why the guest's useradd refuses a name; None where it takes it."""
    if EVERYWHERE.fullmatch(name):
        return None
    rule = _TAKEN.get(guest.facts.family)
    if name in (".", "..") or (rule is not None and rule.fullmatch(name) is None):
        return Refused(f"{name!r} is no name that useradd takes", True)
    return Refused(f"whether useradd takes the name {name!r} is not known here", False) if rule is None else None
