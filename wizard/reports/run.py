"""What a report is about, in the words that the formats share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import humanize

import wizard
from remediations.vocabulary import Evidence, Level
from wizard import glance
from wizard.change import CommandResult, FileChange, Packages
from wizard.document import Outcome
from wizard.report import Assessment, Fix, Report

GROUPS = {Level.REQUIRED: "Required by the guide", Level.RECOMMENDED: "Good practice"}
COMMAND = "Glance"
"""The label of the fact that is a command, to be copied."""
DIFF_LINES = 2000
"""Lines of one diff that a page shows: nobody reads more of them there, and JSON has all."""
_READABLE_BY_ALL = 0o004


@dataclass(frozen=True)
class Run:
    """The outcomes of one call, when it ended, and whether good practice counts as what is required."""

    outcomes: tuple[Outcome, ...]
    time: datetime
    strict: bool = False

    @property
    def made(self) -> str:
        """By what and when the report was made."""
        return f"image-wizard {wizard.__version__}, {self.time:%Y-%m-%d %H:%M} UTC"


def facts(outcome: Outcome) -> list[tuple[str, str]]:
    """What is known of the image and its guest: a label and its value, which may hold guest text."""
    found = []
    if image := outcome.image:
        found.append(("Image", f"{image.format}, {humanize.naturalsize(image.virtual_size, binary=True)}"))
    if report := outcome.report:
        guest = report.facts
        found.append(("Guest", f"{guest.product or 'Linux'}, {guest.arch}"))
        found.append(("Root", guest.root))
        if report.reader.reason:
            found.append(("Read by", f"the appliance: {report.reader.reason}"))
        elif report.reader.name == "fast":
            found.append(("Read by", "the fast reader"))
        if report.properties:
            found.append((COMMAND, glance.command(Path(outcome.path), report.properties)))
    return found


def notes(outcome: Outcome) -> tuple[str, ...]:
    """What the opening had to say."""
    return (*outcome.notices, *(outcome.report.warnings if outcome.report else ()))


def verdict(outcome: Outcome, *, strict: bool) -> str:
    """A word or two for one image."""
    if outcome.error is not None:
        return "error"
    if outcome.report is None:
        return "done"
    if not outcome.report.applies(strict=strict):
        return "nothing applies"
    return "satisfied" if outcome.report.satisfied(strict=strict) else "not satisfied"


def grouped(report: Report) -> Iterator[tuple[str, list[Assessment]]]:
    """The requirements, those that are required first."""
    for level, title in GROUPS.items():
        if members := [a for a in report.assessments if a.requirement.level is level]:
            yield title, members


def was(outcome: Outcome, assessment: Assessment) -> str:
    """The status before the change, where it was another; else empty."""
    if outcome.preview is None:
        return ""
    before = outcome.preview.before.get(assessment.requirement.id).finding.status
    return "" if before is assessment.finding.status else str(before)


def fix_told(fix: Fix) -> tuple[str, str]:
    """A label and what a fix does, or why there is none; and what it needs."""
    needs = f" (needs {', '.join(fix.needs)})" if fix.needs else ""
    return "Fix" if fix.available else "No fix", fix.summary + needs


def place(evidence: Evidence) -> str:
    """Path and line."""
    return evidence.path if evidence.line is None else f"{evidence.path}:{evidence.line}"


def touched(outcome: Outcome) -> Iterator[tuple[tuple[FileChange, ...], tuple[CommandResult, ...], Packages]]:
    """Files, commands and packages of each change; of the preview where nothing was written."""
    if outcome.changes:
        yield from ((change.files, change.commands, change.packages) for change in outcome.changes)
    elif outcome.preview:
        yield outcome.preview.files, outcome.preview.commands, outcome.preview.packages


def diff_lines(file: FileChange) -> list[str]:
    """A file's diff for a page that others will read: what only some may read in the guest stays in the guest."""
    states = [state for state in (file.before, file.after) if state is not None]
    if any(state.content is not None and not state.mode & _READABLE_BY_ALL for state in states):
        return ["(not shown: in the guest, not everybody may read this file)"]
    lines = file.diff.rstrip("\n").split("\n")
    more = len(lines) - DIFF_LINES
    return lines if more <= 0 else [*lines[:DIFF_LINES], f"({more} more lines, which the JSON report has)"]
