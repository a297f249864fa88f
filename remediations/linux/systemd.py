"""systemd units in an image: where they are, whether they are masked, what pulls them in at boot.

Source: systemd.unit(5), systemd.special(7).
"""

from __future__ import annotations

import glob
import itertools
import posixpath
import re
from dataclasses import dataclass

from remediations.guest import FileKind, Guest, GuestError
from remediations.linux.text import numbered
from remediations.vocabulary import Evidence

ETC = "/etc/systemd/system"

# Targets that an ordinary boot does not reach: what only they want does not start.
ASIDE = re.compile(
    r"ctrl-alt-del|emergency|exit|factory-reset|final|first-boot-complete|halt|hibernate|hybrid-sleep|initrd(-.*)?|kexec"
    r"|poweroff|reboot|rescue(-ssh)?|runlevel[016]|shutdown|sleep|soft-reboot|suspend|suspend-then-hibernate"
    r"|system-update(-pre)?|umount"
)

# What every boot into an ordinary target passes.
_PASSED = re.compile(
    r"sysinit|basic|sockets|timers|paths|slices|local-fs(-pre)?|swap|(remote-)?(cryptsetup|veritysetup|integritysetup)(-pre)?"
    r"|network(-pre|-online)?|remote-fs(-pre)?|getty(-pre)?|nss-(user-)?lookup|time-(set|sync)|rpcbind|runlevel[2345]|sound"
    r"|systemd-.*|ssh-access"
)
_PULLS = frozenset(("Wants", "Requires", "BindsTo", "Upholds"))
_NEEDS = frozenset(("Requires", "Requisite", "BindsTo"))
_MOST_UNITS = 100


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
    """The unit as systemd would load it: the strongest file of that name, links (aliases) followed.

    An instance (``fw@a.service``) without a file of its own comes from its template.
    """
    found = _own_file(guest, name)
    template = re.sub(r"@[^/]+(\.[a-z]+)$", r"@\1", name)
    if template == name or found.path is not None or found.masked_by is not None:
        return found
    found = _own_file(guest, template)
    return Unit(name, found.path, found.masked_by)


def _own_file(guest: Guest, name: str) -> Unit:
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
    section = ""
    pending: list[str] = []
    for _, line in numbered(content):
        if line.lstrip()[:1] in ("#", ";"):
            continue
        line = line.strip()
        if line.endswith("\\"):
            pending.append(line[:-1])
            continue
        line = " ".join((*pending, line))
        pending = []
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif "=" in line:
            key, _, value = line.partition("=")
            settings.append((section, key.strip(), value.strip()))
    return settings


def names(guest: Guest, unit: Unit) -> tuple[str, ...]:
    """The unit's name and those aliases of its ``[Install]`` section that have their link."""
    aliases = install_section(guest, unit).get("Alias", ())
    return (unit.name, *(alias for alias in dict.fromkeys(aliases) if alias_links(guest, unit, alias)))


def alias_of(guest: Guest, name: str) -> str | None:
    """The unit that ``name`` is a mere alias of: the strongest file of that name is a link to a unit of another."""
    for folder in folders(guest):
        path = f"{folder}/{name}"
        if guest.lstat(path) is None:
            continue
        target = posixpath.basename(guest.readlink(path)) if _is_link(guest, path) else name
        return target if target not in (name, "null") and guest.exists(path) else None
    return None


def alias_links(guest: Guest, unit: Unit, alias: str) -> tuple[str, ...]:
    """The links in the unit folders by which ``alias`` means this unit."""
    return tuple(
        path
        for path in (f"{folder}/{alias}" for folder in folders(guest))
        if _is_link(guest, path) and posixpath.basename(guest.readlink(path)) == unit.name
    )


def drop_ins(guest: Guest, name: str) -> tuple[str, ...]:
    """The drop-in files of a unit in the order in which they count; of one file name the strongest only."""
    stem, _, suffix = name.rpartition(".")
    parts = stem.split("-")
    owners = [suffix, *(f"{'-'.join(parts[:count])}-.{suffix}" for count in range(1, len(parts))), name]
    if "@" in stem:
        owners.insert(-1, f"{stem.partition('@')[0]}@.{suffix}")
    found: dict[str, str] = {}
    for owner in reversed(owners):
        for folder in folders(guest):
            for path in guest.glob(f"{folder}/{glob.escape(owner)}.d/*.conf"):
                found.setdefault(posixpath.basename(path), path)
    return tuple(found[key] for key in sorted(found) if is_file(guest, found[key]))


def blockers(guest: Guest, unit: Unit) -> tuple[Evidence, ...]:
    """What the unit requires and what is masked, so that starting it fails; the path is the link or file that asks."""
    found: list[Evidence] = []
    pending, seen = [unit], {unit.name}
    while pending:
        for path, wanted in _required(guest, pending.pop()):
            needed = find_unit(guest, wanted)
            if needed.masked_by is not None:
                found.append(Evidence(path, text=f"requires {wanted}, which {needed.masked_by} masks"))
            elif needed.path is not None and wanted not in seen and len(seen) < _MOST_UNITS:
                pending.append(needed)
            seen.add(wanted)
    return tuple(found)


