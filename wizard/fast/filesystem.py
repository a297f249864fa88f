"""What every file system of the fast reader answers. Names are bytes, as they are on the disk."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Node:
    """One inode. ``id`` names it within its file system; ``mode`` is the whole st_mode; ``size`` is in bytes."""

    id: Hashable
    mode: int
    uid: int
    gid: int
    size: int


class FileSystem(Protocol):
    """A mounted file system, read-only. Every method raises StepAside where the answer is not certain.

    ``type``, ``uuid`` and ``label`` are blkid's words (``ext4``, ``vfat``; a UUID as findfs wants it). ``size`` is what
    the file system says of its own size in bytes, None where it is not asked (vfat).
    """

    type: str
    uuid: str
    label: str
    size: int | None

    @property
    def root(self) -> Node:
        """The top directory."""

    def node(self, id: Hashable) -> Node:
        """The inode with an id that :meth:`entries` or :meth:`find` gave."""

    def entries(self, folder: Node) -> Mapping[bytes, Hashable]:
        """The names in a directory, without ``.`` and ``..``, and their inodes' ids."""

    def find(self, folder: Node, name: bytes) -> Hashable | None:
        """The id of what has this name in a directory (as the file system compares names); None where nothing has."""

    def read(self, file: Node, length: int) -> bytes:
        """The first ``length`` bytes of a regular file, or all of a shorter one."""

    def readlink(self, link: Node) -> bytes:
        """The target of a symbolic link, as written."""
