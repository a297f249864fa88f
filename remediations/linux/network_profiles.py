"""The common terms of the systems that bring a network up: their profiles, and whether one of them serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from remediations.guest import Guest
from remediations.linux import services
from remediations.linux.interface_names import Names, is_card, matches
from remediations.vocabulary import Evidence


@dataclass(frozen=True)
class Profile:
    """How one profile sets up Ethernet interfaces.

    ``names`` are shell patterns, none for any interface; ``dhcp`` is whether it asks for an IPv4 address by DHCP;
    ``widen``, where one is known, makes the file's content right for any interface, or raises PlanError. ``off`` is
    whether a boot leaves the profile aside, which still stands in the way of what its system does without one.
    """

    place: Evidence
    names: tuple[str, ...]
    dhcp: bool
    widen: Callable[[bytes], bytes] | None = None
    off: bool = False


@dataclass(frozen=True)
class System:
    """A system that is installed. ``starts`` is whether a boot starts it, which ``evidence`` shows.

    ``default`` is where it says that it takes interfaces without a profile by DHCP, or why it does by itself;
    ``ordered`` that of several profiles the first counts; ``lack`` what it needs and does not have; ``doubt`` what
    could not be established of it.
    """

    name: str
    starts: bool
    evidence: tuple[Evidence, ...]
    profiles: tuple[Profile, ...] = ()
    default: Evidence | None = None
    ordered: bool = False
    lack: str = ""
    doubt: str = ""


class Outcome(StrEnum):
    """Whether a way leads onto the network."""

    UP = "up"
    DOWN = "down"
    UNSURE = "unsure"


@dataclass(frozen=True)
class Way:
    """How one system serves an instance's first interface; ``sentence`` has no full stop.

    ``fixed`` is whether a profile of its own gives that interface something else than DHCP.
    """

    system: str
    outcome: Outcome
    sentence: str
    evidence: tuple[Evidence, ...] = ()
    fixed: bool = False


def system(guest: Guest, name: str, service: str) -> System | None:
    """A system by its service; None where that is not installed."""
    found = services.startup(guest, service)
    return System(name, found.stays, found.undone or found.evidence) if found.installed else None


def way(found: System, names: Names) -> Way:
    """How a system serves the interface that has one of ``names``."""
    if not found.starts:
        return Way(found.name, Outcome.DOWN, f"{found.name} is installed and not started at boot", found.evidence)
    if found.lack:
        return Way(found.name, Outcome.DOWN, f"{found.name} {found.lack}", found.evidence)
    judged = [for_name(found, name) for name in names.names]
    worst = next((one for one in judged if one.outcome is Outcome.DOWN), None)
    up = [one for one in judged if one.outcome is Outcome.UP]
    if found.doubt and not up:
        return Way(found.name, Outcome.UNSURE, found.doubt, found.evidence)
    if worst is None:
        unsure = next((one for one in judged if one.outcome is Outcome.UNSURE), None)
        return unsure or up[0]
    if not up:
        return worst
    only = f"{found.name} brings up {' and '.join(_served(found, names))} alone, and an instance's interface is {names}"
    outcome = Outcome.DOWN if names.certain else Outcome.UNSURE
    return Way(found.name, outcome, only, up[0].evidence)


def _served(found: System, names: Names) -> list[str]:
    return [name for name in names.names if for_name(found, name).outcome is Outcome.UP]


def for_name(found: System, name: str) -> Way:
    """How the profiles of a system that runs serve an interface of one name."""
    every = [profile for profile in found.profiles if matches(profile.names, name)]
    if found.ordered:
        every = every[:1]
    own = [profile for profile in every if not profile.off]
    if every and not own:
        sentence = f"{found.name} does not start the profile for the interface by itself: {every[0].place.path}"
        return Way(found.name, Outcome.DOWN, sentence, (every[0].place,))
    evidence = (*(profile.place for profile in own[:3]), *found.evidence[:1])
    if own and all(profile.dhcp for profile in own):
        return Way(found.name, Outcome.UP, f"{found.name} brings the first interface up by DHCP", evidence)
    if own and any(profile.dhcp for profile in own):
        sentence = f"{found.name} has profiles with DHCP and without for the interface {name}"
        return Way(found.name, Outcome.UNSURE, sentence, evidence, fixed=True)
    above = [p for p in found.profiles if p.dhcp and not p.off and not any(map(is_card, p.names or ("*",)))]
    if own and above:
        sentence = f"{found.name} brings up {' '.join(above[0].names)} by DHCP, which may stand on the interface"
        return Way(found.name, Outcome.UNSURE, sentence, (above[0].place, *evidence), fixed=True)
    if own:
        sentence = f"{found.name} brings the interface up without DHCP: {own[0].place.path}"
        return Way(found.name, Outcome.DOWN, sentence, evidence, fixed=True)
    if found.default is not None:
        sentence = f"{found.name} brings up by DHCP what has no profile"
        return Way(found.name, Outcome.UP, sentence, (found.default, *found.evidence[:1]))
    places = tuple(profile.place for profile in found.profiles)
    if places:
        bound = " ".join(dict.fromkeys(one for profile in found.profiles for one in profile.names))
        sentence = f"{found.name} has profiles for {bound} alone, not for {name}"
    else:
        sentence = f"{found.name} runs and has no profile for an Ethernet interface"
    return Way(found.name, Outcome.DOWN, sentence, places or found.evidence)
