"""Finds the operating system on a disk and all that it mounts, as libguestfs' inspection does, but only if certain."""

from __future__ import annotations

import posixpath
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from remediations.linux import fstab
from wizard.fast.errors import StepAside
from wizard.fast.filesystem import FileSystem
from wizard.fast.tree import Tree
from wizard.fast.volumes import DISK, Device, Volumes, volumes

_FSTAB_LIMIT = 1024 * 1024
_PASSED_OVER = ("/dev", "/proc", "/selinux", "/sys")
_SPEC = re.compile(r"(UUID|LABEL|PARTUUID|PARTLABEL)=(.+)")
_FIRST_DISK = re.compile(r"/dev/(?:[hsv]|xv)da(\d*)")
_OTHER_SYSTEMS = ("/etc/freebsd-update.conf", "/netbsd", "/bsd", "/hurd/console", "/service/vm",
                  "/etc/coreos/update.conf")  # fmt: skip
_BOOT = ("/grub/menu.lst", "/grub/grub.conf", "/grub2/grub.cfg")


@dataclass(frozen=True)
class System:
    """An installed system: ``mounts`` maps mount points to devices, both named as libguestfs names them."""

    root: str
    mounts: dict[str, str]
    tree: Tree
    volumes: Volumes
    filesystem: FileSystem
    """The root's own."""
    opened: Mapping[str, FileSystem]
    """Every file system on the disk, by its device; of a btrfs the default subvolume."""

    @property
    def device(self) -> Device:
        """The device that the root file system is on."""
        name = self.root
        if name.startswith("btrfsvol:"):
            name = _without_subvolume(name, self.volumes)
        return self.volumes.devices[name]


class _Disk:
    """The file systems of a disk, opened once each."""

    def __init__(self, stream: Any) -> None:
        self.volumes = volumes(stream)
        self._btrfs: dict[str, Any] = {}
        self.opened = {name: self._open(device) for name, device in self.volumes.devices.items() if _opens(device)}

    def _open(self, device: Device) -> FileSystem:
        if device.content == "ext":
            from wizard.fast.ext import ExtFileSystem

            return ExtFileSystem(device.stream)
        if device.content == "xfs":
            from wizard.fast.xfs import XfsFileSystem

            return XfsFileSystem(device.stream)
        if device.content == "vfat":
            from wizard.fast.vfat import VfatFileSystem

            return VfatFileSystem(device.stream)
        from wizard.fast.btrfs import BtrfsVolume

        volume = self._btrfs[device.name] = BtrfsVolume(device.stream)
        opened: FileSystem = volume.filesystem(None)
        return opened

    def filesystems(self) -> Iterator[tuple[str, FileSystem]]:
        """All that could be mounted, by libguestfs' names; a btrfs' default subvolume goes by its device's."""
        for name, filesystem in self.opened.items():
            yield name, filesystem
            if (volume := self._btrfs.get(name)) is not None:
                for subvolume in volume.subvolumes():
                    if subvolume != volume.default:
                        yield f"btrfsvol:{name}/{subvolume}", volume.filesystem(subvolume)

    def subvolume(self, name: str, wanted: str) -> tuple[str, FileSystem]:
        """A subvolume of a btrfs, as fstab names it; libguestfs' name for it, and its file system."""
        volume = self._btrfs.get(name)
        plain = wanted.strip("/")
        if volume is None or plain not in volume.subvolumes():
            raise StepAside(f"fstab mounts the subvolume {wanted} of {name}, which is not there")
        return f"btrfsvol:{name}/{wanted}", volume.filesystem(plain)


def _opens(device: Device) -> bool:
    return device.content in ("ext", "xfs", "btrfs", "vfat")


def _without_subvolume(name: str, known: Volumes) -> str:
    rest = name.removeprefix("btrfsvol:")
    return next(device for device in known.devices if rest.startswith(device + "/"))


def find_system(stream: Any) -> System:
    """The one Linux on a disk. StepAside where there is none, or more than one, or something is not certain."""
    disk = _Disk(stream)
    found = [(name, known) for name, known in disk.filesystems() if _is_root(Tree({"/": known}))]
    if len(found) != 1:
        raise StepAside("No Linux was found" if not found else f"{len(found)} systems were found")
    ((root, filesystem),) = found
    mounts = {"/": root}
    opened = {"/": filesystem}
    lines = _read(Tree(opened), "/etc/fstab")
    for raw in lines.split(b"\n"):
        if (fields := raw.split()) and not fields[0].startswith(b"#") and not 4 <= len(fields) <= 6:
            raise StepAside("/etc/fstab has a line that is not understood")
    for entry in sorted(fstab.entries(lines), key=lambda known: (len(known.point), known.point)):
        resolved = _resolve(disk, entry, root)
        if resolved is None:
            continue
        name, mounted = resolved
        if entry.point == "/":
            # A btrfs' default subvolume goes by its device's name, or by its own.
            if mounted.root != filesystem.root or mounted.uuid != filesystem.uuid:
                raise StepAside(f"fstab mounts {name} on /, but the system is on {root}")
            mounts["/"] = name
            continue
        if entry.point in mounts:
            raise StepAside(f"fstab mounts two things on {entry.point}")
        _require_mount_point(Tree(opened), entry.point)
        mounts[entry.point], opened[entry.point] = name, mounted
    return System(root, mounts, Tree(opened), disk.volumes, filesystem, disk.opened)


