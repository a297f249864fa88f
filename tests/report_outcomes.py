"""Outcomes for the tests of reports: checked, fixed, broken, and hostile in every text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as Xml

from fake_report import COMMAND, FILES, IMAGE, REPORT, file_state, hostile_report, make_change

from remediations.vocabulary import Finding, Status
from wizard.change import CommandResult, FileChange, Preview
from wizard.document import Outcome
from wizard.errors import OpenError
from wizard.report import Report
from wizard.reports import as_junit
from wizard.reports.run import Run

NOW = datetime(2025, 3, 14, 9, 30, tzinfo=UTC)
AFTER = replace(
    REPORT,
    assessments=tuple(
        replace(a, finding=Finding(Status.PASS, "Now well"), fix=None) if a.requirement.id in FILES else a
        for a in REPORT.assessments
    ),
)
PREVIEW = Preview(
    ("mac-address", "console-log"), FILES["mac-address"] + FILES["console-log"], (COMMAND,), REPORT, AFTER
)
CHECKED = Outcome("a.qcow2", 1, IMAGE, REPORT)
DRY = Outcome("a.qcow2", 1, IMAGE, AFTER, PREVIEW)
FIXED = replace(DRY, changes=(make_change(1),))
BROKEN = Outcome("b.raw", 3, error=OpenError("not-found", "There is no file b.raw.", "Check the path."))


def run_of(*outcomes: Outcome, strict: bool = False) -> Run:
    return Run(outcomes, NOW, strict)


def junit(*outcomes: Outcome, strict: bool = False) -> Xml.Element:
    return Xml.fromstring(as_junit.text(run_of(*outcomes, strict=strict)))  # noqa: S314 - our own


def counted(element: Xml.Element) -> tuple[int, ...]:
    return tuple(int(element.get(name, "")) for name in ("tests", "failures", "errors", "skipped"))


def case(suites: Xml.Element, requirement_id: str) -> Xml.Element:
    return next(c for c in suites.iter("testcase") if c.get("name", "").startswith(f"{requirement_id}:"))


def hostile(text: str) -> Outcome:
    """An outcome in which everything that could come from a guest or a host's file name is ``text``."""
    report = hostile_report()
    poisoned = Report(
        replace(report.facts, product=text, arch=text, root=text),
        tuple(
            replace(
                a,
                finding=Finding(
                    a.finding.status, text, tuple(replace(e, path=text, text=text) for e in a.finding.evidence)
                ),
                fix=replace(a.fix, summary=text) if a.fix else None,
            )
            for a in report.assessments
        ),
        (text,),
        properties={"os_distro": text},
    )
    file = FileChange(text, None, file_state(text.encode("utf-8", "surrogatepass")))
    command = CommandResult((text,), text, text)
    preview = Preview(("ssh-server",), (file,), (command,), REPORT, poisoned, (("ssh-server", text),))
    return Outcome(text, 1, IMAGE, poisoned, preview, notices=(text,))
