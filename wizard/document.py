"""The JSON document: what ``--json`` prints, by the schema of docs/json.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from remediations.vocabulary import Status
from wizard.change import Change, Packages, Preview
from wizard.errors import WizardError
from wizard.exit_codes import RECOVERY
from wizard.image import Image
from wizard.report import Assessment, Report

SCHEMA = 1


@dataclass
class Outcome:
    """What a run did with one image. ``exit_code`` as design and manual have it.

    ``reverts`` is the change that was to be put back file by file. ``needs_recovery`` says that a change is unfinished,
    and opening the image again finishes it or rolls it back; None where the journal cannot be read.
    """

    path: str
    exit_code: int = 0
    image: Image | None = None
    report: Report | None = None
    preview: Preview | None = None
    changes: tuple[Change, ...] = ()
    journal: tuple[Change, ...] | None = None
    notices: tuple[str, ...] = ()
    error: WizardError | None = None
    reverts: int | None = None
    needs_recovery: bool | None = False


def document(outcomes: list[Outcome]) -> dict[str, Any]:
    """The whole document for the outcomes of a run. Guest text in it is as it was read."""
    return {"schema": SCHEMA, "images": [_image(outcome) for outcome in outcomes]}


def _image(outcome: Outcome) -> dict[str, Any]:
    image, report = outcome.image, outcome.report
    before = outcome.preview.before if outcome.preview else None
    found: dict[str, Any] = {
        "image": outcome.path,
        "format": image.format if image else None,
        "virtual_size": image.virtual_size if image else None,
        "in_use": image.in_use if image else None,
        "guest": _guest(report) if report else None,
        "reader": report.reader.name if report else None,
        "reader_reason": report.reader.reason if report else None,
        "requirements": [_requirement(a, before) for a in report.assessments] if report else [],
        "summary": {str(status): count for status, count in report.counts.items()} if report else None,
        "properties": dict(report.properties) if report else None,
        "warnings": [*(report.warnings if report else ()), *outcome.notices],
        "change": _change(outcome),
        RECOVERY: outcome.needs_recovery,
        "error": _error(outcome.error) if outcome.error else None,
    }
    if len(outcome.changes) > 1:
        found["changes"] = [_row(change) for change in outcome.changes]
    if outcome.journal is not None:
        found["journal"] = [_row(change) for change in outcome.journal]
    return found


def _guest(report: Report) -> dict[str, Any]:
    facts = report.facts
    return {
        "distro": facts.distro,
        "product": facts.product,
        "version": list(facts.version),
        "arch": facts.arch,
        "package_format": facts.package_format,
        "root": facts.root,
    }


def _requirement(assessment: Assessment, before: Report | None) -> dict[str, Any]:
    requirement, finding, fix = assessment.requirement, assessment.finding, assessment.fix
    found: dict[str, Any] = {
        "id": requirement.id,
        "title": requirement.title,
        "level": str(requirement.level),
        "status": str(finding.status),
        "summary": finding.summary,
        "evidence": [{"path": e.path, "line": e.line, "text": e.text} for e in finding.evidence],
        "fix": {"available": fix.available, "needs": list(fix.needs), "summary": fix.summary} if fix else None,
        "guide": requirement.guide,
    }
    if before is not None:
        found["before"] = str(before.get(requirement.id).finding.status)
    return found


def _change(outcome: Outcome) -> dict[str, Any] | None:
    if outcome.changes:
        return _row(outcome.changes[0]) | _failures(outcome)
    preview = outcome.preview
    if preview is None:
        return None
    return {
        "id": None,
        "state": "discarded",
        "fixes": list(preview.fixes),
        "files": [{"path": f.path, "change": str(f.verb), "diff": f.diff} for f in preview.files],
        "commands": [{"argv": list(c.argv), "output": c.output, "note": c.note} for c in preview.commands],
        **_packages(preview.packages),
    } | _failures(outcome)


def _packages(packages: Packages) -> dict[str, Any]:
    """What packages came, went or changed, and what they did beyond the files that are listed."""
    return {
        "packages": [{"name": p.name, "before": p.before, "after": p.after, "size": p.size} for p in packages.changes],
        "package_files": {"new": packages.files, "changed": list(packages.others), "size": packages.size},
    }


def _failures(outcome: Outcome) -> dict[str, Any]:
    failed = outcome.preview.failed if outcome.preview else ()
    return {"failed": [{"id": name, "reason": reason} for name, reason in failed]}


def _row(change: Change) -> dict[str, Any]:
    return {
        "id": change.number,
        "kind": change.kind,
        "state": str(change.state),
        "time": change.time.isoformat(),
        "who": change.who,
        "version": change.version,
        "fixes": list(change.fixes),
        "files": [{"path": f.path, "change": str(f.verb), "diff": f.diff} for f in change.files],
        "commands": [{"argv": list(c.argv), "output": c.output, "note": c.note} for c in change.commands],
        **_packages(change.packages),
        "undo_bytes": change.undo_bytes,
        "note": change.note,
    }


def _error(error: WizardError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "next": error.next}


SYMBOLS = {Status.PASS: "✔", Status.FAIL: "✘", Status.UNKNOWN: "?", Status.SKIPPED: "-"}
"""One symbol for each status; always shown with its word."""
