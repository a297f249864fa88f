"""No machine ID is baked in: instances that share one get each other's DHCP leases.

Source: machine-id(5), dbus-uuidgen(1). systemd fills an empty ``/etc/machine-id`` at boot, and does not take that boot
for a first one, as it would with an absent file. It takes D-Bus' own copy for the new ID where that is a file, so both
go. Other init systems leave the ID to ``dbus-uuidgen --ensure``, which wants no file there at all.
"""

from __future__ import annotations

from remediations.guest import FileKind, Guest
from remediations.linux.coverage import EVERY_FAMILY
from remediations.linux.fault import Fault, plan_for, verdict
from remediations.linux.init_system import Init, detect
from remediations.linux.kernel_arguments import arguments
from remediations.linux.presets import MACHINE_ID
from remediations.linux.systemd import link_target
from remediations.linux.text import decode
from remediations.vocabulary import (
    Evidence,
    Finding,
    Level,
    MakeLink,
    Plan,
    RemoveFile,
    Requirement,
    Settings,
    Status,
    Step,
    WriteFile,
)

DBUS = "/var/lib/dbus/machine-id"
_LONGEST = 4096
_ARGUMENT = "systemd.machine_id"


def check(guest: Guest, settings: Settings) -> Finding:
    """Pass where ``/etc/machine-id`` is absent, empty or ``uninitialized``, and D-Bus has no copy of its own."""
    return verdict(_faults(guest), lambda: _passing(guest))


def plan(guest: Guest, settings: Settings) -> Plan:
    """Empty the file and let D-Bus' copy be a link to it; without systemd, remove both."""
    return plan_for(guest, _faults(guest), "Empties the machine ID, so that each instance gets its own at boot")


def _faults(guest: Guest) -> list[Fault]:
    systemd = detect(guest) is Init.SYSTEMD
    found = []
    if fault := _baked_in(guest, MACHINE_ID, _emptying(guest) if systemd else (RemoveFile(MACHINE_ID),)):
        found.append(fault)
    own = guest.lstat(DBUS)
    if own is not None and own.kind is FileKind.LINK and link_target(guest, DBUS) == MACHINE_ID:
        own = None
    steps = (MakeLink(DBUS, MACHINE_ID),) if systemd else (RemoveFile(DBUS),)
    if own is not None and (fault := _baked_in(guest, DBUS, steps)):
        found.append(fault)
    return [*found, *_passed(guest)] if systemd else found


def _baked_in(guest: Guest, path: str, steps: tuple[Step, ...]) -> Fault | None:
    found = guest.lstat(path)
    if found is None:
        return None
    real = guest.stat(path)
    if real is None or real.kind is not FileKind.FILE:
        what = "a link that leads nowhere" if real is None else "no regular file"
        return Fault(f"{path} is {what}", (Evidence(path),), obstacle=f"Put an empty file at {path}", certain=False)
    content = guest.read(path, _LONGEST).strip()
    if content in (b"", b"uninitialized"):
        return None
    shown = Evidence(path, 1, decode(content.split(b"\n")[0]))
    return Fault(f"{path} holds an ID, which every instance will share", (shown,), steps)


def _emptying(guest: Guest) -> tuple[Step, ...]:
    empty = WriteFile(MACHINE_ID, b"", 0o444)
    found = guest.lstat(MACHINE_ID)
    if found is not None and found.kind is FileKind.LINK and link_target(guest, MACHINE_ID) == DBUS:
        return (RemoveFile(MACHINE_ID), empty)  # D-Bus' file becomes a link the other way round
    return (empty,)


def _passed(guest: Guest) -> list[Fault]:
    """An ID that the boot loader passes outweighs the file."""
    return [
        Fault(
            f"The boot loader passes the machine ID {_ARGUMENT}={value}",
            (place,),
            obstacle=f"Remove {_ARGUMENT}= from {place.path}",
        )
        for value, place in arguments(guest).named(_ARGUMENT)
        if value != "firmware"
    ]


def _passing(guest: Guest) -> Finding:
    found = guest.stat(MACHINE_ID)
    if found is None:
        return Finding(Status.PASS, "The image holds no machine ID", (Evidence(MACHINE_ID, text="absent"),))
    shown = decode(guest.read(MACHINE_ID, _LONGEST).strip()) or "empty"
    return Finding(Status.PASS, "Each instance gets a machine ID of its own", (Evidence(MACHINE_ID, text=shown),))


REQUIREMENT = Requirement(
    id="machine-id",
    title="No machine ID is baked in",
    level=Level.RECOMMENDED,
    guide="",
    check=check,
    plan=plan,
    complete_for=EVERY_FAMILY,
)
