"""What package managers print, read: what is installed, what has changed, what room is asked for, what failed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wizard.change import PackageChange

_ROOM = re.compile(r"After this operation, ([\d.,]+) ([kMG]?)B of additional disk space will be used")
_UNITS = {"": 1, "k": 1000, "M": 1000**2, "G": 1000**3}
_TROUBLE = re.compile(
    r"^(E: |error: |ERROR: |Error: |Problem: |\s*- nothing provides|\s*Error:|No package |No match for|"
    r"\s+(\S+ : )?(Pre-?)?Depends: |\s+\S+.*is needed by |No provider of|\s+required by: |"
    r"dpkg: error |Cannot |Could not )"
)
_TOLD = 6


def parsed(text: str) -> dict[str, tuple[str, int]]:
    """A manager's listing: name to version and bytes; of several of one name, all their versions."""
    found: dict[str, tuple[str, int]] = {}
    for line in text.split("\n"):
        name, _, rest = line.partition("\t")
        version, _, size = rest.partition("\t")
        if not name or not version:
            continue
        earlier, bytes_before = found.get(name, ("", 0))
        number = int(size) if size.isascii() and size.isdigit() else 0
        found[name] = (f"{earlier} {version}".lstrip(), bytes_before + number)
    return found


def differences(
    before: Mapping[str, tuple[str, int]], after: Mapping[str, tuple[str, int]]
) -> tuple[PackageChange, ...]:
    """What came, went, or has another version, by name."""
    names = sorted(before.keys() | after.keys())
    return tuple(
        PackageChange(name, before.get(name, (None, 0))[0], after.get(name, (None, 0))[0], after.get(name, ("", 0))[1])
        for name in names
        if before.get(name, (None,))[0] != after.get(name, (None,))[0]
    )


def room_asked(output: str) -> int:
    """Twice the room that the manager says the packages take: they are unpacked beside what they replace."""
    found = _ROOM.findall(output)
    return int(2 * float(found[-1][0].replace(",", "")) * _UNITS[found[-1][1]]) if found else 0


def reason(output: str) -> str:
    """The lines that say what went wrong, or the last ones."""
    lines = [line.strip() for line in output.replace("\r", "\n").split("\n") if line.strip()]
    told = [line.strip() for line in output.replace("\r", "\n").split("\n") if _TROUBLE.match(line)]
    return "; ".join(dict.fromkeys((told or lines)[-_TOLD:]))
