"""What is remembered of images that were examined on this host: who the guest was, how it stood, and when.

A convenience for the picker alone: nothing rests on it, and what cannot be read or written is passed over.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from remediations.vocabulary import Level, Status
from wizard.errors import WizardError
from wizard.folders import log_folder
from wizard.report import Report

MOST = 500
"""Images that are remembered; the oldest go first."""
_TABLE = """
CREATE TABLE IF NOT EXISTS known (
    path BLOB PRIMARY KEY, product TEXT NOT NULL, fail INTEGER NOT NULL, unknown INTEGER NOT NULL,
    passed INTEGER NOT NULL, time TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL
) STRICT
"""
_COLUMNS = "path, product, fail, unknown, passed, time, size, modified"
_SPOILT = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
"""What SQLite says of a file that is damaged, no database, or of another version, but not of a busy one."""
Result = TypeVar("Result")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Known:
    """An image's newest verdict: the required ids that fail, are unknown and pass, at a moment.

    ``current`` is false where the file was written since. ``product`` is guest text.
    """

    path: Path
    product: str
    fail: int
    unknown: int
    passed: int
    time: datetime
    current: bool


class KnownImages:
    """The memory, in one file; safe to use from several threads and processes."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file

    def remember(self, path: Path, report: Report) -> None:
        """Note how an image stands now; ``path`` is the file as it was probed, links resolved."""
        required = [a.finding.status for a in report.assessments if a.requirement.level is Level.REQUIRED]
        # A change may be in the image by now: nothing that a guest calls itself may make that a failure.
        product = report.facts.product.encode("utf-8", "backslashreplace").decode("utf-8")
        counts = [required.count(status) for status in (Status.FAIL, Status.UNKNOWN, Status.PASS)]

        def put(db: sqlite3.Connection) -> None:
            found = path.stat()
            time = datetime.now(UTC).isoformat(timespec="seconds")
            row = (os.fsencode(path), product, *counts, time, found.st_size, found.st_mtime_ns)
            db.execute(f"INSERT OR REPLACE INTO known ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608
            db.execute(
                "DELETE FROM known WHERE path NOT IN (SELECT path FROM known ORDER BY time DESC, rowid DESC LIMIT ?)",
                (MOST,),
            )

        self._do(put)

    def recent(self, most: int) -> tuple[Known, ...]:
        """The images examined last that are still there, newest first."""
        rows = self._rows("ORDER BY time DESC, rowid DESC LIMIT ?", 4 * most)
        return tuple(known for known in map(_known, rows) if known is not None)[:most]

    def inside(self, folder: Path) -> dict[Path, Known]:
        """What is remembered of the images right in a folder, by path."""
        start = os.fsencode(folder / "_")[:-1]
        rows = self._rows("WHERE substr(path, 1, ?) = ?", len(start), start)
        found = [known for known in map(_known, rows) if known is not None and known.path.parent == folder]
        return {known.path: known for known in found}

    def _rows(self, which: str, *values: object) -> Sequence[Sequence[object]]:
        query = f"SELECT {_COLUMNS} FROM known {which}"  # noqa: S608 - both are texts of ours
        return self._do(lambda db: db.execute(query, values).fetchall()) or ()

    def _do(self, job: Callable[[sqlite3.Connection], Result]) -> Result | None:
        """Do it; None where the memory cannot be used. A file that is spoilt is replaced: no more is lost by that."""
        with suppress(OSError, WizardError):
            file = self._file or log_folder() / "known.db"
            try:
                return _with(file, job)
            except sqlite3.Error as error:
                _log.info("what is known of images: %s", error)
                # Text that is no UTF-8 has no code of its own.
                if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF not in _SPOILT:
                    return None
            try:
                file.unlink(missing_ok=True)
                file.with_name(f"{file.name}-journal").unlink(missing_ok=True)
                return _with(file, job)
            except sqlite3.Error as error:
                _log.info("what is known of images, anew: %s", error)
        return None


def _with(file: Path, job: Callable[[sqlite3.Connection], Result]) -> Result:
    os.close(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    with closing(sqlite3.connect(file, timeout=1)) as db, db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute(_TABLE)
        return job(db)


def _known(row: Sequence[object]) -> Known | None:
    try:
        path, product, fail, unknown, passed, time, size, modified = row
        where = Path(os.fsdecode(path))  # type: ignore[arg-type]
        found = where.stat()
        moment = datetime.fromisoformat(str(time))
        counts = int(str(fail)), int(str(unknown)), int(str(passed))
    except (OSError, TypeError, ValueError):  # gone, or not written by us
        return None
    current = (found.st_size, found.st_mtime_ns) == (size, modified)
    return Known(where, str(product), *counts, moment, current)
