"""No rule and no profile ties the guest's network to a MAC address: every instance has another one."""

from __future__ import annotations

from remediations.guest import Guest, GuestError
from remediations.linux import cloud_network
from remediations.linux.coverage import EVERY_FAMILY
from remediations.linux.ifcfg import tied_by_ifcfg
from remediations.linux.ifupdown import tied_by_ifupdown
from remediations.linux.mac_arguments import tied_by_arguments
from remediations.linux.mactab import tied_by_table
from remediations.linux.netplan import tied_by_netplan
from remediations.linux.network_manager import tied_by_network_manager
from remediations.linux.networkd import tied_by_networkd
from remediations.linux.ties import Tied
from remediations.linux.udev_rules import tied_by_udev
from remediations.vocabulary import (
    Finding,
    Level,
    Plan,
    RemoveFile,
    Requirement,
    Settings,
    Status,
    Step,
    WriteFile,
)

_SYSTEMS = (
    tied_by_udev,
    tied_by_table,
    tied_by_ifcfg,
    tied_by_network_manager,
    tied_by_netplan,
    tied_by_networkd,
    tied_by_ifupdown,
    tied_by_arguments,
    cloud_network.tied_by_cloud_init,
)


def check(guest: Guest, settings: Settings) -> Finding:
    """Whether any of the network's configuration systems names a MAC address. What cannot be read is *unknown*."""
    tied, unread = _look(guest)
    if tied:
        evidence = tuple(place for known in tied for place in known.evidence)
        names = ", ".join(dict.fromkeys(known.path for known in tied))
        return Finding(Status.FAIL, f"A MAC address is fixed in {names}", evidence)
    if unread:
        return Finding(Status.UNKNOWN, f"Could not be established: {unread[0]}")
    return Finding(Status.PASS, "No rule or profile names a MAC address")


def plan(guest: Guest, settings: Settings) -> Plan:
    """Empty udev's files, drop the addresses elsewhere, remove what cloud-init will write again."""
    tied, unread = _look(guest)
    if not tied:
        return Plan()
    if unread:
        raise unread[0]
    again = cloud_network.writes_again(guest) if any(cloud_network.generated(known.path) for known in tied) else False
    steps: list[Step] = []
    for known in tied:
        if again and cloud_network.generated(known.path):
            steps.append(RemoveFile(known.path))
        else:
            steps.append(WriteFile(known.path, known.untie(guest.read(known.path))))
    return Plan(tuple(steps), f"Takes MAC addresses out of {len(steps)} file{'s' if len(steps) > 1 else ''}")


def _look(guest: Guest) -> tuple[list[Tied], list[GuestError]]:
    """What is tied, and what could not be read: one odd file must not hide what is wrong in another."""
    tied: list[Tied] = []
    unread: list[GuestError] = []
    for system in _SYSTEMS:
        try:
            tied += system(guest)
        except GuestError as error:
            unread.append(error)
    return tied, unread


REQUIREMENT = Requirement(
    id="mac-address",
    title="The network is not tied to a MAC address",
    level=Level.REQUIRED,
    guide="No hard-coded MAC address information",
    check=check,
    plan=plan,
    complete_for=EVERY_FAMILY,
)
