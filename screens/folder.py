"""A folder of the host as the picker shows it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path

from wizard.find_images import IMAGE_SUFFIXES


class Kind(IntEnum):
    """What an entry is, in the order of the list."""

    IMAGE = 0
    FOLDER = 1
    OTHER = 2


@dataclass(frozen=True)
class Entry:
    """One name in a folder; ``size`` in bytes and ``modified`` are None for what could not be looked at."""

    path: Path
    kind: Kind
    size: int | None
    modified: datetime | None


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
    modified = datetime.fromtimestamp(found.st_mtime, UTC)
    if stat.S_ISDIR(found.st_mode):
        return Entry(path, Kind.FOLDER, None, modified)
    kind = Kind.IMAGE if path.suffix.lower() in IMAGE_SUFFIXES else Kind.OTHER
    return Entry(path, kind, found.st_size, modified)
