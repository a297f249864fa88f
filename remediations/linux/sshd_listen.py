"""Where sshd listens: an instance gets its address at boot, so that only a wildcard address is sure to be reached."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from remediations.guest import Guest
from remediations.linux import selinux, services, ssh_service, systemd
from remediations.linux.fault import Fault
from remediations.linux.sshd_config import Directive, ask
from remediations.linux.text import numbered
from remediations.vocabulary import Evidence

# portcon tcp 2222 system_u:object_r:ssh_port_t:s0
_LOCAL_PORTS = ("/etc/selinux/*/active/ports.local", "/var/lib/selinux/*/active/ports.local")
_ALL = frozenset(("0.0.0.0", "::", "*", ""))  # noqa: S104 - what the guest has, not what we bind


def faults(guest: Guest, directives: Sequence[Directive]) -> list[Fault]:
    """What keeps sshd from listening on every address, in its configuration or in the socket that starts it."""
    lines = ask(directives, "listenaddress", None).holds
    listening = [(line.arguments[0] if len(line.arguments) == 1 else " ".join(line.arguments)) for line in lines]
    found = _judge(listening, tuple(line.evidence for line in lines), "ListenAddress")
    found += _newer_protocol(directives, lines)
    found += [fault for name in ssh_service.NAMES for fault in _socket(guest, f"{name}.socket")]
    return found + _refused_port(guest, ask(directives, "port", None).holds)


def _newer_protocol(directives: Sequence[Directive], lines: Sequence[Directive]) -> list[Fault]:
    """IPv6 alone, which many a network of OpenStack's does without: sshd's own IPv6 sockets take nothing else."""
    family = ask(directives, "addressfamily", None)
    hosts = [_host(line.arguments[0]) for line in lines if line.arguments]
    places = tuple(line.evidence for line in lines) if hosts and {*hosts} <= {"::", "::1"} and "::" in hosts else ()
    if family.value == "inet6":
        places = tuple(line.evidence for line in family.holds)
    if not places:
        return []
    return [Fault("sshd listens on IPv6 alone, and whether the instance has it is not known", places, certain=False)]


def _refused_port(guest: Guest, lines: Sequence[Directive]) -> list[Fault]:
    """Ports other than 22, which an SELinux policy keeps sshd from unless it was told of them (semanage-port(8))."""
    ports = [argument for line in lines for argument in line.arguments]
    if not ports or "22" in ports or not selinux.is_on(guest):
        return []
    local = [line for pattern in _LOCAL_PORTS for path in guest.glob(pattern) for _, line in numbered(guest.read(path))]
    if any("ssh_port_t" in line and port in line.split() for line in local for port in ports):
        return []
    sentence = f"sshd listens on port {' and '.join(ports)[:40]} alone, and SELinux may keep it from that"
    advice = f"Add Port 22 to {lines[0].evidence.path}, or allow the port with semanage port"
    return [Fault(sentence, tuple(line.evidence for line in lines), obstacle=advice, certain=False)]


def _socket(guest: Guest, name: str) -> list[Fault]:
    unit = systemd.find_unit(guest, name)
    if unit.path is None or not services.startup(guest, name).starts:
        return []
    listening: list[str] = []
    places: list[Evidence] = []
    for path in (unit.path, *systemd.drop_ins(guest, name)):
        for section, key, value in systemd.unit_settings(guest.read(path)):
            if (section, key) != ("Socket", "ListenStream"):
                continue
            listening = [*listening, value] if value else []
            places = [*places, Evidence(path, text=f"{key}={value}")] if value else []
    if not listening:
        place = Evidence(unit.path, text="no ListenStream=")
        return [Fault(f"{name} listens nowhere", (place,), obstacle=f"Give {unit.path} a ListenStream=22")]
    # A port alone means every address.
    return _judge(["*" if value.isdigit() else value for value in listening], tuple(places), "ListenStream")


def _judge(listening: Sequence[str], places: tuple[Evidence, ...], setting: str) -> list[Fault]:
    hosts = ["127.0.0.1" if value == "localhost" else value for value in map(_host, listening)]
    if not hosts or _ALL & {*hosts}:
        return []
    advice = f"{places[0].path} line {places[0].line}" if places[0].line else places[0].path
    if all(_is_address(host) for host in hosts):
        known = all(ipaddress.ip_address(host).is_loopback for host in hosts)
        where = "the loopback address" if known else "fixed addresses"
        sentence = f"sshd listens on {where} alone ({setting})"
        return [Fault(sentence, places, obstacle=f"{advice}: remove the {setting} line")]
    return [Fault(f"sshd listens on what {setting} names, and that cannot be known", places, certain=False)]


def _host(value: str) -> str:
    """The host of ``host``, ``host:port``, ``[host]:port`` or a bare IPv6 address."""
    if value.startswith("["):
        return value[1:].partition("]")[0]
    return value.rpartition(":")[0] if value.count(":") == 1 else value


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