def _is_root(tree: Tree) -> bool:
    """Whether this file system holds a Linux; StepAside where it may be the root of something else."""
    if any(_kind(tree, path) == stat.S_IFREG for path in _BOOT):
        return False
    if other := next((path for path in _OTHER_SYSTEMS if _kind(tree, path)), ""):
        raise StepAside(f"There is {other}, which other systems than plain Linux have")
    for path in ("/Windows", "/WINDOWS", "/windows", "/WINNT", "/FDOS", "/DOS"):
        if _kind(tree, path) == stat.S_IFDIR:
            raise StepAside(f"There is {path}, which other systems than Linux have")
    if _kind(tree, "/etc") != stat.S_IFDIR:
        return False
    programs = tree.find(b"/bin", follow=False)
    if programs is None:
        return False
    if stat.S_ISLNK(programs.node.mode):
        if programs.filesystem.readlink(programs.node) not in (b"usr/bin", b"/usr/bin"):
            return False
    elif not stat.S_ISDIR(programs.node.mode):
        return False
    return stat.S_IFREG in (_kind(tree, "/etc/fstab"), _kind(tree, "/etc/hosts"))


def _kind(tree: Tree, path: str) -> int:
    place = tree.find(path.encode(), follow=False)
    return stat.S_IFMT(place.node.mode) if place else 0


def _read(tree: Tree, path: str) -> bytes:
    place = tree.find(path.encode())
    if place is None:
        return b""
    if not stat.S_ISREG(place.node.mode) or place.node.size > _FSTAB_LIMIT:
        raise StepAside(f"{path} is no small regular file")
    return place.filesystem.read(place.node, place.node.size)


def _require_mount_point(tree: Tree, point: str) -> None:
    for path in _folders(point):
        if _kind(tree, path) != stat.S_IFDIR:
            raise StepAside(f"fstab mounts something on {point}, but {path} is no directory")


def _folders(point: str) -> list[str]:
    parts = point.strip("/").split("/")
    return ["/" + "/".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _resolve(disk: _Disk, entry: fstab.Entry, root: str) -> tuple[str, FileSystem] | None:
    """The device of an entry and its file system; None where inspection passes the entry over."""
    point = entry.point
    if not point.startswith("/") or entry.removable:
        return None
    if any(point == passed or point.startswith(passed + "/") for passed in (*_PASSED_OVER, "/media")):
        return None
    name = _device(disk, entry.device, root)
    if name is None or name not in disk.opened:
        if entry.at_boot:
            raise StepAside(f"fstab mounts {entry.device} on {point}, which was not found")
        if name is not None or entry.device.startswith("/dev/"):
            raise StepAside(f"fstab names {entry.device}, which is not understood")
        return None
    if entry.kind == "btrfs":
        wanted = [option.partition("=")[2] for option in entry.options if option.startswith("subvol=")]
        if wanted:
            return disk.subvolume(name, wanted[0])
        if any(option.startswith("subvolid=") for option in entry.options):
            raise StepAside(f"fstab mounts a subvolume on {point} by its number")
    return name, disk.opened[name]


def _device(disk: _Disk, spec: str, root: str) -> str | None:
    """The device of the image that fstab's first field means; None where it means none of them."""
    if tagged := _SPEC.fullmatch(spec):
        return _tagged(disk, tagged[1], tagged[2].strip("\"'"))
    if spec == "/dev/root":
        return root
    if spec.startswith("/dev/disk/by-uuid/"):
        return _tagged(disk, "UUID", posixpath.basename(spec))
    if found := _FIRST_DISK.fullmatch(spec):
        return f"{DISK}{found[1]}" if f"{DISK}{found[1]}" in disk.volumes.devices else None
    if spec.startswith("/dev/mapper/"):
        # Device mapper doubles the hyphens of both names and joins them with one.
        escaped = posixpath.basename(spec)
        names = {
            f"{volume.group}/{volume.name.rsplit('/', 1)[1]}".replace("-", "--").replace("/", "-"): name
            for name, device in disk.volumes.devices.items()
            if (volume := device.logical) is not None
        }
        return names.get(escaped)
    return spec if spec in disk.volumes.devices else None


def _tagged(disk: _Disk, tag: str, value: str) -> str | None:
    found = []
    for name, device in disk.volumes.devices.items():
        known = disk.opened.get(name)
        partition = device.partition
        its = {
            "UUID": known.uuid if known else "",
            "LABEL": known.label if known else "",
            "PARTUUID": partition.uuid if partition else "",
            "PARTLABEL": partition.label if partition else "",
        }[tag]
        if its and (its == value or (tag in ("UUID", "PARTUUID") and its.lower() == value.lower())):
            found.append(name)
    if len(found) > 1:
        raise StepAside(f"{tag}={value} is there more than once")
    return found[0] if found else None
