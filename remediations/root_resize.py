"""The root partition and its file system grow to the disk that an instance gets."""

from __future__ import annotations

from remediations.guest import Guest, RootDisk
from remediations.linux import lvm_grow
from remediations.linux.coverage import EVERY_FAMILY
from remediations.linux.disk_layout import layout_faults
from remediations.linux.early_growers import Growth
from remediations.linux.fault import Fault, plan_for, verdict
from remediations.linux.grow_scripts import Scripts, grow_scripts
from remediations.linux.growers import filesystem_growth, partition_growth
from remediations.vocabulary import Finding, Level, Plan, Requirement, Settings, Status


def check(guest: Guest, settings: Settings) -> Finding:
    """Whether the root can grow, fills what it has, and something grows it at boot."""
    disk = guest.root_disk
    faults, growth = _look(guest, disk)
    return verdict(faults, Finding(Status.PASS, _passing(disk), growth.evidence))


def plan(guest: Guest, settings: Settings) -> Plan:
    """Put back what grows the root at boot, or install it; the disk's layout is not changed."""
    disk = guest.root_disk
    faults, _ = _look(guest, disk)
    what = "LVM, the root and its file system" if disk.kind == "lvm" else "the root partition and its file system"
    return plan_for(guest, faults, f"Has {what} grow at boot")


def _look(guest: Guest, disk: RootDisk) -> tuple[list[Fault], Growth]:
    scripts = grow_scripts(guest)
    if disk.kind != "lvm":
        growth = _plain(guest, disk, scripts)
        return [*layout_faults(disk), *growth.faults], growth
    growth = _lvm(guest, disk, scripts)
    # Ours, like the guide's, takes in a new partition where the own one cannot grow.
    in_place = bool(growth.evidence) and not lvm_grow.service().stands(guest) and not scripts.adds_partition
    return [*layout_faults(disk, in_place), *growth.faults], growth


def _plain(guest: Guest, disk: RootDisk, scripts: Scripts) -> Growth:
    ways = [(filesystem_growth(guest, disk), scripts.filesystem)]
    if disk.kind == "partition":
        ways.insert(0, (partition_growth(guest, disk), scripts.partition))
    failing = [(way, by_script) for way, by_script in ways if way.faults]
    if failing and all(by_script for _, by_script in failing):
        # A script may do what cloud-init does not; whether it does it right cannot be told from here.
        sentence = "A script of the guest's own seems to grow the root at boot"
        return Growth((Fault(sentence, scripts.evidence, certain=False),))
    # Without cloud-init both ways lack the same: told once.
    faults = {fault.sentence: fault for way, _ in ways for fault in way.faults}
    evidence = dict.fromkeys(place for way, _ in ways for place in way.evidence)
    return Growth(tuple(faults.values()), tuple(evidence))


def _lvm(guest: Guest, disk: RootDisk, scripts: Scripts) -> Growth:
    if places := lvm_grow.service().stands(guest):
        return Growth(tuple(lvm_grow.requirements(guest, disk)), places)
    if scripts.grows_lvm and (scripts.partition or disk.number is None):
        return Growth((), scripts.evidence)
    if scripts.volume or scripts.logical:
        sentence = "A script grows LVM at boot, but not every step of it was found"
        return Growth((Fault(sentence, scripts.evidence, certain=False),), scripts.evidence)
    return Growth(tuple(lvm_grow.missing(guest, disk)))


def _passing(disk: RootDisk) -> str:
    if disk.kind == "lvm":
        return "A script grows LVM, the root and its file system at boot"
    if disk.kind == "disk":
        return "The root file system fills its disk and grows with it at boot"
    return f"Partition {disk.number} is the last of the disk; it and its file system grow at boot"


REQUIREMENT = Requirement(
    id="root-resize",
    title="The root partition grows with the disk",
    level=Level.REQUIRED,
    guide="Disk partitions and resize root partition on boot",
    check=check,
    plan=plan,
    complete_for=EVERY_FAMILY,
)
