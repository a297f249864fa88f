"""Which initial RAM disk a kernel boots with, by the names that distributions give them."""

from __future__ import annotations

from remediations.guest import FileKind, Guest

_BY_RELEASE = (
    "/boot/initrd.img-{release}",  # Debian, Ubuntu
    "/boot/initramfs-{release}.img",  # Red Hat
    "/boot/initrd-{release}",  # SUSE
    "/boot/initrd-{release}.img",
    "/boot/*/{release}/initrd",  # the boot loader specification's entries, as kernel-install makes them
    "/boot/efi/*/{release}/initrd",
    "/efi/*/{release}/initrd",
    "/boot/efi/*/{release}/initrd-*",  # sdbootutil's, with the sum of their content
    "/boot/*/{release}/initrd-*",
    "/efi/*/{release}/initrd-*",
)


def of_kernel(guest: Guest, release: str) -> tuple[str, ...]:
    """The initial RAM disks of one kernel; empty where none was found, so that it boots without."""
    patterns = [form.format(release=release) for form in _BY_RELEASE]
    # Alpine names it for the kernel's flavour, Arch for the kernel's package.
    patterns.append(f"/boot/initramfs-{release.rpartition('-')[2]}")
    if package := _package(guest, release):
        patterns.append(f"/boot/initramfs-{package}.img")
    found = (path for pattern in patterns for path in guest.glob(pattern))
    return tuple(path for path in dict.fromkeys(found) if _is_file(guest, path))


def _package(guest: Guest, release: str) -> str:
    path = f"/usr/lib/modules/{release}/pkgbase"
    if not _is_file(guest, path):
        return ""
    name = guest.read(path, 4096).decode("utf-8", "surrogateescape").strip()
    return name if name and not set(name) & set("/*?[]") else ""


def _is_file(guest: Guest, path: str) -> bool:
    found = guest.stat(path)
    return found is not None and found.kind is FileKind.FILE
