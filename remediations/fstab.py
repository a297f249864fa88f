"""File systems are named by what they hold, not by the machine's names for disks, which change with the hypervisor.

Source: fstab(5), bootparam(7). A missing file system makes systemd wait and then stop in emergency mode.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from remediations.guest import Guest
from remediations.linux import fstab, fstab_absent, root_argument
from remediations.linux.coverage import EVERY_FAMILY
from remediations.linux.disk_names import disk_name, is_root, lasting
from remediations.linux.fault import Edit, Fault, plan_for, verdict
from remediations.linux.kernel_arguments import arguments
from remediations.linux.text import decode, encode, numbered, split_lines
from remediations.vocabulary import Evidence, Finding, Level, Plan, PlanError, Requirement, Settings, Status

FSTAB = "/etc/fstab"
_FIRST_FIELD = re.compile(r"(\s*)(\S+)")


def check(guest: Guest, settings: Settings) -> Finding:
    """Pass where every file system and swap that a boot uses goes by UUID, label or a name of LVM's, the root too.

    One that the image does not hold fails however it is named.
    """
    return verdict(_faults(guest), lambda: _passing(guest))


def plan(guest: Guest, settings: Settings) -> Plan:
    """Put the UUID of what is there in place of each name; what is not there need not be."""
    return plan_for(guest, _faults(guest), "Names file systems by UUID in place of the machine's names for disks")


def _faults(guest: Guest) -> list[Fault]:
    named = [(place, entry, name) for place, entry in _used(guest) if (name := disk_name(entry.device)) is not None]
    root = next((name for _, entry, name in named if entry.point == "/"), None)
    specs: dict[str, str] = {}
    places: list[Evidence] = []
    faults = []
    for place, entry, name in named:
        try:
            if entry.point == "/" and not is_root(guest, name):
                raise PlanError(f"{FSTAB} says that the root is on {entry.device}, and the image's is elsewhere")
            specs[entry.device] = lasting(guest, name, root, entry.kind)
            places.append(place)
        except PlanError as error:
            # A disk that may be missing is missing.
            if "nofail" not in entry.options:
                advice = f"line {place.line} of {FSTAB}: {error}"
                faults.append(Fault(_sentence([entry.device]), (place,), obstacle=advice))
    if specs:
        edit = Edit(FSTAB, partial(renamed, specs=specs))
        faults.append(Fault(_sentence([*specs]), tuple(places), edits=(edit,)))
    faults += [*fstab_absent.faults(guest), *root_argument.faults(guest)]
    if faults or arguments(guest).named("root") or any(entry.point == "/" for _, entry in _used(guest)):
        return faults
    sentence = f"neither {FSTAB} nor a boot loader says where the root is"
    advice = f"Look by hand at where the root file system comes from, and name it in {FSTAB}"
    return [Fault(sentence, (Evidence(FSTAB, text="without an entry for /"),), obstacle=advice, certain=False)]


def _sentence(devices: list[str]) -> str:
    others = f" and {len(devices) - 1} more" if len(devices) > 1 else ""
    return f"fstab goes by {devices[0]}{others}, which another machine calls something else"


def _used(guest: Guest) -> list[tuple[Evidence, fstab.Entry]]:
    """The lines of fstab that a boot mounts or swaps to."""
    lines = numbered(guest.read(FSTAB)) if guest.exists(FSTAB) else []
    return [
        (Evidence(FSTAB, number, line), entry)
        for number, line in lines
        for entry in fstab.entries(encode(line))
        if entry.at_boot or (entry.kind == "swap" and "noauto" not in entry.options)
    ]


def renamed(content: bytes, specs: Mapping[str, str]) -> bytes:
    """fstab with another first field in every line whose first field is one of ``specs``."""
    lines = split_lines(content)
    for index, line in enumerate(lines):
        found = _FIRST_FIELD.match(decode(line))
        if found is not None and found[2] in specs:
            lines[index] = encode(f"{found[1]}{specs[found[2]]}{decode(line)[found.end() :]}")
    return b"".join(lines)


def _passing(guest: Guest) -> Finding:
    roots = [place for _, place in arguments(guest).named("root")]
    places = (*(place for place, _ in _used(guest)), *roots) or (Evidence(FSTAB, text="names no file system"),)
    return Finding(
        Status.PASS, "What a boot mounts goes by names that no machine changes", tuple(dict.fromkeys(places))
    )


REQUIREMENT = Requirement(
    id="fstab",
    title="File systems are named by UUID or label",
    level=Level.RECOMMENDED,
    guide="",
    check=check,
    plan=plan,
    complete_for=EVERY_FAMILY,
)
