"""systemd units in an image: where they are, whether they are masked, what pulls them in at boot.

Source: systemd.unit(5), systemd.special(7).
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from remediations.guest import FileKind, Guest
from remediations.linux.text import numbered
from remediations.vocabulary import Evidence

ETC = "/etc/systemd/system"

# Targets that an ordinary boot does not reach: what only they want does not start.
ASIDE = re.compile(
    r"ctrl-alt-del|emergency|exit|factory-reset|final|first-boot-complete|halt|hibernate|hybrid-sleep|initrd(-.*)?|kexec"
    r"|poweroff|reboot|rescue(-ssh)?|runlevel[016]|shutdown|sleep|soft-reboot|suspend|suspend-then-hibernate"
    r"|system-update(-pre)?|umount"
)


@dataclass(frozen=True)
class Unit:
    """A unit by name: the file that defines it (None: there is none) and the path that masks it, if one does."""

    name: str
    path: str | None
    masked_by: str | None = None


def folders(guest: Guest) -> tuple[str, ...]:
    """Where unit files lie, the strongest first; ``/lib`` only where it is not ``/usr/lib`` itself."""
    lib = guest.lstat("/lib")
    usual = (ETC, "/usr/local/lib/systemd/system", "/usr/lib/systemd/system")
    return usual if lib is not None and lib.kind is FileKind.LINK else (*usual, "/lib/systemd/system")


def find_unit(guest: Guest, name: str) -> Unit:
    """The unit as systemd would load it: the strongest file of that name, links (aliases) followed."""
    for folder in folders(guest):
        path = f"{folder}/{name}"
        found = guest.lstat(path)
        if found is None:
            continue
        if found.kind is FileKind.LINK and link_target(guest, path) == "/dev/null":
            return Unit(name, _weaker(guest, name, folder), path)
        real = guest.stat(path)
        if real is None or real.kind is not FileKind.FILE:
            continue
        if real.size == 0:
            return Unit(name, _weaker(guest, name, folder), path)
        return Unit(name, path)
    return Unit(name, None)


def link_target(guest: Guest, path: str) -> str:
    """A link's target as an absolute path of the guest; further links in it are not followed."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), guest.readlink(path)))


def install_section(guest: Guest, unit: Unit) -> dict[str, tuple[str, ...]]:
    """The unit's ``[Install]`` settings: key to the words of all its lines. Empty where it has none."""
    settings: dict[str, tuple[str, ...]] = {}
    if unit.path is None:
        return settings
    for section, key, value in unit_settings(guest.read(unit.path)):
        if section == "Install":
            settings[key] = (*settings.get(key, ()), *value.split()) if value else ()
    return settings


def unit_settings(content: bytes) -> list[tuple[str, str, str]]:
    """``(section, key, value)`` of every setting of a unit file, in order, continuation lines joined."""
    settings = []
    section, pending = "", ""
    for _, line in numbered(content):
        if line.lstrip()[:1] in ("#", ";"):
            continue
        line = pending + line.strip()
        pending = ""
        if line.endswith("\\"):
            pending = line[:-1] + " "
        elif line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif "=" in line:
            key, _, value = line.partition("=")
            settings.append((section, key.strip(), value.strip()))
    return settings


def names(guest: Guest, unit: Unit) -> tuple[str, ...]:
    """The unit's name and those aliases of its ``[Install]`` section that have their link."""
    aliases = install_section(guest, unit).get("Alias", ())
    return (unit.name, *(alias for alias in dict.fromkeys(aliases) if alias_links(guest, unit, alias)))


def alias_links(guest: Guest, unit: Unit, alias: str) -> tuple[str, ...]:
    """The links in the unit folders by which ``alias`` means this unit."""
    return tuple(
        path
        for path in (f"{folder}/{alias}" for folder in folders(guest))
        if _is_link(guest, path) and posixpath.basename(guest.readlink(path)) == unit.name
    )


def pulling_links(guest: Guest, name: str) -> tuple[str, ...]:
    """Every ``.wants``, ``.requires`` and ``.upholds`` entry for ``name``, the strongest of each folder name only."""
    links: dict[str, str] = {}
    for folder in folders(guest):
        for kind in ("wants", "requires", "upholds"):
            for path in guest.glob(f"{folder}/*.{kind}/{name}"):
                links.setdefault(path.removeprefix(folder), path)
    return tuple(path for path in links.values() if not _is_null(guest, path))


def starting_links(guest: Guest, unit: Unit, seen: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The links by which an ordinary boot starts the unit; empty where it is masked, absent or not pulled in."""
    if unit.path is None or unit.masked_by is not None or unit.name in seen or len(seen) > 4:
        return ()
    return tuple(
        link
        for name in names(guest, unit)
        for link in pulling_links(guest, name)
        if _reached(guest, posixpath.basename(posixpath.dirname(link)).rpartition(".")[0], seen | {unit.name})
    )


def default_target(guest: Guest) -> str:
    """The target that the guest boots into, ``graphical.target`` where nothing says otherwise."""
    for folder in folders(guest):
        path = f"{folder}/default.target"
        if _is_link(guest, path):
            return posixpath.basename(guest.readlink(path))
    return "graphical.target"


def evidence_of_link(guest: Guest, path: str) -> Evidence:
    """A link as evidence: its path and where it points."""
    return Evidence(path, text=f"-> {guest.readlink(path)}") if _is_link(guest, path) else Evidence(path)


def _reached(guest: Guest, puller: str, seen: frozenset[str]) -> bool:
    stem, _, kind = puller.rpartition(".")
    if kind == "target":
        return ASIDE.fullmatch(stem) is None and find_unit(guest, puller).masked_by is None
    if kind in ("service", "socket", "path", "timer"):
        return bool(starting_links(guest, find_unit(guest, puller), seen))
    # A device or mount unit that wants something: whether it appears cannot be told, so assume that it does.
    return True


def _weaker(guest: Guest, name: str, stronger: str) -> str | None:
    """The unit file that a mask in ``stronger`` hides."""
    every = folders(guest)
    for folder in every[every.index(stronger) + 1 :]:
        found = guest.stat(f"{folder}/{name}")
        if found is not None and found.kind is FileKind.FILE and found.size:
            return f"{folder}/{name}"
    return None


def _is_link(guest: Guest, path: str) -> bool:
    found = guest.lstat(path)
    return found is not None and found.kind is FileKind.LINK


def _is_null(guest: Guest, path: str) -> bool:
    return _is_link(guest, path) and link_target(guest, path) == "/dev/null"
