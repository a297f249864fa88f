"""Our own script that grows a root on LVM at boot, as the guide tells it: whether it can, and what installs it."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from remediations.guest import FileKind, Guest, RootDisk
from remediations.linux import grow_tools
from remediations.linux.fault import Fault
from remediations.linux.kernels import kernels
from remediations.linux.own_service import OwnService
from remediations.linux.text import numbered
from remediations.vocabulary import Evidence, PlanError

NAME = "image-wizard-grow-root"
PROGRAM = f"/usr/local/sbin/{NAME}"
_BACKUPS = "/etc/lvm/backup/*"
_OTHER_SEGMENT = re.compile(r"\s*(type = \"(?!striped\")|stripe_count = (?!1\b))")
_PRIMARY = 4
_RESIZES_IN_USE = (3, 8)


@functools.cache
def service() -> OwnService:
    """The script and its boot service."""
    script = Path(__file__).with_name("grow_root.sh").read_bytes()
    return OwnService(NAME, "Grow a root file system on LVM to its disk", PROGRAM, script, "cloud-config.service")


def missing(guest: Guest, disk: RootDisk) -> list[Fault]:
    """That nothing grows the root, as a fault that our service rights; else what it would lack on this guest."""
    where = Evidence(guest.facts.root, text="the root file system is on LVM")
    sentence = "The root file system is on LVM, and nothing grows it at boot"
    if faults := requirements(guest, disk):
        return [Fault(sentence, (where,), packages=tuple(n for f in faults for n in f.packages)), *faults]
    try:
        return [Fault(sentence, (where,), steps=service().install_steps(guest))]
    except PlanError as error:
        return [Fault(sentence, (where,), obstacle=str(error))]


def requirements(guest: Guest, disk: RootDisk) -> list[Fault]:
    """What our script needs and does not have here: tools, and room in the partition table."""
    faults = grow_tools.filesystem(guest, disk.filesystem)
    faults += [*grow_tools.needed(guest, ("lvm",)), *_not_linear(guest)]
    if disk.number is None:
        return faults
    root = next((known for known in disk.partitions if known.number == disk.number), None)
    last = max(disk.partitions, key=lambda known: known.start, default=None)
    in_place = root is not None and root is last and root.kind == "primary" and _resizes(guest)
    if not grow_tools.has(guest, "sfdisk-new"):
        # Only parted reads every table then; it leaves it to sgdisk to move GPT's second one to the disk's new end.
        for name in ("parted",) if disk.table == "dos" else ("parted", "sgdisk"):
            faults += grow_tools.needed(guest, (name,))
    primaries = [known for known in disk.partitions if known.kind != "logical"]
    if disk.table == "dos" and not in_place and len(primaries) >= _PRIMARY:
        sentence = (
            "The partition table has four primary partitions, and the last of the disk is none that can grow: there "
            "is no place for a new physical volume"
        )
        faults.append(Fault(sentence, (Evidence(guest.facts.root),), obstacle=sentence))
    return faults


def _resizes(guest: Guest) -> bool:
    """Whether the kernel takes the new size of a partition in use."""
    found = kernels(guest)
    return bool(found) and found[-1].version >= _RESIZES_IN_USE


def _not_linear(guest: Guest) -> list[Fault]:
    """Our script leaves a thin, mirrored or striped root alone; LVM's own backup of its metadata tells of such."""
    for path in guest.glob(_BACKUPS):
        found = guest.stat(path)
        if found is None or found.kind is not FileKind.FILE:
            continue
        for number, line in numbered(guest.read(path)):
            if _OTHER_SEGMENT.match(line):
                sentence = (
                    "The volume group has thin, mirrored or striped volumes; whether the root is one is not known"
                )
                return [Fault(sentence, (Evidence(path, number, line.strip()),), certain=False)]
    return []
