"""The superblock of an XFS file system: what it is made of, and where its blocks and inodes lie on the device."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, NamedTuple

from wizard.fast.errors import StepAside
from wizard.fast.stream import Stream, read_at

SECTOR = 512
"""Bytes; the unit in which XFS writes disk addresses, whatever the sectors' real size."""
_DIRV2, _EXTFLG, _MOREBITS = 0x2000, 0x1000, 0x8000
_LOGV2 = 0x0400
_SHARED, _ASCII_CI = 0x0200, 0x4000
_FEATURES2 = 0x002 | 0x008 | 0x080 | 0x200  # LAZYSBCOUNT, ATTR2, PROJID32, FTYPE
_FEATURES2_CRC, _FEATURES2_FTYPE = 0x100, 0x200
_RO_COMPAT = 0x1 | 0x2 | 0x4 | 0x8  # FINOBT, RMAPBT, REFLINK, INOBTCNT
_FTYPE, _META_UUID, _NEEDSREPAIR, _NREXT64 = 0x01, 0x04, 0x10, 0x20
# Besides those: SPINODES, BIGTIME, EXCHRANGE (an ability of the kernel), PARENT (extended attributes, not read here).
_INCOMPAT = _FTYPE | 0x02 | _META_UUID | 0x08 | _NREXT64 | 0x40 | 0x80
_CRC_AT = 224


class Stamp(NamedTuple):
    """Where a kind of metadata block says what it is (bytes into the block).

    ``lsn`` is the position in the journal of its last change, ``owner`` the inode that it belongs to.
    """

    what: str
    crc: int
    address: int
    lsn: int
    uuid: int
    owner: int


@functools.cache
def definitions() -> Any:
    """The structures of dissect.xfs, imported only where an XFS file system is opened."""
    from dissect.xfs.c_xfs import c_xfs

    return c_xfs


def checksum_holds(data: bytes, at: int) -> bool:
    """Whether the little-endian crc32c at ``at`` is that of the data, its own field taken as zero."""
    from dissect.util.hash import crc32c

    computed: int = crc32c.crc32c(data[:at] + bytes(4) + data[at + 4 :])
    return computed == int.from_bytes(data[at : at + 4], "little")


@dataclass(frozen=True, slots=True)
class Geometry:
    """A superblock that was understood in full. Sizes are in bytes, ``log_start`` is a file system block.

    ``metadata_uuid`` is what the blocks of a version 5 file system carry; it differs from ``uuid`` after xfs_admin -U.
    ``newest_lsn`` is the position in the journal that nothing on the disk may be ahead of.
    ``hidden_inodes`` are 0 and those of quotas and of the realtime device.
    """

    stream: Stream
    checksums: bool
    uuid: bytes
    metadata_uuid: bytes
    label: bytes
    block_size: int
    blocks: int
    group_blocks: int
    groups: int
    group_block_bits: int
    inode_size: int
    inodes_per_block_bits: int
    folder_block_size: int
    root_inode: int
    hidden_inodes: frozenset[int]
    file_types: bool
    large_extent_counts: bool
    log_start: int
    log_blocks: int
    log_version_2: bool
    newest_lsn: int

    def block_offset(self, block: int, count: int = 1) -> int:
        """The byte at which a run of file system blocks starts; StepAside where it leaves its allocation group."""
        group, within = block >> self.group_block_bits, block & ((1 << self.group_block_bits) - 1)
        start = group * self.group_blocks
        length = min(self.group_blocks, self.blocks - start)
        if not 0 <= group < self.groups or count < 1 or within + count > length:
            raise StepAside(f"XFS block {block} lies outside of the file system")
        return (start + within) * self.block_size

    def inode_offset(self, number: int) -> int:
        """The byte at which an inode starts; StepAside for the file system's own, which no directory may name."""
        if number in self.hidden_inodes:
            raise StepAside(f"XFS inode {number} is none of a directory")
        block, within = number >> self.inodes_per_block_bits, number & ((1 << self.inodes_per_block_bits) - 1)
        return self.block_offset(block) + within * self.inode_size

    def check_stamp(self, data: bytes, stamp: Stamp, offset: int, owner: int) -> None:
        """StepAside where a block of version 5, read at ``offset``, is not whole, in its place and its owner's."""
        if not self.checksums:
            return
        if not checksum_holds(data, stamp.crc):
            raise StepAside(f"The checksum of {stamp.what} of XFS inode {owner} is wrong")
        if (
            int.from_bytes(data[stamp.address : stamp.address + 8]) * SECTOR != offset
            or data[stamp.uuid : stamp.uuid + 16] != self.metadata_uuid
            or int.from_bytes(data[stamp.owner : stamp.owner + 8]) != owner
            or int.from_bytes(data[stamp.lsn : stamp.lsn + 8]) > self.newest_lsn
        ):
            raise StepAside(f"{stamp.what[0].upper()}{stamp.what[1:]} of XFS inode {owner} belongs elsewhere")


