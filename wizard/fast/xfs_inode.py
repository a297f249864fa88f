"""Inodes of an XFS file system: checked, and cut down to what reading needs."""

from __future__ import annotations

import stat
from dataclasses import dataclass

from wizard.fast.errors import StepAside
from wizard.fast.stream import read_at
from wizard.fast.xfs_superblock import Geometry, checksum_holds, definitions

DEVICE, LOCAL, EXTENTS, BTREE = range(4)
"""Values of di_format: what the data fork holds."""
_CRC_AT = 100
_CORE = {2: 100, 3: 176}
_REALTIME, _UNKNOWN_FLAGS = 0x0001, 0x8000
_KNOWN_FLAGS2 = 0x1F  # DAX, REFLINK, COWEXTSIZE, BIGTIME, NREXT64
_NREXT64 = 0x10
_LARGEST = 1 << 60
_FORMATS = {
    stat.S_IFREG: (EXTENTS, BTREE),
    stat.S_IFDIR: (LOCAL, EXTENTS, BTREE),
    stat.S_IFLNK: (LOCAL, EXTENTS, BTREE),
    stat.S_IFCHR: (DEVICE,),
    stat.S_IFBLK: (DEVICE,),
    stat.S_IFIFO: (DEVICE,),
    stat.S_IFSOCK: (DEVICE,),
}


@dataclass(frozen=True, slots=True)
class Inode:
    """An inode in use. ``format`` is one of the four above, ``fork`` the bytes of its data fork."""

    number: int
    mode: int
    uid: int
    gid: int
    size: int
    format: int
    extents: int
    fork: bytes


def read_inode(geometry: Geometry, number: int) -> Inode:
    """The inode with this number; StepAside where it is free, damaged, or not fully understood."""
    data = read_at(geometry.stream, geometry.inode_offset(number), geometry.inode_size)
    if geometry.checksums and not checksum_holds(data, _CRC_AT):
        raise StepAside(f"The checksum of XFS inode {number} is wrong")
    core = definitions().xfs_dinode(data)
    flags2 = core.di_flags2 if geometry.checksums else 0
    if data[:2] != b"IN" or core.di_version != (3 if geometry.checksums else 2):
        raise StepAside(f"XFS inode {number} has no known magic and version")
    if geometry.checksums and (core.di_ino != number or bytes(core.di_uuid) != geometry.metadata_uuid):
        raise StepAside(f"XFS inode {number} belongs elsewhere")
    if core.di_mode == 0 or core.di_nlink == 0:
        raise StepAside(f"XFS inode {number} is free")
    large_counts = bool(flags2 & _NREXT64)
    if (
        core.di_flags & (_REALTIME | _UNKNOWN_FLAGS)
        or flags2 & ~_KNOWN_FLAGS2
        or (large_counts and not geometry.large_extent_counts)
    ):
        raise StepAside(f"XFS inode {number} has flags that are not supported")
    kind = stat.S_IFMT(core.di_mode)
    if core.di_format not in _FORMATS.get(kind, ()):
        raise StepAside(f"XFS inode {number} has the mode {core.di_mode:o} and the data format {core.di_format}")
    start = _CORE[core.di_version]
    room = geometry.inode_size - start
    if core.di_forkoff * 8 >= room:
        raise StepAside(f"The attributes of XFS inode {number} start outside of it")
    room = core.di_forkoff * 8 or room
    size = core.di_size
    if size >= _LARGEST or (size == 0 and kind in (stat.S_IFDIR, stat.S_IFLNK)):
        raise StepAside(f"XFS inode {number} has an impossible size of {size} bytes")
    extents = core.di_big_nextents if large_counts else core.di_big_anextents
    if extents > core.di_nblocks:
        raise StepAside(f"XFS inode {number} has more extents than blocks")
    local = core.di_format == LOCAL
    if (local and (size > room or extents)) or (core.di_format == EXTENTS and extents * 16 > room):
        raise StepAside(f"The data of XFS inode {number} does not fit in it")
    return Inode(
        number=number,
        mode=core.di_mode,
        uid=core.di_uid,
        gid=core.di_gid,
        size=size,
        format=core.di_format,
        extents=extents,
        fork=data[start : start + (size if local else room)],
    )
