"""What an image's first bytes say of it: format and virtual size, for a list of many. Nothing is trusted or opened."""

from __future__ import annotations

import errno
import os
import stat
import struct
from pathlib import Path

from wizard.find_images import IMAGE_SUFFIXES

_HEAD = 0x178
_SECTOR = 512


def peek(path: Path) -> tuple[str, int | None]:
    """Format (qemu's name) and virtual size in bytes.

    The format is empty for what does not look like an image, the size None where the first bytes do not hold it.
    OSError where the file cannot be read. Source: the headers in qemu's docs/interop and block drivers.
    """
    # Opening some devices does something (a watchdog starts), and so does reading some of the kernel's empty files.
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "no ordinary file", str(path))
    if not found.st_size and path.suffix.lower() not in IMAGE_SUFFIXES:
        return "", None
    with open(path, "rb", opener=_at_once) as file:
        head = file.read(_HEAD)
        size = file.seek(0, 2)
    head = head.ljust(_HEAD, b"\0")
    if head.startswith(b"QFI\xfb"):
        return ("qcow2" if struct.unpack_from(">I", head, 4)[0] > 1 else "qcow"), _of(">Q", head, 24)
    if head.startswith(b"KDMV"):
        return "vmdk", _of("<Q", head, 12) * _SECTOR
    if head.startswith(b"# Disk Descriptor"):
        return "vmdk", None
    if head[0x40:0x44] == b"\x7f\x10\xda\xbe":
        return "vdi", _of("<Q", head, 0x170)
    if head.startswith(b"vhdxfile"):
        return "vhdx", None
    if head.startswith(b"conectix"):
        return "vpc", _of(">Q", head, 48)
    return ("raw", size) if path.suffix.lower() in IMAGE_SUFFIXES else ("", None)


def _at_once(path: str, flags: int) -> int:
    """Open without waiting: what is a FIFO by now would wait for a writer."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def _of(form: str, head: bytes, offset: int) -> int:
    return int(struct.unpack_from(form, head, offset)[0])
