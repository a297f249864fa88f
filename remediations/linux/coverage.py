"""Which guests a requirement's *pass* can be trusted for: the releases that its knowledge was written for."""

from __future__ import annotations

from remediations.guest import GuestFacts
from remediations.vocabulary import Requirement

EVERY_FAMILY = frozenset(("debian", "redhat", "suse", "arch", "alpine"))
"""``complete_for`` of a requirement that knows all of the families."""

_OLDEST = {
    "debian": (8, 0),
    "ubuntu": (14, 4),
    "fedora": (22, 0),
    "sles": (11, 3),
    "opensuse": (13, 1),
}
_OLDEST_OF_FAMILY = {"redhat": (6, 0), "suse": (11, 3)}
_ROLLING = ("debian", "opensuse", "archlinux", "alpinelinux")
"""Distributions with a release that has no number (Debian's sid, Arch), which inspection tells as 0.0."""


def known(facts: GuestFacts, requirement: Requirement) -> bool:
    """Whether the requirement knows all of what such a guest may hold."""
    return facts.family in requirement.complete_for and _recent(facts)


def _recent(facts: GuestFacts) -> bool:
    if facts.version == (0, 0):
        return facts.distro in _ROLLING
    return facts.version >= _OLDEST.get(facts.distro, _OLDEST_OF_FAMILY.get(facts.family, (0, 0)))
