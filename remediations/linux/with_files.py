"""A guest as it will be once files are written that a plan makes: what is enabled there may rest on them."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from remediations.guest import DEFAULT_LIMIT, FileKind, Filesystem, Guest, GuestError, GuestFacts, RootDisk, Stat
from remediations.vocabulary import WriteFile


@dataclass(frozen=True)
class WithFiles:
    """``guest`` with ``files`` in it (by path, no links in their folders); it answers all that a guest answers."""

    guest: Guest
    files: Mapping[str, WriteFile]

    @property
    def facts(self) -> GuestFacts:
        """The guest's."""
        return self.guest.facts

    @property
    def packages(self) -> Mapping[str, str]:
        """The guest's."""
        return self.guest.packages

    @property
    def root_disk(self) -> RootDisk:
        """The guest's."""
        return self.guest.root_disk

    @property
    def filesystems(self) -> Mapping[int, Filesystem]:
        """The guest's."""
        return self.guest.filesystems

    def stat(self, path: str) -> Stat | None:
        """What stands at ``path``, links followed."""
        return self._own(path) or self.guest.stat(path)

    def lstat(self, path: str) -> Stat | None:
        """What stands at ``path`` itself."""
        return self._own(path) or self.guest.lstat(path)

    def exists(self, path: str) -> bool:
        """Whether :meth:`stat` finds something."""
        return self.stat(path) is not None

    def read(self, path: str, limit: int = DEFAULT_LIMIT) -> bytes:
        """The content of a file, new or old."""
        return self.files[path].content if path in self.files else self.guest.read(path, limit)

    def head(self, path: str, length: int) -> bytes:
        """The first ``length`` bytes of a file."""
        return self.files[path].content[:length] if path in self.files else self.guest.head(path, length)

    def readlink(self, path: str) -> str:
        """The target of a link; a new file is none."""
        if path in self.files:
            raise GuestError(f"{path}: not a link")
        return self.guest.readlink(path)

    def listdir(self, path: str) -> tuple[str, ...]:
        """The names in a directory, the new ones among them."""
        own = {name[len(path.rstrip("/")) + 1 :].split("/")[0] for name in self.files if self._below(name, path)}
        return tuple(sorted({*self.guest.listdir(path), *own}))

    def glob(self, pattern: str) -> tuple[str, ...]:
        """Paths that match a shell pattern, the new files among them."""
        parts = pattern.split("/")
        own = {
            path
            for path in self.files
            if len(path.split("/")) == len(parts)
            and all(fnmatch.fnmatchcase(name, part) for name, part in zip(path.split("/"), parts, strict=True))
        }
        return tuple(sorted({*self.guest.glob(pattern), *own}))

    def _own(self, path: str) -> Stat | None:
        if path in self.files:
            step = self.files[path]
            return Stat(FileKind.FILE, step.mode, 0, 0, len(step.content))
        if any(self._below(name, path) for name in self.files) and not self.guest.exists(path):
            return Stat(FileKind.DIRECTORY, 0o755, 0, 0, 4096)
        return None

    @staticmethod
    def _below(path: str, folder: str) -> bool:
        return posixpath.commonpath((path, folder or "/")) == (folder.rstrip("/") or "/") and path != folder
