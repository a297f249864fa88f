"""The programs that grow partitions and file systems: which of them a guest has, and what brings them."""

from __future__ import annotations

import re

from remediations.guest import Guest
from remediations.linux.fault import Fault, lacking
from remediations.vocabulary import Evidence

_FOLDERS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin")
RESIZERS = {"xfs": "xfs_growfs", "btrfs": "btrfs"}
_VERSION = re.compile(r"(?:\d+:)?(\d{1,4})\.(\d{1,4})")
_UTIL_LINUX = ("util-linux", "util-linux-ng", "sfdisk", "fdisk")
_WITH_GPT = (2, 26)


def path(guest: Guest, name: str) -> str | None:
    """Where a program stands on the usual path."""
    return next((f"{folder}/{name}" for folder in _FOLDERS if guest.exists(f"{folder}/{name}")), None)


def has(guest: Guest, name: str) -> bool:
    """Whether a program is there; ``sfdisk-new`` is one that knows GPT."""
    if name == "sfdisk-new":
        return path(guest, "sfdisk") is not None and not old_sfdisk(guest)
    return path(guest, name) is not None


def old_sfdisk(guest: Guest) -> bool:
    """Whether sfdisk is older than util-linux 2.26, and so knows no GPT. An unknown version counts as new."""
    for name in _UTIL_LINUX:
        if release := _VERSION.match(guest.packages.get(name, "")):
            return (int(release[1]), int(release[2])) < _WITH_GPT
    return False


def filesystem(guest: Guest, kind: str) -> list[Fault]:
    """That the program is missing which grows a file system of this type."""
    return needed(guest, (RESIZERS.get(kind, "resize2fs"),))


def partition(guest: Guest, table: str) -> list[Fault]:
    """What growpart needs and is missing: itself, and sfdisk or, for GPT where sfdisk is old, sgdisk."""
    faults = needed(guest, ("growpart",))
    if table == "dos":
        return faults + needed(guest, ("sfdisk",))
    if old_sfdisk(guest):
        return faults + needed(guest, ("sgdisk",))
    return faults + needed(guest, ("sfdisk", "sgdisk"))


def needed(guest: Guest, names: tuple[str, ...]) -> list[Fault]:
    """A fault where none of some programs is there; the first one's package rights it."""
    if any(has(guest, name) for name in names):
        return []
    place = Evidence(f"/usr/sbin/{names[0]}", text="absent")
    return [lacking(guest, f"The guest has no {' or '.join(names)}", (place,), names[0])]
