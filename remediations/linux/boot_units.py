"""What systemd runs at boot: the started units with their command lines, found from the targets downwards."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

from remediations.guest import Guest, GuestError
from remediations.linux import systemd
from remediations.linux.boot_scripts import Command
from remediations.vocabulary import Evidence

_EXEC = ("ExecStartPre", "ExecStart", "ExecStartPost")
_FOLLOWED = ("Wants", "Requires", "BindsTo", "Upholds", "Sockets", "Unit", "Service")
_MOST_UNITS = 1500


@dataclass(frozen=True)
class StartedUnit:
    """A unit that a boot starts, by itself or through a timer, path or socket, and the commands it runs."""

    name: str
    path: str
    commands: tuple[Command, ...]


def started_units(guest: Guest, also: Sequence[str] = ()) -> list[StartedUnit]:
    """Every unit that a boot starts, whatever conditions it sets itself, and what would come with those of ``also``.

    Raises GuestError where there are too many.
    """
    pulled: dict[str, list[str]] = {}
    drop_ins: dict[str, dict[str, str]] = {}
    there: set[str] = set()
    for folder in systemd.folders(guest):
        there |= {*guest.listdir(folder)}
        for kind in ("wants", "requires", "upholds"):
            for link in guest.glob(f"{folder}/*.{kind}/*"):
                pulled.setdefault(systemd.puller(link), []).append(posixpath.basename(link))
        for path in guest.glob(f"{folder}/*.d/*.conf"):
            owner = posixpath.basename(posixpath.dirname(path))[: -len(".d")]
            drop_ins.setdefault(owner, {}).setdefault(posixpath.basename(path), path)
    # Units that pull others in without being pulled in themselves: targets, and devices that may appear.
    pending = [name for name in pulled if not name.endswith(".service") and systemd.reached(guest, name, set())]
    pending = [systemd.default_target(guest), *also, *pending]
    found: list[StartedUnit] = []
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name in seen or "/" in name:
            continue
        seen.add(name)
        if len(seen) > _MOST_UNITS:
            raise GuestError(f"the guest starts more than {_MOST_UNITS} units")
        pending += pulled.get(name, ())
        template = f"{name.partition('@')[0]}@.{name.rpartition('.')[2]}" if "@" in name else name
        unit = systemd.find_unit(guest, name) if {name, template} & there else None
        if unit is None or unit.path is None or unit.masked_by is not None:
            continue
        own = {**drop_ins.get(template, {}), **drop_ins.get(name, {})}
        commands, followed = _read(guest, [unit.path, *(own[key] for key in sorted(own))])
        stem, _, kind = name.rpartition(".")
        pending += followed
        if kind in ("timer", "path", "socket"):
            pending += [f"{stem}.service", f"{stem}@.service"]
        if commands:
            found.append(StartedUnit(name, unit.path, tuple(commands)))
    return found


def _read(guest: Guest, paths: list[str]) -> tuple[list[Command], list[str]]:
    """The commands of a unit's files, an empty setting clearing those before it; and the units that they name."""
    commands: dict[str, list[Command]] = {key: [] for key in _EXEC}
    followed: list[str] = []
    for path in paths:
        if not systemd.is_file(guest, path):
            continue
        for _, key, value in systemd.unit_settings(guest.read(path)):
            if key in commands and not value:
                commands[key] = []
            elif key in commands:
                commands[key].append(Command(value.lstrip("-@+!:"), Evidence(path, text=f"{key}={value}")))
            elif key in _FOLLOWED:
                followed += value.split()
    return [command for key in _EXEC for command in commands[key]], followed
