"""The journal of one image: SQLite in its state folder, durable before the image is touched."""

from __future__ import annotations

import getpass
import json
import os
import sqlite3
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import wizard
from remediations.guest import FileKind
from wizard.change import Change, CommandResult, FileChange, FileState, PackageChange, Packages, State
from wizard.delta import Extent
from wizard.errors import OpenError
from wizard.visible import visible

SCHEMA = 2
_TABLES = """
CREATE TABLE change (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, time TEXT NOT NULL, who TEXT NOT NULL,
    version TEXT NOT NULL, virtual_size INTEGER NOT NULL, fixes TEXT NOT NULL, note TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE file (
    change INTEGER NOT NULL REFERENCES change, path BLOB NOT NULL, generated INTEGER NOT NULL,
    before_kind TEXT, before_mode INTEGER, before_uid INTEGER, before_gid INTEGER,
    before_content BLOB, before_target BLOB, before_label TEXT,
    after_kind TEXT, after_mode INTEGER, after_uid INTEGER, after_gid INTEGER,
    after_content BLOB, after_target BLOB, after_label TEXT
) STRICT;
CREATE TABLE command (
    change INTEGER NOT NULL REFERENCES change, argv TEXT NOT NULL, output BLOB NOT NULL, note BLOB NOT NULL
) STRICT;
CREATE TABLE extent (
    change INTEGER NOT NULL REFERENCES change, offset INTEGER NOT NULL, length INTEGER NOT NULL,
    before TEXT NOT NULL, after TEXT NOT NULL
) STRICT;
"""

# What came with each version after the first; the columns that a journal of before does not have are constants to us.
_SINCE_2 = """
ALTER TABLE change ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
ALTER TABLE change ADD COLUMN packages TEXT NOT NULL DEFAULT '[]';
"""


