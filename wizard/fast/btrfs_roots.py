"""The tree of trees of a btrfs: which subvolumes there are, and where each hangs."""

from __future__ import annotations

import struct

from wizard.fast.btrfs_super import TreeRoot
from wizard.fast.btrfs_tree import FIRST_FREE, LAST, LAST_FREE, TOP_LEVEL, Storage, Tree, is_subvolume
from wizard.fast.checksum import crc32c
from wizard.fast.errors import StepAside

_INODE_REF, _DIR_ITEM, _ROOT_ITEM, _ROOT_BACK, _ROOT_REF = 12, 84, 132, 144, 156
_EXTENTS, _DEVICES, _SUMS, _DATA_RELOCATION = 2, 4, 7, LAST - 8
_ROOT_DIRECTORY = 6
_ROOT = struct.Struct("<QQQQQQQI17sBB")
_ROOT_AT, _ROOT_SIZES = 160, (239, 439)
_READ_ONLY = 1
_REFERENCE = struct.Struct("<QQH")
_NAME = struct.Struct("<QH")
_ENTRY = struct.Struct("<QBQQHHB")
_DIRECTORY = 2
_DEEPEST = 256
"""Directories above a subvolume, and subvolumes above a subvolume."""


def name_hash(name: bytes) -> int:
    """What a directory keeps a name under."""
    return crc32c(name, 0xFFFFFFFE)


def named(raw: bytes, header: struct.Struct) -> tuple[int, bytes]:
    """The first number and the name of an item that ends with one name, its length before it."""
    if len(raw) >= header.size:
        number, *_, length = header.unpack_from(raw)
        name = raw[header.size :]
        if len(name) == length and is_name(name):
            return number, name
    raise StepAside("A name in the btrfs is not understood")


def is_name(name: bytes) -> bool:
    """Whether a file can have this name."""
    return 0 < len(name) <= 255 and b"/" not in name and b"\0" not in name and name not in (b".", b"..")


class Roots:
    """The root tree. Opening it reads what a mount must be able to read, and the default subvolume's number."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._tree = Tree(storage, storage.super.root)
        self._trees: dict[int, Tree] = {}
        for number in (_EXTENTS, _DEVICES, _SUMS, _DATA_RELOCATION, TOP_LEVEL):
            self.tree(number).check()
        self.default = self._default()

    def tree(self, number: int) -> Tree:
        """A tree by its number. StepAside where there is none, or more than one, or it is being deleted."""
        found = self._trees.get(number)
        if found is None:
            found = self._trees[number] = Tree(self._storage, self._root(number))
        return found

    def sums(self) -> Tree:
        """The checksums of the data."""
        return self.tree(_SUMS)

    def entered(self, parent: int, directory: int, name: bytes, number: int) -> bool:
        """Whether an entry for a subvolume leads there; else it is one that a snapshot has left empty."""
        raw = self._tree.get((parent, _ROOT_REF, number))
        return raw is not None and named(raw, _REFERENCE) == (directory, name)

    def paths(self) -> dict[int, str]:
        """Each subvolume's path from the top level, by rising number."""
        parents: dict[int, tuple[int, bytes]] = {}
        for (number, kind, parent), raw in self._tree.items((FIRST_FREE, 0, 0), (LAST_FREE, 255, LAST)):
            if kind != _ROOT_BACK:
                continue
            if number in parents:
                raise StepAside(f"The btrfs subvolume {number} hangs in two places")
            self.tree(number)
            directory, name = named(raw, _REFERENCE)
            if not self.entered(parent, directory, name, number):
                raise StepAside(f"The place of btrfs subvolume {number} is not certain")
            parents[number] = (parent, self._folder(parent, directory) + name)
        return {number: self._path(number, parents) for number in parents}

    def _path(self, number: int, parents: dict[int, tuple[int, bytes]]) -> str:
        parts: list[bytes] = []
        while number != TOP_LEVEL:
            if number not in parents or len(parts) == _DEEPEST:
                raise StepAside(f"The btrfs subvolume {number} does not hang below the top level")
            number, part = parents[number]
            parts.append(part)
        return b"/".join(reversed(parts)).decode(errors="surrogateescape")

    def _folder(self, subvolume: int, directory: int) -> bytes:
        """A directory's path in its subvolume, with a slash behind it unless it is the subvolume's root."""
        tree = self.tree(subvolume)
        parts = [b""]
        while directory != FIRST_FREE:
            above = list(tree.items((directory, _INODE_REF, 0), (directory, _INODE_REF, LAST)))
            if len(above) != 1 or len(parts) == _DEEPEST:
                raise StepAside(f"The place of btrfs directory {directory} is not certain")
            (_, _, directory), raw = above[0]
            parts.append(named(raw, _NAME)[1])
        return b"/".join(reversed(parts))

    def _root(self, number: int) -> TreeRoot:
        found = list(self._tree.items((number, _ROOT_ITEM, 0), (number, _ROOT_ITEM, LAST)))
        if len(found) != 1:
            raise StepAside(f"The btrfs has {len(found)} trees with the number {number}")
        raw = found[0][1]
        if len(raw) not in _ROOT_SIZES:
            raise StepAside(f"The root of btrfs tree {number} is not understood")
        generation, directory, address, _, _, _, flags, references, dropped, _, level = _ROOT.unpack_from(raw, _ROOT_AT)
        if is_subvolume(number) and (directory != FIRST_FREE or flags & ~_READ_ONLY):
            raise StepAside(f"The root of btrfs subvolume {number} is not understood")
        if not references or any(dropped):
            raise StepAside(f"The btrfs tree {number} is being deleted")
        if level > 7 or generation > self._storage.super.generation:
            raise StepAside(f"The root of btrfs tree {number} is damaged")
        return TreeRoot(number, address, level, generation)

    def _default(self) -> int:
        name = b"default"
        raw = self._tree.get((_ROOT_DIRECTORY, _DIR_ITEM, name_hash(name)))
        if raw is None:
            return TOP_LEVEL
        if len(raw) != _ENTRY.size + len(name) or not raw.endswith(name):
            raise StepAside("The default subvolume of the btrfs is not understood")
        number, kind, _, _, data_length, name_length, entry_type = _ENTRY.unpack_from(raw)
        figures = (kind, data_length, name_length, entry_type)
        if figures != (_ROOT_ITEM, 0, len(name), _DIRECTORY) or not is_subvolume(number):
            raise StepAside("The default subvolume of the btrfs is not understood")
        return int(number)
