"""ds-identify: what decides, before cloud-init runs, whether it does. Source: tools/ds-identify of cloud-init."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from remediations.guest import FileKind, Guest
from remediations.linux import cloud_config, openrc
from remediations.linux.fault import Edit, Fault
from remediations.linux.init_system import Init, detect
from remediations.linux.kernel_arguments import arguments
from remediations.linux.text import decode, encode, numbered, split_lines
from remediations.vocabulary import Evidence

CONFIG = "/etc/cloud/ds-identify.cfg"
PROGRAMS = ("/usr/lib/cloud-init/ds-identify", "/usr/libexec/cloud-init/ds-identify")
"""Debian's, SUSE's and Alpine's place, and Red Hat's."""
SERVED = ("OpenStack", "ConfigDrive")
"""The datasources that an OpenStack cloud can answer."""
_KEY = "datasource_list:"
_MODES = ("enabled", "disabled", "search", "report")


@dataclass(frozen=True)
class Listed:
    """The datasources that ds-identify searches, or takes as they are where it is but one, and what tells it so."""

    names: tuple[str, ...]
    evidence: Evidence


def used(guest: Guest) -> bool:
    """Whether the guest has ds-identify, and something runs it: systemd's generator, or OpenRC's service of its own."""
    found = [stat for path in PROGRAMS if (stat := guest.stat(path)) is not None]
    if not any(stat.mode & 0o111 for stat in found):
        return False
    init = detect(guest)
    return init is Init.SYSTEMD or (init is Init.OPENRC and bool(openrc.starting(guest, "cloud-init-ds-identify")))


def setting(guest: Guest, key: str) -> tuple[str, Evidence] | None:
    """A setting of ``ds-identify.cfg``: the last line of that key counts. None where none is."""
    found = guest.stat(CONFIG)
    if found is None or found.kind is not FileKind.FILE:
        return None
    last = None
    for number, line in numbered(guest.read(CONFIG)):
        name, colon, value = line.partition("#")[0].partition(":")
        if colon and name.strip() == key:
            last = (value.strip().strip("'\""), Evidence(CONFIG, number, line))
    return last


def listed(guest: Guest) -> Listed | None:
    """What ds-identify is told to search, which is then all that cloud-init looks at; None where nothing tells it.

    It reads single lines, whatever YAML they stand in: of a list over several lines only what is on the first one
    counts, and where that is nothing it searches every datasource that it knows. A last line without its end is not
    read at all. The datasource of its own file comes before any list.
    """
    chosen = setting(guest, "datasource")
    if chosen and chosen[0]:
        return Listed((chosen[0],), chosen[1])
    last = None
    for path in (cloud_config.CONFIG, *sorted(guest.glob(f"{cloud_config.CONFIG}.d/*.cfg"))):
        found = guest.stat(path)
        if found is None or found.kind is not FileKind.FILE:
            continue
        for number, raw in enumerate(split_lines(guest.read(path)), 1):
            line = decode(raw[:-1]).strip(" \t").partition("#")[0]
            if raw.endswith(b"\n") and (line == _KEY or line.startswith(f"{_KEY} ")):
                last = Listed(_names(line.removeprefix(_KEY)), Evidence(path, number, decode(raw).rstrip("\r\n")))
    return last if last and last.names else None


def searches(guest: Guest) -> bool:
    """Whether ds-identify tells cloud-init what it found, which then comes before any list of datasources."""
    policy = setting(guest, "policy")
    passed = [value for value, _ in arguments(guest).named("ci.di.policy")]
    words = (passed[-1] if passed else policy[0] if policy else "").split(",")
    modes = [word.strip() for word in words if word.strip() in _MODES]
    return used(guest) and (not modes or modes[-1] == "search")


def _names(text: str) -> tuple[str, ...]:
    inside = text.strip(" \t").removeprefix("[").removesuffix("]")
    words = (word.strip(" \t") for word in inside.split(","))
    return tuple(word.strip("\"'") for word in words if word)


def disabling(guest: Guest) -> list[Fault]:
    """The policy that switches cloud-init off, in the file or among the kernel's arguments."""
    found = []
    policy = setting(guest, "policy")
    if policy and "disabled" in [word.strip() for word in policy[0].split(",")]:
        edit = Edit(CONFIG, lambda content: drop(content, "policy"))
        found.append(Fault("ds-identify's policy disables cloud-init", (policy[1],), edits=(edit,)))
    for value, place in arguments(guest).named("ci.di.policy"):
        if "disabled" in value.split(","):
            found.append(_argument("disables cloud-init", f"ci.di.policy={value}", place))
    return found


def misdirecting(guest: Guest) -> list[Fault]:
    """A datasource that ds-identify is told to take, and that OpenStack does not serve."""
    found = []
    chosen = setting(guest, "datasource")
    if chosen and chosen[0] and chosen[0] not in SERVED:
        edit = Edit(CONFIG, lambda content: drop(content, "datasource"))
        sentence = f"ds-identify is told to use the datasource {chosen[0]}"
        found.append(Fault(sentence, (chosen[1],), edits=(edit,)))
    return [*found, *passed(guest, lambda value: value not in ("openstack", "configdrive"))]


def passed(guest: Guest, wrong: Callable[[str], bool]) -> list[Fault]:
    """Kernel arguments that choose a datasource which is ``wrong`` (asked in lower case)."""
    return [
        _argument("chooses another datasource", f"{name}={value}", place)
        for name in ("ci.ds", "ci.datasource", "ds")
        for value, place in arguments(guest).named(name)
        if wrong(value.split(";")[0].split("\\")[0].lower())
    ]


def drop(content: bytes, key: str) -> bytes:
    """``ds-identify.cfg`` without the lines of ``key``; the default then counts."""
    kept = []
    for raw in split_lines(content):
        name, colon, _ = decode(raw).partition("#")[0].partition(":")
        if not (colon and name.strip() == key):
            kept.append(raw)
    return b"".join(kept)


def _argument(verb: str, argument: str, place: Evidence) -> Fault:
    advice = f"Remove {encode(argument).decode('utf-8', 'replace')} from {place.path} line {place.line}"
    if place.path.startswith("/boot/grub/grub.cfg"):
        advice += " (and from /etc/default/grub, then run update-grub)"
    return Fault(f"the kernel argument {argument} {verb}", (place,), obstacle=advice)
