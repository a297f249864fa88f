"""What is remembered of images that were examined on this host: who the guest was, how it stood, and when.

A convenience for the picker alone: nothing rests on it, and what cannot be read or written is passed over.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from remediations.vocabulary import Level, Status
from wizard.errors import WizardError
from wizard.folders import log_folder
from wizard.report import Report

MOST = 500
"""Images that are remembered; the oldest go first."""
_TABLE = """
CREATE TABLE IF NOT EXISTS known (
    path BLOB PRIMARY KEY, product TEXT NOT NULL, fail INTEGER NOT NULL, unknown INTEGER NOT NULL, time TEXT NOT NULL,
    size INTEGER NOT NULL, modified INTEGER NOT NULL
) STRICT
"""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Known:
    """An image's newest verdict: the required ids that fail and that are unknown, at a moment.

    ``current`` is false where the file was written since. ``product`` is guest text.
    """

    path: Path
    product: str
    fail: int
    unknown: int
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
        with suppress(OSError, WizardError), self._connect() as db:
            found = path.stat()
            row = (
                *(os.fsencode(path), product, required.count(Status.FAIL), required.count(Status.UNKNOWN)),
                *(datetime.now(UTC).isoformat(timespec="seconds"), found.st_size, found.st_mtime_ns),
            )
            db.execute("INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            db.execute(
                "DELETE FROM known WHERE path NOT IN (SELECT path FROM known ORDER BY time DESC, rowid DESC LIMIT ?)",
                (MOST,),
            )

    def recent(self, most: int) -> tuple[Known, ...]:
        """The images examined last that are still there, newest first."""
        rows: Sequence[tuple[object, ...]] = ()
        with suppress(OSError, WizardError), self._connect() as db:
            rows = db.execute("SELECT * FROM known ORDER BY time DESC, rowid DESC LIMIT ?", (4 * most,)).fetchall()
        return tuple(known for known in map(_known, rows) if known is not None)[:most]

    def inside(self, folder: Path) -> dict[Path, Known]:
        """What is remembered of the images right in a folder, by path."""
        start = os.fsencode(folder / "_")[:-1]
        rows: Sequence[tuple[object, ...]] = ()
        with suppress(OSError, WizardError), self._connect() as db:
            rows = db.execute("SELECT * FROM known WHERE substr(path, 1, ?) = ?", (len(start), start)).fetchall()
        found = [known for known in map(_known, rows) if known is not None and known.path.parent == folder]
        return {known.path: known for known in found}

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        try:
            file = self._file or log_folder() / "known.db"
            os.close(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
            with closing(sqlite3.connect(file, timeout=1)) as db, db:
                db.execute("PRAGMA synchronous = OFF")
                db.execute(_TABLE)
                yield db
        except sqlite3.Error as error:
            _log.info("what is known of images: %s", error)
            raise OSError(str(error)) from error


def _known(row: Sequence[object]) -> Known | None:
    try:
        path, product, fail, unknown, time, size, modified = row
        where = Path(os.fsdecode(path))  # type: ignore[arg-type]
        found = where.stat()
        moment = datetime.fromisoformat(str(time))
        counts = int(str(fail)), int(str(unknown))
    except (OSError, TypeError, ValueError):  # gone, or not written by us
        return None
    current = (found.st_size, found.st_mtime_ns) == (size, modified)
    return Known(where, str(product), *counts, moment, current)
