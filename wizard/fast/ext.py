"""ext2, ext3 and ext4, read without a kernel.

Read here and not with dissect.extfs: its version 3.15 checks no checksum, returns what stands on the disk for blocks
that were never written, and passes over a directory's last entry in some layouts.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from wizard.fast.checksum import crc32c
from wizard.fast.errors import StepAside
from wizard.fast.ext_blocks import Run, extent_runs, pointer_runs
from wizard.fast.ext_super import read_super
from wizard.fast.filesystem import Node
from wizard.fast.stream import LARGEST_READ, Stream, read_at

_ROOT = 2
_FIRST_INODE = 1
_INDEXED, _EXTENTS = 0x1000, 0x80000
_REFUSED = {
    0x4: "is compressed",
    0x800: "is encrypted",
    0x10000000: "keeps its data in its inode",
    0x40000000: "folds the case of its names",
}
_LONGEST_LINK = 4096
_LONGEST_FILE = 256 * 1024 * 1024
_TAIL = struct.Struct("<IHBBI")


@dataclass(frozen=True, slots=True)
class _Inode:
    number: int
    node: Node
    flags: int
    area: bytes
    """The 60 bytes that hold the block map, or a short link's target."""
    seed: int | None


class ExtFileSystem:
    """Implements :class:`~wizard.fast.filesystem.FileSystem`. An id is an inode number."""

    def __init__(self, stream: Stream) -> None:
        self._super = read_super(stream)
        self.type = self._super.type
        self.uuid = self._super.uuid
        self.label = self._super.label
        self.size: int | None = self._super.blocks * self._super.block_size
        self._inodes: dict[int, _Inode] = {}
        self._folders: dict[int, dict[bytes, int]] = {}

    @property
    def root(self) -> Node:
        """See :class:`~wizard.fast.filesystem.FileSystem`."""
        return self.node(_ROOT)

    def node(self, id: Hashable) -> Node:
        """See :class:`~wizard.fast.filesystem.FileSystem`."""
        return self._inode(id).node

    def entries(self, folder: Node) -> Mapping[bytes, Hashable]:
        """See :class:`~wizard.fast.filesystem.FileSystem`."""
        inode = self._inode(folder.id)
        found = self._folders.get(inode.number)
        if found is None:
            found = self._folders[inode.number] = dict(self._entries(inode))
        return found

    def find(self, folder: Node, name: bytes) -> Hashable | None:
        """See :class:`~wizard.fast.filesystem.FileSystem`."""
        return self.entries(folder).get(name)

    def read(self, file: Node, length: int) -> bytes:
        """See :class:`~wizard.fast.filesystem.FileSystem`."""
        inode = self._inode(file.id)
        if not stat.S_ISREG(file.mode):
            raise StepAside(f"ext inode {inode.number} is no regular file")
        return self._content(inode, min(length, file.size))

    def readlink(self, link: Node) -> bytes:
        """See :class:`~wizard.fast.filesystem.FileSystem`."""
        inode = self._inode(link.id)
        if not stat.S_ISLNK(link.mode) or not 0 < link.size < _LONGEST_LINK:
            raise StepAside(f"ext inode {inode.number} is no symbolic link that is understood")
        if link.size < len(inode.area):
            if inode.flags & _EXTENTS:
                raise StepAside(f"The link of ext inode {inode.number} contradicts itself")
            return inode.area[: link.size]
        return self._content(inode, link.size)

    def _inode(self, id: Hashable) -> _Inode:
        if not isinstance(id, int) or not _FIRST_INODE <= id <= self._super.inodes:
            raise StepAside(f"The ext file system has no inode {id}")
        found = self._inodes.get(id)
        if found is None:
            found = self._inodes[id] = self._read_inode(id)
        return found

    def _read_inode(self, number: int) -> _Inode:
        known = self._super
        group, index = divmod(number - 1, known.inodes_per_group)
        offset = known.inode_table(group) * known.block_size + index * known.inode_size
        raw = read_at(known.stream, offset, known.inode_size)
        mode, uid, size, gid, links = struct.unpack_from("<HHI16xHH", raw, 0)
        (flags,) = struct.unpack_from("<I", raw, 32)
        uid_high, gid_high = struct.unpack_from("<HH", raw, 120)
        seed = self._inode_seed(number, raw)
        if not links or not stat.S_IFMT(mode):
            raise StepAside(f"ext inode {number} is in use, but marked as deleted")
        if refused := next((what for flag, what in _REFUSED.items() if flags & flag), ""):
            raise StepAside(f"ext inode {number} {refused}")
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            size |= struct.unpack_from("<I", raw, 108)[0] << 32
        node = Node(number, mode, uid | uid_high << 16, gid | gid_high << 16, size)
        return _Inode(number, node, flags, raw[40:100], seed)

    def _inode_seed(self, number: int, raw: bytes) -> int | None:
        """Check an inode's checksum; what the checksums of its blocks start from."""
        if self._super.seed is None:
            return None
        seed = crc32c(struct.pack("<I", number) + raw[100:104], self._super.seed)
        wide = len(raw) > 128 and struct.unpack_from("<H", raw, 128)[0] >= 4
        blank = raw[:124] + b"\0\0" + raw[126:]
        stored = struct.unpack_from("<H", raw, 124)[0]
        if wide:
            blank = blank[:130] + b"\0\0" + blank[132:]
            stored |= struct.unpack_from("<H", raw, 130)[0] << 16
        if stored != crc32c(blank, seed) & (0xFFFFFFFF if wide else 0xFFFF):
            raise StepAside(f"The checksum of ext inode {number} is wrong")
        return seed

    def _runs(self, inode: _Inode, blocks: int) -> Iterator[Run]:
        if inode.flags & _EXTENTS:
            return extent_runs(self._super, inode.area, inode.seed, blocks)
        return pointer_runs(self._super, inode.area, blocks)

    def _content(self, inode: _Inode, length: int) -> bytes:
        """The first bytes of an inode's data; what was never written reads as zeros."""
        size = self._super.block_size
        if length > _LONGEST_FILE:
            raise StepAside(f"ext inode {inode.number} is too large to be read here")
        found = bytearray(length)
        for run in self._runs(inode, -(-length // size)):
            at, end = run.logical * size, min((run.logical + run.length) * size, length)
            start = run.physical * size - at
            while at < end:
                step = min(end - at, LARGEST_READ)
                found[at : at + step] = read_at(self._super.stream, start + at, step)
                at += step
        return bytes(found)

    def _entries(self, inode: _Inode) -> Iterator[tuple[bytes, int]]:
        size, block_size = inode.node.size, self._super.block_size
        if not stat.S_ISDIR(inode.node.mode):
            raise StepAside(f"ext inode {inode.number} is no directory")
        if not 0 < size <= LARGEST_READ or size % block_size:
            raise StepAside(f"ext directory {inode.number} has an impossible size")
        content = self._content(inode, size)
        seen = set()
        for start in range(0, size, block_size):
            block = content[start : start + block_size]
            self._check_block(inode, start, block)
            for name, number in _block_entries(block, inode.number):
                if name in (b".", b".."):
                    continue
                if name in seen or not _FIRST_INODE <= number <= self._super.inodes:
                    raise StepAside(f"ext directory {inode.number} has an impossible entry")
                seen.add(name)
                yield name, number

    def _check_block(self, inode: _Inode, start: int, block: bytes) -> None:
        if inode.seed is None:
            return
        if inode.flags & _INDEXED and (start == 0 or block[:6] == struct.pack("<IH", 0, len(block) & 0xFFFF)):
            return  # a node of the index: it has no entries, and its own kind of checksum
        zero, length, name_length, kind, stored = _TAIL.unpack_from(block, len(block) - 12)
        if (zero, length, name_length, kind) != (0, 12, 0, 0xDE) or stored != crc32c(block[:-12], inode.seed):
            raise StepAside(f"The checksum of ext directory {inode.number} is wrong")


def _block_entries(block: bytes, folder: int) -> Iterator[tuple[bytes, int]]:
    """Names and inode numbers in one block of a directory, ``.`` and ``..`` too."""
    at, end = 0, len(block)
    while at < end:
        if at + 8 > end:
            raise StepAside(f"ext directory {folder} has an entry that is cut off")
        number, length, name_length = struct.unpack_from("<IHB", block, at)
        if length in (0, 0xFFFF) and end == 0x10000:
            length = end
        if length < 8 or length % 4 or at + length > end or name_length + 8 > length:
            raise StepAside(f"ext directory {folder} has an entry of impossible length")
        if number:
            name = block[at + 8 : at + 8 + name_length]
            if not name or b"/" in name or b"\0" in name:
                raise StepAside(f"ext directory {folder} has an impossible name")
            yield name, number
        at += length