def _required(guest: Guest, unit: Unit) -> list[tuple[str, str]]:
    """``(path, unit)`` for every ``.requires`` entry and every word of a ``Requires=`` line."""
    found: dict[str, str] = {}
    if unit.path is None:
        return []
    for name in names(guest, unit):
        for folder in folders(guest):
            for path in guest.glob(f"{folder}/{glob.escape(name)}.requires/*"):
                if not _is_null(guest, path):
                    found.setdefault(posixpath.basename(path), path)
    for path in (unit.path, *drop_ins(guest, unit.name)):
        for word in _words(guest, path, _NEEDS):
            found.setdefault(word, path)
    return [(path, name) for name, path in found.items()]


def _words(guest: Guest, path: str, keys: frozenset[str]) -> list[str]:
    settings = unit_settings(guest.read(path))
    return [word for section, key, value in settings if section == "Unit" and key in keys for word in value.split()]


def pulling_links(guest: Guest, name: str) -> tuple[str, ...]:
    """Every ``.wants``, ``.requires`` and ``.upholds`` entry for ``name``, the strongest of each folder name only."""
    links: dict[str, str] = {}
    for folder, kind in itertools.product(folders(guest), ("wants", "requires", "upholds")):
        for path in guest.glob(f"{folder}/*.{kind}/{glob.escape(name)}"):
            links.setdefault(path.removeprefix(folder), path)
    return tuple(path for path in links.values() if not _is_null(guest, path))


def starting_links(guest: Guest, unit: Unit) -> tuple[str, ...]:
    """The links by which an ordinary boot starts the unit; empty where it is masked, absent or not pulled in.

    Raises GuestError where too many units hang on one another.
    """
    # Each link is searched on its own, and no unit twice within a search: rings end, and the work stays linear.
    return tuple(link for link in _links(guest, unit) if reached(guest, puller(link), {unit.name}))


def puller(link: str) -> str:
    """The unit whose ``.wants`` (or its kin) a link stands in."""
    return posixpath.basename(posixpath.dirname(link)).rpartition(".")[0]


def _links(guest: Guest, unit: Unit) -> tuple[str, ...]:
    if unit.path is None or unit.masked_by is not None:
        return ()
    return tuple(link for name in names(guest, unit) for link in pulling_links(guest, name))


def default_target(guest: Guest) -> str:
    """The target that the guest boots into, ``graphical.target`` where nothing says otherwise."""
    for folder in folders(guest):
        path = f"{folder}/default.target"
        if _is_link(guest, path):
            return posixpath.basename(guest.readlink(path))
        if guest.exists(path):
            return "default.target"
    return "graphical.target"


def evidence_of_link(guest: Guest, path: str) -> Evidence:
    """A link as evidence: its path and where it points."""
    return Evidence(path, text=f"-> {guest.readlink(path)}") if _is_link(guest, path) else Evidence(path)


def reached(guest: Guest, name: str, seen: set[str]) -> bool:
    """Whether an ordinary boot starts a unit that pulls in others; ``seen`` are the units looked at already."""
    if name in seen:
        return False
    seen.add(name)
    if len(seen) > _MOST_UNITS:
        raise GuestError(f"{name}: more than {_MOST_UNITS} units pull in one another")
    kind = name.rpartition(".")[2]
    if kind == "target":
        return _target_reached(guest, name, seen)
    if kind in ("service", "socket", "path", "timer"):
        return any(reached(guest, puller(link), seen) for link in _links(guest, find_unit(guest, name)))
    # A device or mount unit that wants something: whether it appears cannot be told, so assume that it does.
    return True


def _target_reached(guest: Guest, name: str, seen: set[str]) -> bool:
    stem = name.removesuffix(".target")
    if ASIDE.fullmatch(stem) or find_unit(guest, name).masked_by is not None:
        return False
    default = default_target(guest)
    if name == default or _PASSED.fullmatch(stem) or (name, default) == ("multi-user.target", "graphical.target"):
        return True
    # cloud-init's generator pulls its own in for multi-user.target.
    generated = ["multi-user.target"] if stem in ("cloud-init", "cloud-config") else []
    if any(reached(guest, one, seen) for one in (*map(puller, pulling_links(guest, name)), *generated)):
        return True
    # What a stronger file of the same name hides asks for nothing.
    files = [path for folder in folders(guest) for path in guest.glob(f"{folder}/*.target")]
    files = [path for path in files if find_unit(guest, posixpath.basename(path)).path == path]
    files += [*guest.glob(f"{ETC}/*.service"), *guest.glob(f"{ETC}/*.d/*.conf")]
    asking = [path for path in files if is_file(guest, path) and name in _words(guest, path, _PULLS)]
    owners = [posixpath.dirname(path)[: -len(".d")] if path.endswith(".conf") else path for path in asking]
    return any(reached(guest, posixpath.basename(owner), seen) for owner in dict.fromkeys(owners))


def _weaker(guest: Guest, name: str, stronger: str) -> str | None:
    """The unit file that a mask in ``stronger`` hides."""
    every = folders(guest)
    for folder in every[every.index(stronger) + 1 :]:
        found = guest.stat(f"{folder}/{name}")
        if found is not None and found.kind is FileKind.FILE and found.size:
            return f"{folder}/{name}"
    return None


def is_file(guest: Guest, path: str) -> bool:
    """Whether a regular file stands at ``path``, links followed."""
    found = guest.stat(path)
    return found is not None and found.kind is FileKind.FILE


def _is_link(guest: Guest, path: str) -> bool:
    found = guest.lstat(path)
    return found is not None and found.kind is FileKind.LINK


def _is_null(guest: Guest, path: str) -> bool:
    return _is_link(guest, path) and link_target(guest, path) == "/dev/null"
