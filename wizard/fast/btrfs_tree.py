"""The chunks and the trees of a btrfs: every node is checked before anything in it is believed."""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise

from wizard.fast.btrfs_super import SECTOR, Super, TreeRoot, check_sum
from wizard.fast.errors import StepAside
from wizard.fast.stream import read_at

Key = tuple[int, int, int]
"""Object id, type and offset."""

LAST = 2**64 - 1
FIRST_FREE, LAST_FREE = 256, 2**64 - 256
TOP_LEVEL = 5
_NODE = struct.Struct("<16sQQ16sQQIB")
_NODE_AT, _ITEMS_AT = 32, 101
_POINTER = struct.Struct("<QBQQQ")
_ITEM = struct.Struct("<QBQII")
_KEY = struct.Struct("<QBQ")
_CHUNK = struct.Struct("<QQQQIIIHH")
_STRIPE = struct.Struct("<QQ16s")
_CHUNK_OBJECT, _CHUNK_ITEM, _DEVICE_ITEM = 256, 228, 216
_DATA, _KINDS, _DUP = 0x1, 0x7, 0x20
_NODE_BYTES_KEPT = 16 * 1024**2
_MOST_ITEMS = 500_000
"""Items of one scan; directories and files with more are left to the appliance."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    start: int
    length: int
    flags: int
    physical: int

    @property
    def end(self) -> int:
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Block:
    """A checked node. ``places`` are its children's addresses and generations, or its items' offsets and sizes."""

    level: int
    generation: int
    owner: int
    keys: list[Key]
    places: list[tuple[int, int]]
    raw: bytes

    def item(self, index: int) -> bytes:
        offset, size = self.places[index]
        return self.raw[_ITEMS_AT + offset : _ITEMS_AT + offset + size]


class Storage:
    """Logical addresses: chunks on the one device, and the nodes in them."""

    def __init__(self, known: Super) -> None:
        self.super = known
        self._chunks: list[_Chunk] = []
        self._starts: list[int] = []
        self.block = lru_cache(_NODE_BYTES_KEPT // known.node_size)(self._block)
        self._add_array(known.chunks)
        tree = Tree(self, known.chunk_root)
        devices = [key[2] for key, _ in tree.items((1, _DEVICE_ITEM, 0), (1, _DEVICE_ITEM, LAST))]
        if devices != [known.device]:
            raise StepAside("The btrfs lists other devices than its own")
        for (_, _, start), raw in list(tree.items((_CHUNK_OBJECT, _CHUNK_ITEM, 0), (_CHUNK_OBJECT, _CHUNK_ITEM, LAST))):
            self._add(start, raw)

    def read(self, address: int, length: int) -> bytes:
        """Bytes at a logical address, which lie in one chunk. StepAside where they do not."""
        index = bisect_right(self._starts, address) - 1
        if index >= 0:
            chunk = self._chunks[index]
            if address + length <= chunk.end:
                return read_at(self.super.stream, chunk.physical + address - chunk.start, length)
        raise StepAside(f"The btrfs refers to {length} bytes at {address}, which no chunk has")

    def copies_of_data(self) -> int:
        """By how much statvfs divides the size: 2 where all data is kept twice on the device."""
        profiles = {chunk.flags & _DUP for chunk in self._chunks if chunk.flags & _DATA}
        return 2 if profiles == {_DUP} else 1

    def _add_array(self, array: bytes) -> None:
        at = 0
        while at < len(array):
            if at + _KEY.size + _CHUNK.size > len(array):
                raise StepAside("The btrfs superblock lists a chunk that is cut off")
            object_id, kind, start = _KEY.unpack_from(array, at)
            stripes = _CHUNK.unpack_from(array, at + _KEY.size)[7]
            end = at + _KEY.size + _CHUNK.size + stripes * _STRIPE.size
            if (object_id, kind) != (_CHUNK_OBJECT, _CHUNK_ITEM) or end > len(array):
                raise StepAside("The btrfs superblock lists something else than chunks")
            self._add(start, array[at + _KEY.size : end])
            at = end

    def _add(self, start: int, raw: bytes) -> None:
        if len(raw) < _CHUNK.size + _STRIPE.size:
            raise StepAside("A btrfs chunk is cut off")
        length, _owner, _stripe_length, flags, _align, _width, _sector, stripes, _ = _CHUNK.unpack_from(raw)
        if flags & ~(_KINDS | _DUP) or stripes != (2 if flags & _DUP else 1):
            raise StepAside(f"A btrfs chunk has a profile that is not known here ({flags:#x}, {stripes} stripes)")
        if len(raw) != _CHUNK.size + stripes * _STRIPE.size:
            raise StepAside("A btrfs chunk has an impossible length")
        known = self.super
        places = [_STRIPE.unpack_from(raw, _CHUNK.size + index * _STRIPE.size) for index in range(stripes)]
        for device, physical, device_uuid in places:
            if (device, device_uuid) != (known.device, known.device_uuid):
                raise StepAside("A btrfs chunk lies on another device")
            if physical % SECTOR or physical + length > known.device_size:
                raise StepAside("A btrfs chunk lies outside of its device")
        chunk = _Chunk(start, length, flags, places[0][1])
        index = bisect_left(self._starts, start)
        if index < len(self._starts) and self._starts[index] == start:
            if self._chunks[index] != chunk:
                raise StepAside("Two btrfs chunks contradict each other")
            return
        if not length or start % SECTOR:
            raise StepAside("A btrfs chunk has an impossible length")
        overlaps = index > 0 and self._chunks[index - 1].end > start
        if overlaps or (index < len(self._chunks) and chunk.end > self._chunks[index].start):
            raise StepAside("Two btrfs chunks overlap")
        self._chunks.insert(index, chunk)
        self._starts.insert(index, start)

    def _block(self, address: int) -> Block:
        size = self.super.node_size
        raw = self.read(address, size)
        check_sum(self.super.digest, raw, f"node at {address}")
        fsid, itself, _flags, _, generation, owner, count, level = _NODE.unpack_from(raw, _NODE_AT)
        if fsid != self.super.tree_uuid or itself != address:
            raise StepAside(f"The btrfs node at {address} belongs elsewhere")
        entry = _POINTER if level else _ITEM
        if not (count or not level) or count * entry.size > size - _ITEMS_AT:
            raise StepAside(f"The btrfs node at {address} has an impossible number of items")
        rows = list(islice(entry.iter_unpack(memoryview(raw)[_ITEMS_AT : _ITEMS_AT + count * entry.size]), count))
        keys: list[Key] = [row[:3] for row in rows]
        places: list[tuple[int, int]] = [row[3:] for row in rows]
        if any(key >= after for key, after in pairwise(keys)):
            raise StepAside(f"The keys of the btrfs node at {address} are out of order")
        if level:
            if any(child % SECTOR for child, _ in places):
                raise StepAside(f"The btrfs node at {address} points to no node")
        else:
            end = size - _ITEMS_AT
            for offset, length in places:
                if offset + length != end:
                    raise StepAside(f"The items of the btrfs node at {address} are out of place")
                end = offset
            if end < count * entry.size:
                raise StepAside(f"The items of the btrfs node at {address} overlap")
        return Block(level, generation, owner, keys, places, raw)


class Tree:
    """One b-tree."""

    def __init__(self, storage: Storage, root: TreeRoot) -> None:
        self._storage = storage
        self._root = root

    def items(self, first: Key, last: Key, floor: bool = False) -> Iterator[tuple[Key, bytes]]:
        """The items from one key to another, both included; with ``floor``, beginning with the one before ``first``."""
        root = self._root
        scan = self._walk(root.address, root.level, root.generation, None, None, first, last, floor)
        for count, found in enumerate(scan):
            if count >= _MOST_ITEMS:
                raise StepAside(f"The btrfs tree {root.owner} has too many items")
            yield found

    def get(self, key: Key) -> bytes | None:
        """The item with exactly this key."""
        return next((raw for _, raw in self.items(key, key)), None)

    def check(self) -> None:
        """StepAside unless the top block can be read, without which the kernel would not mount."""
        next(self.items((0, 0, 0), (LAST, 255, LAST)), None)

    def _walk(
        self, address: int, level: int, generation: int, least: Key | None, beyond: Key | None,
        first: Key, last: Key, floor: bool,
    ) -> Iterator[tuple[Key, bytes]]:  # fmt: skip
        """``least`` is the key that the parent gives for this node, ``beyond`` the next one's.

        No node is met twice in one scan: it would have to begin with two different keys.
        """
        block = self._storage.block(address)
        keys = block.keys
        if block.level != level or block.generation != generation or not self._owns(block.owner):
            raise StepAside(f"The btrfs node at {address} is not the one that its parent means")
        if least is not None and (not keys or keys[0] != least or (beyond is not None and keys[-1] >= beyond)):
            raise StepAside(f"The keys of the btrfs node at {address} are not those that its parent means")
        start = max(bisect_right(keys, first) - 1, 0) if level or floor else bisect_left(keys, first)
        for index in range(start, len(keys)):
            if keys[index] > last:
                return
            if not level:
                yield keys[index], block.item(index)
                continue
            child, child_generation = block.places[index]
            end = keys[index + 1] if index + 1 < len(keys) else beyond
            yield from self._walk(child, level - 1, child_generation, keys[index], end, first, last, floor)

    def _owns(self, owner: int) -> bool:
        """Snapshots share nodes; no other trees do."""
        return owner == self._root.owner or (is_subvolume(owner) and is_subvolume(self._root.owner))


def is_subvolume(tree: int) -> bool:
    """Whether a tree's number is that of a subvolume, the top level included."""
    return tree == TOP_LEVEL or FIRST_FREE <= tree <= LAST_FREE
