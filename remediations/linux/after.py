"""A guest as it will be once the steps of a plan are carried out, to ask there whether they lead where they should."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from remediations.guest import DEFAULT_LIMIT, FileKind, Filesystem, Guest, GuestError, GuestFacts, RootDisk, Stat
from remediations.vocabulary import (
    InstallPackages,
    MakeDirectory,
    MakeLink,
    RemoveDirectory,
    RemoveFile,
    RunCommand,
    SetMode,
    SimpleStep,
    Step,
    WriteFile,
)

_DEEPEST = 40
_WILD = frozenset("*?[")


@dataclass(frozen=True)
class _Entry:
    """What a step leaves at a path: ``content`` of a file (None: it keeps the guest's), ``target`` of a link."""

    stat: Stat
    content: bytes | None = None
    target: str = ""


class After:
    """``guest`` with ``steps`` carried out; it answers all that a guest answers, and writes nothing.

    A command counts as one that could not run; packages to install bring nothing.
    """

    def __init__(self, guest: Guest, steps: Iterable[Step]) -> None:
        self._guest = guest
        self._own: dict[str, _Entry | None] = {}  # by resolved path; None for what is gone
        self._children: dict[str, set[str]] = {}
        for step in steps:
            for simple in _simple(step):
                self._take(simple)

    def _take(self, step: SimpleStep) -> None:
        match step:
            case WriteFile(path, content, mode):
                at = self._resolve(path)
                old = self._stat(at)
                kept = old if old is not None else Stat(FileKind.FILE, mode, 0, 0, 0)
                self._put(at, _Entry(replace(kept, kind=FileKind.FILE, size=len(content)), content))
            case RemoveFile(path) | RemoveDirectory(path):
                self._own[self._resolve(path, follow_last=False)] = None
            case MakeLink(path, target):
                at = self._resolve(path, follow_last=False)
                self._put(at, _Entry(Stat(FileKind.LINK, 0o777, 0, 0, len(target)), target=target))
            case MakeDirectory(path, mode):
                at = self._resolve(path)
                if self._stat(at) is None:
                    self._put(at, _Entry(Stat(FileKind.DIRECTORY, mode, 0, 0, 4096)))
            case SetMode(path, mode):
                at = self._resolve(path)
                if (old := self._stat(at)) is not None:
                    known = self._own.get(at)
                    self._own[at] = _Entry(replace(old, mode=mode), known.content if known else None)

    def _put(self, at: str, entry: _Entry) -> None:
        self._own[at] = entry
        while at != "/":
            folder, name = posixpath.split(at)
            self._children.setdefault(folder, set()).add(name)
            if folder != "/" and self._stat(folder) is None:
                self._own[folder] = _Entry(Stat(FileKind.DIRECTORY, 0o755, 0, 0, 4096))
            at = folder

    def _resolve(self, path: str, follow_last: bool = True, depth: int = 0) -> str:
        if depth > _DEEPEST:
            raise GuestError(f"{path}: too many levels of links")
        here = "/"
        parts = [part for part in path.split("/") if part and part != "."]
        for index, part in enumerate(parts):
            at = posixpath.normpath(posixpath.join(here, part))
            found = self._stat(at) if follow_last or index < len(parts) - 1 else None
            if found is not None and found.kind is FileKind.LINK:
                rest = posixpath.join(here, self._target(at), *parts[index + 1 :])
                return self._resolve(rest, follow_last, depth + 1)
            here = at
        return here

    def _stat(self, at: str) -> Stat | None:
        """What stands at a resolved path."""
        if at in self._own:
            entry = self._own[at]
            return entry.stat if entry is not None else None
        return self._guest.lstat(at)

    def _target(self, at: str) -> str:
        entry = self._own.get(at)
        return entry.target if entry is not None else self._guest.readlink(at)

    @property
    def facts(self) -> GuestFacts:
        """The guest's."""
        return self._guest.facts

    @property
    def packages(self) -> Mapping[str, str]:
        """The guest's."""
        return self._guest.packages

    @property
    def root_disk(self) -> RootDisk:
        """The guest's."""
        return self._guest.root_disk

    @property
    def filesystems(self) -> Mapping[int, Filesystem]:
        """The guest's."""
        return self._guest.filesystems

    def stat(self, path: str) -> Stat | None:
        """What stands at ``path``, links followed."""
        return self._stat(self._resolve(path))

    def lstat(self, path: str) -> Stat | None:
        """What stands at ``path`` itself."""
        return self._stat(self._resolve(path, follow_last=False))

    def exists(self, path: str) -> bool:
        """Whether :meth:`stat` finds something."""
        return self.stat(path) is not None

    def read(self, path: str, limit: int = DEFAULT_LIMIT) -> bytes:
        """The content of a file, new or old."""
        content = self._content(path)
        return self._guest.read(self._resolve(path), limit) if content is None else content

    def head(self, path: str, length: int) -> bytes:
        """The first ``length`` bytes of a file."""
        content = self._content(path)
        return self._guest.head(self._resolve(path), length) if content is None else content[:length]

    def _content(self, path: str) -> bytes | None:
        at = self._resolve(path)
        if at not in self._own:
            return None
        entry = self._own[at]
        if entry is None or entry.stat.kind is not FileKind.FILE:
            raise GuestError(f"{path}: not a regular file")
        return entry.content

    def readlink(self, path: str) -> str:
        """The target of a link."""
        at = self._resolve(path, follow_last=False)
        found = self._stat(at)
        if found is None or found.kind is not FileKind.LINK:
            raise GuestError(f"{path}: not a link")
        return self._target(at)

    def listdir(self, path: str) -> tuple[str, ...]:
        """The names in a directory, the new ones among them."""
        at = self._resolve(path)
        names = {*(self._guest.listdir(at) if self._stat(at) is not None else ()), *self._children.get(at, ())}
        return tuple(sorted(name for name in names if self._own.get(posixpath.join(at, name), ...) is not None))

    def glob(self, pattern: str) -> tuple[str, ...]:
        """Paths that match a shell pattern, the new files among them."""
        found = ["/"]
        for part in pattern.strip("/").split("/"):
            if _WILD & set(part):
                found = [
                    posixpath.join(folder, name)
                    for folder in found
                    for name in self.listdir(folder)
                    if fnmatch.fnmatchcase(name, part) and (part.startswith(".") or not name.startswith("."))
                ]
            else:
                found = [path for path in (posixpath.join(folder, part) for folder in found) if self.lstat(path)]
        return tuple(sorted(found))


def _simple(step: Step) -> tuple[SimpleStep, ...]:
    if isinstance(step, InstallPackages):
        return ()
    return step.otherwise if isinstance(step, RunCommand) else (step,)
