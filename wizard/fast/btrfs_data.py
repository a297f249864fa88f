"""What a btrfs file holds: its extents, checked against the checksums of the data."""

from __future__ import annotations

import struct
from collections.abc import Callable

from wizard.fast.btrfs_super import SECTOR
from wizard.fast.btrfs_tree import Storage, Tree
from wizard.fast.btrfs_unpack import MOST_UNPACKED, unpack
from wizard.fast.errors import StepAside
from wizard.fast.stream import LARGEST_READ

_EXTENT_DATA = 108
_EXTENT = struct.Struct("<QQBBHB")
_PLACE = struct.Struct("<QQQQ")
_INLINE, _REGULAR, _PREALLOCATED = 0, 1, 2
_SUMS_OBJECT, _SUM = 2**64 - 10, 128


class Data:
    """The content of files."""

    def __init__(self, storage: Storage, sums: Callable[[], Tree]) -> None:
        self._storage = storage
        self._sums = sums

    def read(self, tree: Tree, inode: int, size: int, length: int, summed: bool) -> bytes:
        """The first ``length`` bytes of a file of ``size`` bytes; ``summed`` where its data has checksums."""
        length = min(size, length)
        if not 0 <= length <= LARGEST_READ:
            raise StepAside(f"A btrfs file of {length} bytes is read by the appliance only")
        if not length:
            return b""
        found = bytearray(length)
        end = 0
        for (_, _, start), raw in tree.items((inode, _EXTENT_DATA, 0), (inode, _EXTENT_DATA, length - 1)):
            if start < end or start % SECTOR or len(raw) < _EXTENT.size:
                raise StepAside(f"The extents of btrfs inode {inode} overlap")
            wanted = length - start
            piece, covered = self._extent(start, raw, size, wanted, summed)
            found[start : start + min(len(piece), wanted)] = piece[:wanted]
            end = start + covered
        return bytes(found)

    def _extent(self, start: int, raw: bytes, size: int, wanted: int, summed: bool) -> tuple[bytes, int]:
        """One extent's beginning, as far as it is wanted (nothing where it reads as zeros), and its whole length."""
        _generation, unpacked, compression, encryption, encoding, kind = _EXTENT.unpack_from(raw)
        if encryption or encoding:
            raise StepAside("A btrfs extent has an encoding that is not known here")
        if kind == _INLINE:
            if start or not size <= unpacked <= SECTOR:
                raise StepAside("A btrfs file inside of its tree has an impossible length")
            packed = raw[_EXTENT.size :]
            if compression:
                return unpack(compression, packed, unpacked, True), SECTOR
            if len(packed) != unpacked:
                raise StepAside("A btrfs file inside of its tree has an impossible length")
            return packed, SECTOR
        if kind not in (_REGULAR, _PREALLOCATED) or len(raw) != _EXTENT.size + _PLACE.size:
            raise StepAside(f"A btrfs extent is of a kind that is not known here ({kind})")
        address, on_disk, offset, covered = _PLACE.unpack_from(raw, _EXTENT.size)
        if not covered or any(number % SECTOR for number in (address, on_disk, offset, covered, unpacked)):
            raise StepAside("A btrfs extent is not made of whole sectors")
        if address and (offset + covered > unpacked or (not compression and offset + covered > on_disk)):
            raise StepAside("A btrfs extent is shorter than what it is used for")
        if not address or (kind == _PREALLOCATED and not compression):
            return b"", covered
        if kind == _PREALLOCATED:
            raise StepAside("A btrfs extent is preallocated and compressed")
        if not compression:
            needed = -(-min(wanted, covered) // SECTOR) * SECTOR
            return self._sectors(address + offset, needed, summed), covered
        if max(on_disk, unpacked) > MOST_UNPACKED:
            raise StepAside("A compressed btrfs extent is larger than it may be")
        # The kernel packs no byte behind the file's end, though the extent goes on to the end of the sector.
        inside = offset + min(covered, size - start)
        whole = unpack(compression, self._sectors(address, on_disk, summed), inside, False)
        return whole[offset : offset + covered], covered

    def _sectors(self, address: int, length: int, summed: bool) -> bytes:
        """Whole sectors from the disk, each checked unless the file goes without checksums."""
        found = self._storage.read(address, length)
        if not summed:
            return found
        digest = self._storage.super.digest
        width = len(digest(b""))
        expected = b""
        for (_, _, start), sums in self._sums().items(
            (_SUMS_OBJECT, _SUM, address), (_SUMS_OBJECT, _SUM, address + length - 1), floor=True
        ):
            at = address + len(expected) // width * SECTOR
            if start <= at:
                expected += sums[(at - start) // SECTOR * width :]
        for index in range(length // SECTOR):
            sum_of_it = digest(found[index * SECTOR : (index + 1) * SECTOR])
            if sum_of_it != expected[index * width : (index + 1) * width]:
                raise StepAside(f"The checksum of the btrfs data at {address + index * SECTOR} is wrong or missing")
        return found
