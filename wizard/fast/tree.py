"""The guest's tree of directories: file systems mounted into each other, links followed inside the guest."""

from __future__ import annotations

import stat
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from remediations.guest import GuestError
from wizard.fast.filesystem import FileSystem, Node

MOST_LINKS = 40
_LONGEST_NAME, _LONGEST_PATH = 255, 4096


class Looped(GuestError):
    """Links without end; the kernel's own limit."""

    def __init__(self) -> None:
        super().__init__("Too many levels of symbolic links")


@dataclass(frozen=True, slots=True)
class Place:
    """Something in the tree: ``parts`` is its path without links."""

    filesystem: FileSystem
    node: Node
    parts: tuple[bytes, ...]


class Tree:
    """``mounts`` maps canonical absolute paths to file systems; ``/`` is among them."""

    def __init__(self, mounts: Mapping[str, FileSystem]) -> None:
        self._mounts = {tuple(filter(None, path.encode().split(b"/"))): known for path, known in mounts.items()}
        self._seen: dict[tuple[bytes, bool], Place | None] = {}

    def find(self, path: bytes, *, follow: bool = True) -> Place | None:
        """What stands at an absolute path; with ``follow`` a link at its end is followed. None where nothing does.

        Raises Looped, GuestError for a name that is too long, and StepAside.
        """
        key = (path, follow)
        if key not in self._seen:
            self._seen[key] = self._resolve(path, follow)
        return self._seen[key]

    def _resolve(self, path: bytes, follow: bool) -> Place | None:
        if len(path) >= _LONGEST_PATH:
            raise GuestError("File name too long")
        way = [self._top()]
        left = deque(path.split(b"/"))
        links = 0
        while left:
            part = left.popleft()
            here = way[-1]
            if not stat.S_ISDIR(here.node.mode):  # a slash at the end asks for a directory, too
                return None
            if part in (b"", b"."):
                continue
            if part == b"..":
                way = way[:-1] or way
                continue
            if len(part) > _LONGEST_NAME:
                raise GuestError("File name too long")
            below = self._below(here, part)
            if below is None:
                return None
            if stat.S_ISLNK(below.node.mode) and (follow or left):
                links += 1
                if links > MOST_LINKS:
                    raise Looped
                target = below.filesystem.readlink(below.node)
                if target.startswith(b"/"):
                    way = way[:1]
                left.extendleft(reversed(target.split(b"/")))
                continue
            way.append(below)
        return way[-1]

    def _top(self) -> Place:
        filesystem = self._mounts[()]
        return Place(filesystem, filesystem.root, ())

    def _below(self, here: Place, name: bytes) -> Place | None:
        id = here.filesystem.find(here.node, name)
        if id is None:
            return None
        parts = (*here.parts, name)
        mounted = self._mounts.get(parts)
        if mounted is not None:
            return Place(mounted, mounted.root, parts)
        return Place(here.filesystem, here.filesystem.node(id), parts)
