"""udev rules that give network interfaces names by their MAC address (udev(7))."""

from __future__ import annotations

import re

from remediations.guest import Guest
from remediations.linux.ties import (
    MAC_NAME,
    Line,
    Tied,
    first_by_name,
    logical_lines,
    places,
    read_config,
    without_lines,
)

PERSISTENT = "70-persistent-net.rules"
GENERATOR = "75-persistent-net-generator.rules"
FOLDERS = ("/etc/udev/rules.d", "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d")
_TERM = re.compile(
    r"""(?<![A-Za-z_])([A-Za-z_]{1,40})(?:\{([^}]*)\})?\s*(==|!=|\+=|-=|:=|=)\s*[ei]?"((?:[^"\\]|\\.)*)\""""
)
_RENAMES = re.compile(r"\bip\b.*\bset\b.*\bname\b|\b(?:nameif|ifrename)\b")
"""Programs that name an interface, as a rule runs them: ip-link(8), nameif(8), ifrename(8)."""
_CLASS = re.compile(r"\[[^\]]*\]")
_DIGIT = re.compile(r"[0-9A-Fa-f]")


def tied_by_udev(guest: Guest) -> list[Tied]:
    """The rules files that tie a name to an address, and a generator that would write such rules."""
    found = []
    for path in first_by_name(guest, FOLDERS, "*.rules"):
        content = read_config(guest, path)
        if content is None:
            continue
        name = path.rpartition("/")[2]
        if name == GENERATOR:
            rules = [line for line in logical_lines(content) if is_rule(line.text)]
            if rules:
                found.append(Tied(path, places(path, rules[:1]), empty))
        elif lines := tying_rules(content):
            found.append(Tied(path, places(path, lines), empty if name == PERSISTENT else without_tying_rules))
    return found


def tying_rules(content: bytes) -> list[Line]:
    """The rules that match an address and set a name."""
    return [line for line in logical_lines(content) if ties(line.text)]


def without_tying_rules(content: bytes) -> bytes:
    """The file without those rules; comments and all other rules stay as they are."""
    return without_lines(content, ties)


def empty(_content: bytes) -> bytes:
    """Nothing: the guide asks to replace these files with empty ones, which udev takes without a warning."""
    return b""


def is_rule(text: str) -> bool:
    """Whether a logical line is more than blanks or a comment."""
    return bool(text.strip()) and not text.lstrip().startswith("#")


def ties(text: str) -> bool:
    """Whether one rule matches an interface's address, or the name made of it, and gives it a name."""
    if not is_rule(text):
        return False
    terms = _TERM.findall(text)
    address = any(
        operator == "=="
        and (
            MAC_NAME.search(value)
            or (key.upper() in ("ATTR", "ATTRS", "SYSFS") and attribute.lower() == "address" and _tied(value))
        )
        for key, attribute, operator, value in terms
    )
    return address and any(
        (key.upper() == "NAME" and operator in ("=", ":="))
        or (key.upper() == "RUN" and operator in ("=", ":=", "+=") and _RENAMES.search(value))
        for key, _, operator, value in terms
    )


def _tied(value: str) -> bool:
    """Whether a pattern holds a digit of an address; systemd's own ``?[014589cd]:*`` only tells kinds apart."""
    return _DIGIT.search(_CLASS.sub("", value)) is not None
