"""XFS, read-only, with the structures of dissect.xfs.

Layouts are those of "XFS Algorithms & Data Structures" (3rd edition, kernel.org) and of the kernel's
fs/xfs/libxfs. Version 4 and 5 file systems are read; whatever is unusual, damaged or not understood is a StepAside.
"""

from __future__ import annotations

import stat
import struct
import uuid
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from wizard.fast.errors import StepAside
from wizard.fast.filesystem import Node
from wizard.fast.stream import LARGEST_READ, Stream, read_at
from wizard.fast.xfs_directory import read_entries
from wizard.fast.xfs_extents import read_contents
from wizard.fast.xfs_inode import Inode, read_inode
from wizard.fast.xfs_log import BASIC_BLOCK, require_clean_log
from wizard.fast.xfs_superblock import read_superblock
from wizard.fast.xfs_symlink import read_target


class XfsFileSystem:
    """The :class:`~wizard.fast.filesystem.FileSystem` of an XFS file system; a node's id is its inode number.

    StepAside at once where the journal is not clean. Inodes and directories are kept once read.
    """

    type = "xfs"

    def __init__(self, stream: Stream) -> None:
        self._inodes: dict[int, Inode] = {}
        self._entries: dict[int, dict[bytes, int]] = {}
        with _certain("the superblock and journal"):
            geometry = read_superblock(stream)
            log = geometry.block_offset(geometry.log_start, geometry.log_blocks)
            newest = require_clean_log(
                lambda block, count: read_at(stream, log + block * BASIC_BLOCK, count * BASIC_BLOCK),
                geometry.log_blocks * geometry.block_size // BASIC_BLOCK,
                geometry.uuid,
                geometry.log_version_2,
                geometry.newest_lsn,
            )
        self._geometry = replace(geometry, newest_lsn=newest)
        self.uuid = str(uuid.UUID(bytes=geometry.uuid))
        self.label = geometry.label.decode(errors="surrogateescape").rstrip()
        self.size: int | None = geometry.blocks * geometry.block_size
        self._root = self._inode(geometry.root_inode, stat.S_IFDIR)

    @property
    def root(self) -> Node:
        """The top directory."""
        return _node(self._root)

    def node(self, id: Hashable) -> Node:
        """The inode with this number."""
        return _node(self._inode(id))

    def entries(self, folder: Node) -> Mapping[bytes, int]:
        """The names in a directory, without ``.`` and ``..``, and their inodes' numbers."""
        inode = self._inode(folder.id, stat.S_IFDIR)
        found = self._entries.get(inode.number)
        if found is None:
            with _certain(f"directory {inode.number}"):
                found = self._entries[inode.number] = read_entries(self._geometry, inode)
        return found

    def find(self, folder: Node, name: bytes) -> int | None:
        """The inode number of this name, compared byte by byte, None where there is no such name; the inode is read."""
        number = self.entries(folder).get(name)
        return None if number is None else self._inode(number).number

    def read(self, file: Node, length: int) -> bytes:
        """The first ``length`` bytes of a regular file, or all of a shorter one."""
        inode = self._inode(file.id, stat.S_IFREG)
        length = min(length, inode.size)
        if not 0 <= length <= LARGEST_READ:
            raise StepAside(f"{length} bytes of an XFS file were asked for")
        with _certain(f"inode {inode.number}"):
            return read_contents(self._geometry, inode, length)

    def readlink(self, link: Node) -> bytes:
        """The target of a symbolic link, as written."""
        inode = self._inode(link.id, stat.S_IFLNK)
        with _certain(f"symbolic link {inode.number}"):
            return read_target(self._geometry, inode)

    def _inode(self, number: Hashable, kind: int | None = None) -> Inode:
        if not isinstance(number, int):
            raise StepAside(f"{number!r} is no XFS inode number")
        inode = self._inodes.get(number)
        if inode is None:
            with _certain(f"inode {number}"):
                inode = self._inodes[number] = read_inode(self._geometry, number)
        if kind is not None and stat.S_IFMT(inode.mode) != kind:
            raise StepAside(f"XFS inode {number} has the mode {inode.mode:o}")
        return inode


def _node(inode: Inode) -> Node:
    return Node(inode.number, inode.mode, inode.uid, inode.gid, inode.size)


@contextmanager
def _certain(what: str) -> Iterator[None]:
    """Whatever structures that end too early or point nowhere make of us becomes a StepAside."""
    try:
        yield
    except (EOFError, ValueError, LookupError, ArithmeticError, struct.error, OSError) as error:
        raise StepAside(f"XFS: {what} could not be read: {error}") from error
