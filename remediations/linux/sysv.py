"""SysV init scripts: which ``rcN.d`` links start them.

Source: Debian policy 9.3, update-rc.d(8), chkconfig(8), insserv(8), startpar(8). The links lie in
``/etc/rcN.d`` (Debian), ``/etc/rc.d/rcN.d`` (Red Hat) or ``/etc/init.d/rcN.d`` (SUSE).
"""

from __future__ import annotations

import re

from remediations.guest import FileKind, Guest
from remediations.linux import systemd
from remediations.linux.init_system import Init
from remediations.linux.text import decode, encode, numbered, split_lines
from remediations.vocabulary import MakeLink, RemoveFile, Step, WriteFile

_LINK = re.compile(r"([SK])(\d\d)(.+)")
_CHKCONFIG = re.compile(r"#\s*chkconfig:\s*(?:-|\d+)\s+(\d{1,2})\s+(\d{1,2})\s*$")
_LEVELS = ("2", "3", "4", "5")
_FOLDERS = ("/etc/rc{}.d", "/etc/rc.d/rc{}.d", "/etc/init.d/rc{}.d")
_DEPENDS = "/etc/init.d/.depend.start"
_SUSE_BOOT = "/etc/init.d/boot.d"


def script(guest: Guest, name: str) -> str | None:
    """The init script of a service, None where there is no executable one."""
    path = f"/etc/init.d/{name}"
    if not guest.exists(path) and guest.exists(f"/etc/rc.d/init.d/{name}"):
        path = f"/etc/rc.d/init.d/{name}"
    found = guest.stat(path)
    return path if found is not None and found.kind is FileKind.FILE and found.mode & 0o111 else None


def folder(guest: Guest, level: str) -> str:
    """Where the links of a runlevel lie."""
    paths = [form.format(level) for form in _FOLDERS]
    return next((path for path in paths if guest.exists(path)), paths[0])


def runlevels(guest: Guest, init: Init) -> tuple[str, ...]:
    """The runlevels that a boot goes through: systemd takes 2 to 5, others ``S`` and the default one.

    That is inittab's; without one, Red Hat's upstart takes 3 and Debian's init 2.
    """
    if init is Init.SYSTEMD:
        return ("S", *_LEVELS)
    default = "3" if guest.facts.family in ("redhat", "suse") else "2"
    if guest.exists("/etc/inittab"):
        for _, line in numbered(guest.read("/etc/inittab")):
            fields = line.split(":")
            if len(fields) >= 3 and fields[2] == "initdefault" and not line.startswith("#"):
                default = fields[1][:1] or default
    return ("S", default)


def links(guest: Guest, name: str, letter: str, levels: tuple[str, ...]) -> tuple[str, ...]:
    """The ``S`` or ``K`` links of a service in the folders of ``levels``."""
    return tuple(path for start, service, path in _entries(guest, levels) if (start, service) == (letter, name))


def starting_links(guest: Guest, name: str, init: Init) -> tuple[str, ...]:
    """The links by which a boot starts the init script; empty where the script is absent or not executable."""
    return links(guest, name, "S", runlevels(guest, init)) if script(guest, name) else ()


def every_start(guest: Guest, init: Init) -> list[tuple[str, str]]:
    """``(service, path)`` of every init script that a boot runs; with systemd those that no unit of the name hides."""
    found: dict[str, str] = {}
    for letter, name, link in _entries(guest, runlevels(guest, init)):
        if letter != "S" or name in found:
            continue
        path = f"/etc/init.d/{name}" if init is Init.SYSTEMD else link
        stat = guest.stat(path)
        if stat is not None and stat.kind is FileKind.FILE and stat.mode & 0o111:
            found[name] = path
    if init is not Init.SYSTEMD:
        return list(found.items())
    units = {name: systemd.find_unit(guest, f"{name}.service") for name in found}
    return [(name, path) for name, path in found.items() if units[name] == systemd.Unit(f"{name}.service", None)]


