"""Names of disks that depend on the machine: ``/dev/sda1``, which is ``/dev/vda1`` under another hypervisor.

Source: systemd's 60-persistent-storage.rules. What stays the same is what the disk itself holds: UUIDs and labels, also
under ``/dev/disk/by-uuid`` and its kin, and the names of LVM, MD and device mapper.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from remediations.guest import Guest
from remediations.vocabulary import PlanError

_NAME = re.compile(
    r"/dev/(?:(?P<a>(?:[shv]|xv)d[a-z]{1,2}|dasd[a-z]{1,2})(?P<na>\d{0,3})"
    r"|(?P<b>nvme\d{1,3}n\d{1,3}|mmcblk\d{1,3}|cciss/c\d{1,2}d\d{1,2})(?:p(?P<nb>\d{1,3}))?"
    r"|(?P<c>disk/by-(?:id|path)/(?!dm-|lvm-|md-)\S+?)(?:-part(?P<nc>\d{1,3}))?)"
)
_FIRST = frozenset(("sda", "hda", "vda", "xvda", "nvme0n1", "dasda", "mmcblk0", "cciss/c0d0"))


@dataclass(frozen=True)
class DiskName:
    """A name of the machine's for a partition: ``disk`` without ``/dev/``, ``number`` 0 for the whole disk."""

    disk: str
    number: int


def disk_name(device: str) -> DiskName | None:
    """What a device file means, None where its name does not depend on the machine."""
    found = _NAME.fullmatch(device)
    if found is None:
        return None
    return DiskName(found["a"] or found["b"] or found["c"], int(found["na"] or found["nb"] or found["nc"] or 0))


def is_root(guest: Guest, name: DiskName) -> bool:
    """Whether a name can be that of the root file system, by its number: what the disk is called is the machine's."""
    disk = guest.root_disk
    return (disk.kind == "partition" and disk.number == name.number) or (disk.kind == "disk" and not name.number)


def lasting(guest: Guest, name: DiskName, root: DiskName | None, kind: str) -> str:
    """``UUID=…`` for a name of the machine's; ``root`` is the root's own name of that kind, ``kind`` fstab's type.

    The image is one disk: the one that holds the root, or else the first. PlanError where the name means another, or
    what stands there is not what is mounted.
    """
    own = name.disk == root.disk if root is not None else name.disk in _FIRST
    if not own:
        raise PlanError(f"/dev/{name.disk} is a disk that the image does not hold: remove what names it")
    found = guest.filesystems.get(name.number)
    if found is None or not found.uuid or not _matches(kind, found.type):
        what = f"partition {name.number}" if name.number else "the disk"
        raise PlanError(f"{what} of the image holds no {kind if kind != 'auto' else 'file system'} with a UUID")
    if Counter(guest.filesystems.values())[found] > 1:
        raise PlanError(f"two file systems of the image have the UUID {found.uuid}: give one another")
    return f"UUID={found.uuid}"


def _matches(kind: str, found: str) -> bool:
    both_ext = kind.startswith("ext") and found.startswith("ext")
    return both_ext or kind in (found, "auto") or (kind, found) == ("msdos", "vfat")
