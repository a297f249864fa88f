"""Carries out fixes in a stage and proves them there: what does not verify is not kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from remediations import REQUIREMENTS
from remediations.guest import GuestError
from remediations.vocabulary import PlanError, Requirement, Settings, Status
from wizard.report import Report, examine
from wizard.stage import Stage, StepError


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
    requirements: Sequence[Requirement] = REQUIREMENTS,
) -> Staged:
    """Plan and apply the named fixes in the registry's order, then examine again.

    Each is planned on what the ones before left: two that edit one file do not undo each other. A fix fails where
    it cannot be planned or applied, or its requirement is not *pass* afterwards. A dirty stage must be dropped.
    """
    carried: list[str] = []
    failed: dict[str, str] = {}
    dirty = False
    for requirement in requirements:
        if requirement.id not in ids:
            continue
        try:
            plan = requirement.plan(stage.guest, settings)
            if plan.steps and plan.needs:
                raise PlanError(f"it needs {', '.join(plan.needs)}")
            if not plan.steps and plan.obstacle:
                raise PlanError(plan.obstacle)
        except (PlanError, GuestError) as error:
            failed[requirement.id] = str(error)
            continue
        try:
            stage.apply(plan.steps)
        except StepError as error:
            failed[requirement.id] = str(error)
            dirty = True
        else:
            carried.append(requirement.id)
    after = examine(stage.guest, settings, stage.warnings, requirements)
    for fix in list(carried):
        finding = after.get(fix).finding
        if finding.status is not Status.PASS:
            carried.remove(fix)
            failed[fix] = f"it did not verify: {finding.summary}"
            dirty = True
    _blame_regressions(before, after, carried, failed)
    return Staged(tuple(carried), failed, dirty or not carried, after)


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
