"""SysV init scripts: which ``rcN.d`` links start them. Source: Debian policy 9.3, update-rc.d(8)."""

from __future__ import annotations

import re

from remediations.guest import FileKind, Guest
from remediations.linux import systemd
from remediations.linux.init_system import Init
from remediations.linux.text import numbered
from remediations.vocabulary import MakeLink, RemoveFile, Step

_LINK = re.compile(r"([SK])(\d\d)(.+)")


def script(guest: Guest, name: str) -> str | None:
    """The init script of a service, None where there is no executable one."""
    path = f"/etc/init.d/{name}"
    found = guest.stat(path)
    return path if found is not None and found.kind is FileKind.FILE and found.mode & 0o111 else None


def runlevels(guest: Guest, init: Init) -> tuple[str, ...]:
    """The runlevels that a boot goes through: systemd takes 2 to 5, others ``S`` and the default one (2)."""
    if init is Init.SYSTEMD:
        return ("S", "2", "3", "4", "5")
    default = "2"
    if init is Init.SYSV and guest.exists("/etc/inittab"):
        for _, line in numbered(guest.read("/etc/inittab")):
            fields = line.split(":")
            if len(fields) >= 3 and fields[2] == "initdefault" and not line.startswith("#"):
                default = fields[1][:1] or default
    return ("S", default)


def links(guest: Guest, name: str, letter: str, levels: tuple[str, ...]) -> tuple[str, ...]:
    """The ``S`` or ``K`` links of a service in the folders of ``levels``."""
    found = []
    for level in levels:
        for entry in guest.listdir(f"/etc/rc{level}.d"):
            matched = _LINK.fullmatch(entry)
            if matched and matched[1] == letter and matched[3] == name:
                found.append(f"/etc/rc{level}.d/{entry}")
    return tuple(found)


def starting_links(guest: Guest, name: str, init: Init) -> tuple[str, ...]:
    """The links by which a boot starts the init script; empty where the script is absent or not executable."""
    return links(guest, name, "S", runlevels(guest, init)) if script(guest, name) else ()


def every_start(guest: Guest, init: Init) -> list[tuple[str, str]]:
    """``(service, path)`` of every init script that a boot runs; with systemd those that no unit of the name hides."""
    found: dict[str, str] = {}
    for level in runlevels(guest, init):
        for entry in guest.listdir(f"/etc/rc{level}.d"):
            matched = _LINK.fullmatch(entry)
            if matched is None or matched[1] != "S" or matched[3] in found:
                continue
            path = f"/etc/init.d/{matched[3]}" if init is Init.SYSTEMD else f"/etc/rc{level}.d/{entry}"
            stat = guest.stat(path)
            if stat is not None and stat.kind is FileKind.FILE and stat.mode & 0o111:
                found[matched[3]] = path
    if init is not Init.SYSTEMD:
        return list(found.items())
    units = {name: systemd.find_unit(guest, f"{name}.service") for name in found}
    return [(name, path) for name, path in found.items() if units[name] == systemd.Unit(f"{name}.service", None)]


def disable_steps(guest: Guest, name: str) -> tuple[Step, ...]:
    """What ``update-rc.d NAME disable`` does: every start link becomes a stop link."""
    return _turn(guest, name, "S", "K", ("S", "2", "3", "4", "5"))


def enable_steps(guest: Guest, name: str) -> tuple[Step, ...]:
    """What ``update-rc.d NAME enable`` does; start links where the script has no link at all."""
    turned = _turn(guest, name, "K", "S", ("2", "3", "4", "5"))
    return turned or tuple(MakeLink(f"/etc/rc{level}.d/S20{name}", f"../init.d/{name}") for level in "2345")


def _turn(guest: Guest, name: str, old: str, new: str, levels: tuple[str, ...]) -> tuple[Step, ...]:
    steps: list[Step] = []
    for path in links(guest, name, old, levels):
        folder, _, entry = path.rpartition("/")
        number = 100 - int(entry[1:3])
        steps += [RemoveFile(path), MakeLink(f"{folder}/{new}{min(number, 99):02}{name}", f"../init.d/{name}")]
    return tuple(steps)
