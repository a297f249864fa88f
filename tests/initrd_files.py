"""Initial RAM disks for tests: cpio archives with files of given names."""

from __future__ import annotations


def cpio(*names: str, size: int = 5) -> bytes:
    """An archive in the new format, as the kernel takes it."""
    made = b""
    for name in (*names, "TRAILER!!!"):
        length = size if name != "TRAILER!!!" else 0
        fields = [0, 0o100644, 0, 0, 1, 0, length, 0, 0, 0, 0, len(name) + 1, 0]
        made += b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        made += b"\0" * (-len(made) % 4) + b"x" * length
        made += b"\0" * (-len(made) % 4)
    return made + b"\0" * (-len(made) % 512)
