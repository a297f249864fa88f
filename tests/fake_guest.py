"""A guest made of a dictionary, for unit tests: the same protocol that the appliance implements."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from remediations.guest import DEFAULT_LIMIT, FileKind, Filesystem, GuestError, GuestFacts, Partition, RootDisk, Stat
from remediations.vocabulary import (
    MakeDirectory,
    MakeLink,
    Plan,
    RemoveDirectory,
    RemoveFile,
    RunCommand,
    SetMode,
    WriteFile,
)

BOOKWORM = GuestFacts("debian", "Debian GNU/Linux 12 (bookworm)", (12, 0), "x86_64", "deb", "/dev/sda1")
GIB = 1024**3
PLAIN_DISK = RootDisk(
    "partition",
    2 * GIB,
    "dos",
    (Partition(1, 1024**2, 2 * GIB - 1, "primary", "0x83"),),
    1,
    "ext4",
    2 * GIB - 1024**2,
    2 * GIB - 1024**2,
)


@dataclass(frozen=True)
class Link:
    """A symbolic link in the table of files."""

    target: str


@dataclass(frozen=True)
class Special:
    """A device, FIFO or socket."""


Entry = bytes | Link | Special | None


class Files(dict[str, Entry]):
    """A guest's files, with what stands in each directory at hand: a check lists hundreds of them."""

    def __init__(self, files: Mapping[str, Entry]) -> None:
        super().__init__(files)
        self._names: dict[str, set[str]] | None = None
        self.known: dict[tuple[str, bool], str] = {}
        self.found: dict[str, tuple[str, ...]] = {}

    def _changed(self) -> None:
        """What was asked before (paths resolved, patterns matched) no longer holds."""
        self._names = None
        self.known.clear()
        self.found.clear()

    @property
    def names(self) -> dict[str, set[str]]:
        """The names in each directory, by its path; ``/`` is there always."""
        if self._names is None:
            self._names = {"/": set()}
            for path in self:
                if self[path] is None:
                    self._names.setdefault(path, set())
                while path != "/":
                    folder, _, name = path.rpartition("/")
                    path = folder or "/"
                    known = self._names.setdefault(path, set())
                    if name in known:
                        break
                    known.add(name)
        return self._names

    def __setitem__(self, path: str, entry: Entry) -> None:
        super().__setitem__(path, entry)
        self._changed()

    def __delitem__(self, path: str) -> None:
        super().__delitem__(path)
        self._changed()

    def update(self, *more: object, **named: object) -> None:
        super().update(*more, **named)  # type: ignore[arg-type]
        self._changed()

    def setdefault(self, path: str, entry: Entry = None) -> Entry:
        self._changed()
        return super().setdefault(path, entry)

    def pop(self, path: str, *default: Entry) -> Entry:
        self._changed()
        return super().pop(path, *default)


