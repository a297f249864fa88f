"""The read side of a guest, as requirements see it: a protocol that several readers implement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

DEFAULT_LIMIT = 1024 * 1024
"""Bytes that a configuration file may have before reading it is refused."""

FILESYSTEMS = frozenset(("ext2", "ext3", "ext4", "xfs", "btrfs", "vfat", "swap"))
"""The types that :attr:`Guest.filesystems` knows."""

_FAMILIES = {
    **dict.fromkeys(("debian", "ubuntu"), "debian"),
    **dict.fromkeys(("centos", "fedora", "oraclelinux", "redhat-based", "rhel", "rocky", "scientificlinux"), "redhat"),
    **dict.fromkeys(("opensuse", "sles", "suse-based"), "suse"),
    "archlinux": "arch",
    "alpinelinux": "alpine",
}


class GuestError(Exception):
    """Something in the guest could not be read; the message says what and why. A check that meets it is *unknown*."""


class FileKind(StrEnum):
    """What stands at a path; *other* is a device, FIFO or socket, which is never read."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    OTHER = "other"


@dataclass(frozen=True)
class Stat:
    """``mode`` holds the permission bits alone (``0o7777``); ``size`` is in bytes."""

    kind: FileKind
    mode: int
    uid: int
    gid: int
    size: int


@dataclass(frozen=True)
class GuestFacts:
    """Who the guest is, as inspection says. ``distro`` is libguestfs' name; ``version`` is (major, minor).

    ``arch`` uses libguestfs' names (``x86_64``, ``aarch64``, ``ppc64le``, ``s390x``, ``i386``…); ``root`` is the
    device or subvolume the operating system stands on. Unknown strings are empty.
    """

    distro: str
    product: str
    version: tuple[int, int]
    arch: str
    package_format: str
    root: str

    @property
    def family(self) -> str:
        """``debian``, ``redhat``, ``suse``, ``arch`` or ``alpine``, else the distribution's own name."""
        return _FAMILIES.get(self.distro, self.distro)


@dataclass(frozen=True)
class Partition:
    """One partition: ``start`` and ``end`` (inclusive) are byte offsets; ``kind`` is primary, extended or logical.

    ``type`` is the MBR type in hex (``0x83``) or the GPT type GUID in upper case, empty where unknown; ``uuid`` and
    ``label`` are what fstab calls PARTUUID (lower case) and PARTLABEL.
    """

    number: int
    start: int
    end: int
    kind: str = "primary"
    type: str = ""
    uuid: str = ""
    label: str = ""


@dataclass(frozen=True)
class RootDisk:
    """How the root file system lies on its disk. Sizes in bytes; None where it could not be established.

    ``kind`` is ``partition``, ``disk`` (no partition table), ``lvm`` or ``other``. ``number`` is the partition that
    holds the root (or LVM's physical volume). ``filesystem_size`` is what the file system says of itself,
    ``space`` the size of the device below it.
    """

    kind: str
    disk_size: int
    table: str
    partitions: tuple[Partition, ...]
    number: int | None
    filesystem: str
    filesystem_size: int | None
    space: int | None


@dataclass(frozen=True)
class Filesystem:
    """What a partition holds, in blkid's words: ``ext4``, ``xfs``, ``btrfs``, ``vfat`` or ``swap``, and its UUID.

    ``uuid`` is as fstab's ``UUID=`` wants it, empty where there is none.
    """

    type: str
    uuid: str


class Guest(Protocol):
    """A guest's files and facts, read-only.

    Paths are absolute, as the guest sees them; links are resolved inside the guest. Every method may raise
    :class:`GuestError`. Nothing above this protocol may know which reader stands behind it.
    """

    @property
    def facts(self) -> GuestFacts: ...

    @property
    def packages(self) -> Mapping[str, str]:
        """Installed packages: name to version."""

    @property
    def root_disk(self) -> RootDisk:
        """How the root file system lies on its disk."""

    @property
    def filesystems(self) -> Mapping[int, Filesystem]:
        """The file systems and the swap on the image's partitions, by partition number.

        Number 0 is the disk itself, where it has no partition table. What is on LVM is not among them.
        """

    def stat(self, path: str) -> Stat | None:
        """What stands at ``path``, links followed; None where nothing does (a dangling link too)."""

    def lstat(self, path: str) -> Stat | None:
        """What stands at ``path`` itself, a link not followed."""

    def exists(self, path: str) -> bool:
        """Whether :meth:`stat` finds something."""

    def read(self, path: str, limit: int = DEFAULT_LIMIT) -> bytes:
        """The content of a regular file, links followed. Absent, not regular or above ``limit`` bytes: GuestError."""

    def head(self, path: str, length: int) -> bytes:
        """The first ``length`` bytes of a regular file of any size. Absent or not regular: GuestError."""

    def readlink(self, path: str) -> str:
        """The target text of a link, as written."""

    def listdir(self, path: str) -> tuple[str, ...]:
        """The names in a directory, sorted, without ``.`` and ``..``; empty where there is no directory."""

    def glob(self, pattern: str) -> tuple[str, ...]:
        """Paths that match a shell pattern (``*``, ``?``, ``[]`` within one component), sorted."""
