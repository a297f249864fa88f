"""A folder of the host as the picker shows it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path

from wizard.find_images import IMAGE_SUFFIXES
from wizard.peek import peek


class Kind(IntEnum):
    """What an entry is, in the order of the list."""

    IMAGE = 0
    FOLDER = 1
    OTHER = 2


@dataclass(frozen=True)
class Entry:
    """One name in a folder; what could not be looked at is None.

    ``size`` is the virtual disk's and ``on_disk`` what the file takes, in bytes; ``format`` is qemu's name. Both of the
    image's own are unknown (None, empty) until :func:`looked_into`.
    """

    path: Path
    kind: Kind
    on_disk: int | None
    modified: datetime | None
    format: str = ""
    size: int | None = None


def list_folder(folder: Path, hidden: bool = False) -> tuple[Entry, ...]:
    """Images first, then folders, then other files, each by name. OSError where the folder cannot be read."""
    with os.scandir(folder) as names:
        entries = [_entry(name) for name in names if hidden or not name.name.startswith(".")]
    return tuple(sorted(entries, key=lambda entry: (entry.kind, entry.path.name.casefold())))


def _entry(name: os.DirEntry[str]) -> Entry:
    path = Path(name.path)
    try:
        found = name.stat()
    except OSError:
        return Entry(path, Kind.OTHER, None, None)
    modified = _moment(found)
    if stat.S_ISDIR(found.st_mode):
        return Entry(path, Kind.FOLDER, None, modified)
    kind = Kind.IMAGE if path.suffix.lower() in IMAGE_SUFFIXES else Kind.OTHER
    return Entry(path, kind, found.st_blocks * 512, modified)


def look_at(path: Path) -> Entry:
    """One path as an entry, for what does not stand in the folder shown."""
    try:
        found = path.stat()
    except OSError:
        return Entry(path, Kind.OTHER, None, None)
    return looked_into(Entry(path, Kind.IMAGE, found.st_blocks * 512, _moment(found)))


def _moment(found: os.stat_result) -> datetime:
    try:
        return datetime.fromtimestamp(found.st_mtime, UTC)
    except (OSError, OverflowError, ValueError):  # a clock gone mad: as far as dates go
        return datetime.max.replace(tzinfo=UTC) if found.st_mtime > 0 else datetime.min.replace(tzinfo=UTC)


def looked_into(entry: Entry) -> Entry:
    """The entry with what the file's first bytes say; what says that it is an image is one, whatever its name."""
    if entry.kind is Kind.FOLDER or entry.modified is None:
        return entry
    try:
        form, size = peek(entry.path)
    except OSError:
        return entry
    return replace(entry, kind=Kind.IMAGE if form else entry.kind, format=form, size=size)
