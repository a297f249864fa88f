"""``ifcfg-*`` files as profiles: of Red Hat's ``network`` service, of NetworkManager there, and of SUSE's wicked.

Source: initscripts' sysconfig.txt, nm-settings-ifcfg-rh(5), ifcfg(5) of wicked.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from remediations.guest import Guest
from remediations.linux import ifcfg, systemd
from remediations.linux.dhcp_clients import has_client
from remediations.linux.interface_names import is_ethernet
from remediations.linux.network_profiles import Profile, System, system
from remediations.linux.ties import by_hand, logical_lines, read_config
from remediations.vocabulary import Evidence, PlanError, RemoveFile, Step, WriteFile

REDHAT = "/etc/sysconfig/network-scripts"
SUSE = "/etc/sysconfig/network"
_SWITCH = "/etc/sysconfig/network"
"""Red Hat's file of this name; its service leaves where it is missing or says no."""
_OTHER = ("BRIDGE", "MASTER", "TEAM_MASTER", "VLAN", "ESSID", "WIRELESS", "BONDING_MASTER", "ETHERDEVICE")
_STARTS = ("auto", "onboot", "on", "boot", "hotplug", "ifplugd", "nfsroot")


def network_service(guest: Guest) -> System | None:
    """Red Hat's ``network`` service."""
    found = system(guest, "The network service", "network") if guest.facts.family == "redhat" else None
    if found is None:
        return None
    lack = "" if has_client(guest) else "has no DHCP client"
    if not guest.exists(_SWITCH) or ifcfg.settings(read_config(guest, _SWITCH) or b"").get("NETWORKING") == "no":
        lack = f"does nothing without NETWORKING=yes in {_SWITCH}"
    profiles = (p for p in redhat_profiles(guest) if p.names)
    return replace(found, profiles=tuple(replace(p, widen=None) for p in profiles), lack=lack)


def redhat_profiles(guest: Guest, network_manager: bool = False) -> tuple[Profile, ...]:
    """The profiles of network-scripts; without ``DEVICE`` one is for any interface, to NetworkManager."""
    found = []
    for path, _, content in ifcfg.files(guest, REDHAT):
        given = ifcfg.settings(content)
        if not _ethernet(given):
            continue
        off = given.get("ONBOOT", "yes").lower() in ("no", "n", "false", "0")
        left = network_manager and given.get("NM_CONTROLLED", "yes").lower() in ("no", "n", "false", "0")
        device = given.get("DEVICE", "")
        dhcp = given.get("BOOTPROTO", "").lower() in ("dhcp", "bootp")
        names = (device,) if device else ()
        if given.get("HWADDR"):  # what has another address is left alone, whatever it is called
            names = (f"the card with the address {given['HWADDR']}",)
        shown = "NM_CONTROLLED" if left else "ONBOOT" if off else "DEVICE" if dhcp else "BOOTPROTO"
        # A device that NetworkManager is to leave alone gets no profile of its making either.
        widen = None if left else partial(without_device, path)
        found.append(Profile(_place(path, content, shown), names, dhcp, widen, off or left))
    return tuple(found)


def wicked(guest: Guest) -> System | None:
    """SUSE's wicked, or the ``network`` service of SLES 11, which reads the same files."""
    if guest.facts.family != "suse":
        return None
    found = system(guest, "wicked", "wicked")
    # Where systemd's network.service is another name of NetworkManager's, say, it is no service of its own.
    if found is None and systemd.alias_of(guest, "network.service") is None:
        found = system(guest, "The network service", "network")
    if found is None:
        return None
    profiles = []
    for path, name, content in ifcfg.files(guest, SUSE):
        given = ifcfg.settings(content)
        if is_ethernet(name) and _ethernet(given) and given.get("STARTMODE", "manual").lower() in _STARTS:
            dhcp = given.get("BOOTPROTO", "static").lower() in ("dhcp", "dhcp4", "dhcp+autoip", "dhcp4+auto6")
            profiles.append(Profile(_place(path, content, "BOOTPROTO"), (name,), dhcp))
    doubt = "wicked has profiles of its own in /etc/wicked/ifconfig" if guest.listdir("/etc/wicked/ifconfig") else ""
    return replace(found, profiles=tuple(profiles), doubt=doubt)


def with_dhcp(path: str, name: str, content: bytes) -> bytes:
    """The file with the interface brought up by DHCP at boot, as Red Hat's tools read it."""
    given = ifcfg.settings(content)
    if given.get("IPADDR") or given.get("IPADDR0") or given.get("DEVICE", name) != name:
        raise by_hand(path, 1, "it sets up something else than DHCP for this interface")
    keys = ("DEVICE", "ONBOOT", "BOOTPROTO", "HWADDR")
    kept = b"".join(
        line.raw for line in logical_lines(content) if not line.text.strip().startswith(tuple(f"{k}=" for k in keys))
    )
    if kept.endswith((b"\\", b"\\\n")):
        raise by_hand(path, 1, "its last line goes on")
    joint = b"\n" if kept and not kept.endswith(b"\n") else b""
    after = kept + joint + f"DEVICE={name}\nONBOOT=yes\nBOOTPROTO=dhcp\n".encode()
    if not {"DEVICE": name, "ONBOOT": "yes", "BOOTPROTO": "dhcp"}.items() <= ifcfg.settings(after).items():
        raise by_hand(path, 1, "what it holds cannot be told from what would be added")
    return after


def without_device(path: str, content: bytes) -> bytes:
    """The file without ``DEVICE`` and ``HWADDR``, which NetworkManager then takes for any Ethernet interface."""
    kept = []
    for line in logical_lines(content):
        if not line.text.strip().removeprefix("export ").strip().startswith(("DEVICE=", "HWADDR=")):
            kept.append(line.raw)
    after = b"".join(kept)
    if {"DEVICE", "HWADDR"} & ifcfg.settings(after).keys():
        raise by_hand(path, 1, "DEVICE is set in a way that cannot be taken out")
    return after


def _ethernet(given: dict[str, str]) -> bool:
    if any(given.get(key) for key in _OTHER):
        return False
    return given.get("TYPE", "Ethernet").lower() == "ethernet"


def _place(path: str, content: bytes, key: str) -> Evidence:
    for line in logical_lines(content):
        if line.text.strip().startswith(f"{key}="):
            return Evidence(path, line.number, line.text.strip())
    return Evidence(path, text=f"{key} is not set")


def renamed(guest: Guest, path: str, old: str, new: str) -> tuple[Step, ...]:
    """The steps that make an interface's file one of another name; PlanError where that has a file already."""
    folder = path.rpartition("/")[0]
    target = f"{folder}/ifcfg-{new}"
    if target != path and guest.lstat(target) is not None:
        raise PlanError(f"{target} is there already: choose between it and {path} by hand")
    lines = []
    for line in logical_lines(guest.read(path)):
        is_device = line.text.strip().startswith("DEVICE=")
        lines.append(line.raw.replace(old.encode(), new.encode()) if is_device else line.raw)
    write = WriteFile(target, b"".join(lines))
    return (write,) if target == path else (RemoveFile(path), write)
