"""The kernel writes its boot log to the serial console: ``console=`` in every boot entry, now and after updates."""

from __future__ import annotations

from remediations.guest import Guest
from remediations.linux.boot_lines import RECOVERY, TO_INIT, BootLine, Loader, Remark, consoles, has_console
from remediations.linux.boot_loaders import boot_loaders
from remediations.linux.console_device import console, console_device
from remediations.linux.coverage import EVERY_FAMILY
from remediations.vocabulary import (
    Evidence,
    Finding,
    Level,
    Plan,
    PlanError,
    Requirement,
    Settings,
    Status,
    Step,
)


def check(guest: Guest, settings: Settings) -> Finding:
    """Whether every boot entry passes the console, and will when its loader's configuration is written again."""
    device = console_device(guest, settings)
    loaders = _loaders(guest, settings, device)
    lines = tuple(line for loader in loaders for line in loader.lines)
    if lacking := tuple(line for line in lines if not line.opaque and not has_console(line.arguments, device)):
        return Finding(Status.FAIL, _lacking(lacking, lines, device), tuple(line.evidence for line in lacking))
    if not lines and not _doubts(loaders, device):
        return _nothing_boots(guest, loaders)
    if losses := tuple(loss for loader in loaders for loss in loader.losses):
        return Finding(Status.FAIL, losses[0].text, _evidence(losses))
    if doubts := _doubts(loaders, device):
        return Finding(Status.UNKNOWN, doubts[0].text, _evidence(doubts))
    evidence = tuple(line.evidence for line in lines) + tuple(place for loader in loaders for place in loader.keeps)
    last = all(has_console(consoles(line.arguments)[-1:], device) for line in lines)
    remark = "" if last else ", though /dev/console is another: it is not the last console named"
    return Finding(Status.PASS, f"Every boot entry has console={device}{remark}", evidence)


def plan(guest: Guest, settings: Settings) -> Plan:
    """Add the console where each boot loader takes its kernel arguments from, and to the entries that it shows."""
    if check(guest, settings).status is Status.PASS:
        return Plan()
    device = console_device(guest, settings)
    loaders = _loaders(guest, settings, device)
    for loader in loaders:
        _refuse(loader, device)
    if not any(loader.lines for loader in loaders):
        return Plan(obstacle="No boot loader's menu boots a Linux kernel here: install one in the guest")
    wanted = console(guest, settings)
    steps: dict[Step, None] = {}
    for loader in loaders:
        if loader.losses or any(not has_console(line.arguments, device) for line in loader.lines):
            steps |= dict.fromkeys(loader.repair(wanted))
    return Plan(tuple(steps), f"Passes console={device} to the kernel in every boot entry, and keeps it on updates")


def _loaders(guest: Guest, settings: Settings, device: str) -> tuple[Loader, ...]:
    return boot_loaders(guest, device, xen=settings.hypervisor == "xen")


def _refuse(loader: Loader, device: str) -> None:
    """PlanError where a loader has something that the fix does not reach."""
    if doubts := _doubts((loader,), device):
        raise PlanError(doubts[0].text)
    for line in (line for line in loader.lines if not has_console(line.arguments, device)):
        if TO_INIT in line.arguments:
            raise PlanError(f"The entry “{line.title}” hands what is behind {TO_INIT} to init: add the console before")
        if line.source:
            raise PlanError(f"The entry “{line.title}” comes from {line.source}: add console={device} there by hand")


def _doubts(loaders: tuple[Loader, ...], device: str) -> tuple[Remark, ...]:
    variable = "The entry “{}” takes arguments from a variable of the boot loader, whose value is not known"
    return tuple(doubt for loader in loaders for doubt in (*loader.unread, *loader.doubts)) + tuple(
        Remark(variable.format(line.title), (line.evidence,))
        for loader in loaders
        for line in loader.lines
        if line.opaque and not has_console(line.arguments, device)
    )


def _lacking(lacking: tuple[BootLine, ...], lines: tuple[BootLine, ...], device: str) -> str:
    if len(lacking) == len(lines):
        return f"No boot entry has console={device}"
    only = "only recovery entries" if all(RECOVERY.intersection(line.arguments) for line in lacking) else ""
    return f"{len(lacking)} of {len(lines)} boot entries lack console={device}" + (f": {only}" if only else "")


def _nothing_boots(guest: Guest, loaders: tuple[Loader, ...]) -> Finding:
    if not guest.glob("/boot/vmlinu[xz]*") and not guest.glob("/vmlinu[xz]*"):
        return Finding(Status.UNKNOWN, "There is no kernel in /boot: this guest does not boot by itself")
    if loaders:
        return Finding(Status.UNKNOWN, f"The configuration of {loaders[0].name} boots no Linux kernel")
    return Finding(Status.UNKNOWN, "No boot loader's configuration was found")


def _evidence(remarks: tuple[Remark, ...]) -> tuple[Evidence, ...]:
    return tuple(place for remark in remarks for place in remark.evidence)


REQUIREMENT = Requirement(
    id="console-log",
    title="The boot log goes to the serial console",
    level=Level.REQUIRED,
    guide="Ensure image writes boot log to console",
    check=check,
    plan=plan,
    complete_for=EVERY_FAMILY,
)
