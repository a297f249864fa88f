"""The serial console asks for a login, so that an operator gets in where the network does not come up."""

from __future__ import annotations

from remediations.guest import Guest
from remediations.linux.boot_lines import RECOVERY, consoles, has_console
from remediations.linux.boot_loaders import boot_loaders
from remediations.linux.console_device import console_device
from remediations.linux.coverage import EVERY_FAMILY
from remediations.linux.fault import Fault, plan_for, verdict
from remediations.linux.kernel_arguments import arguments
from remediations.linux.serial_login import faults
from remediations.vocabulary import Finding, Level, Plan, Requirement, Settings, Status

_OFF = ("0", "no", "off", "false", "n", "f")


def check(guest: Guest, settings: Settings) -> Finding:
    """Whether something starts a login on the console device at boot."""
    device = console_device(guest, settings)
    return verdict(_faults(guest, settings), Finding(Status.PASS, f"A login is started on {device}"))


def plan(guest: Guest, settings: Settings) -> Plan:
    """Have the guest's init start one."""
    device = console_device(guest, settings)
    return plan_for(guest, _faults(guest, settings), f"Starts a login on {device} at boot")


def _faults(guest: Guest, settings: Settings) -> tuple[Fault, ...]:
    device = console_device(guest, settings)
    loaders = boot_loaders(guest, device, xen=settings.hypervisor == "xen")
    # A recovery entry starts a shell of its own, and no logins.
    lines = [line for loader in loaders for line in loader.lines if not RECOVERY.intersection(line.arguments)]
    told = all(has_console(line.arguments, device) for line in lines) if lines else None
    last = bool(lines) and all(has_console(consoles(line.arguments)[-1:], device) for line in lines)
    for value, place in arguments(guest).named("systemd.getty_auto"):
        if value.lower() in _OFF:
            sentence = f"The boot entries tell systemd to start no logins: systemd.getty_auto={value}"
            return (Fault(sentence, (place,), obstacle=f"Remove systemd.getty_auto={value} from {place.path}"),)
    return faults(guest, device, told, last)


REQUIREMENT = Requirement(
    id="serial-getty",
    title="The serial console asks for a login",
    level=Level.RECOMMENDED,
    guide="",
    check=check,
    plan=plan,
    complete_for=EVERY_FAMILY,
)
