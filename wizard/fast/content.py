"""What stands on a disk, partition or volume, by the signatures that blkid goes by."""

from __future__ import annotations

from wizard.fast.errors import StepAside
from wizard.fast.stream import Stream, read_at

_HEAD = 0x11000
_TAIL = 0x20000
_KIB = 1024
# What there is to tell, by offset and bytes. The upper ones are read here, the lower ones end the fast reading.
_SIGNATURES: tuple[tuple[str, int, bytes], ...] = (
    ("ext", 0x438, b"\x53\xef"),
    ("xfs", 0, b"XFSB"),
    ("btrfs", 0x10040, b"_BHRfS_M"),
    ("vfat", 0x36, b"FAT12   "),
    ("vfat", 0x36, b"FAT16   "),
    ("vfat", 0x52, b"FAT32   "),
    *(("lvm", sector * 512, b"LABELONE") for sector in range(4)),
    *(("swap", page - 10, b"SWAPSPACE2") for page in (0x1000, 0x2000, 0x4000, 0x8000, 0x10000)),
    ("LUKS", 0, b"LUKS\xba\xbe"),
    ("LUKS", 0x4000, b"SKUL\xba\xbe"),
    ("bcache", 0x1018, b"\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81"),
    ("NTFS", 3, b"NTFS    "),
    ("exFAT", 3, b"EXFAT   "),
    ("BitLocker", 3, b"-FVE-FS-"),
    ("ISO 9660", 0x8001, b"CD001"),
    ("squashfs", 0, b"hsqs"),
    ("F2FS", 0x400, b"\x10\x20\xf5\xf2"),
    ("JFS", 0x8000, b"JFS1"),
    ("ReiserFS", 0x10034, b"ReIsEr"),
    ("UFS", 0x55C, b"\x54\x19\x01\x00"),
    ("UFS", 0x1055C, b"\x19\x01\x54\x19"),
    ("NILFS", 0x406, b"\x34\x34"),
    ("a suspended system", 0x1000 - 10, b"S1SUSPEND"),
    ("RAID", 0, b"\xfc\x4e\x2b\xa9"),
    ("RAID", 0x1000, b"\xfc\x4e\x2b\xa9"),
)
_READ = ("ext", "xfs", "btrfs", "vfat", "lvm", "swap")
_RAID = b"\xfc\x4e\x2b\xa9"
# Boot loader partitions hold code, not a file system.
CODE_TYPES = frozenset(
    ["21686148-6449-6E6F-744E-656564454649", "9E1A2D38-C612-4316-AA26-8B49521E5A8B", "0x41", "0xda", "0xef02"]
)


def content(stream: Stream, name: str, *, code: bool = False) -> str:
    """``ext``, ``xfs``, ``btrfs``, ``vfat``, ``lvm``, ``swap``, or nothing. StepAside for all that is not certain.

    ``code`` says that the partition's type promises a boot loader's code, which may look like anything.
    """
    head = read_at(stream, 0, min(_HEAD, stream.size))
    found = {kind for kind, offset, magic in _SIGNATURES if head[offset : offset + len(magic)] == magic}
    if _has_old_raid(stream):
        found.add("RAID")
    if refused := sorted(found.difference(_READ)):
        raise StepAside(f"{name} holds {refused[0]}")
    if len(found) > 1:
        raise StepAside(f"{name} has the signatures of several things: {', '.join(sorted(found))}")
    if found:
        return found.pop()
    tail = read_at(stream, max(0, stream.size - _TAIL), min(_TAIL, stream.size))
    if code or not (any(head) or any(tail)):
        return ""
    raise StepAside(f"What {name} holds is not known")


def _has_old_raid(stream: Stream) -> bool:
    """Software RAID with its superblock at the end (metadata 0.90 and 1.0): the rest looks like a plain file system."""
    ends = [(stream.size & ~(64 * _KIB - 1)) - 64 * _KIB, (stream.size - 8 * _KIB) & ~(4 * _KIB - 1)]
    return any(at > 0 and read_at(stream, at, 4) in (_RAID, _RAID[::-1]) for at in ends)
