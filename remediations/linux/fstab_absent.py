"""What fstab has a boot wait for and an instance does not have: drives, and file systems of disks left behind.

Source: systemd.mount(5): without ``nofail`` or ``noauto`` a boot needs the file system; fstab(5).
"""

from __future__ import annotations

import re
from functools import partial

from remediations.guest import Guest
from remediations.linux import fstab
from remediations.linux.fault import Edit, Fault
from remediations.linux.init_system import Init, detect
from remediations.linux.text import decode, encode, numbered, split_lines
from remediations.vocabulary import Evidence

_PATH = "/etc/fstab"
_LATER = frozenset(("noauto", "nofail", "x-systemd.automount"))
_UUID = re.compile(r"(?:(PART)?UUID=|/dev/disk/by-(part)?uuid/)[\"']?([0-9A-Fa-f-]{4,})[\"']?")
_OPTIONS = re.compile(r"\s*(?:\S+\s+){3}\S+")
_NO_FILES = frozenset(
    (
        "21686148-6449-6E6F-744E-656564454649",  # BIOS boot
        "9E1A2D38-C612-4316-AA26-8B49521E5A8B",  # PReP
        "0x41",
    )
)


def faults(guest: Guest) -> list[Fault]:
    """The lines to which ``nofail`` is to be added, or that have to go."""
    if not guest.exists(_PATH):
        return []
    found = [
        (Evidence(_PATH, number, line), entry)
        for number, line in numbered(guest.read(_PATH))
        for entry in fstab.entries(encode(line))
        if not _LATER.intersection(entry.options)
    ]
    return [*_drives(guest, found), *_left_behind(guest, found)]


def _drives(guest: Guest, found: list[tuple[Evidence, fstab.Entry]]) -> list[Fault]:
    """CD and floppy drives, for which systemd waits as for any other."""
    places = [(place, entry) for place, entry in found if entry.removable]
    if not places or detect(guest) is not Init.SYSTEMD:
        return []
    return [_fault(places, f"fstab wants {places[0][1].device} at boot, a drive that an instance does not have")]


def _left_behind(guest: Guest, found: list[tuple[Evidence, fstab.Entry]]) -> list[Fault]:
    """File systems by the UUID of none in the image, where all in it are known."""
    places = [
        (place, entry)
        for place, entry in found
        if (entry.at_boot or entry.kind == "swap") and is_absent(guest, entry.device)
    ]
    faults = []
    for place, entry in (known for known in places if known[1].point == "/"):
        sentence = f"fstab says that the root is {entry.device}, which the image does not hold"
        faults.append(Fault(sentence, (place,), obstacle=f"Name the root's own UUID in line {place.line} of {_PATH}"))
    if others := [(place, entry) for place, entry in places if entry.point != "/"]:
        faults.append(_fault(others, f"fstab wants {others[0][1].device} at boot, which the image does not hold"))
    return faults


def is_absent(guest: Guest, device: str) -> bool:
    """Whether a UUID (``UUID=…``, ``PARTUUID=…``) is surely of nothing in the image."""
    found = _UUID.fullmatch(device)
    if found is None:
        return False
    known = _partitions(guest) if found[1] or found[2] else _filesystems(guest)
    return known is not None and found[3].lower() not in known


def _partitions(guest: Guest) -> frozenset[str] | None:
    """The UUIDs of the image's partitions; None where one is not known."""
    known = [part.uuid.lower() for part in guest.root_disk.partitions]
    return frozenset(known) if known and all(known) else None


def _filesystems(guest: Guest) -> frozenset[str] | None:
    """The UUIDs of what the image's partitions hold; None where one may hold others (LVM, encryption)."""
    disk = guest.root_disk
    if disk.kind == "partition":
        numbers = {part.number for part in disk.partitions if part.kind != "extended" and part.type not in _NO_FILES}
    elif disk.kind == "disk":
        numbers = {0}
    else:
        return None
    if not numbers or not numbers <= guest.filesystems.keys():
        return None
    return frozenset(found.uuid.lower() for found in guest.filesystems.values())


def _fault(places: list[tuple[Evidence, fstab.Entry]], sentence: str) -> Fault:
    numbers = frozenset(place.line for place, _ in places if place.line)
    edit = Edit(_PATH, partial(not_waiting, numbers=numbers))
    return Fault(sentence, tuple(place for place, _ in places), edits=(edit,))


def not_waiting(content: bytes, numbers: frozenset[int]) -> bytes:
    """fstab with the option ``nofail`` in the lines of these numbers, from 1."""
    lines = split_lines(content)
    for number in numbers:
        text = decode(lines[number - 1])
        found = _OPTIONS.match(text)
        end = found.end() if found else len(text.rstrip())
        lines[number - 1] = encode(f"{text[:end]}{',' if found else ' '}nofail{text[end:]}")
    return b"".join(lines)
