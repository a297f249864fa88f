"""ds-identify: what decides, before cloud-init runs, whether it does. Source: tools/ds-identify of cloud-init."""

from __future__ import annotations

from remediations.guest import FileKind, Guest
from remediations.linux import openrc
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
    passed = arguments(guest)
    for name in ("ci.ds", "ci.datasource", "ds"):
        for value, place in passed.named(name):
            if value.split(";")[0].lower() not in ("openstack", "configdrive"):
                found.append(_argument("chooses another datasource", f"{name}={value}", place))
    return found


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
