"""What of a guest's files a package brings: so that it can be missing from a guest, and be installed again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

from fake_guest import FakeGuest

from corpus.faults import Change

_CLOUD = ("*cloud-init*", "*/cloudinit/*", "/etc/cloud/*", "*/cloud-config.*", "*/cloud-final.*", "*/cloud-config",
          "*/cloud-final", "/etc/rc*cloud-*", "/etc/init.d/*cloud-*", "/var/lib/cloud")  # fmt: skip
_FILES: dict[str, tuple[str, ...]] = {
    "cloud-init": _CLOUD,
    "qemu-guest-agent": ("*qemu-guest-agent*", "*/qemu-ga*", "/etc/*qemu-ga"),
    "cloud-guest-utils": ("*/growpart",),
    "cloud-utils-growpart": ("*/growpart",),
    "growpart": ("*/growpart",),
    "sfdisk": ("*/sfdisk",),
    "gdisk": ("*/sgdisk",),
    "gptfdisk": ("*/sgdisk",),
    "lvm2": ("*/lvm",),
    "e2fsprogs-extra": ("*/resize2fs",),
    "openssh": ("*/sshd", "*/sshd.service", "*/sshdgenkeys.service", "/etc/ssh/*"),
    "openssh-server": ("*/sshd", "*/sshd.service"),
}
_ENABLING = ("debian", "redhat")
"""Families whose packages enable their services, or have presets that do."""


def holds(name: str, path: str) -> bool:
    """Whether a path is one of the package's."""
    return any(fnmatchcase(path, pattern) for pattern in _FILES.get(name, ()))


def missing(*names: str) -> Change:
    """The guest without these packages; those that it never had do not matter."""

    def change(guest: FakeGuest) -> FakeGuest:
        files = {path: entry for path, entry in guest.files.items() if not any(holds(name, path) for name in names)}
        versions = {name: version for name, version in guest.packages.items() if name not in names}
        return replace(guest, files=files, packages=versions)

    return change


def installed(guest: FakeGuest, names: Iterable[str], healthy: FakeGuest) -> FakeGuest:
    """The guest with packages as the healthy one has them; what a package does not enable itself is off."""
    files, modes = dict(guest.files), dict(guest.modes)
    for path, entry in healthy.files.items():
        link = path.startswith(("/etc/systemd/", "/etc/runlevels/")) and guest.facts.family not in _ENABLING
        if path not in files and any(holds(name, path) for name in names) and not link:
            files[path] = entry
            if path in healthy.modes:
                modes[path] = healthy.modes[path]
    versions = {**guest.packages, **{name: healthy.packages.get(name, "1.0-1") for name in names}}
    return replace(guest, files=files, modes=modes, packages=versions)
