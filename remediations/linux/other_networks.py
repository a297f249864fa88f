"""The smaller systems that bring a network up: dhcpcd, ConnMan, netctl."""

from __future__ import annotations

import re
from dataclasses import replace

from remediations.guest import Guest
from remediations.linux.ifcfg import settings
from remediations.linux.interface_names import Names
from remediations.linux.network_profiles import Profile, System, system
from remediations.linux.text import numbered
from remediations.linux.ties import read_config
from remediations.vocabulary import Evidence

DHCPCD = "/etc/dhcpcd.conf"
_CONNMAN = "/etc/connman/main.conf"
_NETCTL = "/etc/netctl"
_WANTS = "/etc/systemd/system/*.wants/"


def dhcpcd(guest: Guest, names: Names) -> System | None:
    """dhcpcd as a service for all interfaces, or an instance of it for one (dhcpcd.conf(5))."""
    found = system(guest, "dhcpcd", "dhcpcd")
    if found is None:
        return None
    bound = guest.glob(f"{_WANTS}dhcpcd@*.service")
    profiles = tuple(
        Profile(Evidence(path), (path.rpartition("dhcpcd@")[2].removesuffix(".service"),), True) for path in bound
    )
    if not found.starts and profiles:
        return replace(found, starts=True, profiles=profiles)
    lack = ""
    inside: tuple[str, ...] | None = None
    for number, line in numbered(read_config(guest, DHCPCD) or b""):
        words = line.split("#")[0].split()
        if words[:1] == ["interface"]:
            inside = tuple(words[1:])
        elif words[:1] == ["denyinterfaces"] and names.touched(tuple(words[1:])):
            lack = f"leaves the interface alone: {DHCPCD} line {number}"
        elif words[:1] == ["allowinterfaces"] and not names.covered(tuple(words[1:])):
            lack = f"takes other interfaces alone: {DHCPCD} line {number}"
        elif (inside is None or names.touched(inside)) and _no_dhcp(words):
            lack = f"gives the interface something else than DHCP: {DHCPCD} line {number}"
    return replace(
        found, profiles=profiles, default=found.evidence[0] if found.evidence else Evidence(DHCPCD), lack=lack
    )


def _no_dhcp(words: list[str]) -> bool:
    return words[:1] in (["noipv4"], ["nodhcp"], ["inform"]) or " ".join(words[:2]).startswith("static ip_address")


def connman(guest: Guest) -> System | None:
    """ConnMan, which takes every wired interface by DHCP unless it is told to leave it."""
    found = system(guest, "ConnMan", "connman")
    if found is None:
        return None
    listed = [
        line.partition("=")[2]
        for _, line in numbered(read_config(guest, _CONNMAN) or b"")
        if re.match(r"\s*NetworkInterfaceBlacklist\s*=", line)
    ]
    left = [word.strip() for value in listed for word in value.split(",")]
    doubt = f"{_CONNMAN} leaves some interfaces alone" if any(w.startswith(("e", "en", "eth")) for w in left) else ""
    profiles = (Profile(Evidence(_CONNMAN), (), False),) if doubt else ()
    default = None if profiles else found.evidence[0] if found.evidence else Evidence(_CONNMAN)
    return replace(found, profiles=profiles, default=default, doubt=doubt)


def netctl(guest: Guest) -> System | None:
    """netctl's profiles that a boot starts (netctl.profile(5))."""
    links = guest.glob(f"{_WANTS}netctl@*.service")
    plugged = guest.glob(f"{_WANTS}netctl-ifplugd@*.service")
    if not guest.exists("/usr/bin/netctl") and not links:
        return None
    profiles = []
    for path in links:
        name = path.rpartition("netctl@")[2].removesuffix(".service")
        file = f"{_NETCTL}/{name}"
        given = settings(read_config(guest, file) or b"")
        if given.get("Connection") == "ethernet":
            profiles.append(Profile(Evidence(file), (given.get("Interface", ""),), given.get("IP") == "dhcp"))
    for path in plugged:
        name = path.rpartition("@")[2].removesuffix(".service")
        kinds = [settings(read_config(guest, file) or b"") for file in guest.glob(f"{_NETCTL}/*")]
        dhcp = any(k.get("Interface") == name and k.get("IP") == "dhcp" for k in kinds)
        profiles.append(Profile(Evidence(path), (name,), dhcp))
    return System("netctl", bool(profiles), (Evidence(_NETCTL),), tuple(profiles))
