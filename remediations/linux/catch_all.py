"""What makes the system that is installed bring up any Ethernet interface by DHCP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from remediations.guest import Guest
from remediations.linux import (
    netplan_profiles,
    network_stack,
    networkd_profiles,
    openrc,
    package_names,
    services,
    systemd,
)
from remediations.linux.after import After
from remediations.linux.fault import Edit
from remediations.linux.ifupdown import INTERFACES
from remediations.linux.ifupdown_profiles import started, with_dhcp, without_interface
from remediations.linux.init_system import Init, detect
from remediations.linux.interface_names import Names
from remediations.linux.network_manager import FOLDERS
from remediations.linux.network_profiles import Outcome, System, way
from remediations.linux.network_scripts import REDHAT, SUSE
from remediations.linux.network_scripts import with_dhcp as ifcfg_with_dhcp
from remediations.linux.network_stack import Stack
from remediations.linux.ties import masked
from remediations.vocabulary import (
    InstallPackages,
    MakeDirectory,
    Plan,
    PlanError,
    RemoveFile,
    SetMode,
    Step,
    WriteFile,
)

NETWORKD = "/etc/systemd/network/80-dhcp.network"
KEYFILE = f"{FOLDERS[0]}/dhcp.nmconnection"
NETPLAN = "/etc/netplan/90-dhcp.yaml"
_NETWORKD_TEXT = b"[Match]\nName=en* eth*\n\n[Network]\nDHCP=yes\n"
_KEYFILE_TEXT = b"[connection]\nid=dhcp\ntype=ethernet\n\n[ipv4]\nmethod=auto\n\n[ipv6]\nmethod=auto\n"
_NETPLAN_TEXT = b'network:\n  version: 2\n  ethernets:\n    dhcp:\n      match: {name: "e*"}\n      dhcp4: true\n'
_ORDER = {
    "debian": ("netplan", "NetworkManager", "systemd-networkd", "ifupdown", "dhcpcd"),
    "redhat": ("NetworkManager", "The network service", "systemd-networkd"),
    "suse": ("wicked", "NetworkManager", "The network service", "systemd-networkd"),
    "arch": ("systemd-networkd", "NetworkManager", "dhcpcd"),
    "alpine": ("ifupdown", "NetworkManager", "dhcpcd"),
}
_SERVICES = {"ifupdown": "networking", "The network service": "network", "ConnMan": "connman"}
_PLACES = {"ifupdown": "boot"}


def plan(guest: Guest, stack: Stack) -> Plan:
    """The first of the ways that leads onto the network. Raises PlanError where none is certain."""
    refusals: list[str] = []
    if stack.cloud is not None and stack.cloud.service in stack.systems and _enables(stack, stack.cloud.service):
        name = stack.cloud.service
        try:
            steps = leading(guest, name, enable(guest, name))
        except PlanError as error:
            refusals.append(str(error))
        else:
            return Plan(steps, f"Starts {name} at boot, for which cloud-init writes the network configuration")
    if stack.names.why:
        raise PlanError(stack.names.why)
    for known in stack.ways:
        if known.fixed:
            raise PlanError(f"{known.sentence}; make it ask by DHCP by hand")
    order = [name for name in _ORDER.get(guest.facts.family, ()) if name in stack.systems]
    order.sort(key=lambda name: not stack.systems[name].starts)
    for name in order:
        found = stack.systems[name]
        try:
            steps = leading(guest, name, _steps(guest, stack, found))
        except PlanError as error:
            refusals.append(str(error))
            continue
        return Plan(steps, f"Lets {name} bring up any Ethernet interface by DHCP")
    if refusals:
        raise PlanError("; ".join(dict.fromkeys(refusals)))
    return Plan((InstallPackages(package_names.bringing(guest, "network")),), "Installs what brings the network up")


def leading(guest: Guest, name: str, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps, where they lead onto the network; else PlanError, with what then still stands in the way."""
    after = network_stack.stack(After(guest, steps))
    if after.up is not None:
        return steps
    left = [known for known in after.ways if known.system in (name, "cloud-init")] or after.ways
    told = "; ".join(dict.fromkeys(known.sentence for known in left))
    raise PlanError(f"with {name} made to serve, this is still in the way: {told}; change it by hand")


def _enables(stack: Stack, name: str) -> bool:
    found = stack.systems[name]
    return not found.starts and not found.lack


def _steps(guest: Guest, stack: Stack, found: System) -> tuple[Step, ...]:
    if found.lack:
        raise PlanError(f"{found.name} {found.lack}")
    made = _profile_steps(guest, stack, found)
    return (*made, *(() if found.starts else enable(guest, found.name)))


