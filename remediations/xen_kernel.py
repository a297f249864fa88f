"""On the Xen hypervisor: a kernel that runs paravirtualised, and a disk that XenAPI can resize."""

from __future__ import annotations

import re

from remediations.guest import Guest, GuestError, RootDisk
from remediations.linux.coverage import EVERY_FAMILY
from remediations.linux.kernels import Kernel, kernels
from remediations.linux.text import numbered
from remediations.vocabulary import Evidence, Finding, Level, Plan, Requirement, Settings, Status

_ENABLED = re.compile(r"CONFIG_XEN=y\s*")
_FIRST_WITH_XEN = (3, 0)
_ONE_PARTITION = ("ext3", "ext4")


def check(guest: Guest, settings: Settings) -> Finding:
    """Whether every kernel knows Xen, and the disk is one ext3 or ext4 partition (``auto_disk_config``)."""
    if settings.hypervisor != "xen":
        return Finding(Status.SKIPPED, "Only the Xen hypervisor needs this, and the image is meant for KVM")
    found = kernels(guest)
    lacking: list[Kernel] = []
    evidence: list[Evidence] = []
    doubt = "" if found else "There is no kernel in the guest: it boots one from elsewhere"
    for kernel in found:
        try:
            place = _xen_support(guest, kernel)
        except GuestError as error:
            doubt = str(error)
            continue
        if place is None:
            lacking.append(kernel)
        else:
            evidence.append(place)
    if lacking:
        names = ", ".join(kernel.release for kernel in lacking)
        return Finding(
            Status.FAIL, f"Kernel {names} has no paravirtualised Xen support", tuple(k.evidence for k in lacking)
        )
    disk = guest.root_disk
    if problem := _partitions(disk):
        return Finding(Status.FAIL, problem, (Evidence(guest.facts.root, text=f"{disk.kind} {disk.filesystem}"),))
    if doubt or disk.kind == "other":
        reason = doubt or "How the root file system lies on its disk is not known"
        return Finding(Status.UNKNOWN, reason, tuple(evidence))
    return Finding(
        Status.PASS, "Every kernel supports Xen, and the disk is one partition of ext3 or ext4", tuple(evidence)
    )


def plan(guest: Guest, settings: Settings) -> Plan:
    """No fix: a kernel cannot be given Xen support, nor a disk another layout, in place."""
    if check(guest, settings).status in (Status.PASS, Status.SKIPPED):
        return Plan()
    return Plan(
        obstacle="Install a kernel of version 3.0 or later; build the image as one ext3 or ext4 partition, no LVM"
    )


def _xen_support(guest: Guest, kernel: Kernel) -> Evidence | None:
    """The place that shows a kernel's Xen support, None where it has none; GuestError where nothing tells."""
    path = next((form for form in _configs(kernel.release) if guest.exists(form)), None)
    if path is not None:
        for number, text in numbered(guest.read(path)):
            if _ENABLED.fullmatch(text):
                return Evidence(path, number, text)
            if text.strip() == "# CONFIG_XEN is not set":
                return None
    if kernel.version >= _FIRST_WITH_XEN:
        return kernel.evidence
    if path is not None:
        return None
    missing = _configs(kernel.release)[0]
    raise GuestError(f"Kernel {kernel.release} is older than 3.0, and there is no {missing} to tell if it knows Xen")


def _configs(release: str) -> tuple[str, ...]:
    """Where distributions keep the configuration that a kernel was built with."""
    return (f"/boot/config-{release}", f"/lib/modules/{release}/config", f"/usr/lib/modules/{release}/config")


def _partitions(disk: RootDisk) -> str:
    """What keeps XenAPI from resizing the disk: it takes one ext3 or ext4 partition."""
    if disk.kind == "lvm":
        return "The root file system is on LVM: Xen's auto_disk_config does not resize it"
    if disk.kind == "partition" and len(disk.partitions) != 1:
        return f"The disk has {len(disk.partitions)} partitions: Xen's auto_disk_config resizes only a single one"
    if disk.kind == "disk":
        return "The disk has no partition table: Xen's auto_disk_config resizes a single partition"
    if disk.kind == "partition" and disk.filesystem not in _ONE_PARTITION:
        return f"The root file system is {disk.filesystem or 'unknown'}: Xen's auto_disk_config resizes ext3 and ext4"
    return ""


REQUIREMENT = Requirement(
    id="xen-kernel",
    title="The kernel supports paravirtualised Xen",
    level=Level.REQUIRED,
    guide="Paravirtualized Xen support in the kernel",
    check=check,
    plan=plan,
    complete_for=EVERY_FAMILY,
)
