"""systemd presets, and whether the next boot is a first boot, which is when they are applied.

Source: systemd.preset(5), machine-id(5). On a first boot PID 1 runs the equivalent of ``systemctl preset-all``. As most
distributions build it, that only enables, so links that exist stay; Fedora since 36 and Red Hat since 9 build it with
``first-boot-full-preset``, which also disables: there a unit keeps its links only where a preset enables it.
"""

from __future__ import annotations

import fnmatch

from remediations.guest import FileKind, Guest
from remediations.linux.text import numbered
from remediations.vocabulary import Evidence, MakeDirectory, Step, WriteFile

MACHINE_ID = "/etc/machine-id"
OWN = "/etc/systemd/system-preset"
_FULL = {"fedora": (36, 0)}
_FULL_OF_FAMILY = {"redhat": (9, 0)}
FOLDERS = (
    OWN,
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


def disables_too(guest: Guest) -> bool:
    """Whether a first boot of this distribution disables what the presets do not enable."""
    facts = guest.facts
    since = _FULL.get(facts.distro) or _FULL_OF_FAMILY.get(facts.family)
    return since is not None and (facts.version >= since or facts.version == (0, 0))


def enables(guest: Guest, unit: str) -> bool:
    """Whether the presets enable ``unit``: the first rule that matches, in file name order; without one, yes."""
    verdict, _ = rule(guest, unit)
    return verdict in ("enable", None)


def rule(guest: Guest, unit: str) -> tuple[str | None, Evidence | None]:
    """The first preset rule that matches a unit: ``enable``, ``disable`` or ``ignore``, and its line."""
    files: dict[str, str] = {}
    for folder in FOLDERS:
        for name in guest.listdir(folder):
            if name.endswith(".preset"):
                files.setdefault(name, f"{folder}/{name}")
    for name in sorted(files):
        found = guest.stat(files[name])
        if found is None or found.kind is not FileKind.FILE:  # a link to /dev/null switches a preset file off
            continue
        for number, line in numbered(guest.read(files[name])):
            words = line.split()
            if len(words) >= 2 and words[0] in ("enable", "disable", "ignore") and fnmatch.fnmatchcase(unit, words[1]):
                return words[0], Evidence(files[name], number, line)
    return None, None


def undone(guest: Guest, unit: str) -> tuple[Evidence, ...]:
    """Evidence that a first boot disables ``unit`` whatever links it has; empty where no first boot is to come."""
    first = first_boot(guest) if disables_too(guest) else None
    verdict, place = rule(guest, unit) if first is not None else (None, None)
    return (first, place) if verdict == "disable" and first is not None and place is not None else ()


def keep_steps(guest: Guest, unit: str) -> tuple[Step, ...]:
    """A preset of the administrator's that keeps an enabled unit enabled, where a first boot would disable it.

    Also where no first boot is to come yet: whoever makes an image of the guest may ask for one.
    """
    if not disables_too(guest) or rule(guest, unit)[0] != "disable":
        return ()
    return (
        MakeDirectory(OWN),
        WriteFile(f"{OWN}/00-{unit}.preset", f"enable {unit}\n".encode()),
    )
