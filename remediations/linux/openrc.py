"""OpenRC, which Alpine boots with: the runlevels a boot goes through, and what starts in them.

Source: openrc(8), rc-update(8), openrc-run(8). busybox's inittab runs ``openrc sysinit``, ``boot`` and ``default``.
"""

from __future__ import annotations

import posixpath
import re

from remediations.guest import FileKind, Guest
from remediations.linux import inittab
from remediations.linux.text import numbered
from remediations.vocabulary import Evidence, MakeLink, PlanError, RemoveFile, Step, WriteFile

FOLDER = "/etc/runlevels"
RUNLEVELS = ("sysinit", "boot", "default")
_NEEDED = re.compile(
    r"(?:\s*(?:depend\s*\(\)\s*\{)?\s*(?:need|want)\s+|\s*(?:export\s+)?rc_(?:need|want)=[\"']?)([^\"'#;}]*)"
)
_BEGINS = re.compile(rf"((?:/\S*/)?\b(?:openrc|rc))\s+({'|'.join(RUNLEVELS)})\b")
_DEEPEST = 8


def script(guest: Guest, name: str) -> str | None:
    """The init script of a service, None where there is no executable one: OpenRC takes no other."""
    path = f"/etc/init.d/{name}"
    found = guest.stat(path)
    return path if found is not None and found.kind is FileKind.FILE and found.mode & 0o100 else None


def runlevels(guest: Guest) -> tuple[str, ...]:
    """The runlevels of a boot, those that are stacked below them (``rc-update --stack``) among them."""
    found = list(_started(guest) or RUNLEVELS)
    for level in found:
        for entry in guest.listdir(f"{FOLDER}/{level}"):
            below = guest.stat(f"{FOLDER}/{level}/{entry}")
            if below is not None and below.kind is FileKind.DIRECTORY and entry not in found:
                found.append(entry)
    return tuple(found)


def _started(guest: Guest) -> tuple[str, ...]:
    """The runlevels that busybox's inittab starts; empty where it names none, or another init does it."""
    told = {found[2] for text, _ in inittab.programs(guest) for found in _BEGINS.finditer(text)}
    return tuple(level for level in RUNLEVELS if level in told)


def links(guest: Guest, name: str) -> tuple[str, ...]:
    """The entries of a service in the runlevels of a boot, whatever they lead to."""
    paths = (f"{FOLDER}/{level}/{name}" for level in runlevels(guest))
    return tuple(path for path in paths if guest.lstat(path) is not None)


def starting(guest: Guest, name: str) -> tuple[Evidence, ...]:
    """What makes a boot start the service: its runlevel entries, or a started service that needs or wants it."""
    if script(guest, name) is None:
        return ()
    if own := tuple(_shown(guest, path) for path in links(guest, name)):
        return own
    asking = _asking(guest)
    wanted, seen = [name], {name}
    for _ in range(_DEEPEST):
        askers = {asker: place for one in wanted for asker, place in asking.get(one, {}).items() if asker not in seen}
        for asker, place in askers.items():
            if entries := links(guest, asker):
                return (place, _shown(guest, entries[0]))
        seen |= askers.keys()
        wanted = list(askers)
    return ()


def every_start(guest: Guest) -> list[tuple[str, str]]:
    """``(service, script)`` of every service in the runlevels of a boot, once each."""
    names = dict.fromkeys(entry for level in runlevels(guest) for entry in guest.listdir(f"{FOLDER}/{level}"))
    return [(name, path) for name in names if (path := script(guest, name)) is not None]


def enable_steps(guest: Guest, name: str, runlevel: str = "default") -> tuple[Step, ...]:
    """What ``rc-update add NAME default`` does; nothing where it is in a runlevel already. May raise PlanError."""
    if script(guest, name) is None:
        raise PlanError(f"the guest has no service {name}")
    if links(guest, name):
        return ()
    entry = f"{FOLDER}/{runlevel}/{name}"
    made = () if guest.lstat(entry) is not None else (MakeLink(entry, f"/etc/init.d/{name}"),)
    return (*made, *_begin_steps(guest, runlevel))


def _begin_steps(guest: Guest, runlevel: str) -> tuple[Step, ...]:
    """What has a boot start a runlevel; nothing where one does. May raise PlanError."""
    if runlevel in runlevels(guest):
        return ()
    told = [(found, place) for text, place in inittab.programs(guest) if (found := _BEGINS.search(text))]
    before = [(found, place) for found, place in told if found[2] in RUNLEVELS[: RUNLEVELS.index(runlevel)]]
    if runlevel != RUNLEVELS[-1] or not before:
        raise PlanError(f"{inittab.PATH} does not start the runlevel {runlevel}: put openrc {runlevel} back into it")
    found, place = before[-1]
    content = inittab.with_runlevel(guest.read(inittab.PATH), place, f"{found[1]} {runlevel}")
    return (WriteFile(inittab.PATH, content),)


def disable_steps(guest: Guest, name: str) -> tuple[Step, ...]:
    """What ``rc-update del NAME`` does. Raises PlanError where another service would start it all the same."""
    own = links(guest, name)
    if not own and (place := starting(guest, name)):
        raise PlanError(f"{place[0].path} asks for {name}: switch off what it belongs to, or take {name} out of it")
    return tuple(RemoveFile(path) for path in own)


def _shown(guest: Guest, path: str) -> Evidence:
    found = guest.lstat(path)
    link = found is not None and found.kind is FileKind.LINK
    return Evidence(path, text=f"-> {guest.readlink(path)}" if link else "")


def _asking(guest: Guest) -> dict[str, dict[str, Evidence]]:
    """For each service, those that need or want it, by ``depend`` of their script or by their conf.d file."""
    found: dict[str, dict[str, Evidence]] = {}
    for path in (*guest.glob("/etc/init.d/*"), *guest.glob("/etc/conf.d/*")):
        stat = guest.stat(path)
        if stat is None or stat.kind is not FileKind.FILE:
            continue
        for number, line in numbered(guest.read(path)):
            if (matched := _NEEDED.match(line)) and not line.lstrip().startswith("#"):
                for name in matched[1].split():
                    found.setdefault(name, {}).setdefault(posixpath.basename(path), Evidence(path, number, line))
    return found
