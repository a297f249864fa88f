"""``/etc/network/interfaces`` and what it takes in: addresses that ifupdown matches or sets (interfaces(5))."""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase
from functools import partial

from remediations.guest import Guest, GuestError
from remediations.linux.ties import (
    MAC,
    MAC_NAME,
    Line,
    Tied,
    by_hand,
    logical_lines,
    places,
    read_config,
    without_lines,
)

INTERFACES = "/etc/network/interfaces"
_ALWAYS = "/etc/network/interfaces.d"
_MOST_FILES = 500
_DIRECTORY_NAME = re.compile(r"[A-Za-z0-9_-]+")
_DIRECTORIES = ("source-directory", "source-dir")
_COMMAND = re.compile(r"(pre-up|up|post-up)\s")
_PATTERN = re.compile(r"(auto|allow-\S+|iface|mapping|map)\s")


def tied_by_ifupdown(guest: Guest) -> list[Tied]:
    """The interfaces files with an address."""
    found = []
    for path in files(guest):
        content = read_config(guest, path)
        if content and (lines := [line for line in logical_lines(content) if _sets(line.text) or _matches(line.text)]):
            found.append(Tied(path, places(path, lines), partial(without_addresses, path=path)))
    return found


def without_addresses(content: bytes, path: str = INTERFACES) -> bytes:
    """The file without the lines that set an address; PlanError where one chooses the interface by it."""
    for line in logical_lines(content):
        if _matches(line.text):
            raise by_hand(path, line.number, "an interface is chosen by its address")
    return without_lines(content, _sets)


def _sets(text: str) -> bool:
    """``hwaddress`` (``hwaddress ether random`` is fine), or a command that sets an address."""
    words = text.split()
    if words[:1] == ["hwaddress"]:
        return words[-1].lower() not in ("random", "hwaddress", "ether")
    return bool(_COMMAND.match(text.strip()) and re.search(r"\b(address|ether)\s", text) and MAC.search(text))


def _matches(text: str) -> bool:
    if text.lstrip().startswith("#"):
        return False
    return bool(MAC_NAME.search(text) or (_PATTERN.match(text.strip()) and MAC.search(text.replace("mac/", " "))))


def files(guest: Guest, idle: bool = True) -> list[str]:
    """The main file, all that it sources and, where ``idle`` holds, what else is in the stock folder for more."""
    pending = [INTERFACES, *(guest.glob(f"{_ALWAYS}/*") if idle else ())]
    found: list[str] = []
    while pending:
        path = pending.pop(0)
        if path in found:
            continue
        if len(found) > _MOST_FILES:
            raise GuestError(f"{INTERFACES} takes in more than {_MOST_FILES} files")
        content = read_config(guest, path)
        if content is None:
            continue
        found.append(path)
        pending += [taken for line in logical_lines(content) for taken in _sourced(guest, path, line)]
    return found


def takes_in(guest: Guest, path: str) -> bool:
    """Whether the main file sources ``path``, were it there."""
    folder, name = posixpath.split(path)
    for line in logical_lines(read_config(guest, INTERFACES) or b""):
        head, *words = line.text.split() or [""]
        for pattern in (posixpath.normpath(posixpath.join(posixpath.dirname(INTERFACES), word)) for word in words):
            whole = head in _DIRECTORIES and pattern == folder and _DIRECTORY_NAME.fullmatch(name) is not None
            above, last = posixpath.split(pattern)
            if whole or (head == "source" and above == folder and fnmatchcase(name, last)):
                return True
    return False


def _sourced(guest: Guest, path: str, line: Line) -> list[str]:
    words = line.text.split()
    if len(words) < 2 or words[0] not in ("source", *_DIRECTORIES):
        return []
    found: list[str] = []
    for pattern in (posixpath.normpath(posixpath.join(posixpath.dirname(path), word)) for word in words[1:]):
        if sum("*" in part or "?" in part or "[" in part for part in pattern.split("/")) > 2:
            raise GuestError(f"{path} line {line.number}: {pattern} could name files all over the guest")
        if words[0] == "source":
            found += guest.glob(pattern)
        else:
            found += [p for p in guest.glob(f"{pattern}/*") if _DIRECTORY_NAME.fullmatch(posixpath.basename(p))]
    return found