@dataclass
class FakeGuest:
    """``files`` maps absolute paths to bytes (a file), Link, Special, or None (an empty directory)."""

    files: dict[str, Entry]
    facts: GuestFacts = BOOKWORM
    packages: Mapping[str, str] = field(default_factory=dict)
    root_disk: RootDisk = PLAIN_DISK
    modes: dict[str, int] = field(default_factory=dict)
    filesystems: Mapping[int, Filesystem] = field(default_factory=dict)

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, Files(value) if name == "files" else value)  # type: ignore[arg-type]

    @property
    def _tree(self) -> Files:
        assert isinstance(self.files, Files)
        return self.files

    def _resolve(self, path: str, follow_last: bool = True) -> str:
        known = self._tree.known
        if (path, follow_last) not in known:
            known[path, follow_last] = self._walk(path, follow_last, 0)
        return known[path, follow_last]

    def _walk(self, path: str, follow_last: bool, depth: int) -> str:
        if depth > 40:
            raise GuestError(f"{path}: too many levels of links")
        resolved = "/"
        parts = [part for part in path.split("/") if part and part != "."]
        for index, part in enumerate(parts):
            here = posixpath.normpath(posixpath.join(resolved, part))
            entry = self.files.get(here)
            if isinstance(entry, Link) and (follow_last or index < len(parts) - 1):
                rest = "/".join(parts[index + 1 :])
                target = posixpath.join(resolved, entry.target)
                return self._walk(posixpath.join(target, rest) if rest else target, follow_last, depth + 1)
            resolved = here
        return resolved

    def _stat(self, path: str) -> Stat | None:
        if path in self.files and self.files[path] is not None:
            entry = self.files[path]
            if isinstance(entry, bytes):
                return Stat(FileKind.FILE, self.modes.get(path, 0o644), 0, 0, len(entry))
            kind = FileKind.LINK if isinstance(entry, Link) else FileKind.OTHER
            return Stat(kind, self.modes.get(path, 0o777), 0, 0, 0)
        if path in self._tree.names:
            return Stat(FileKind.DIRECTORY, self.modes.get(path, 0o755), 0, 0, 4096)
        return None

    def stat(self, path: str) -> Stat | None:
        found = self._stat(self._resolve(path))
        return None if found is not None and found.kind is FileKind.LINK else found

    def lstat(self, path: str) -> Stat | None:
        return self._stat(self._resolve(path, follow_last=False))

    def exists(self, path: str) -> bool:
        return self.stat(path) is not None

    def read(self, path: str, limit: int = DEFAULT_LIMIT) -> bytes:
        entry = self.files.get(self._resolve(path))
        if not isinstance(entry, bytes):
            raise GuestError(f"{path}: not a regular file")
        if len(entry) > limit:
            raise GuestError(f"{path}: larger than {limit} bytes")
        return entry

    def head(self, path: str, length: int) -> bytes:
        return self.read(path, 1 << 60)[:length]

    def readlink(self, path: str) -> str:
        entry = self.files.get(self._resolve(path, follow_last=False))
        if not isinstance(entry, Link):
            raise GuestError(f"{path}: not a link")
        return entry.target

    def listdir(self, path: str) -> tuple[str, ...]:
        return tuple(sorted(self._tree.names.get(self._resolve(path), ())))

    def glob(self, pattern: str) -> tuple[str, ...]:
        if pattern not in self._tree.found:
            self._tree.found[pattern] = self._match(pattern)
        return self._tree.found[pattern]

    def _match(self, pattern: str) -> tuple[str, ...]:
        found = ["/"]
        for part in pattern.strip("/").split("/"):
            found = [
                posixpath.join(folder, name)
                for folder in found
                for name in self.listdir(folder)
                if fnmatch.fnmatchcase(name, part) and (part.startswith(".") or not name.startswith("."))
            ]
        return tuple(sorted(found))

    def applied(self, plan: Plan) -> FakeGuest:
        """A new guest with a plan's steps carried out; a command counts as one that could not run."""
        after = replace(self, files=dict(self.files), modes=dict(self.modes))
        for step in plan.steps:
            for simple in step.otherwise if isinstance(step, RunCommand) else (step,):
                match simple:
                    case WriteFile(path, content, mode):
                        path = after._resolve(path)
                        if path not in after.files:
                            after.modes[path] = mode
                        after.files[path] = content
                    case RemoveFile(path):
                        del after.files[after._resolve(path, follow_last=False)]
                    case MakeLink(path, target):
                        after.files[after._resolve(path, follow_last=False)] = Link(target)
                    case MakeDirectory(path, _mode):
                        after.files.setdefault(after._resolve(path), None)
                    case RemoveDirectory(path):
                        path = after._resolve(path, follow_last=False)
                        assert not after.listdir(path), f"{path} is not empty"
                        after.files.pop(path, None)
                    case SetMode(path, mode):
                        after.modes[after._resolve(path)] = mode
        return after
