"""No profile is bound to the name that the network card of the build machine had."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from remediations.guest import Guest
from remediations.linux.coverage import EVERY_FAMILY
from remediations.linux.fault import Edit, Fault, plan_for, verdict
from remediations.linux.ifupdown_profiles import without_interface
from remediations.linux.interface_names import is_ethernet
from remediations.linux.network_profiles import Outcome, Profile, System
from remediations.linux.network_scripts import renamed
from remediations.linux.network_stack import Stack, stack
from remediations.vocabulary import Finding, Level, Plan, PlanError, Requirement, Settings, Status

_RENAMED = ("wicked", "The network service")


@dataclass(frozen=True)
class _Bound:
    system: System
    profile: Profile


def check(guest: Guest, settings: Settings) -> Finding:
    """Whether a profile of a system that runs is for a name that an instance's interface need not have."""
    return verdict(_faults(guest), Finding(Status.PASS, "No profile is bound to a name that an instance may not have"))


def plan(guest: Guest, settings: Settings) -> Plan:
    """Make the profile one of any interface, give it the certain name, or take it out where it is not needed."""
    return plan_for(guest, _faults(guest), "Takes the build machine's interface names out of the network configuration")


def _faults(guest: Guest) -> list[Fault]:
    found = stack(guest)
    bound = _bound(found)
    faults = [_fault(guest, found, known, bound) for known in bound]
    unread = [way for way in found.ways if way.outcome is Outcome.UNSURE and way.system not in found.systems]
    names = [way for way in unread if way.system != "cloud-init"]
    return [*faults, *(Fault(way.sentence, way.evidence, obstacle=way.sentence, certain=False) for way in names)]


def _bound(found: Stack) -> list[_Bound]:
    seen: dict[str, _Bound] = {}
    for system in found.systems.values():
        covered = any(p.dhcp and not p.off and found.names.covered(p.names) for p in system.profiles)
        if not system.starts or covered:
            continue
        for profile in system.profiles:
            own = profile.names and all(is_ethernet(name) for name in profile.names)
            if not own or profile.off or found.names.covered(profile.names):
                continue
            seen.setdefault(profile.place.path + " ".join(profile.names), _Bound(system, profile))
    return list(seen.values())


def _fault(guest: Guest, found: Stack, bound: _Bound, every: list[_Bound]) -> Fault:
    profile, system = bound.profile, bound.system
    names = " ".join(profile.names)
    sentence = f"{system.name} has a profile for {names}, and an instance's interface is {found.names}"
    if found.names.why:
        return Fault(sentence, (profile.place,), obstacle=found.names.why)
    if not found.names.certain and found.names.touched(profile.names):
        advice = f"Whether an instance's interface is {names} cannot be told: boot with net.ifnames=0, or try it"
        return Fault(sentence, (profile.place,), obstacle=advice, certain=False)
    alone = sum(other.system.name == system.name for other in every) == 1
    path = profile.place.path
    if not profile.dhcp and system.name != "ifupdown":
        return Fault(sentence, (profile.place,), obstacle=f"{path} gives {names} no DHCP: change it by hand")
    if system.name == "ifupdown":
        others = [way for way in found.ways if way.outcome is Outcome.UP and way.system != "ifupdown"]
        if others:
            return Fault(sentence, (profile.place,), edits=(Edit(path, partial(_without, names)),))
        advice = "Fix network first, which leaves it to a system that takes any interface"
        return Fault(sentence, (profile.place,), obstacle=advice)
    if system.name in _RENAMED and alone and found.names.fixed:
        try:
            return Fault(sentence, (profile.place,), steps=renamed(guest, path, names, found.names.names[0]))
        except PlanError as error:
            return Fault(sentence, (profile.place,), obstacle=str(error))
    if profile.widen is None or not alone:
        why = "several profiles cannot all be for any interface" if not alone else f"{system.name} wants a name"
        return Fault(sentence, (profile.place,), obstacle=f"{path}: {why}: choose by hand")
    return Fault(sentence, (profile.place,), edits=(Edit(path, profile.widen),))


def _without(name: str, content: bytes) -> bytes:
    return without_interface(content, name)


REQUIREMENT = Requirement(
    id="network-names",
    title="No profile is bound to an old interface",
    level=Level.RECOMMENDED,
    guide="",
    check=check,
    plan=plan,
    complete_for=EVERY_FAMILY,
)
