"""/etc/fstab: what a Linux guest mounts at boot (fstab(5))."""

from __future__ import annotations

import posixpath
import re

# Network, memory and pseudo file systems have nothing of theirs in the image.
_ELSEWHERE = frozenset(
    [
        *("9p", "ceph", "cifs", "fuse.sshfs", "glusterfs", "nfs", "nfs4", "smb3", "smbfs", "virtiofs"),
        *("autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs"),
        *("hugetlbfs", "mqueue", "none", "overlay", "proc", "pstore", "ramfs", "securityfs", "swap", "sysfs"),
        *("tmpfs", "tracefs"),
    ]
)
_REMOVABLE = re.compile(r"/dev/(cdrom|dvd|fd\d|floppy|sr\d)")


def mount_points(content: bytes) -> tuple[str, ...]:
    """The mount points of the local file systems that are mounted at boot, normalised, in the file's order.

    Entries that are ``noauto``, bind mounts, removable drives or in memory are left out; broken lines too.
    """
    found = []
    for raw in content.split(b"\n"):
        fields = raw.decode("utf-8", "surrogateescape").split()
        if len(fields) < 3 or fields[0].startswith("#"):
            continue
        device, point, kind = fields[:3]
        options = fields[3].split(",") if len(fields) > 3 else []
        if kind in _ELSEWHERE or not point.startswith("/") or _REMOVABLE.fullmatch(device):
            continue
        if {"noauto", "bind", "rbind"} & set(options):
            continue
        found.append(posixpath.normpath(_unescape(point)))
    return tuple(dict.fromkeys(found))


def _unescape(field: str) -> str:
    """fstab writes a blank as ``\\040``."""
    return re.sub(r"\\([0-3][0-7]{2})", lambda match: chr(int(match[1], 8)), field)
