"""Inodes and directories of a btrfs' subvolumes."""

from __future__ import annotations

import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from wizard.fast.btrfs_roots import Roots, is_name, name_hash
from wizard.fast.btrfs_tree import FIRST_FREE, LAST, LAST_FREE, Tree, is_subvolume
from wizard.fast.errors import StepAside
from wizard.fast.filesystem import Node

Entry = tuple[int, int]
"""A subvolume's number, and an inode's in it."""

_INODE_ITEM, _DIR_ITEM, _DIR_INDEX, _ROOT_ITEM = 1, 84, 96, 132
_INODE = struct.Struct("<QQQQQIIIIQQ")
_INODE_SIZE = 160
_ENTRY = struct.Struct("<QBQQHHB")
_EMPTY_SUBVOLUME = 2
"""The inode number that the kernel gives to an entry whose subvolume is elsewhere, or nowhere."""
_DIRECTORY = 2
_TYPES = {
    1: stat.S_IFREG,
    _DIRECTORY: stat.S_IFDIR,
    3: stat.S_IFCHR,
    4: stat.S_IFBLK,
    5: stat.S_IFIFO,
    6: stat.S_IFSOCK,
    7: stat.S_IFLNK,
}
_UNSUMMED, _VERITY = 0x1, 1 << 32
_FLAGS = 0x80000FFF | _VERITY
_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Inode:
    """One inode; ``summed`` where its data has checksums."""

    id: Entry
    node: Node
    summed: bool
    verity: bool

    @property
    def is_directory(self) -> bool:
        return stat.S_ISDIR(self.node.mode)

    @property
    def is_regular(self) -> bool:
        return stat.S_ISREG(self.node.mode)

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.node.mode)


class Files:
    """Inodes and names, across subvolumes. What was found once is kept."""

    def __init__(self, roots: Roots) -> None:
        self._roots = roots
        self._inodes: dict[Entry, Inode] = {}
        self._folders: dict[Entry, dict[bytes, Entry]] = {}
        self._types: dict[Entry, int] = {}

    def tree(self, id: Entry) -> Tree:
        """The tree of a subvolume."""
        if not is_subvolume(id[0]):
            raise StepAside(f"The btrfs has no subvolume {id[0]}")
        return self._roots.tree(id[0])

    def inode(self, id: Entry) -> Inode:
        """An inode. StepAside where an entry that led to it says that it is of another type."""
        found = self._inodes.get(id)
        if found is None:
            found = self._inodes[id] = self._read(id)
        kind = stat.S_IFMT(found.node.mode)
        if self._types.get(id, kind) != kind:
            raise StepAside(f"The type of btrfs inode {id} is not certain")
        return found

    def find(self, folder: Entry, name: bytes) -> Entry | None:
        """What has this name in a directory, looked up by the name's hash."""
        if name in (b"", b".", b".."):
            raise StepAside("A name that is none was looked for in the btrfs")
        known = self._folders.get(folder)
        if known is not None:
            return known.get(name)
        self._check(folder)
        raw = self.tree(folder).get((folder[1], _DIR_ITEM, name_hash(name)))
        if raw is None:
            return None
        found = dict(self._parsed(folder, raw, name_hash(name)))
        return self._target(folder, name, *found[name]) if name in found else None

    def entries(self, folder: Entry) -> dict[bytes, Entry]:
        """The names in a directory. StepAside unless what readdir goes by and what look-ups go by say the same."""
        known = self._folders.get(folder)
        if known is not None:
            return known
        self._check(folder)
        hashed: dict[bytes, tuple[int, int, int]] = {}
        listed: dict[bytes, tuple[int, int, int]] = {}
        count = 0
        number = folder[1]
        for (_, kind, offset), raw in self.tree(folder).items((number, _DIR_ITEM, 0), (number, _DIR_INDEX, LAST)):
            if kind not in (_DIR_ITEM, _DIR_INDEX):
                raise StepAside(f"The btrfs directory {number} has an item that is not known here")
            parsed = dict(self._parsed(folder, raw, offset if kind == _DIR_ITEM else None))
            count += len(parsed)
            (hashed if kind == _DIR_ITEM else listed).update(parsed)
        if hashed != listed or count != 2 * len(listed):
            raise StepAside(f"The names in btrfs directory {number} are not certain")
        found = {name: self._target(folder, name, *listed[name]) for name in listed}
        self._folders[folder] = found
        return found

    def _check(self, folder: Entry) -> None:
        if not self.inode(folder).is_directory:
            raise StepAside(f"btrfs inode {folder} is no directory")

    def _parsed(self, folder: Entry, raw: bytes, expected: int | None) -> Iterator[tuple[bytes, tuple[int, int, int]]]:
        """Names in one item, each with its object, the kind of it and its type. ``expected`` is the names' hash."""
        at = 0
        names: set[bytes] = set()
        while at < len(raw):
            if at + _ENTRY.size > len(raw):
                raise StepAside(f"The btrfs directory {folder[1]} has an entry that is cut off")
            number, kind, _, _, data_length, length, entry_type = _ENTRY.unpack_from(raw, at)
            at += _ENTRY.size + length
            name = raw[at - length : at]
            hash_wrong = expected is not None and name_hash(name) != expected
            if at > len(raw) or data_length or not is_name(name) or name in names or hash_wrong:
                raise StepAside(f"The btrfs directory {folder[1]} has an entry that is damaged")
            names.add(name)
            yield name, (number, kind, entry_type)
        if len(names) != 1 and expected is None:
            raise StepAside(f"The btrfs directory {folder[1]} has an entry that is damaged")

    def _target(self, folder: Entry, name: bytes, number: int, kind: int, entry_type: int) -> Entry:
        mode = _TYPES.get(entry_type)
        if mode is None:
            raise StepAside(f"The btrfs directory {folder[1]} has an entry of a type that is not known here")
        if kind == _INODE_ITEM and FIRST_FREE <= number <= LAST_FREE:
            found = (folder[0], number)
        elif kind == _ROOT_ITEM and is_subvolume(number) and entry_type == _DIRECTORY:
            if not self._roots.entered(folder[0], folder[1], name, number):
                return (folder[0], _EMPTY_SUBVOLUME)
            found = (number, FIRST_FREE)
        else:
            raise StepAside(f"The btrfs directory {folder[1]} has an entry that is not understood")
        if self._types.setdefault(found, mode) != mode:
            raise StepAside(f"The type of btrfs inode {found} is not certain")
        return found

    def _read(self, id: Entry) -> Inode:
        if id[1] == _EMPTY_SUBVOLUME:
            raise StepAside("A btrfs snapshot has an empty place where a subvolume was")
        raw = self.tree(id).get((id[1], _INODE_ITEM, 0))
        if raw is None or len(raw) != _INODE_SIZE:
            raise StepAside(f"The btrfs has no inode {id}")
        _, _, size, _, _, links, uid, gid, mode, _, flags = _INODE.unpack_from(raw)
        kind = stat.S_IFMT(mode)
        if kind not in _TYPES.values() or mode >> 16 or not links or (stat.S_ISDIR(mode) and links != 1):
            raise StepAside(f"The btrfs inode {id} is of a kind that is not known here")
        if flags & ~_FLAGS or size >= _LARGEST:
            raise StepAside(f"The btrfs inode {id} has flags or a size that are not known here")
        return Inode(id, Node(id, mode, uid, gid, size), not flags & _UNSUMMED, bool(flags & _VERITY))
