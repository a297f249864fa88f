"""qemu-ga in a guest: its program, and what starts it once its virtio port is there.

Source: the packages of the distributions. Their service is ``qemu-guest-agent`` or ``qemu-ga`` (Red Hat 6; SUSE's is
``qemu-ga@``, one instance a port). Some are enabled, for the port's device unit or for a target; others have no
[Install] section and are asked for by a udev rule for the port (``ENV{SYSTEMD_WANTS}``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from remediations.guest import Guest
from remediations.linux import ssh_service, systemd, unit_overrides
from remediations.linux.fault import Fault
from remediations.linux.init_system import Init, detect
from remediations.linux.ties import first_by_name, logical_lines, places, read_config
from remediations.linux.udev_rules import FOLDERS, is_rule
from remediations.vocabulary import Evidence, RemoveFile, SetMode

PORT = "org.qemu.guest_agent.0"
PROGRAMS = ("/usr/bin/qemu-ga", "/usr/sbin/qemu-ga", "/usr/libexec/qemu-ga/qemu-ga")
SERVICES = ("qemu-guest-agent", "qemu-ga")
_WANTS = re.compile(r'ENV\{SYSTEMD_WANTS\}\s*\+?=\s*"([^"]*)"')
_OPTIONS = ("/etc/sysconfig/qemu-ga", "/etc/conf.d/qemu-guest-agent", "/etc/default/qemu-guest-agent")
_SETTINGS = {"GA_METHOD": "method", "TRANSPORT_METHOD": "method", "GA_PATH": "path", "DEVPATH": "path"}
_SHORT = {"m": "method", "p": "path"}
_TOLD = re.compile(r"(?:^|\s)--?(method|path|m|p)(?:\s*=\s*|\s+)(\S+)")
_REFUSING = ("BLACKLIST_RPC", "BLOCK_RPCS", "FILTER_RPC_ARGS", "GA_BLACKLIST")


@dataclass(frozen=True)
class Rule:
    """A udev rule for the agent's port: the unit that it asks for, and its place."""

    unit: systemd.Unit
    evidence: tuple[Evidence, ...]


def program(guest: Guest) -> str | None:
    """The agent's program, None where it is not installed."""
    return next((path for path in PROGRAMS if systemd.is_file(guest, path)), None)


def unexecutable(guest: Guest) -> list[Fault]:
    """A program that has lost the bit by which it can be run."""
    path = program(guest)
    found = guest.stat(path) if path is not None else None
    if path is None or found is None or found.mode & 0o111:
        return []
    place = Evidence(path, text=f"mode {found.mode:04o}")
    return [Fault(f"{path} is not executable", (place,), steps=(SetMode(path, 0o755),))]


def elsewhere(guest: Guest, name: str) -> list[Fault]:
    """A transport other than the virtio port, the only one that Nova gives an instance."""
    told: list[tuple[str, str, Evidence]] = []
    unit = systemd.find_unit(guest, name) if detect(guest) is Init.SYSTEMD else systemd.Unit(name, None)
    for command in unit_overrides.commands(unit_overrides.lines(guest, unit)):
        told += [(key, value, command.evidence) for key, value in _options(command.value)]
    for setting in (setting for path in _OPTIONS for setting in ssh_service.read(guest, path)):
        told += [(key, value, setting.evidence) for key, value in _options(setting.value)]
        told.append((_SETTINGS.get(setting.name, setting.name), setting.value, setting.evidence))
    found = []
    for key, value, place in told:
        other = key == "method" and value not in ("", "virtio-serial")
        if other or (key == "path" and value.startswith("/") and PORT not in value and "%" not in value):
            sentence = f"the QEMU guest agent is told to talk over {value}, which Nova does not give an instance"
            advice = f"Take {value} out of {place.path}"
            found.append(Fault(sentence, (place,), obstacle=advice))
    return found


def _options(text: str) -> list[tuple[str, str]]:
    """The ``method`` and ``path`` that a command line, or a part of one, gives the agent."""
    return [(_SHORT.get(key, key), value) for key, value in _TOLD.findall(text)]


def switched_off(guest: Guest) -> list[Fault]:
    """A packaged rule for the port that an empty file, or a link to nowhere, in ``/etc`` hides."""
    found = []
    for packaged in (path for folder in FOLDERS[1:] for path in guest.glob(f"{folder}/*.rules")):
        own = f"{FOLDERS[0]}/{packaged.rpartition('/')[2]}"
        hiding = guest.lstat(own)
        content = read_config(guest, packaged) if hiding is not None else None
        if (
            hiding is None
            or content is None
            or PORT.encode() not in content
            or (read_config(guest, own) or b"").strip()
        ):
            continue
        place = systemd.evidence_of_link(guest, own)
        found.append(
            Fault(f"{own} hides the rule that starts the QEMU guest agent", (place,), steps=(RemoveFile(own),))
        )
    return found


def rules(guest: Guest) -> list[Rule]:
    """The units that a udev rule asks for when the port appears; with systemd alone does that mean anything."""
    if detect(guest) is not Init.SYSTEMD:
        return []
    found = []
    for path in first_by_name(guest, FOLDERS, "*.rules"):
        content = read_config(guest, path)
        for line in logical_lines(content) if content is not None and PORT.encode() in content else []:
            if is_rule(line.text) and PORT in line.text:
                wanted = [name for value in _WANTS.findall(line.text) for name in value.split()]
                # The kernel's name of the port is filled in: vport0p1, say.
                units = [systemd.find_unit(guest, re.sub(r"[%$]\w+|%\{\w+\}", "port", name)) for name in wanted]
                found += [Rule(unit, places(path, [line])) for unit in units]
    return found


def refusals(guest: Guest) -> tuple[Evidence, ...]:
    """The settings by which the distribution or the administrator keeps the host from some of the agent's commands."""
    settings = [setting for path in _OPTIONS for setting in ssh_service.read(guest, path)]
    return tuple(setting.evidence for setting in settings if setting.name in _REFUSING and setting.value)
