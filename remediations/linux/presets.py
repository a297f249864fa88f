"""systemd presets, and whether the next boot is a first boot, which is when they are applied.

Source: systemd.preset(5), machine-id(5). On a first boot PID 1 runs the equivalent of ``systemctl preset-all``; as
Debian and Ubuntu build it, that only enables (``first-boot-full-preset`` is off), so links that exist stay.
"""

from __future__ import annotations

import fnmatch

from remediations.guest import FileKind, Guest
from remediations.linux.text import numbered
from remediations.vocabulary import Evidence

MACHINE_ID = "/etc/machine-id"
FOLDERS = (
    "/etc/systemd/system-preset",
    "/usr/local/lib/systemd/system-preset",
    "/usr/lib/systemd/system-preset",
    "/lib/systemd/system-preset",
)


def first_boot(guest: Guest) -> Evidence | None:
    """Evidence that systemd will take the next boot for a first one; None where it will not.

    That is where the machine ID is absent or says ``uninitialized``; an empty file is no first boot.
    """
    found = guest.stat(MACHINE_ID)
    if found is None:
        return Evidence(MACHINE_ID, text="absent: the next boot is a first boot, which applies the presets")
    if found.kind is FileKind.FILE and guest.read(MACHINE_ID, 4096).strip() == b"uninitialized":
        return Evidence(MACHINE_ID, 1, "uninitialized")
    return None


def enables(guest: Guest, unit: str) -> bool:
    """Whether the presets enable ``unit``: the first rule that matches, in file name order; without one, yes."""
    files: dict[str, str] = {}
    for folder in FOLDERS:
        for name in guest.listdir(folder):
            if name.endswith(".preset"):
                files.setdefault(name, f"{folder}/{name}")
    for name in sorted(files):
        found = guest.stat(files[name])
        if found is None or found.kind is not FileKind.FILE:  # a link to /dev/null switches a preset file off
            continue
        for _, line in numbered(guest.read(files[name])):
            words = line.split()
            if len(words) >= 2 and words[0] in ("enable", "disable", "ignore") and fnmatch.fnmatchcase(unit, words[1]):
                return words[0] == "enable"
    return True
