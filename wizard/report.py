"""The report: how one guest stands against every requirement, and what would make it right."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from remediations import REQUIREMENTS
from remediations.guest import Guest, GuestError, GuestFacts
from remediations.linux import coverage
from remediations.properties import properties
from remediations.vocabulary import Finding, Level, PlanError, Requirement, Settings, Status, unmet
from wizard.errors import WizardError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fix:
    """The fix on offer for a requirement that does not pass. ``summary`` says what it does, or why there is none."""

    available: bool
    summary: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Assessment:
    """One requirement, its finding, and its fix (None where nothing is to be fixed)."""

    requirement: Requirement
    finding: Finding
    fix: Fix | None

    def binding(self, *, strict: bool = False) -> bool:
        """Whether a pipeline is to stop for it: for what is required, and where ``strict`` for good practice too."""
        return strict or self.requirement.level is Level.REQUIRED


@dataclass(frozen=True)
class Reader:
    """Who read the guest: ``fast`` (no appliance) or ``appliance``, and the sentence why it was not the fast one."""

    name: str = "appliance"
    reason: str = ""


@dataclass(frozen=True)
class Report:
    """Every requirement's assessment, in the registry's order. ``warnings`` are sentences about the opening itself.

    ``properties`` are the image properties in Glance that match what was found.
    """

    facts: GuestFacts
    assessments: tuple[Assessment, ...]
    warnings: tuple[str, ...] = ()
    reader: Reader = Reader()
    properties: Mapping[str, str] = field(default_factory=dict)

    def get(self, requirement_id: str) -> Assessment:
        """The assessment of one requirement; KeyError for an unknown id."""
        for assessment in self.assessments:
            if assessment.requirement.id == requirement_id:
                return assessment
        raise KeyError(requirement_id)

    @property
    def counts(self) -> dict[Status, int]:
        """How many requirements have each status; every status is present."""
        counted = Counter(assessment.finding.status for assessment in self.assessments)
        return {status: counted[status] for status in Status}

    def satisfied(self, *, strict: bool = False) -> bool:
        """Whether every requirement that is binding is *pass* or *skipped*."""
        binding = (a for a in self.assessments if a.binding(strict=strict))
        return all(a.finding.status in (Status.PASS, Status.SKIPPED) for a in binding)

    def applies(self, *, strict: bool = False) -> bool:
        """Whether any binding requirement says something about this guest; all *skipped* is no *pass*."""
        binding = (a for a in self.assessments if a.binding(strict=strict))
        return any(a.finding.status is not Status.SKIPPED for a in binding)


def examine(
    guest: Guest,
    settings: Settings,
    warnings: Sequence[str] = (),
    requirements: Sequence[Requirement] = REQUIREMENTS,
) -> Report:
    """Check every requirement and ask for its fix. Reads only; a failed read makes one requirement *unknown*."""
    assessments = []
    for requirement in requirements:
        finding = find(requirement, guest, settings)
        assessments.append(Assessment(requirement, finding, offer(requirement, finding, guest, settings)))
    findings = {known.requirement.id: known.finding for known in assessments}
    matching = properties(guest, settings, findings)
    return Report(guest.facts, tuple(assessments), tuple(warnings), properties=matching)


def find(requirement: Requirement, guest: Guest, settings: Settings) -> Finding:
    """One requirement's verdict; a *pass* on a family it is not complete for becomes *unknown*."""
    try:
        finding = requirement.check(guest, settings)
    except GuestError as error:
        return Finding(Status.UNKNOWN, f"Could not be established: {error}")
    except (WizardError, MemoryError):
        raise  # the appliance is gone, the operator has cancelled, or the fast reader is not certain
    except Exception as error:
        # No guest may crash the program, and a fault of ours is no verdict.
        log.exception("check of %s", requirement.id)
        return Finding(Status.UNKNOWN, f"This check of image-wizard's failed: {_told(error)}")
    if finding.status is Status.PASS and not coverage.known(guest.facts, requirement):
        return Finding(
            Status.UNKNOWN,
            f"Nothing wrong was found, but this check does not know all of {guest.facts.distro or 'this system'} yet",
            finding.evidence,
        )
    return finding


def offer(requirement: Requirement, finding: Finding, guest: Guest, settings: Settings) -> Fix | None:
    """The fix for a finding that is not satisfied, or why there is none; None where nothing is wrong."""
    if finding.status in (Status.PASS, Status.SKIPPED):
        return None
    if not coverage.known(guest.facts, requirement):
        return Fix(False, f"Fixes are not written for {guest.facts.distro or 'this system'} yet")
    try:
        plan = requirement.plan(guest, settings)
    except (GuestError, PlanError) as error:
        return Fix(False, f"No safe fix: {error}")
    except (WizardError, MemoryError):
        raise
    except Exception as error:
        log.exception("plan of %s", requirement.id)
        return Fix(False, f"This fix of image-wizard's failed: {_told(error)}")
    if not plan.steps:
        return Fix(False, plan.obstacle or "No automatic fix", plan.needs)
    needs = unmet(plan, settings)
    return Fix(not needs, plan.summary, needs)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}; please report it with the log"