def read_superblock(stream: Stream) -> Geometry:
    """The first superblock of a file system; StepAside for every feature that is not known to leave reading alone."""
    first = read_at(stream, 0, SECTOR)
    found = definitions().xfs_sb(first)
    if first[:4] != b"XFSB":
        raise StepAside("This is no XFS file system")
    checksums = _check_features(found)
    _check_sizes(found, checksums, stream.size)
    if checksums and not checksum_holds(read_at(stream, 0, found.sb_sectsize), _CRC_AT):
        raise StepAside("The checksum of the XFS superblock is wrong")
    uuid = bytes(found.sb_uuid)
    quota = {found.sb_pquotino} if checksums else set()
    other_uuid = checksums and found.sb_features_incompat & _META_UUID
    return Geometry(
        stream=stream,
        checksums=checksums,
        uuid=uuid,
        metadata_uuid=bytes(found.sb_meta_uuid) if other_uuid else uuid,
        label=bytes(found.sb_fname).split(b"\0")[0],
        block_size=found.sb_blocksize,
        blocks=found.sb_dblocks,
        group_blocks=found.sb_agblocks,
        groups=found.sb_agcount,
        group_block_bits=found.sb_agblklog,
        inode_size=found.sb_inodesize,
        inodes_per_block_bits=found.sb_inopblog,
        folder_block_size=found.sb_blocksize << found.sb_dirblklog,
        root_inode=found.sb_rootino,
        hidden_inodes=frozenset({0, found.sb_rbmino, found.sb_rsumino, found.sb_uquotino, found.sb_gquotino} | quota),
        file_types=checksums or bool(found.sb_features2 & _FEATURES2_FTYPE),
        large_extent_counts=checksums and bool(found.sb_features_incompat & _NREXT64),
        log_start=found.sb_logstart,
        log_blocks=found.sb_logblocks,
        log_version_2=bool(found.sb_versionnum & _LOGV2),
        newest_lsn=found.sb_lsn if checksums else 0,
    )


def _check_features(found: Any) -> bool:
    """Whether it is version 5, the one with checksums."""
    version, flags = found.sb_versionnum & 0xF, found.sb_versionnum
    if version not in (4, 5):
        raise StepAside(f"XFS version {version} is not known")
    if not flags & _DIRV2 or not flags & _EXTFLG or flags & (_SHARED | _ASCII_CI):
        raise StepAside(f"The XFS features 0x{flags:04x} are not supported")
    features2 = found.sb_features2
    known = _FEATURES2 | (_FEATURES2_CRC if version == 5 else 0)
    if features2 & ~known or features2 != found.sb_bad_features2 or (features2 and not flags & _MOREBITS):
        raise StepAside(f"The XFS features 0x{features2:08x} (second word) are not supported")
    if version == 4:
        return False
    incompat = found.sb_features_incompat
    if incompat & _NEEDSREPAIR:
        raise StepAside("The XFS file system needs xfs_repair")
    if incompat & ~_INCOMPAT or not incompat & _FTYPE or not flags & _LOGV2:
        raise StepAside(f"The incompatible XFS features 0x{incompat:x} are not supported")
    if found.sb_features_ro_compat & ~_RO_COMPAT:
        raise StepAside(f"The read-only compatible XFS features 0x{found.sb_features_ro_compat:x} are not supported")
    if found.sb_features_log_incompat:
        raise StepAside("The XFS journal has features that are not supported")
    return True


def _check_sizes(found: Any, checksums: bool, device_size: int) -> None:
    """Every size against its logarithm and its limits, as the kernel does on mounting."""
    if found.sb_inprogress:
        raise StepAside("The making of the XFS file system was not finished")
    if found.sb_logstart == 0:
        raise StepAside("The XFS journal is on a device of its own")
    if found.sb_rblocks or found.sb_rextents:
        raise StepAside("The XFS file system has a realtime device")
    block, inode = found.sb_blocksize, found.sb_inodesize
    sound = (
        block == 1 << found.sb_blocklog
        and (1024 if checksums else 512) <= block <= 65536
        and found.sb_blocklog + found.sb_dirblklog <= 16
        and inode == 1 << found.sb_inodelog
        and (512 if checksums else 256) <= inode <= min(2048, block)
        and found.sb_inopblock == block // inode
        and found.sb_inopblog == found.sb_blocklog - found.sb_inodelog
        and found.sb_sectsize == 1 << found.sb_sectlog
        and 512 <= found.sb_sectsize <= min(32768, block)
        and found.sb_agcount > 0
        and found.sb_agblocks >= 64
        and found.sb_agblklog == (found.sb_agblocks - 1).bit_length()
        and (found.sb_agcount - 1) * found.sb_agblocks < found.sb_dblocks <= found.sb_agcount * found.sb_agblocks
        and 0 < found.sb_logblocks <= found.sb_agblocks
        and found.sb_logblocks * block < 1 << 31
        and found.sb_logsunit <= 256 * 1024
    )
    if not sound:
        raise StepAside("The sizes in the XFS superblock contradict each other")
    if found.sb_dblocks * block > device_size:
        raise StepAside("The XFS file system is larger than its device")
