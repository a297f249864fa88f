"""Carries out fixes in a stage and proves them there: what does not verify is not kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from remediations import REQUIREMENTS
from remediations.guest import GuestError
from remediations.vocabulary import Plan, PlanError, Requirement, Settings, Status, unmet
from wizard.report import Report, examine
from wizard.stage import Stage
from wizard.writer import StepError

ROUNDS = 4
"""How often fixes are planned again at most; two are usual where one rests on another."""


@dataclass(frozen=True)
class Staged:
    """``fixes`` were carried out; ``failed`` maps ids to reasons; ``dirty``: the stage holds some of a failed fix."""

    fixes: tuple[str, ...]
    failed: dict[str, str]
    dirty: bool
    after: Report


def carry_out(
    stage: Stage,
    before: Report,
    ids: Sequence[str],
    settings: Settings,
    also: Sequence[str] = (),
    requirements: Sequence[Requirement] = REQUIREMENTS,
) -> Staged:
    """Plan and apply the named fixes, then examine again; those of ``also`` where the others make them possible.

    Each is planned on what the ones before left: two that edit one file do not undo each other. What one rests on
    may be mended by a later one, so those that do not pass yet are planned again until nothing more can be done. A
    fix fails where it cannot be planned or applied, or its requirement is not *pass* in the end. A dirty stage must
    be dropped.
    """
    wanted = [requirement for requirement in requirements if requirement.id in ids or requirement.id in also]
    applied: dict[str, Plan] = {}
    failed: dict[str, str] = {}
    broken: dict[str, str] = {}
    for _round in range(ROUNDS):
        failed = {}
        moved = False
        for requirement in wanted:
            if requirement.id in broken:
                continue
            try:
                plan = _plan(requirement, stage, settings)
                # The same plan again would do the same again.
                if plan.steps and plan != applied.get(requirement.id):
                    applied[requirement.id] = plan
                    stage.apply(plan.steps)
                    moved = True
            except (PlanError, GuestError) as error:
                failed[requirement.id] = str(error)
            except StepError as error:
                broken[requirement.id] = str(error)
                if not stage.alive:
                    return Staged((), failed | broken, dirty=True, after=before)
        if not moved:
            break
    failed |= broken
    # What was only hoped for, and did not become possible, has not failed.
    wanted = [requirement for requirement in wanted if requirement.id in ids or requirement.id in applied]
    failed = {name: reason for name, reason in failed.items() if name in ids or name in applied}
    after = examine(stage.guest, settings, stage.warnings, requirements)
    for requirement in wanted:
        finding = after.get(requirement.id).finding
        if finding.status is not Status.PASS:
            failed.setdefault(requirement.id, f"it did not verify: {finding.summary}")
    carried = [requirement.id for requirement in wanted if requirement.id not in failed]
    _blame_regressions(before, after, carried, failed)
    dirty = any(name in failed for name in applied)
    return Staged(tuple(carried), failed, dirty, after)


def _plan(requirement: Requirement, stage: Stage, settings: Settings) -> Plan:
    plan = requirement.plan(stage.guest, settings)
    if plan.steps and (needs := unmet(plan, settings)):
        raise PlanError(f"it needs {', '.join(needs)}")
    if not plan.steps and plan.obstacle:
        raise PlanError(plan.obstacle)
    return plan


def _blame_regressions(before: Report, after: Report, carried: list[str], failed: dict[str, str]) -> None:
    """A requirement that passed before and does not now: none of the fixes can be trusted with this guest."""
    worse = [
        a.requirement.id
        for a in after.assessments
        if a.finding.status is not Status.PASS and before.get(a.requirement.id).finding.status is Status.PASS
    ]
    if worse:
        for fix in carried:
            failed[fix] = f"together with the others it breaks {', '.join(worse)}"
        carried.clear()
