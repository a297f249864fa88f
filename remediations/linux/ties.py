"""Where a guest's network is tied to a MAC address: the common terms of all network configuration systems."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from remediations.guest import FileKind, Guest
from remediations.linux.text import decode, split_lines
from remediations.vocabulary import Evidence, PlanError

MAC = re.compile(r"(?<![0-9A-Fa-f:-])[0-9A-Fa-f]{1,2}([:-])[0-9A-Fa-f]{1,2}(\1[0-9A-Fa-f]{1,2}){4}(?![0-9A-Fa-f:-])")
"""A whole MAC address."""
MAC_NAME = re.compile(r"(?<![A-Za-z0-9_])(?:en|wl|ww)x[0-9a-f]{12}(?![A-Za-z0-9_])")
"""An interface's name that is its MAC address (systemd.net-naming-scheme(7), ``ID_NET_NAME_MAC``)."""


@dataclass(frozen=True)
class Line:
    r"""A logical line: the physical lines that backslashes join, as bytes, from line ``number`` on (from 1).

    ``text`` is joined and without its ending; ``raw`` joined over all lines is the file.
    """

    number: int
    raw: bytes
    text: str


@dataclass(frozen=True)
class Tied:
    """A file that ties the network to MAC addresses. ``untie`` makes its content right, or raises PlanError."""

    path: str
    evidence: tuple[Evidence, ...]
    untie: Callable[[bytes], bytes]


def logical_lines(content: bytes) -> list[Line]:
    r"""The lines of a file in which a backslash at the end joins the next one (udev(7), interfaces(5), sh)."""
    found: list[Line] = []
    pending: list[bytes] = []
    begun = 1
    for number, raw in enumerate(split_lines(content), 1):
        if not pending:
            begun = number
        pending.append(raw)
        comment = len(pending) == 1 and raw.lstrip().startswith(b"#")
        if raw.rstrip(b"\r\n").endswith(b"\\") and not comment:
            continue
        found.append(_joined(begun, pending))
        pending = []
    return [*found, _joined(begun, pending)] if pending else found


def without_lines(content: bytes, unwanted: Callable[[str], bool]) -> bytes:
    """The content without the logical lines whose text is unwanted; every other byte stays."""
    return b"".join(line.raw for line in logical_lines(content) if not unwanted(line.text))


def read_config(guest: Guest, path: str) -> bytes | None:
    """A configuration file's content; None where nothing stands there, or a link to /dev/null as a mask."""
    if masked(guest, path):
        return None
    found = guest.stat(path)
    if found is None or found.kind is FileKind.DIRECTORY:
        return None
    return guest.read(path)


def masked(guest: Guest, path: str) -> bool:
    """Whether a link to /dev/null stands at ``path``."""
    here = guest.lstat(path)
    return here is not None and here.kind is FileKind.LINK and guest.readlink(path) == "/dev/null"


def first_by_name(guest: Guest, folders: tuple[str, ...], pattern: str) -> tuple[str, ...]:
    """The files of several folders that match; of files with one name only that of the first folder counts."""
    found: dict[str, str] = {}
    for folder in folders:
        for path in guest.glob(f"{folder}/{pattern}"):
            found.setdefault(path.rpartition("/")[2], path)
    return tuple(found[name] for name in sorted(found))


def places(path: str, lines: list[Line]) -> tuple[Evidence, ...]:
    """Lines as evidence."""
    return tuple(Evidence(path, line.number, line.text.strip()) for line in lines)


def by_hand(path: str, line: int, why: str) -> PlanError:
    """The refusal to edit one place."""
    return PlanError(f"{path} line {line}: {why}, change it by hand")


def _joined(number: int, raw: list[bytes]) -> Line:
    parts = [decode(part).rstrip("\r\n") for part in raw]
    return Line(number, b"".join(raw), "".join([*(part[:-1] for part in parts[:-1]), parts[-1]]))
