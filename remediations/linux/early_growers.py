"""What grows the root without cloud-init, or before it: growroot, systemd's own services and SUSE's.

Source: systemd-repart(8), repart.d(5), systemd-growfs(8); SUSE's rootgrow and growpart-generator.
"""

from __future__ import annotations

from dataclasses import dataclass

from remediations.guest import Guest, RootDisk
from remediations.linux import fstab_options, grow_tools, growroot, repart, services
from remediations.linux.fault import Fault
from remediations.linux.init_system import Init, detect
from remediations.vocabulary import Evidence

_GENERATORS = ("/usr/lib/systemd/system-generators", "/etc/systemd/system-generators")
_ROOTGROW = "/usr/sbin/rootgrow"
_TINY_CLOUD = ("/etc/tiny-cloud.conf", "/lib/tiny-cloud", "/usr/lib/tiny-cloud")


@dataclass(frozen=True)
class Growth:
    """What is wrong with one way of growing, and where it shows that it works."""

    faults: tuple[Fault, ...]
    evidence: tuple[Evidence, ...] = ()


def partition(guest: Guest, disk: RootDisk) -> Growth | None:
    """How the root partition grows before cloud-init comes to it; None where nothing of the kind is there."""
    if name := growroot.package(guest):
        return Growth(tuple(growroot.faults(guest)), (Evidence("/boot", text=f"package {name}"),))
    if place := _generated(guest):
        return Growth(tuple(grow_tools.partition(guest, disk.table)), (place,))
    if places := repart.growing(guest, disk):
        return Growth((), places)
    return _whole(guest, disk)


def filesystem(guest: Guest, disk: RootDisk) -> Growth | None:
    """How the root file system grows before cloud-init comes to it; None where nothing of the kind is there."""
    # systemd-growfs has run when cloud-init grows the partition: it only counts with nothing left to grow by then.
    way = partition(guest, disk)
    early = disk.kind == "disk" or (way is not None and not way.faults)
    place = fstab_options.root(guest, "x-systemd.growfs")
    if early and place is not None and detect(guest) is Init.SYSTEMD:
        return Growth((), (place,))
    return _whole(guest, disk)


def _generated(guest: Guest) -> Evidence | None:
    """fstab's word to SUSE's growpart-generator, where that is installed."""
    place = fstab_options.root(guest, "x-growpart.grow")
    there = any(guest.glob(f"{folder}/growpart-generator*") for folder in _GENERATORS)
    return place if there and detect(guest) is Init.SYSTEMD else None


def _whole(guest: Guest, disk: RootDisk) -> Growth | None:
    """SUSE's rootgrow, and Alpine's tiny-cloud: both grow the partition and the file system."""
    if guest.exists(_ROOTGROW) and (started := services.startup(guest, "rootgrow")).stays:
        tools = (*grow_tools.partition(guest, disk.table), *grow_tools.filesystem(guest, disk.filesystem))
        return Growth(tools, started.evidence)
    if found := [Evidence(path) for path in _TINY_CLOUD if guest.exists(path)]:
        sentence = "tiny-cloud may grow the root at boot; whether it does is not known here"
        return Growth((Fault(sentence, tuple(found), certain=False),))
    return None