class Journal:
    """Rows are written by the thread and process that hold the state folder's lock. Errors of SQLite are OpenError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "journal.db"

    @property
    def exists(self) -> bool:
        """Whether there is a journal. OpenError ``journal-unreadable`` where that may not be seen."""
        try:
            self.path.stat()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise OpenError(
                "journal-unreadable",
                f"The journal in {visible(str(self.folder))} cannot be read: {error.strerror}.",
                "Run as the user who made the changes.",
            ) from error
        return True

    def create(self, owners: Sequence[int]) -> None:
        """Make the folder (0700) and an empty journal (0600) where absent.

        OpenError where the folder is not a plain one that belongs to us, root or one of ``owners``: what we write
        back into the image later must not be exchangeable by others.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self.folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o022 or found.st_uid not in (0, os.geteuid(), *owners):
            raise OpenError(
                "state-folder",
                f"{visible(str(self.folder))} is a link, belongs to somebody else, or others may write to it. "
                "The image is as it was.",
                "Move it away, or name another place with --state-dir.",
            )
        if not self.exists:
            os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        with self._connect() as db:
            steps = {0: _TABLES + _SINCE_2, 1: _SINCE_2}
            if (version := _version(db)) in steps:
                db.executescript(f"BEGIN; {steps[version]} PRAGMA user_version = {SCHEMA}; COMMIT;")

    def begin(
        self,
        kind: str,
        virtual_size: int,
        fixes: Sequence[str],
        files: Sequence[FileChange],
        commands: Sequence[CommandResult],
        note: str = "",
        settings: Mapping[str, str] | None = None,
        packages: Packages | None = None,
    ) -> int:
        """Add a change as *preparing*; returns its number. ``settings`` are the ones to remember for the image."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._connect() as db:
            row = (
                *(kind, State.PREPARING, now, _who(), wizard.__version__, virtual_size, json.dumps(list(fixes)), note),
                json.dumps(dict(settings or {})),
                json.dumps(asdict(packages) if packages else {}),
            )
            cursor = db.execute(
                "INSERT INTO change (kind, state, time, who, version, virtual_size, fixes, note, settings, packages)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            number = cursor.lastrowid or 0
            db.executemany(
                f"INSERT INTO file VALUES ({', '.join('?' * 17)})",  # noqa: S608 - question marks alone
                [(number, _to_bytes(f.path), _origin(f), *_columns(f.before), *_columns(f.after)) for f in files],
            )
            db.executemany(
                "INSERT INTO command VALUES (?, ?, ?, ?)",
                [(number, json.dumps(list(c.argv)), _to_bytes(c.output), _to_bytes(c.note)) for c in commands],
            )
        return number

    def set_extents(
        self, number: int, extents: Sequence[Extent], before: Sequence[str], after: Sequence[str], state: State
    ) -> None:
        """Record what a change writes, by SHA-256 before and after, and its new state, in one transaction."""
        with self._connect() as db:
            db.execute("DELETE FROM extent WHERE change = ?", (number,))
            rows = [(number, e.offset, e.length, b, a) for e, b, a in zip(extents, before, after, strict=True)]
            db.executemany("INSERT INTO extent VALUES (?, ?, ?, ?, ?)", rows)
            db.execute("UPDATE change SET state = ? WHERE number = ?", (state, number))

    def set_state(self, number: int, state: State, note: str | None = None) -> None:
        """Record a change's new state, and a note where given."""
        with self._connect() as db:
            db.execute("UPDATE change SET state = ?, note = coalesce(?, note) WHERE number = ?", (state, note, number))

    def extents(self, number: int) -> tuple[tuple[Extent, ...], tuple[str, ...], tuple[str, ...]]:
        """A change's extents with their SHA-256 before and after."""
        with self._connect() as db:
            rows = db.execute(
                "SELECT offset, length, before, after FROM extent WHERE change = ? ORDER BY offset", (number,)
            ).fetchall()
        return tuple(Extent(r[0], r[1]) for r in rows), tuple(r[2] for r in rows), tuple(r[3] for r in rows)

    def virtual_size(self, number: int) -> int:
        """The disk's size in bytes when the change was made."""
        with self._connect() as db:
            return int(db.execute("SELECT virtual_size FROM change WHERE number = ?", (number,)).fetchone()[0])

    def changes(self) -> tuple[Change, ...]:
        """All changes, newest first; none where there is no journal."""
        if not self.exists:
            return ()
        with self._connect() as db:
            if _version(db) == 0:
                return ()
            packages = "packages" if _version(db) >= 2 else "'{}'"
            rows = db.execute(
                f"SELECT number, kind, state, time, who, version, fixes, note, {packages}"  # noqa: S608 - our own words
                " FROM change ORDER BY number DESC"
            ).fetchall()
            return tuple(self._change(db, row) for row in rows)

    def kept_settings(self) -> dict[str, str]:
        """The settings of the newest fix that stands; empty where there is none."""
        if not self.exists:
            return {}
        with self._connect() as db:
            if _version(db) < 2:
                return {}
            found = db.execute(
                "SELECT settings FROM change WHERE state = ? AND kind = 'fix' ORDER BY number DESC LIMIT 1",
                (State.COMMITTED,),
            ).fetchone()
        kept = json.loads(found[0]) if found else {}
        return {str(name): str(value) for name, value in kept.items()} if isinstance(kept, dict) else {}

    def undo_delta(self, number: int) -> Path:
        """Where a change's undo delta is kept."""
        return self.folder / f"undo-{number}.qcow2"

    @property
    def heartbeat(self) -> Path:
        """A file whose modification time is that of our last write to the image, while one is under way."""
        return self.folder / "heartbeat"

    def overlay(self, number: int) -> Path:
        """Where a change's overlay is kept while it is being written to the image."""
        return self.folder / f"change-{number}.qcow2"

    def _change(self, db: sqlite3.Connection, row: Sequence[Any]) -> Change:
        number, kind, state, time, who, version, fixes, note, packages = row
        files = db.execute("SELECT * FROM file WHERE change = ? ORDER BY path", (number,)).fetchall()
        commands = db.execute("SELECT argv, output, note FROM command WHERE change = ?", (number,)).fetchall()
        undo = self.undo_delta(number)
        return Change(
            number=number,
            kind=kind,
            state=State(state),
            time=datetime.fromisoformat(time),
            who=who,
            version=version,
            fixes=tuple(json.loads(fixes)),
            files=tuple(
                FileChange(_to_text(f[1]), _state(f[3:10]), _state(f[10:17]), bool(f[2] & 1), bool(f[2] & 2))
                for f in files
            ),
            commands=tuple(CommandResult(tuple(json.loads(c[0])), _to_text(c[1]), _to_text(c[2])) for c in commands),
            undo_bytes=undo.stat().st_blocks * 512 if undo.exists() else None,
            note=note,
            packages=_packages(json.loads(packages)),
        )

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=10)) as db, db:
                # FULL does not sync the folder after the commit; a power cut could then take back "committing".
                db.execute("PRAGMA synchronous = EXTRA")
                db.execute("PRAGMA foreign_keys = ON")
                if _version(db) > SCHEMA:
                    raise OpenError(
                        "journal-newer",
                        f"The journal {self.path} was written by a newer image-wizard.",
                        "Use that version.",
                    )
                yield db
        except sqlite3.Error as error:
            raise OpenError(
                "journal",
                f"The journal {self.path} cannot be used: {error}. The image is as it was.",
                "Check the folder's permissions and the disk's room; set a damaged journal aside to go on without.",
            ) from error


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _who() -> str:
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _to_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _to_text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _origin(file: FileChange) -> int:
    """The column ``generated``: 1 for a command's result, 2 for what packages brought."""
    return file.generated + 2 * file.packaged


def _packages(kept: Any) -> Packages:
    if not isinstance(kept, dict) or not kept:
        return Packages()
    changes = tuple(PackageChange(**one) for one in kept["changes"])
    return Packages(changes, kept["files"], tuple(kept["others"]), kept["size"])


def _columns(state: FileState | None) -> tuple[Any, ...]:
    if state is None:
        return (None,) * 7
    target = None if state.target is None else _to_bytes(state.target)
    return (state.kind, state.mode, state.uid, state.gid, state.content, target, state.label)


def _state(columns: Sequence[Any]) -> FileState | None:
    kind, mode, uid, gid, content, target, label = columns
    if kind is None:
        return None
    return FileState(FileKind(kind), mode, uid, gid, content, None if target is None else _to_text(target), label)