def _profile_steps(guest: Guest, stack: Stack, found: System) -> tuple[Step, ...]:
    if way(replace(found, starts=True), stack.names).outcome is Outcome.UP:
        return ()
    off = [p for p in found.profiles if p.off and stack.names.touched(p.names) and p.place.path != NETWORKD]
    # Where the first match counts another profile changes nothing, nor where the device itself is left alone.
    first = found.ordered or found.name == "netplan"
    if kept := [p for p in off if first or (found.name == "NetworkManager" and p.widen is None)]:
        raise PlanError(f"{kept[0].place.path} keeps {found.name} from this interface: change it by hand")
    planned = stack.systems["netplan"].profiles if "netplan" in stack.systems else ()
    if found.name == "netplan":
        _hand_over(guest, stack)
    elif found.name == networkd_profiles.SERVICE and any(stack.names.touched(p.names) for p in planned):
        raise PlanError("netplan sets this interface up, and its files come first: change them by hand")
    bound = [profile for profile in found.profiles if profile.dhcp and not profile.off]
    if len(bound) == 1 and bound[0].widen is not None:
        return (_edit(guest, Edit(bound[0].place.path, bound[0].widen)),)
    if any(stack.names.touched(profile.names) and not profile.dhcp for profile in found.profiles):
        raise PlanError(f"{found.name} has a profile for this interface without DHCP: change it by hand")
    makers: dict[str, Callable[[Guest, Names], tuple[Step, ...]]] = {
        "NetworkManager": _keyfile,
        "netplan": lambda guest, names: (WriteFile(NETPLAN, _NETPLAN_TEXT, 0o600),),
        "systemd-networkd": _networkd,
        "ifupdown": _ifupdown,
        "wicked": _wicked,
        "The network service": _network_service,
    }
    if found.name not in makers:
        raise PlanError(f"{found.name}: make it serve any interface by hand")
    return makers[found.name](guest, stack.names)


def _hand_over(guest: Guest, stack: Stack) -> None:
    renderer = netplan_profiles.load(guest).renderer
    if not netplan_profiles.works(guest, stack.systems.get("NetworkManager")).get(renderer, False):
        raise PlanError(f"netplan hands every interface to {renderer}, which does not run")


def _keyfile(guest: Guest, names: Names) -> tuple[Step, ...]:
    folder = () if guest.exists(FOLDERS[0]) else (MakeDirectory(FOLDERS[0], 0o700),)
    return (*folder, WriteFile(KEYFILE, _KEYFILE_TEXT, 0o600))


def _networkd(guest: Guest, names: Names) -> tuple[Step, ...]:
    # What ifupdown brings up by one of the names as well would ask for a second address.
    stanzas = started(guest) if services.startup(guest, "networking").stays else []
    removed = tuple(
        _edit(guest, Edit(path, partial(_without, tuple(s.name for s in stanzas if s.place.path == path))))
        for path in dict.fromkeys(stanza.place.path for stanza in stanzas)
    )
    # One of this name that networkd may not read would stay so.
    opened = () if networkd_profiles.readable(guest, NETWORKD) else (SetMode(NETWORKD, 0o644),)
    unmasked = (RemoveFile(NETWORKD),) if masked(guest, NETWORKD) else ()
    return (MakeDirectory("/etc/systemd/network"), *unmasked, WriteFile(NETWORKD, _NETWORKD_TEXT), *opened, *removed)


def _without(names: tuple[str, ...], content: bytes) -> bytes:
    for name in names:
        content = without_interface(content, name)
    return content


def _ifupdown(guest: Guest, names: Names) -> tuple[Step, ...]:
    if not names.fixed:
        raise PlanError(f"ifupdown wants the interface's name, and an instance's is {names}")
    stanzas = started(guest)
    return tuple(
        _edit(
            guest, Edit(path, partial(_replaced, tuple(s.name for s in stanzas if s.place.path == path), names, path))
        )
        for path in dict.fromkeys((*(stanza.place.path for stanza in stanzas), INTERFACES))
    )


def _replaced(gone: tuple[str, ...], names: Names, path: str, content: bytes) -> bytes:
    content = _without((*gone, *names.names) if path == INTERFACES else gone, content)
    return with_dhcp(content, names.names[0]) if path == INTERFACES else content


def _wicked(guest: Guest, names: Names) -> tuple[Step, ...]:
    if not names.fixed:
        raise PlanError(f"wicked wants the interface's name, and an instance's is {names}")
    path = f"{SUSE}/ifcfg-{names.names[0]}"
    if guest.exists(path):
        raise PlanError(f"{path} sets up something else than DHCP at boot: change it by hand")
    return (WriteFile(path, b"BOOTPROTO='dhcp'\nSTARTMODE='auto'\n"),)


def _network_service(guest: Guest, names: Names) -> tuple[Step, ...]:
    if guest.facts.family == "suse":
        return _wicked(guest, names)
    if not names.fixed:
        raise PlanError(f"The network service wants the interface's name, and an instance's is {names}")
    name = names.names[0]
    path = f"{REDHAT}/ifcfg-{name}"
    return (_edit(guest, Edit(path, partial(ifcfg_with_dhcp, path, name))),)


def enable(guest: Guest, name: str) -> tuple[Step, ...]:
    """Start a system at boot, with the units that its ``Also=`` names; OpenRC's networking in its runlevel ``boot``."""
    service = _SERVICES.get(name, name)
    if guest.facts.family == "alpine" and name == "NetworkManager":
        service = "networkmanager"
    if detect(guest) is Init.OPENRC:
        return openrc.enable_steps(guest, service, _PLACES.get(name, "default"))
    if detect(guest) is not Init.SYSTEMD:
        return services.enable_steps(guest, service)
    unit = systemd.find_unit(guest, f"{service}.service")
    also = systemd.install_section(guest, unit).get("Also", ())
    steps = list(services.enable_steps(guest, service))
    for more in also:
        other = systemd.find_unit(guest, more)
        if other.path is not None and other.masked_by is None and more.rpartition(".")[2] in ("service", "socket"):
            steps += services.enable_steps(guest, more)
    return tuple(dict.fromkeys(steps))


def _edit(guest: Guest, edit: Edit) -> WriteFile:
    return WriteFile(edit.path, edit.change(guest.read(edit.path) if guest.exists(edit.path) else b""))
