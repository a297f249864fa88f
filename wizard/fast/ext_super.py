"""The superblock and group descriptors of ext2, ext3 and ext4 (Linux documentation, filesystems/ext4)."""

from __future__ import annotations

import struct
import uuid
from dataclasses import dataclass
from functools import lru_cache

from wizard.fast.checksum import crc16, crc32c
from wizard.fast.errors import StepAside
from wizard.fast.stream import Stream, read_at

_START = 1024
_HAS_JOURNAL = 0x4
_RECOVER = 0x4
_64BIT = 0x80
_CSUM_SEED = 0x2000
_GDT_CSUM = 0x10
_METADATA_CSUM = 0x400
_ORPHAN_PRESENT = 0x10000
# file types, extents, 64bit, flex_bg, large attributes, seed, large directories; inline data, encryption and case
# folding only concern the inodes that are marked with them.
_KNOWN_INCOMPAT = 0x2 | 0x40 | _64BIT | 0x200 | 0x400 | _CSUM_SEED | 0x4000 | 0x8000 | 0x10000 | 0x20000
# sparse and large, huge files, link counts, extra inode size, quota, checksums, read-only, projects, verity.
_KNOWN_RO_COMPAT = 0x7 | 0x8 | _GDT_CSUM | 0x20 | 0x40 | 0x100 | _METADATA_CSUM | 0x1000 | 0x2000 | 0x8000
_VALID, _ERRORS = 1, 2


@dataclass(frozen=True)
class Super:
    """What the rest of the reader needs of a superblock that was found in order. ``seed`` is None without checksums."""

    stream: Stream
    type: str
    uuid: str
    label: str
    block_size: int
    blocks: int
    inodes: int
    inodes_per_group: int
    inode_size: int
    seed: int | None
    _first_data_block: int
    _groups: int
    _descriptor_size: int
    _uuid: bytes
    _ro_compat: int

    def block(self, number: int) -> bytes:
        """One block. StepAside where there is none."""
        if not 0 < number < self.blocks:
            raise StepAside(f"The ext file system refers to block {number}, which it does not have")
        return read_at(self.stream, number * self.block_size, self.block_size)

    @lru_cache(maxsize=512)  # noqa: B019 - one superblock lives as long as its process reads
    def inode_table(self, group: int) -> int:
        """The first block of a group's inode table."""
        if not 0 <= group < self._groups:
            raise StepAside(f"The ext file system has no block group {group}")
        size = self._descriptor_size
        raw = read_at(self.stream, (self._first_data_block + 1) * self.block_size + group * size, size)
        (stored,) = struct.unpack_from("<H", raw, 30)
        if stored != self._descriptor_sum(group, raw, stored):
            raise StepAside(f"The checksum of ext block group {group} is wrong")
        table = int(struct.unpack_from("<I", raw, 8)[0])
        if size >= 64:
            table |= struct.unpack_from("<I", raw, 40)[0] << 32
        return table

    def _descriptor_sum(self, group: int, raw: bytes, stored: int) -> int:
        number = struct.pack("<I", group)
        if self.seed is not None:
            return crc32c(raw[:30] + b"\0\0" + raw[32:], crc32c(number, self.seed)) & 0xFFFF
        if self._ro_compat & _GDT_CSUM:
            return crc16(raw[:30] + raw[32:], crc16(self._uuid + number))
        return stored


def read_super(stream: Stream) -> Super:
    """Read and check the superblock. StepAside where the kernel would first replay, recover, or refuse something."""
    raw = read_at(stream, _START, 1024)
    magic, state = struct.unpack_from("<HH", raw, 56)
    if magic != 0xEF53:
        raise StepAside("There is no ext superblock")
    revision, _first, inode_size = struct.unpack_from("<IxxxxIH", raw, 76)
    compat, incompat, ro_compat = struct.unpack_from("<III", raw, 92)
    if revision == 0:
        compat = incompat = ro_compat = 0
        inode_size = 128
    elif revision != 1:
        raise StepAside(f"The ext file system has revision {revision}, which is not known")
    _require_clean(raw, state, incompat, ro_compat)
    if unknown := incompat & ~_KNOWN_INCOMPAT:
        raise StepAside(f"The ext file system uses features that are not known here (incompat {unknown:#x})")
    if unknown := ro_compat & ~_KNOWN_RO_COMPAT:
        raise StepAside(f"The ext file system uses features that are not known here (ro_compat {unknown:#x})")
    seed = None
    own = raw[104:120]
    if ro_compat & _METADATA_CSUM:
        if raw[373] != 1 or struct.unpack_from("<I", raw, 1020)[0] != crc32c(raw[:1020]):
            raise StepAside("The checksum of the ext superblock is wrong")
        seed = struct.unpack_from("<I", raw, 624)[0] if incompat & _CSUM_SEED else crc32c(own)
    inodes, blocks = struct.unpack_from("<II", raw, 0)
    first_data_block, log_block_size, log_cluster_size, blocks_per_group = struct.unpack_from("<IIII", raw, 20)
    (inodes_per_group,) = struct.unpack_from("<I", raw, 40)
    descriptor_size = 32
    if incompat & _64BIT:
        (descriptor_size,) = struct.unpack_from("<H", raw, 254)
        blocks |= struct.unpack_from("<I", raw, 336)[0] << 32
    block_size = 1024 << min(log_block_size, 16)
    if (
        log_block_size > 6
        or log_cluster_size != log_block_size
        or first_data_block != (1 if block_size == 1024 else 0)
        or not 0 < blocks_per_group <= block_size * 8
        or not 0 < inodes_per_group <= block_size * 8
        or inode_size not in (128, 256, 512, 1024, 2048, 4096)
        or descriptor_size not in (32, 64)
        or blocks * block_size > stream.size
        or blocks <= first_data_block
    ):
        raise StepAside("The figures of the ext superblock contradict each other or the size of the device")
    groups = -(-(blocks - first_data_block) // blocks_per_group)
    if inodes != groups * inodes_per_group:
        raise StepAside("The ext superblock counts its inodes wrongly")
    label = raw[120:136].split(b"\0")[0].decode("utf-8", "surrogateescape")
    return Super(
        stream=stream,
        type=_type(compat, incompat, ro_compat),
        uuid=str(uuid.UUID(bytes=own)),
        label=label,
        block_size=block_size,
        blocks=blocks,
        inodes=inodes,
        inodes_per_group=inodes_per_group,
        inode_size=inode_size,
        seed=seed,
        _first_data_block=first_data_block,
        _groups=groups,
        _descriptor_size=descriptor_size,
        _uuid=own,
        _ro_compat=ro_compat,
    )


def _require_clean(raw: bytes, state: int, incompat: int, ro_compat: int) -> None:
    if incompat & _RECOVER:
        raise StepAside("The ext4 journal has changes to replay")
    (orphan,) = struct.unpack_from("<I", raw, 232)
    if orphan or ro_compat & _ORPHAN_PRESENT:
        raise StepAside("The ext file system has deleted files to clean up")
    if state & _ERRORS:
        raise StepAside("The ext file system has errors recorded")
    if not state & _VALID:
        raise StepAside("The ext file system was not unmounted cleanly")


def _type(compat: int, incompat: int, ro_compat: int) -> str:
    """As blkid tells them apart: by what the older drivers would not mount."""
    if incompat & ~0x16 or ro_compat & ~0x7:
        return "ext4"
    return "ext3" if compat & _HAS_JOURNAL else "ext2"
