"""FAT12, FAT16 and FAT32 with long names, as Linux' vfat driver shows them, read without a kernel.

Read here and not with dissect.fat: its version 3.13 follows loops for ever, merges neighbouring clusters wrongly, and
believes long names that belong to other files. FAT has no checksums: what is read here is what stands there.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from wizard.fast.errors import StepAside
from wizard.fast.filesystem import Node
from wizard.fast.stream import LARGEST_READ, Stream, read_at
from wizard.fast.vfat_names import DELETED, DIRECTORY, ENTRY, LONG, VOLUME, Entry, fold, parsed

_BOOT = struct.Struct("<3s8sHBHBHHBHHHII")
_BOOT32 = struct.Struct("<IHHIHH12x")
_SERIAL = struct.Struct("<2xB4s11s")
_MOST_CLUSTERS = {12: 0xFF4, 16: 0xFFF4, 32: 0x0FFFFFF6}
_LARGEST_DIRECTORY = 2 * 1024**2
_TABLE_PIECE = 4096
_SIGNATURES = (0x28, 0x29)
_ROOT = 0


@dataclass(frozen=True, slots=True)
class _Folder:
    names: dict[bytes, int]
    folded: dict[bytes, int]
    certain: bool


class VfatFileSystem:
    """Implements :class:`~wizard.fast.filesystem.FileSystem` for a mount by root with umask 022.

    An id is the place of an entry on the disk, 0 for the root. A volume that was not unmounted cleanly reads as it is.
    """

    type = "vfat"
    size: int | None = None

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        boot = read_at(stream, 0, 512)
        (_, name, sector, per_cluster, reserved, tables, root_entries, sectors16, media, table16, _, _, _,
         sectors32) = _BOOT.unpack_from(boot)  # fmt: skip
        table32, mirroring, version, root_cluster, _, _ = _BOOT32.unpack_from(boot, _BOOT.size)
        if name == b"EXFAT   " or boot[510:] != b"\x55\xaa":
            raise StepAside("There is no FAT file system")
        wide = not table16
        sound = (
            sector in (512, 1024, 2048, 4096)
            and per_cluster.bit_count() == 1
            and reserved
            and tables
            and (media >= 0xF8 or media == 0xF0)
            and bool(root_entries) != wide
            and root_entries * ENTRY.size % sector == 0
            and not (wide and (version or (mirroring & 0x80 and mirroring & 0xF)))
        )
        if not sound:
            raise StepAside("The FAT boot sector is not understood")
        table: int = (table32 if wide else table16) * sector
        self._table_at: int = reserved * sector
        self._table_size = table
        self._root_at: int = self._table_at + tables * table
        self._root_size: int = root_entries * ENTRY.size
        self._data_at: int = self._root_at + self._root_size
        self._cluster: int = sector * per_cluster
        end = (sectors16 or sectors32) * sector
        if not self._data_at < end <= stream.size:
            raise StepAside(f"The FAT file system is {end} bytes long and its device {stream.size}")
        clusters = (end - self._data_at) // self._cluster
        self._bits = 32 if wide else 16 if clusters > _MOST_CLUSTERS[12] else 12
        clusters = min(clusters, table * 8 // self._bits - 2)
        if not 0 < clusters <= _MOST_CLUSTERS[self._bits]:
            raise StepAside("The FAT file system has an impossible number of clusters")
        self._beyond = clusters + 2
        self._piece = lru_cache(1024)(self._read_piece)
        self._entries: dict[int, Entry] = {}
        self._nodes: dict[int, Node] = {}
        self._folders: dict[int, _Folder] = {}
        self._chains: dict[int, list[int]] = {}
        self._owners: dict[int, int] = {}
        if wide:
            self._chains[_ROOT] = self._directory_chain(root_cluster)
            self._owners[root_cluster] = _ROOT
        signature, serial, boot_label = _SERIAL.unpack_from(boot, _BOOT.size + (_BOOT32.size if wide else 0))
        self.uuid = f"{serial[3]:02X}{serial[2]:02X}-{serial[1]:02X}{serial[0]:02X}"
        if signature not in _SIGNATURES or not any(serial):
            self.uuid = ""
        self.label = self._label(boot_label if signature in _SIGNATURES else b"")

    @property
    def root(self) -> Node:
        """See :class:`~wizard.fast.filesystem.FileSystem`."""
        return self.node(_ROOT)

    def node(self, id: Hashable) -> Node:
        """See :class:`~wizard.fast.filesystem.FileSystem`."""
        if not isinstance(id, int) or (id != _ROOT and id not in self._entries):
            raise StepAside(f"The FAT file system has no entry {id}")
        found = self._nodes.get(id)
        if found is None:
            found = self._nodes[id] = self._read_node(id)
        return found

    def entries(self, folder: Node) -> Mapping[bytes, Hashable]:
        """See :class:`~wizard.fast.filesystem.FileSystem`."""
        found = self._folder(folder)
        if not found.certain:
            raise StepAside("A FAT directory has a name whose code page is not certain")
        return found.names

    def find(self, folder: Node, name: bytes) -> Hashable | None:
        """See :class:`~wizard.fast.filesystem.FileSystem`. Case does not matter; dots at a name's end do not count."""
        if name in (b"", b".", b".."):
            raise StepAside("A name that is none was looked for in a FAT directory")
        if not name.isascii():
            raise StepAside("How FAT compares names that are not ASCII is not certain")
        return self._folder(folder).folded.get(fold(name.rstrip(b".")))

    def read(self, file: Node, length: int) -> bytes:
        """See :class:`~wizard.fast.filesystem.FileSystem`."""
        node = self.node(file.id)
        if not stat.S_ISREG(node.mode):
            raise StepAside("A FAT directory was read as a file")
        length = min(length, node.size)
        if not 0 <= length <= LARGEST_READ:
            raise StepAside(f"A FAT file of {length} bytes is read by the appliance only")
        if not length:
            return b""
        wanted = -(-length // self._cluster)
        chain = self._chain(self._entries[_number(node)].start, wanted)
        if len(chain) < wanted:
            raise StepAside("A FAT file has fewer clusters than its size needs")
        return b"".join(self._runs(chain))[:length]

    def readlink(self, link: Node) -> bytes:
        """FAT has no symbolic links."""
        raise StepAside("A FAT file system has no symbolic links")

    def _read_node(self, id: int) -> Node:
        if id == _ROOT:
            return Node(id, stat.S_IFDIR | 0o755, 0, 0, self._root_size or len(self._chains[id]) * self._cluster)
        entry = self._entries[id]
        if not entry.is_directory:
            return Node(id, stat.S_IFREG | (0o555 if entry.read_only else 0o755), 0, 0, entry.size)
        if self._owners.setdefault(entry.start, id) != id:
            raise StepAside("Two FAT directories share their clusters")
        chain = self._chains[id] = self._directory_chain(entry.start)
        return Node(id, stat.S_IFDIR | 0o755, 0, 0, len(chain) * self._cluster)

    def _folder(self, folder: Node) -> _Folder:
        node = self.node(folder.id)
        id = _number(node)
        if not stat.S_ISDIR(node.mode):
            raise StepAside("A FAT file was read as a directory")
        found = self._folders.get(id)
        if found is None:
            found = self._folders[id] = self._read_folder(id)
        return found

    def _read_folder(self, id: int) -> _Folder:
        names: dict[bytes, int] = {}
        folded: dict[bytes, int] = {}
        certain = True
        for entry in parsed(self._content(id)):
            at = self._place(id, entry.at)
            if entry.name is None:
                certain = False
            elif names.setdefault(entry.name, at) != at:
                raise StepAside("Two entries of a FAT directory have the same name")
            for one in entry.folded:
                if folded.setdefault(one, at) != at:
                    raise StepAside("Two entries of a FAT directory have the same name")
            # Only FAT32 has the upper half of a cluster's number.
            self._entries[at] = entry if self._bits == 32 else replace(entry, start=entry.start & 0xFFFF)
        return _Folder(names, folded, certain)

    def _content(self, id: int) -> bytes:
        if id == _ROOT and self._root_size:
            return read_at(self._stream, self._root_at, self._root_size)
        return b"".join(self._runs(self._chains[id]))

    def _place(self, id: int, at: int) -> int:
        """Where on the disk the entry is that begins at a byte of a directory."""
        if id == _ROOT and self._root_size:
            return self._root_at + at
        index, rest = divmod(at, self._cluster)
        return self._data_at + (self._chains[id][index] - 2) * self._cluster + rest

    def _label(self, boot_label: bytes) -> str:
        """The root directory's volume label."""
        content = self._content(_ROOT)
        found = b""
        for at in range(0, len(content), ENTRY.size):
            name, attributes, _, high, low, _ = ENTRY.unpack_from(content, at)
            if not name[0]:
                break
            if name[0] != DELETED and not high | low and attributes & (VOLUME | DIRECTORY) == VOLUME:
                if attributes & 0x3F == LONG:
                    continue
                found = name
                break
        if not found and boot_label.strip(b"\0 ") not in (b"", b"NO NAME"):
            raise StepAside("The FAT label stands in the boot sector only, which not every version of blkid reads")
        if not found.isascii() or (found and min(found) < ord(" ")) or found == b"NO NAME    ":
            raise StepAside("The FAT label is not understood")
        return found.decode().rstrip()

    def _directory_chain(self, start: int) -> list[int]:
        most = max(_LARGEST_DIRECTORY // self._cluster, 1)
        chain = self._chain(start, most + 1)
        if len(chain) > most:
            raise StepAside("A FAT directory is larger than it may be")
        return chain

    def _chain(self, start: int, most: int) -> list[int]:
        """The clusters from ``start`` to the end of their chain, ``most`` of them at the most."""
        chain: list[int] = []
        seen: set[int] = set()
        at = start
        end = (1 << min(self._bits, 28)) - 8
        while len(chain) < most:
            if not 2 <= at < self._beyond:
                raise StepAside(f"A FAT chain leads to cluster {at}, which is none")
            if at in seen:
                raise StepAside("A FAT chain leads back to itself")
            chain.append(at)
            seen.add(at)
            at = self._next(at)
            if at >= end:
                break
        return chain

    def _next(self, cluster: int) -> int:
        if self._bits == 12:
            at = cluster + cluster // 2
            pair = self._byte(at) | self._byte(at + 1) << 8
            return pair >> 4 if cluster & 1 else pair & 0xFFF
        width = self._bits // 8
        piece, rest = divmod(cluster * width, _TABLE_PIECE)
        return int.from_bytes(self._piece(piece)[rest : rest + width], "little") & 0x0FFFFFFF

    def _byte(self, at: int) -> int:
        piece, rest = divmod(at, _TABLE_PIECE)
        return self._piece(piece)[rest]

    def _read_piece(self, piece: int) -> bytes:
        at = piece * _TABLE_PIECE
        return read_at(self._stream, self._table_at + at, min(_TABLE_PIECE, self._table_size - at))

    def _runs(self, chain: list[int]) -> Iterator[bytes]:
        """The content of clusters, neighbours in one piece."""
        begin = 0
        for index in range(1, len(chain) + 1):
            if index == len(chain) or chain[index] != chain[index - 1] + 1:
                at = self._data_at + (chain[begin] - 2) * self._cluster
                yield read_at(self._stream, at, (index - begin) * self._cluster)
                begin = index


def _number(node: Node) -> int:
    assert isinstance(node.id, int)  # noqa: S101
    return node.id
