"""What the first sectors of a raw disk say, without an appliance: is it a disk at all, and is it whole?"""

from __future__ import annotations

import re
import stat
import struct
from pathlib import Path

SECTOR = 512
_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"PK\x03\x04": "zip",
}
# Offset and bytes of what may stand on a disk without a partition table, and of partition tables themselves.
_SIGNATURES = (
    (510, b"\x55\xaa"),  # MBR, and the protective one of GPT
    (512, b"EFI PART"),
    (0x438, b"\x53\xef"),  # ext2, 3, 4
    (0, b"XFSB"),
    (0x10040, b"_BHRfS_M"),  # btrfs
    (0x200, b"LABELONE"),  # LVM
    (0, b"LUKS\xba\xbe"),
    (0x8001, b"CD001"),  # ISO 9660
    (0, b"hsqs"),  # squashfs
)


def compression(path: Path) -> str:
    """The name of the compression a file starts with, empty where it is none."""
    with path.open("rb") as file:
        start = file.read(8)
    return next((name for magic, name in _COMPRESSED.items() if start.startswith(magic)), "")


def looks_like_disk(path: Path) -> bool:
    """Whether anything that a disk can begin with stands in the first sectors."""
    with path.open("rb") as file:
        head = file.read(0x11000)
    return any(head[offset : offset + len(magic)] == magic for offset, magic in _SIGNATURES)


def expected_size(path: Path) -> int:
    """The bytes that a raw disk's partition table, or else its ext file system, reaches to; 0 where none says."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head[512:520] == b"EFI PART" and len(head) >= 560:
        backup_header = int(struct.unpack_from("<Q", head, 512 + 32)[0])
        return (backup_header + 1) * SECTOR
    if head[510:512] == b"\x55\xaa":
        ends = [0]
        for entry in range(446, 510, 16):
            kind = head[entry + 4]
            start, length = struct.unpack_from("<II", head, entry + 8)
            # A boot sector of a bare file system has no table there; 0xEE is GPT's, with any size.
            if kind not in (0, 0xEE) and head[entry] in (0, 0x80):
                ends.append((start + length) * SECTOR)
        return max(ends)
    if head[0x438:0x43A] == b"\x53\xef":
        blocks, log_size = struct.unpack_from("<I", head, 0x404)[0], struct.unpack_from("<I", head, 0x418)[0]
        return int(blocks) << (10 + min(int(log_size), 6))
    return 0


def vdi_size(path: Path) -> int:
    """The bytes that a VDI file must have for the blocks its header counts (qemu-img does not look)."""
    with path.open("rb") as file:
        header = file.read(0x200)
    if len(header) < 0x190:
        return 0x200
    data_offset = struct.unpack_from("<I", header, 0x158)[0]
    block_size, _extra, _blocks, allocated = struct.unpack_from("<IIII", header, 0x178)
    return int(data_offset) + int(block_size) * int(allocated)


_EXTENT = re.compile(rb'^\s*(?:RW|RDONLY|NOACCESS)\s+\d+\s+\w+\s+"([^"]*)"', re.MULTILINE)


def foreign_reference(path: Path) -> str:
    """What in a file's header makes qemu open other files as the image's own storage, where they may not be.

    Such a name is the image's word alone: it could be any file or service of the host's, and writing to the image
    would write there. Empty where there is none; a vmdk's extents beside it are its own. Read before qemu looks.
    """
    with path.open("rb") as file:
        head = file.read(64 * 1024)
    if head[:4] == b"QFI\xfb" and len(head) >= 80:
        version, features = struct.unpack_from(">I", head, 4)[0], struct.unpack_from(">Q", head, 72)[0]
        if version >= 3 and features & 4:
            return "it keeps its data in another file"
    if head[:4] == b"KDMV" and struct.unpack_from("<Q", head, 12)[0] == 0:
        return "it is a vmdk that keeps its data in other files"
    if head[:4] in (b"KDMV", b"COWD") or b"createType" not in head:
        return ""
    for raw in _EXTENT.findall(head):
        name = raw.decode("utf-8", "surrogateescape")
        extent = path.parent / name
        if "/" in name or ":" in name or name in ("", ".", ".."):
            return f"it keeps its data in {name!r}, which is not beside it"
        if extent.is_symlink() or (extent.exists() and not stat.S_ISREG(extent.stat().st_mode)):
            return f"it keeps its data in {name!r}, which is not a regular file"
    return ""


def backing_name(path: Path) -> str:
    """The backing file's name in a qcow2 header, as written; empty where there is none."""
    with path.open("rb") as file:
        head = file.read(104)
        if head[:4] not in (b"QFI\xfb",) or len(head) < 20:
            return ""
        offset, length = struct.unpack_from(">QI", head, 8)
        if not offset or not 0 < length <= 4096:
            return ""
        file.seek(offset)
        return file.read(length).decode("utf-8", "surrogateescape")
