"""No host firewall starts at boot: what guards an instance is its security groups."""

from __future__ import annotations

import re

from remediations.guest import FileKind, Guest
from remediations.linux import boot_scripts, services, systemd
from remediations.linux.fault import Edit, Fault, plan_for, verdict, with_steps
from remediations.linux.text import decode, encode, numbered, split_lines
from remediations.vocabulary import Evidence, Finding, Level, Plan, Requirement, Settings, Status

SERVICES = (
    "firewalld",
    "nftables",
    "iptables",
    "ip6tables",
    "netfilter-persistent",
    "iptables-persistent",
    "shorewall",
    "shorewall6",
    "shorewall-init",
    "ferm",
    "firehol",
    "arno-iptables-firewall",
    "apf-firewall",
    "csf",
    "SuSEfirewall2_init",
    "SuSEfirewall2_setup",
    "SuSEfirewall2",
)
UFW_CONF = "/etc/ufw/ufw.conf"
_UFW_ENABLED = re.compile(r"\s*(?:export\s+)?ENABLED=[\"']?([^\"'#\s;]*)")
_LOADS_RULES = re.compile(
    r"(?:^|[\s;&|(/])(?:ip6?tables(?:-legacy|-nft)?-restore\b|nft\s+.*-f\b"
    r"|ip6?tables(?:-legacy|-nft)?\s.*(?:-j\s+(?:DROP|REJECT)|-P\s+\w+\s+DROP)\b"
    r"|ufw\s+(?:--force\s+)?enable\b|firehol\b|shorewall6?\s+(?:re)?start\b|firewalld\b|netfilter-persistent\s+start\b)"
)


def check(guest: Guest, settings: Settings) -> Finding:
    """Pass where nothing that a boot starts loads packet filter rules; a firewall that is installed but off is fine."""
    return verdict(_faults(guest), lambda: Finding(Status.PASS, *_nothing_starts(guest)))


def plan(guest: Guest, settings: Settings) -> Plan:
    """Switch each service off and mask it; ``ENABLED=no`` for ufw. The rules stay where they are."""
    return plan_for(guest, _faults(guest), "Switches the firewall off and masks it; its rules stay where they are")


def _faults(guest: Guest) -> list[Fault]:
    faults = [fault for name in SERVICES if (fault := _service(guest, name))]
    if ufw := _ufw(guest):
        faults.append(ufw)
    faults += [fault for path in guest.glob("/etc/systemd/system/*.service") if (fault := _own_unit(guest, path))]
    faults += [
        Fault(
            f"{command.evidence.path} loads firewall rules at boot",
            (command.evidence,),
            obstacle=f"Remove line {command.evidence.line} of {command.evidence.path} by hand: what else that script "
            "does cannot be told",
        )
        for command in boot_scripts.commands(guest)
        if _LOADS_RULES.search(command.text)
    ]
    return faults


def _service(guest: Guest, name: str) -> Fault | None:
    found = services.startup(guest, name)
    if not found.installed:
        return None
    if found.starts:
        sentence, evidence = f"{found.name} starts at boot", found.evidence
    elif first := services.preset_start(guest, name):
        sentence, evidence = f"{found.name} is off, but the first boot will enable it", (first, *found.evidence)
    elif found.masked is None and (bus := _bus_name(guest, name)):
        sentence, evidence = f"{found.name} is started over D-Bus", bus
    else:
        return None
    return with_steps(sentence, evidence, lambda: services.disable_steps(guest, name))


def _own_unit(guest: Guest, path: str) -> Fault | None:
    """A unit of the administrator's own that loads rules, itself or through the script that it runs."""
    found = guest.lstat(path)
    name = path.rpartition("/")[2]
    if found is None or found.kind is not FileKind.FILE or name.removesuffix(".service") in (*SERVICES, "ufw"):
        return None
    started = [value for _, key, value in systemd.unit_settings(guest.read(path)) if key.startswith("ExecStart")]
    if not any(_LOADS_RULES.search(line) or _runs_loader(guest, line) for line in started):
        return None
    startup = services.startup(guest, name)
    if not startup.starts:
        return None
    sentence = f"{name} loads firewall rules at boot"
    return with_steps(sentence, startup.evidence, lambda: services.disable_steps(guest, name))


def _runs_loader(guest: Guest, command: str) -> bool:
    for word in command.lstrip("-@+!:").split():
        found = guest.stat(word) if word.startswith("/") else None
        if found is not None and found.kind is FileKind.FILE and found.size < 65536:
            return any(_LOADS_RULES.search(c.text) for c in boot_scripts.script_commands(word, guest.read(word)))
    return False


def _bus_name(guest: Guest, name: str) -> tuple[Evidence, ...]:
    path = "/etc/systemd/system/dbus-org.fedoraproject.FirewallD1.service"
    return (Evidence(path),) if name == "firewalld" and guest.exists(path) else ()


def _ufw(guest: Guest) -> Fault | None:
    """ufw's unit and script do nothing unless ``ENABLED=yes`` in its own file (ufw-init-functions, ufw_start)."""
    found = guest.stat(UFW_CONF)
    if found is None or found.kind is not FileKind.FILE:
        return None
    line = _ufw_line(guest.read(UFW_CONF))
    if line is None:
        return None
    started = services.startup(guest, "ufw")
    first = services.preset_start(guest, "ufw")
    if not started.starts and first is None:
        return None
    evidence = (line, *((first,) if first else started.evidence))
    return Fault("ufw is enabled and starts at boot", evidence, edits=(Edit(UFW_CONF, disable_ufw),))


def _ufw_line(content: bytes) -> Evidence | None:
    """The line that decides: the file is sourced by a shell, so the last ``ENABLED=`` counts."""
    decisive: Evidence | None = None
    for number, line in numbered(content):
        if matched := _UFW_ENABLED.match(line):
            decisive = Evidence(UFW_CONF, number, line) if matched[1].lower() == "yes" else None
    return decisive


def disable_ufw(content: bytes) -> bytes:
    """``ufw.conf`` with every ``ENABLED=yes`` turned to ``no``; quotes, comments and endings stay."""
    lines = []
    for raw in split_lines(content):
        line = decode(raw)
        matched = _UFW_ENABLED.match(line)
        if matched and matched[1].lower() == "yes":
            line = f"{line[: matched.start(1)]}no{line[matched.end(1) :]}"
        lines.append(encode(line))
    return b"".join(lines)


def _nothing_starts(guest: Guest) -> tuple[str, tuple[Evidence, ...]]:
    installed = [found for name in (*SERVICES, "ufw") if (found := services.startup(guest, name)).installed]
    if not installed:
        places = (
            Evidence(folder, text="no firewall service in it") for folder in ("/etc/systemd/system", "/etc/init.d")
        )
        return "No firewall service is installed and no boot script loads rules", tuple(places)
    evidence = [place for found in installed if not found.starts for place in found.evidence]
    if guest.exists(UFW_CONF):
        evidence += [
            Evidence(UFW_CONF, number, line)
            for number, line in numbered(guest.read(UFW_CONF))
            if line.strip().startswith("ENABLED")
        ]
    named = ", ".join(found.name for found in installed)
    return f"Installed, but no rules are loaded at boot: {named}", tuple(evidence)


REQUIREMENT = Requirement(
    id="firewall",
    title="No host firewall starts at boot",
    level=Level.REQUIRED,
    guide="Disable firewall",
    check=check,
    plan=plan,
)
