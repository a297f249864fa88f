"""growroot: a hook of the initial RAM disk that grows the root partition before it is mounted.

Source: cloud-initramfs-tools' growroot script, and its counterpart for dracut on EL 6.
"""

from __future__ import annotations

from dataclasses import dataclass

from remediations.guest import FileKind, Guest, GuestError
from remediations.linux import initramfs, initrds
from remediations.linux.fault import Fault, removal, with_steps
from remediations.linux.initramfs_rebuild import rebuild
from remediations.linux.kernels import kernels
from remediations.vocabulary import Evidence

PACKAGES = ("cloud-initramfs-growroot", "dracut-modules-growroot")
DISABLED = "/etc/growroot-disabled"
_DONE = ("/etc/growroot-grown", "/var/lib/cloud/instance/root-grown")


def package(guest: Guest) -> str:
    """The package of growroot that is installed; empty where none is."""
    return next((name for name in PACKAGES if name in guest.packages), "")


def disabled(guest: Guest) -> list[Fault]:
    """The file that switches growing off, for growroot and for cloud-init's growpart."""
    found = guest.stat(DISABLED)
    if found is None or found.kind is not FileKind.FILE:
        return []
    place = Evidence(DISABLED, text="its presence disables growing")
    return [removal(guest, DISABLED, f"{DISABLED} disables growing", (place,))]


def faults(guest: Guest) -> list[Fault]:
    """What keeps an installed growroot from growing the root at every boot."""
    found = disabled(guest)
    for path in _DONE:
        if guest.exists(path):
            place = Evidence(path, text="its presence tells growroot that the work is done")
            found.append(removal(guest, path, f"{path} keeps growroot from running", (place,)))
    booted = [(kernel.release, path) for kernel in kernels(guest) for path in initrds.of_kernel(guest, kernel.release)]
    if not booted:
        found.append(Fault("growroot runs in the initial RAM disk, and /boot has none", certain=False))
    for release, path in booted:
        found += _in_initrd(guest, release, path)
    return found


def _in_initrd(guest: Guest, release: str, path: str) -> list[Fault]:
    try:
        if any("growroot" in name for name in initramfs.names(guest, path)):
            return []
    except GuestError as error:
        return [Fault(f"Whether growroot is in the initial RAM disk is not known ({error})", certain=False)]
    place = Evidence(path, text="no growroot in it")
    sentence = f"growroot is installed, but not in {path}: it was not made again since"
    return [with_steps(sentence, (place,), lambda: (rebuild(guest, release, path, _HasGrowroot(path)),))]


@dataclass(frozen=True)
class _HasGrowroot:
    """Accepts an initial RAM disk with growroot in it; equal to another for the same file, as plans are compared."""

    path: str

    def __call__(self, before: bytes, after: bytes) -> str | None:
        try:
            found = any("growroot" in name for name in initramfs.names_in(after, self.path))
        except GuestError as error:
            return str(error)
        return None if found else f"{self.path} has no growroot after all"
