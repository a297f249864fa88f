"""Whether systemd-repart grows the root partition at boot. Source: repart.d(5), systemd-repart(8)."""

from __future__ import annotations

from remediations.guest import FileKind, Guest, RootDisk
from remediations.linux import grow_tools, systemd
from remediations.vocabulary import Evidence

_FOLDERS = ("/etc/repart.d", "/usr/local/lib/repart.d", "/usr/lib/repart.d")
_TYPES = {
    "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709": ("root-x86-64", "x86_64"),
    "B921B045-1DF0-41C3-AF44-4C6F280D3FAE": ("root-arm64", "aarch64"),
    "C31C45E6-3F39-412E-80FB-4809C4980599": ("root-ppc64-le", "ppc64le"),
    "5EEAD9A9-FE09-4A1E-A1D7-520D00531306": ("root-s390x", "s390x"),
    "0FC63DAF-8483-4772-8E79-3D69D8477DE4": ("linux-generic", ""),
}
_SIZES = ("SizeMaxBytes", "Weight", "Priority", "MatchPartitionLabel")
"""Settings that may keep a partition from taking all that is free."""


def growing(guest: Guest, disk: RootDisk) -> tuple[Evidence, ...]:
    """The definition by which systemd-repart gives the root partition the whole disk; empty where that is not sure.

    That is a single definition, of the root partition's own type, without a limit.
    """
    own = next((known for known in disk.partitions if known.number == disk.number), None)
    if disk.table != "gpt" or own is None or own.type not in _TYPES or not _starts(guest):
        return ()
    if sum(known.type == own.type for known in disk.partitions) > 1:
        return ()
    name, arch = _TYPES[own.type]
    wanted = {own.type.lower(), name, *(("root",) if arch == guest.facts.arch else ())}
    defined = _definitions(guest)
    if len(defined) != 1:
        return ()
    settings = {key: value for section, key, value in systemd.unit_settings(guest.read(defined[0]))}
    if settings.get("Type", "").lower() not in wanted or any(key in settings for key in _SIZES):
        return ()
    return (Evidence(defined[0], text=f"Type={settings['Type']}"),)


def _definitions(guest: Guest) -> list[str]:
    """The files that count: of one name the strongest, none where that is switched off."""
    found: dict[str, str] = {}
    for folder in _FOLDERS:
        for name in guest.listdir(folder):
            if name.endswith(".conf"):
                found.setdefault(name, f"{folder}/{name}")
    kept = []
    for path in found.values():
        stat = guest.stat(path)
        if stat is not None and stat.kind is FileKind.FILE:
            kept.append(path)
    return kept


def _starts(guest: Guest) -> bool:
    unit = systemd.find_unit(guest, "systemd-repart.service")
    return grow_tools.path(guest, "systemd-repart") is not None and bool(systemd.starting_links(guest, unit))
