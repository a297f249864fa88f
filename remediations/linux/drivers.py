"""Which drivers a kernel has built in, has as modules, and has in its initial RAM disk."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from remediations.guest import FileKind, Guest, GuestError
from remediations.linux import initramfs
from remediations.linux.text import decode, numbered

OPTIONS = {
    "virtio_blk": "CONFIG_VIRTIO_BLK",
    "virtio_net": "CONFIG_VIRTIO_NET",
    "virtio_pci": "CONFIG_VIRTIO_PCI",
    "virtio_scsi": "CONFIG_SCSI_VIRTIO",
    "virtio_ccw": "CONFIG_VIRTIO_CCW",
}
_FOLDERS = ("/lib/modules", "/usr/lib/modules")
_MODULE = re.compile(r"([\w-]+)\.ko(?:\.(?:gz|xz|zst))?")
_LARGEST = 16 * 1024**2


def built_in(guest: Guest, release: str) -> frozenset[str]:
    """The drivers of :data:`OPTIONS` that are part of the kernel itself."""
    found = _listed(guest, release, "modules.builtin")
    for path in (f"/boot/config-{release}", *(f"{folder}/{release}/config" for folder in _FOLDERS)):
        if _is_file(guest, path):
            enabled = {line.strip() for _, line in numbered(guest.read(path))}
            found |= {name for name, option in OPTIONS.items() if f"{option}=y" in enabled}
    return frozenset(found)


def modules(guest: Guest, release: str) -> frozenset[str] | None:
    """The drivers that the kernel has as modules; None where it has no list of them."""
    if not any(_is_file(guest, f"{folder}/{release}/modules.dep") for folder in _FOLDERS):
        return None
    return frozenset(_listed(guest, release, "modules.dep"))


def missing_in(guest: Guest, path: str, wanted: frozenset[str]) -> frozenset[str]:
    """Those of some drivers that an initial RAM disk has no module of. GuestError where it cannot be read."""
    return _missing(initramfs.names(guest, path), wanted, path)


def missing_in_content(content: bytes, path: str, wanted: frozenset[str]) -> frozenset[str]:
    """As :func:`missing_in`, of the file's content."""
    return _missing(initramfs.names_in(content, path), wanted, path)


def _missing(names: Iterator[str], wanted: frozenset[str], path: str) -> frozenset[str]:
    left = set(wanted)
    for name in names:
        left.discard(module(name))
        if not left:
            break
        if posixpath.basename(name) in ("squashfs-root.img", "squash-root.img"):
            raise GuestError(f"{path}: its modules are packed into a squashfs, which is not read here")
    return frozenset(left)


def module(path: str) -> str:
    """The name of a module by its file, empty for another file."""
    matched = _MODULE.fullmatch(posixpath.basename(path))
    return matched[1].replace("-", "_") if matched else ""


def _listed(guest: Guest, release: str, name: str) -> set[str]:
    found: set[str] = set()
    for path in (f"{folder}/{release}/{name}" for folder in _FOLDERS):
        if _is_file(guest, path):
            lines = decode(guest.read(path, _LARGEST)).split("\n")
            found |= {module(line.partition(":")[0].strip()) for line in lines} - {""}
    return found


def _is_file(guest: Guest, path: str) -> bool:
    found = guest.stat(path)
    return found is not None and found.kind is FileKind.FILE