def disable_steps(guest: Guest, name: str) -> tuple[Step, ...]:
    """What ``update-rc.d NAME disable`` or ``chkconfig NAME off`` does: start links become stop links.

    On SUSE the stop links stand in the runlevels that are left, so ``insserv -r`` removes both kinds.
    """
    levels = ("S", *_LEVELS)
    if _is_suse(guest):
        return tuple(RemoveFile(path) for letter in "SK" for path in links(guest, name, letter, levels))
    return _turn(guest, name, "S", "K", levels)


def enable_steps(guest: Guest, name: str) -> tuple[Step, ...]:
    """What ``update-rc.d NAME enable``, ``chkconfig NAME on`` or ``insserv NAME`` does, in the runlevels 2 to 5."""
    if _is_suse(guest):
        levels = tuple(level for level in ("3", "5") if not links(guest, name, "S", (level,)))
        links_made = (MakeLink(f"{folder(guest, level)}/S50{name}", f"../{name}") for level in levels)
        return (*links_made, *_listed(guest, name))
    turned = _turn(guest, name, "K", "S", _LEVELS)
    numbers = _numbers(guest, name)
    start = numbers[0] if numbers else 20
    missing = [level for level in _LEVELS if not any(links(guest, name, letter, (level,)) for letter in "SK")]
    # With some links in place, a runlevel of Debian's without one was left out on purpose.
    if len(missing) < len(_LEVELS) and not numbers:
        missing = []
    new = (MakeLink(f"{folder(guest, level)}/S{start:02}{name}", f"../init.d/{name}") for level in missing)
    steps = (*turned, *new)
    return (*steps, *_listed(guest, name)) if steps else ()


def _listed(guest: Guest, name: str) -> tuple[Step, ...]:
    """Add a service to the list by which startpar starts what has a link; what is not in it is not started."""
    if not guest.exists(_DEPENDS):
        return ()
    lines = split_lines(guest.read(_DEPENDS))
    known = [word for line in lines[:1] for word in decode(line).partition("=")[2].split()]
    if not known or not lines[0].startswith(b"TARGETS") or name in known:
        return ()
    before = " ".join(word for word in ("network", "syslog") if word in known)
    own = [encode(f"{name}: {before}\n")] if before else []
    first = encode(f"{decode(lines[0]).rstrip()} {name}\n")
    ended = [*lines[1:-1], lines[-1].removesuffix(b"\n") + b"\n"] if len(lines) > 1 else []
    return (WriteFile(_DEPENDS, b"".join((first, *ended, *own))),)


def _turn(guest: Guest, name: str, old: str, new: str, levels: tuple[str, ...]) -> tuple[Step, ...]:
    numbers = _numbers(guest, name)
    steps: list[Step] = []
    for path in links(guest, name, old, levels):
        where, _, entry = path.rpartition("/")
        number = numbers[new == "K"] if numbers else min(100 - int(entry[1:3]), 99)
        steps += [RemoveFile(path), MakeLink(f"{where}/{new}{number:02}{name}", f"../init.d/{name}")]
    return tuple(steps)


def _numbers(guest: Guest, name: str) -> tuple[int, int] | None:
    """The start and stop numbers of the script's ``# chkconfig:`` line, which Red Hat's own tool goes by."""
    path = script(guest, name)
    if path is None or guest.facts.family != "redhat":
        return None
    matched = (_CHKCONFIG.match(line) for _, line in numbered(guest.read(path)))
    return next(((int(found[1]), int(found[2])) for found in matched if found), None)


def _is_suse(guest: Guest) -> bool:
    return guest.exists(_FOLDERS[2].format("3")) and guest.facts.family == "suse"


def _entries(guest: Guest, levels: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """``(S or K, service, path)`` of every link of ``levels``; SUSE's ``boot.d`` stands in for ``S``."""
    found = []
    for level in levels:
        where = folder(guest, level)
        if level == "S" and guest.exists(_SUSE_BOOT):
            where = _SUSE_BOOT
        for entry in guest.listdir(where):
            if matched := _LINK.fullmatch(entry):
                found.append((matched[1], matched[3], f"{where}/{entry}"))
    return found
