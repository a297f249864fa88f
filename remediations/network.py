"""Something brings an instance's first network interface up at boot, by DHCP and whatever it is called."""

from __future__ import annotations

from remediations.guest import Guest
from remediations.linux import catch_all
from remediations.linux.coverage import EVERY_FAMILY
from remediations.linux.network_profiles import Outcome, Way
from remediations.linux.network_stack import stack
from remediations.vocabulary import Evidence, Finding, Level, Plan, Requirement, Settings, Status


def check(guest: Guest, settings: Settings) -> Finding:
    """Whether one of the systems installed, or cloud-init through one of them, leads onto the network."""
    found = stack(guest)
    if found.up is not None:
        return Finding(Status.PASS, found.up.sentence, found.up.evidence)
    unsure = tuple(known for known in found.ways if known.outcome is Outcome.UNSURE)
    if unsure:
        return Finding(Status.UNKNOWN, f"Could not be established: {_told(unsure)}", _places(unsure))
    ways = [known for known in found.ways if known.outcome is Outcome.DOWN]
    if not ways:
        return Finding(Status.FAIL, "Nothing that could bring the network up is installed")
    return Finding(Status.FAIL, f"Nothing brings the network up: {_told(tuple(ways))}", _places(tuple(ways)))


def plan(guest: Guest, settings: Settings) -> Plan:
    """Let the system that is installed take any Ethernet interface by DHCP, the one that runs first."""
    found = stack(guest)
    if found.up is not None:
        return Plan()
    unsure = tuple(known for known in found.ways if known.outcome is Outcome.UNSURE)
    if unsure:
        return Plan(obstacle=f"Look at it by hand: {_told(unsure)}")
    return catch_all.plan(guest, found)


def _told(ways: tuple[Way, ...]) -> str:
    return "; ".join(dict.fromkeys(known.sentence for known in ways))


def _places(ways: tuple[Way, ...]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(place for known in ways for place in known.evidence))


REQUIREMENT = Requirement(
    id="network",
    title="Something brings the network up by DHCP",
    level=Level.RECOMMENDED,
    guide="",
    check=check,
    plan=plan,
    complete_for=EVERY_FAMILY,
)
