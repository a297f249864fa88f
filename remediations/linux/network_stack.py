"""Every way onto the network that a guest has: the systems installed in it, and cloud-init over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from remediations.guest import Guest, GuestError
from remediations.linux import cloud_network, cloud_renderers, netplan_profiles, other_networks
from remediations.linux.ifupdown_profiles import ifupdown
from remediations.linux.interface_names import Names, first_interface
from remediations.linux.network_manager_profiles import network_manager
from remediations.linux.network_profiles import Outcome, System, Way, way
from remediations.linux.network_scripts import network_service, wicked
from remediations.linux.networkd_profiles import networkd


@dataclass(frozen=True)
class Stack:
    """``names`` of the first interface, the systems by name, cloud-init's part and all ways, the systems' first."""

    names: Names
    systems: dict[str, System]
    cloud: cloud_renderers.Rendered | None
    ways: tuple[Way, ...]

    @property
    def up(self) -> Way | None:
        """A way that works, if there is one."""
        if self.cloud is not None and self.cloud.decided:
            return None
        return next((known for known in self.ways if known.outcome is Outcome.UP), None)


def stack(guest: Guest) -> Stack:
    """All that brings a guest's network up. What cannot be read becomes a way that is not sure."""
    names = first_interface(guest)
    unread: list[Way] = []
    systems: dict[str, System] = {}

    def take(name: str, make: Callable[[], System | None]) -> System | None:
        try:
            found = make()
        except GuestError as error:
            unread.append(Way(name, Outcome.UNSURE, str(error)))
            return None
        if found is not None:
            if again:  # what an earlier boot's cloud-init wrote makes way for what the next one's will
                kept = (known for known in found.profiles if not cloud_network.generated(known.place.path))
                found = replace(found, profiles=tuple(kept))
            systems[found.name] = found
        return found

    again = _writes_again(guest)
    handed = _handed(guest)
    manager = take("NetworkManager", lambda: network_manager(guest, names, handed))
    take("netplan", lambda: netplan_profiles.netplan(guest, manager))
    take("systemd-networkd", lambda: networkd(guest))
    take("ifupdown", lambda: ifupdown(guest))
    take("wicked", lambda: wicked(guest))
    take("The network service", lambda: network_service(guest))
    take("dhcpcd", lambda: other_networks.dhcpcd(guest, names))
    take("ConnMan", lambda: other_networks.connman(guest))
    take("netctl", lambda: other_networks.netctl(guest))
    ways = [way(found, names) for found in systems.values()]
    cloud = None
    try:
        cloud = cloud_renderers.rendered(guest, names, systems)
    except GuestError as error:
        unread.append(Way("cloud-init", Outcome.UNSURE, str(error)))
    take("cloud-init", lambda: cloud_renderers.own_system(guest) if again else None)
    return Stack(names, systems, cloud, (*ways, *((cloud.way,) if cloud else ()), *unread))


def _writes_again(guest: Guest) -> bool:
    try:
        return cloud_network.writes_again(guest)
    except GuestError:
        return False


def _handed(guest: Guest) -> bool:
    """Whether netplan hands every interface to NetworkManager."""
    try:
        return netplan_profiles.installed(guest) and netplan_profiles.load(guest).renderer == "NetworkManager"
    except GuestError:
        return False
