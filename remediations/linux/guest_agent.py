"""qemu-ga in a guest: its program, and what starts it once its virtio port is there.

Source: the packages of the distributions. Their service is ``qemu-guest-agent`` or ``qemu-ga`` (Red Hat 6; SUSE's is
``qemu-ga@``, one instance a port). Some are enabled, for the port's device unit or for a target; others have no
[Install] section and are asked for by a udev rule for the port (``ENV{SYSTEMD_WANTS}``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from remediations.guest import Guest
from remediations.linux import ssh_service, systemd
from remediations.linux.init_system import Init, detect
from remediations.linux.ties import first_by_name, logical_lines, places, read_config
from remediations.linux.udev_rules import FOLDERS, is_rule
from remediations.vocabulary import Evidence

PORT = "org.qemu.guest_agent.0"
PROGRAMS = ("/usr/bin/qemu-ga", "/usr/sbin/qemu-ga", "/usr/libexec/qemu-ga/qemu-ga")
SERVICES = ("qemu-guest-agent", "qemu-ga")
_WANTS = re.compile(r'ENV\{SYSTEMD_WANTS\}\s*\+?=\s*"([^"]*)"')
_OPTIONS = ("/etc/sysconfig/qemu-ga", "/etc/conf.d/qemu-guest-agent", "/etc/default/qemu-guest-agent")
_REFUSING = ("BLACKLIST_RPC", "BLOCK_RPCS", "FILTER_RPC_ARGS", "GA_BLACKLIST")


@dataclass(frozen=True)
class Rule:
    """A udev rule for the agent's port: the unit that it asks for, and its place."""

    unit: systemd.Unit
    evidence: tuple[Evidence, ...]


def program(guest: Guest) -> str | None:
    """The agent's program, None where it is not installed."""
    return next((path for path in PROGRAMS if systemd.is_file(guest, path)), None)


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
