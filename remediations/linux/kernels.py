"""The kernels that a guest can boot, by the names of their files."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from remediations.guest import Guest
from remediations.vocabulary import Evidence

_IMAGES = ("/boot/vmlinuz-*", "/boot/vmlinux-*", "/boot/[Ii]mage-*", "/vmlinuz-*")
_MODULES = ("/lib/modules", "/usr/lib/modules")
_RELEASE = re.compile(r"(\d+)\.(\d+)(?:[.-].*)?")


@dataclass(frozen=True)
class Kernel:
    """A kernel: its release as ``uname -r`` says, (major, minor), and where its name was found."""

    release: str
    version: tuple[int, int]
    evidence: Evidence


def kernels(guest: Guest) -> tuple[Kernel, ...]:
    """The kernels with an image, newest last; those with modules alone where /boot shows no image (a PXE guest)."""
    images = [path for pattern in _IMAGES for path in guest.glob(pattern)]
    found = [_kernel(posixpath.basename(path).partition("-")[2], path) for path in images]
    if not any(found):
        found = [_kernel(name, f"{folder}/{name}") for folder in _MODULES for name in guest.listdir(folder)]
    named = {kernel.release: kernel for kernel in reversed(found) if kernel}
    return tuple(sorted(named.values(), key=lambda kernel: (kernel.version, kernel.release)))


def _kernel(release: str, path: str) -> Kernel | None:
    matched = _RELEASE.fullmatch(release)
    if matched is None or max(len(matched[1]), len(matched[2])) > 4:
        return None
    return Kernel(release, (int(matched[1]), int(matched[2])), Evidence(path))
