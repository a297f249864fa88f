"""The targets of symbolic links on XFS."""

from __future__ import annotations

from wizard.fast.errors import StepAside
from wizard.fast.stream import read_at
from wizard.fast.xfs_extents import read_extents
from wizard.fast.xfs_inode import LOCAL, Inode
from wizard.fast.xfs_superblock import Geometry, Stamp, definitions

_LONGEST = 1024
_STAMP = Stamp("the target block", crc=12, address=40, lsn=48, uuid=16, owner=32)


def read_target(geometry: Geometry, link: Inode) -> bytes:
    """The target of a symbolic link, in the inode or in blocks of its own."""
    if link.size > _LONGEST:
        raise StepAside(f"XFS symbolic link {link.number} has {link.size} bytes, more than it can have")
    target = link.fork if link.format == LOCAL else _remote_target(geometry, link)
    if len(target) != link.size or b"\0" in target:
        raise StepAside(f"XFS symbolic link {link.number} is damaged")
    return target


def _remote_target(geometry: Geometry, link: Inode) -> bytes:
    """The pieces of a target, one an extent; in version 5 each with a head that says where it belongs."""
    header = definitions().xfs_dsymlink_hdr
    head = len(header) if geometry.checksums else 0
    target = b""
    end = 0
    for extent in read_extents(geometry, link):
        if extent.unwritten or extent.offset != end or len(target) == link.size:
            raise StepAside(f"XFS symbolic link {link.number} is damaged")
        end = extent.offset + extent.blocks
        data = read_at(geometry.stream, extent.at, extent.blocks * geometry.block_size)
        piece = data[head : head + link.size - len(target)]
        if geometry.checksums:
            geometry.check_stamp(data, _STAMP, extent.at, link.number)
            said = header(data)
            if data[:4] != b"XSLM" or said.sl_offset != len(target) or said.sl_bytes != len(piece):
                raise StepAside(f"XFS symbolic link {link.number} is damaged")
        target += piece
    return target
