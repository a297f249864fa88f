"""The order of rpm's versions, and which of several installed packages of one name counts (rpm-version(7))."""

from __future__ import annotations

import re
from collections.abc import Iterable

from remediations.linux.rpm_header import Header

_PARTS = re.compile(r"[0-9]+|[A-Za-z]+|[~^]", re.ASCII)
_TILDE, _END, _CARET, _LETTERS, _DIGITS = range(5)

Key = tuple[tuple[int, int, str], ...]


def sort_key(text: str) -> Key:
    """A version or a release as something that sorts as rpm compares.

    Runs of digits are numbers and newer than runs of letters; whatever else stands between is a separator and does not
    count. ``~`` sorts before the end of a version, ``^`` after it and before anything more.
    """
    parts = []
    for part in _PARTS.findall(text):
        if part in "~^":
            parts.append((_TILDE if part == "~" else _CARET, 0, ""))
        elif part[0].isdigit():
            number = part.lstrip("0")
            parts.append((_DIGITS, len(number), number))
        else:
            parts.append((_LETTERS, 0, part))
    return (*parts, (_END, 0, ""))


def newest(headers: Iterable[Header]) -> dict[str, str]:
    """Name to version, without epoch and release; of several packages of one name, the newest one's."""
    found: dict[str, tuple[tuple[int, Key, Key], str]] = {}
    for header in headers:
        order = (header.epoch, sort_key(header.version), sort_key(header.release))
        if header.name not in found or found[header.name][0] < order:
            found[header.name] = (order, header.version)
    return {name: version for name, (_, version) in found.items()}
