"""btrfs on one device, read without a kernel.

Read here and not with dissect.btrfs: its version 1.10 checks no checksum, takes a name's hash for the name, and can be
kept busy for ever by a tree that points to itself. Checksums of the data are checked, too.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from wizard.fast.btrfs_data import Data
from wizard.fast.btrfs_files import Entry, Files, Inode
from wizard.fast.btrfs_roots import Roots
from wizard.fast.btrfs_super import read_super
from wizard.fast.btrfs_tree import FIRST_FREE, TOP_LEVEL, Storage
from wizard.fast.errors import StepAside
from wizard.fast.filesystem import Node
from wizard.fast.stream import Stream

_LONGEST_PATH = 4096


class BtrfsVolume:
    """A whole btrfs, of which every subvolume can be mounted. StepAside where the kernel would not mount it as it is.

    ``uuid`` and ``label`` are blkid's. Paths are from the top level, without a leading slash; "" is the top level.
    """

    def __init__(self, stream: Stream) -> None:
        known = read_super(stream)
        self.uuid = known.uuid
        self.label = known.label
        storage = Storage(known)
        self._roots = Roots(storage)
        self.size = known.total_bytes // storage.copies_of_data()
        self._files = Files(self._roots)
        self._data = Data(storage, self._roots.sums)
        self._paths: dict[int, str] | None = None

    @property
    def default(self) -> str:
        """The path of the subvolume that a plain mount shows."""
        number = self._roots.default
        if number == TOP_LEVEL:
            return ""
        if number not in self._numbered():
            raise StepAside(f"The default subvolume {number} of the btrfs is not listed")
        return self._numbered()[number]

    def subvolumes(self) -> tuple[str, ...]:
        """The paths of all subvolumes but the top level, by rising number."""
        return tuple(self._numbered().values())

    def filesystem(self, subvolume: str | None) -> BtrfsFileSystem:
        """One mounted subvolume; None is the default one. StepAside where the path leads to none."""
        if subvolume is None:
            return self._mounted(self._roots.default)
        if len(subvolume) > _LONGEST_PATH:
            raise StepAside("The path of a btrfs subvolume is too long")
        at: Entry = (TOP_LEVEL, FIRST_FREE)
        for part in filter(None, subvolume.encode(errors="surrogateescape").split(b"/")):
            found = self._files.find(at, part)
            if found is None:
                raise StepAside(f"The btrfs has no subvolume {subvolume!r}")
            at = found
        if at[1] != FIRST_FREE:
            raise StepAside(f"{subvolume!r} is no subvolume of the btrfs")
        return self._mounted(at[0])

    def _mounted(self, number: int) -> BtrfsFileSystem:
        return BtrfsFileSystem(self, self._files, self._data, number)

    def _numbered(self) -> dict[int, str]:
        if self._paths is None:
            self._paths = self._roots.paths()
        return self._paths


class BtrfsFileSystem:
    """Implements :class:`~wizard.fast.filesystem.FileSystem`. An id is a subvolume's number with an inode's in it."""

    type = "btrfs"

    def __init__(self, volume: BtrfsVolume, files: Files, data: Data, number: int) -> None:
        self.uuid = volume.uuid
        self.label = volume.label
        self.size: int | None = volume.size
        self._files = files
        self._data = data
        self._root = (number, FIRST_FREE)
        if not files.inode(self._root).is_directory:
            raise StepAside(f"The root of btrfs subvolume {number} is no directory")

    @property
    def root(self) -> Node:
        """See :class:`~wizard.fast.filesystem.FileSystem`."""
        return self.node(self._root)

    def node(self, id: Hashable) -> Node:
        """See :class:`~wizard.fast.filesystem.FileSystem`."""
        return self._inode(id).node

    def entries(self, folder: Node) -> Mapping[bytes, Hashable]:
        """See :class:`~wizard.fast.filesystem.FileSystem`."""
        return self._files.entries(self._inode(folder.id).id)

    def find(self, folder: Node, name: bytes) -> Hashable | None:
        """See :class:`~wizard.fast.filesystem.FileSystem`."""
        return self._files.find(self._inode(folder.id).id, name)

    def read(self, file: Node, length: int) -> bytes:
        """See :class:`~wizard.fast.filesystem.FileSystem`."""
        inode = self._inode(file.id)
        if not inode.is_regular or inode.verity:
            raise StepAside(f"btrfs inode {inode.id} is no plain file")
        return self._content(inode, length)

    def readlink(self, link: Node) -> bytes:
        """See :class:`~wizard.fast.filesystem.FileSystem`."""
        inode = self._inode(link.id)
        if not inode.is_link or not 0 < inode.node.size < _LONGEST_PATH:
            raise StepAside(f"btrfs inode {inode.id} is no symbolic link that is understood")
        target = self._content(inode, inode.node.size)
        if b"\0" in target:
            raise StepAside(f"The link of btrfs inode {inode.id} contains a zero byte")
        return target

    def _content(self, inode: Inode, length: int) -> bytes:
        tree, number = self._files.tree(inode.id), inode.id[1]
        return self._data.read(tree, number, inode.node.size, length, inode.summed)

    def _inode(self, id: Hashable) -> Inode:
        match id:
            case (int(subvolume), int(number)):
                return self._files.inode((subvolume, number))
        raise StepAside(f"The btrfs has no inode {id}")
