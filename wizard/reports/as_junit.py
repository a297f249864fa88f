"""The report as JUnit XML, which CI systems show as tests: a suite an image, a case a requirement.

What is required: *fail* is a failure, *unknown* an error (nothing was found wrong, but nothing was established either,
and both make the exit code 1). Good practice fails no pipeline: not being *pass*, it is skipped, with the reason. Where
the run was ``strict`` it counts as what is required.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as Xml

from remediations.vocabulary import Status
from wizard import plain
from wizard.document import Outcome
from wizard.report import Assessment
from wizard.reports.run import Run, facts, fix_told, notes, place, was
from wizard.visible import visible

_WORDS = {Status.FAIL: "failure", Status.UNKNOWN: "error", Status.SKIPPED: "skipped"}


def text(run: Run) -> str:
    """The whole file."""
    suites = Xml.Element("testsuites", name="image-wizard")
    suites.extend(_suite(outcome, run) for outcome in run.outcomes)
    _count(suites)
    Xml.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(suites, encoding="unicode") + "\n"


def _suite(outcome: Outcome, run: Run) -> Xml.Element:
    path = visible(outcome.path)
    suite = Xml.Element("testsuite", name=path, timestamp=f"{run.time:%Y-%m-%dT%H:%M:%S}")
    if known := facts(outcome):
        properties = Xml.SubElement(suite, "properties")
        for label, value in known:
            Xml.SubElement(properties, "property", name=label.lower().replace(" ", "-"), value=visible(value))
    if outcome.error is not None:
        case = Xml.SubElement(suite, "testcase", classname=path, name="image-wizard")
        error = Xml.SubElement(case, "error", type=outcome.error.code, message=visible(outcome.error.message))
        error.text = visible(outcome.error.next)
    for assessment in outcome.report.assessments if outcome.report else ():
        suite.append(_case(outcome, assessment, path, strict=run.strict))
    told = [*notes(outcome), *plain.done(outcome), *filter(None, [plain.undo_command(outcome)])]
    if told:
        Xml.SubElement(suite, "system-out").text = _block(told)
    _count(suite)
    return suite


def _case(outcome: Outcome, assessment: Assessment, path: str, *, strict: bool) -> Xml.Element:
    requirement, status = assessment.requirement, assessment.finding.status
    case = Xml.Element("testcase", classname=path, name=f"{requirement.id}: {requirement.title}")
    message, details = visible(assessment.finding.summary), _block(_details(outcome, assessment))
    if status is Status.SKIPPED:
        Xml.SubElement(case, "skipped", message=message)
    elif status is Status.PASS:
        Xml.SubElement(case, "system-out").text = details
    elif assessment.binding(strict=strict):
        Xml.SubElement(case, _WORDS[status], type=str(status), message=message).text = details
    else:
        Xml.SubElement(case, "skipped", message=f"good practice, {status}: {message}")
        Xml.SubElement(case, "system-out").text = details
    return case


def _details(outcome: Outcome, assessment: Assessment) -> Iterator[str]:
    finding, fix = assessment.finding, assessment.fix
    before = was(outcome, assessment)
    yield f"{finding.status} (was {before}): {finding.summary}" if before else f"{finding.status}: {finding.summary}"
    for evidence in finding.evidence:
        yield f"{place(evidence)}  {evidence.text.strip()}"
    if fix is not None:
        yield ": ".join(fix_told(fix))
    for name, reason in outcome.preview.failed if outcome.preview else ():
        if name == assessment.requirement.id:
            yield f"not fixed: {reason}"


def _block(lines: list[str] | Iterator[str]) -> str:
    return "\n".join(map(visible, lines))


def _count(element: Xml.Element) -> None:
    cases = list(element.iter("testcase"))
    element.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
