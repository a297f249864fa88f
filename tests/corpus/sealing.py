"""All fixes of a guest one after another, as an operator who takes every one applies them, and what they undo."""

from __future__ import annotations

from collections.abc import Sequence

from fake_guest import FakeGuest

from corpus.judging import mended
from corpus.packages import installed
from remediations import REQUIREMENTS
from remediations.guest import GuestError
from remediations.vocabulary import InstallPackages, Plan, PlanError, Requirement, Settings, Status
from wizard.report import find

_ROUNDS = 4
_GOOD = (Status.PASS, Status.SKIPPED)


def fixed(requirement: Requirement, guest: FakeGuest, healthy: FakeGuest, settings: Settings) -> FakeGuest:
    """The guest after one requirement's fix; packages come from the healthy guest where they may be installed."""
    for _ in range(_ROUNDS):
        try:
            guest, plan = mended(requirement.id, guest, settings)
        except (PlanError, GuestError):
            return guest
        names = to_install(plan)
        if not names or not settings.can_install:
            return guest
        guest = installed(guest, names, healthy)
    return guest


def to_install(plan: Plan) -> tuple[str, ...]:
    """The packages of a plan."""
    return tuple(name for step in plan.steps if isinstance(step, InstallPackages) for name in step.names)


def sealed(
    guest: FakeGuest, healthy: FakeGuest, settings: Settings, order: Sequence[Requirement] = REQUIREMENTS
) -> FakeGuest:
    """The guest after all fixes, in rounds until none changes anything; AssertionError where they never end."""
    for _ in range(_ROUNDS):
        before = guest
        for requirement in order:
            guest = fixed(requirement, guest, healthy, settings)
        if guest == before:
            return guest
    raise AssertionError(f"still changing after {_ROUNDS} rounds")


def undone(guest: FakeGuest, healthy: FakeGuest, settings: Settings) -> list[str]:
    """A sentence for each fix that, in the order of the registry, makes something wrong that was right before it.

    What a package brings may be wrong as it comes, and is for other fixes to right: that is no undoing.
    """
    said = []
    good = _good(guest, settings)
    for requirement in REQUIREMENTS:
        after = fixed(requirement, guest, healthy, settings)
        if after == guest:
            continue
        now = _good(after, settings)
        if after.packages == guest.packages:
            said += [f"the fix of {requirement.id} undoes {id}: {good[id]}" for id in good.keys() - now.keys()]
        guest, good = after, now
    return said


def _good(guest: FakeGuest, settings: Settings) -> dict[str, str]:
    found = {requirement.id: find(requirement, guest, settings) for requirement in REQUIREMENTS}
    return {id: finding.summary for id, finding in found.items() if finding.status in _GOOD}


def left(guest: FakeGuest, settings: Settings) -> list[str]:
    """The ids that a fix is still on offer for, but for one that installs packages."""
    found = []
    for requirement in REQUIREMENTS:
        try:
            plan = requirement.plan(guest, settings)
        except (PlanError, GuestError):
            continue
        if plan.steps and not to_install(plan):
            found.append(f"{requirement.id}: {plan.summary}")
    return found
