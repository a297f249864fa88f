"""The QEMU guest agent starts: Nova asks it to freeze file systems for a snapshot, and to set passwords."""

from __future__ import annotations

from functools import partial

from remediations.guest import Guest, GuestError
from remediations.linux import guest_agent, services, systemd, unit_overrides
from remediations.linux.coverage import EVERY_FAMILY
from remediations.linux.fault import Fault, lacking, plan_for, verdict, with_steps
from remediations.vocabulary import Evidence, Finding, Level, Plan, RemoveFile, Requirement, Settings, Status


def check(guest: Guest, settings: Settings) -> Finding:
    """Pass where a boot, or the agent's port when it appears, starts qemu-ga; Xen has no such port."""
    if settings.hypervisor == "xen":
        return Finding(Status.SKIPPED, "Only QEMU has this agent, and the image is meant for Xen")
    return verdict(_faults(guest), lambda: _passing(guest))


def plan(guest: Guest, settings: Settings) -> Plan:
    """Install it, or enable its service."""
    if settings.hypervisor == "xen":
        return Plan()
    return plan_for(guest, _faults(guest), "Starts the guest agent at boot")


def _faults(guest: Guest) -> list[Fault]:
    if guest_agent.program(guest) is None:
        places = tuple(Evidence(path, text="absent") for path in guest_agent.PROGRAMS[:2])
        return [lacking(guest, "the QEMU guest agent is not installed", places, "guest-agent")]
    started = _started(guest)
    if started is None:
        return guest_agent.switched_off(guest)[:1] or [_off(guest)]
    return [
        *guest_agent.unexecutable(guest),
        *unit_overrides.faults(guest, started[0], guest_agent.PROGRAMS),
        *guest_agent.elsewhere(guest, started[0]),
    ]


def _started(guest: Guest) -> tuple[str, tuple[Evidence, ...]] | None:
    """The service that runs the agent, and what starts it; None where nothing does."""
    for name in guest_agent.SERVICES:
        found = services.startup(guest, name)
        if found.stays:
            return found.name, found.evidence
    for rule in guest_agent.rules(guest):
        if rule.unit.path is not None and rule.unit.masked_by is None:
            return rule.unit.name, rule.evidence
    return None


def _off(guest: Guest) -> Fault:
    """The agent is installed, and nothing starts it."""
    for rule in guest_agent.rules(guest):
        mask = rule.unit.masked_by
        if rule.unit.path is not None and mask is not None:
            places = (systemd.evidence_of_link(guest, mask), *rule.evidence)
            steps = (RemoveFile(mask),) if mask.startswith(f"{systemd.ETC}/") else ()
            return Fault(f"{rule.unit.name} is masked", places, steps, obstacle=f"{mask} belongs to a package")
    for name in guest_agent.SERVICES:
        found = services.startup(guest, name)
        if found.installed:
            sentence = f"the QEMU guest agent is installed, but {found.name} does not start at boot"
            return with_steps(sentence, (*found.evidence, *found.undone), partial(services.enable_steps, guest, name))
    place = Evidence(guest_agent.program(guest) or "")
    advice = "Reinstall the package qemu-guest-agent: its service is gone"
    return Fault("the QEMU guest agent is installed, but has no service", (place,), obstacle=advice)


def _passing(guest: Guest) -> Finding:
    started = _started(guest)
    if started is None:
        raise GuestError("what starts the guest agent could not be found again")
    name, places = started
    refused = guest_agent.refusals(guest)
    but = "; its settings keep the host from some of its commands" if refused else ""
    return Finding(Status.PASS, f"{name} starts when the virtual machine has its port{but}", (*places, *refused))


REQUIREMENT = Requirement(
    id="guest-agent",
    title="The QEMU guest agent starts",
    level=Level.RECOMMENDED,
    guide="",
    check=check,
    plan=plan,
    complete_for=EVERY_FAMILY,
)
