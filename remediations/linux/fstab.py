"""/etc/fstab: what a Linux guest mounts at boot (fstab(5))."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Entry:
    """One line of fstab; ``point`` is normalised where it is a path."""

    device: str
    point: str
    kind: str
    options: tuple[str, ...]

    @property
    def at_boot(self) -> bool:
        """Whether this is a local file system that is mounted at boot.

        Entries that are ``noauto``, bind mounts, removable drives or in memory are not.
        """
        if self.kind in _ELSEWHERE or not self.point.startswith("/") or self.removable:
            return False
        return not {"noauto", "bind", "rbind"} & set(self.options)

    @property
    def removable(self) -> bool:
        """Whether its device is a CD or floppy drive."""
        return _REMOVABLE.fullmatch(self.device) is not None


def entries(content: bytes) -> Iterator[Entry]:
    """Every line that has at least a device, a mount point and a type, in the file's order."""
    for raw in content.split(b"\n"):
        fields = raw.decode("utf-8", "surrogateescape").split()
        if len(fields) < 3 or fields[0].startswith("#"):
            continue
        device, point, kind = fields[:3]
        options = tuple(fields[3].split(",")) if len(fields) > 3 else ()
        point = _unescape(point)
        yield Entry(_unescape(device), posixpath.normpath(point) if point.startswith("/") else point, kind, options)


def mount_points(content: bytes) -> tuple[str, ...]:
    """The mount points of the local file systems that are mounted at boot, in the file's order, none twice."""
    return tuple(dict.fromkeys(entry.point for entry in entries(content) if entry.at_boot))


def _unescape(field: str) -> str:
    """fstab writes a blank as ``\\040``."""
    return re.sub(r"\\([0-3][0-7]{2})", lambda match: chr(int(match[1], 8)), field)
