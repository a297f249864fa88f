"""Every kernel finds a virtio disk and network card: drivers built in, or modules in its initial RAM disk.

The trap is an image that was made on other hardware: dracut, and initramfs-tools with ``MODULES=dep``, then leave out
what the build machine did not need, and the instance stops before its root is mounted.
"""

from __future__ import annotations

from dataclasses import dataclass

from remediations.guest import Guest, GuestError
from remediations.linux import drivers, initrds, module_bans
from remediations.linux.coverage import EVERY_FAMILY
from remediations.linux.fault import Fault, plan_for, verdict, with_steps
from remediations.linux.initramfs_config import having
from remediations.linux.initramfs_rebuild import rebuild
from remediations.linux.kernels import Kernel, kernels
from remediations.vocabulary import (
    Evidence,
    Finding,
    Level,
    MakeDirectory,
    Plan,
    Requirement,
    Settings,
    Status,
    Step,
    WriteFile,
)

_ADDED = ("virtio_pci", "virtio_blk", "virtio_scsi", "virtio_net")
_ON_S390X = ("virtio_ccw", "virtio_blk", "virtio_scsi", "virtio_net")


def check(guest: Guest, settings: Settings) -> Finding:
    """Pass where no kernel needs a driver that it cannot reach at boot."""
    if settings.hypervisor == "xen":
        return Finding(Status.SKIPPED, "Xen has disks and network cards of its own, which need no virtio")
    faults, shown = _look(guest)
    return verdict(faults, Finding(Status.PASS, "Every kernel reaches its virtio drivers at boot", tuple(shown)))


def plan(guest: Guest, settings: Settings) -> Plan:
    """Have the drivers put into every initial RAM disk, and make those that lack them again."""
    if settings.hypervisor == "xen":
        return Plan()
    faults, _ = _look(guest)
    return plan_for(guest, faults, "Puts the virtio drivers into the initial RAM disks")


def _look(guest: Guest) -> tuple[list[Fault], list[Evidence]]:
    found = kernels(guest)
    if not found:
        return [Fault("Which kernel the guest boots could not be established", certain=False)], []
    faults: list[Fault] = []
    shown: list[Evidence] = []
    for kernel in found:
        faults += _kernel(guest, kernel, shown)
    inside = frozenset.intersection(*(drivers.built_in(guest, kernel.release) for kernel in found))
    return [*faults, *_banned(guest, frozenset(_added(guest)) - {"virtio_scsi"} - inside)], shown


def _added(guest: Guest) -> tuple[str, ...]:
    return _ON_S390X if guest.facts.arch == "s390x" else _ADDED


def _banned(guest: Guest, names: frozenset[str]) -> list[Fault]:
    return [
        Fault(f"{name} is forbidden to load", (place,), obstacle=f"{place.path} forbids {name}: take that out")
        for name, place in module_bans.banned(guest, names).items()
    ]


def _kernel(guest: Guest, kernel: Kernel, shown: list[Evidence]) -> list[Fault]:
    added = _added(guest)
    inside = drivers.built_in(guest, kernel.release)
    early = frozenset(added[:2]) - inside
    as_modules = drivers.modules(guest, kernel.release)
    if as_modules is None and (early or "virtio_net" not in inside):
        sentence = f"Which drivers the kernel {kernel.release} has is not known: it has no list of modules"
        return [Fault(sentence, (kernel.evidence,), certain=False)]
    if lacking := sorted({*early, "virtio_net"} - inside - (as_modules or frozenset())):
        sentence = f"The kernel {kernel.release} has no {' and no '.join(lacking)}"
        return [Fault(sentence, (kernel.evidence,), obstacle=f"{sentence}: install a kernel that is made for KVM")]
    if not early:
        shown.append(Evidence(kernel.evidence.path, text="virtio is built in"))
        return []
    images = initrds.of_kernel(guest, kernel.release)
    if not images:
        sentence = f"No initial RAM disk of the kernel {kernel.release} was found, and its virtio drivers are modules"
        return [Fault(sentence, (kernel.evidence,), certain=False)]
    wanted = tuple(name for name in added if name in (as_modules or ()))
    faults = []
    for path in images:
        try:
            missing = drivers.missing_in(guest, path, early)
        except GuestError as error:
            faults.append(Fault(f"Whether virtio is in {path} is not known ({error})", certain=False))
            continue
        if missing:
            faults.append(_lacking(guest, kernel.release, path, missing, wanted))
        else:
            shown.append(Evidence(path, text=" ".join(sorted(early))))
    return faults


def _lacking(guest: Guest, release: str, path: str, missing: frozenset[str], wanted: tuple[str, ...]) -> Fault:
    names = " and no ".join(sorted(missing))
    sentence = f"{path} has no {names}: the kernel {release} does not find a virtio disk"
    place = (Evidence(path, text=f"no {names}"),)
    return with_steps(
        sentence,
        place,
        lambda: (*_configured(guest, wanted), rebuild(guest, release, path, _HasDrivers(path, missing))),
    )


def _configured(guest: Guest, wanted: tuple[str, ...]) -> list[Step]:
    edit = having(guest, wanted)
    before = guest.read(edit.path) if guest.exists(edit.path) else b""
    folder = edit.path.rpartition("/")[0]
    steps: list[Step] = [] if guest.exists(folder) else [MakeDirectory(folder)]
    return [*steps, WriteFile(edit.path, after)] if (after := edit.change(before)) != before else []


@dataclass(frozen=True)
class _HasDrivers:
    """Accepts an initial RAM disk that has the drivers; equal to another that asks the same, as plans are compared."""

    path: str
    wanted: frozenset[str]

    def __call__(self, before: bytes, after: bytes) -> str | None:
        try:
            left = drivers.missing_in_content(after, self.path, self.wanted)
        except GuestError as error:
            return str(error)
        return f"{self.path} has no {' and no '.join(sorted(left))} after all" if left else None


REQUIREMENT = Requirement(
    id="virtio-drivers",
    title="Kernels reach their virtio drivers at boot",
    level=Level.RECOMMENDED,
    guide="",
    check=check,
    plan=plan,
    complete_for=EVERY_FAMILY,
)
