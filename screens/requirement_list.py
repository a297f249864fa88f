"""Which requirements the list shows, and in what order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from textual.content import Content

from remediations.vocabulary import Level, Settings, Status
from screens.rows import Row, columns
from screens.text import plain, status
from wizard.report import Assessment, Report

_GROUPS = {Level.REQUIRED: "Required by the guide", Level.RECOMMENDED: "Good practice"}
_BY_STATUS = (Status.FAIL, Status.UNKNOWN, Status.PASS, Status.SKIPPED)


def matching(assessments: Iterable[Assessment], text: str) -> tuple[Assessment, ...]:
    """Those that hold every word of a filter in id, title, status or verdict; case does not matter."""
    words = text.casefold().split()
    return tuple(a for a in assessments if all(word in _searched(a) for word in words))


def grouped(
    assessments: Sequence[Assessment], row: Callable[[Assessment], Row], by_status: bool
) -> tuple[list[Row], list[Assessment]]:
    """Rows under the headings of the two levels, and the requirements in that order.

    They are in the guide's order, or what is wrong comes first.
    """
    rows, order = [], []
    for level, title in _GROUPS.items():
        members = [a for a in assessments if a.requirement.level is level]
        if by_status:
            members.sort(key=lambda a: _BY_STATUS.index(a.finding.status))
        if members:
            heading = columns((Content.styled(title, "bold"), 0))
            rows += [Row(f"level {level}", heading, heading=True), *map(row, members)]
            order += members
    if not rows:
        rows = [Row("nothing", columns((Content.styled("Nothing matches", "$foreground-muted"), 0)), heading=True)]
    return rows, order


def counts(report: Report) -> list[Content]:
    """How many requirements have each status."""
    found = report.counts
    told = {value: status(value, found[value]) for value in _BY_STATUS}
    # None of a kind has no colour: a red "0 fail" reads as a failure at a glance.
    return [text if found[value] else Content.styled(text.plain, "$foreground-muted") for value, text in told.items()]


def fixes(report: Report, ticked: int, available: int) -> Content:
    """How many fixes are ticked, or why there is none to tick."""
    if available:
        return Content.styled(f"{ticked} of {available} fixes ticked", "bold" if ticked else "$foreground-muted")
    wrong = report.counts[Status.FAIL] + report.counts[Status.UNKNOWN]
    return Content.styled("no fix can be made" if wrong else "nothing to fix", "$foreground-muted")


def settings_line(settings: Settings) -> Content:
    """What the image is checked for, on one line."""
    source = settings.packages or ("the network" if settings.network else "")
    told = (
        f"user {settings.user or 'auto'}",
        f"console {settings.console or 'auto'}",
        settings.hypervisor,
        f"key {settings.key_fetch}",
        f"packages from {source}" if source else "no packages",
    )
    return plain(" · ".join(told), "$foreground-muted")


def differences(before: Report, after: Report) -> list[str]:
    """What stands otherwise in a newer report: ``id: fail → pass``, in words."""
    found = []
    for assessment in after.assessments:
        was = before.get(assessment.requirement.id)
        if was.finding.status is not assessment.finding.status:
            found.append(f"{assessment.requirement.id}: {was.finding.status} → {assessment.finding.status}")
        elif _fixable(was) != _fixable(assessment):
            can = "can be fixed now" if _fixable(assessment) else "no fix on offer now"
            found.append(f"{assessment.requirement.id}: {can}")
    return found


def _fixable(assessment: Assessment) -> bool:
    return assessment.fix is not None and assessment.fix.available


def _searched(assessment: Assessment) -> str:
    requirement, finding = assessment.requirement, assessment.finding
    return f"{requirement.id} {requirement.title} {finding.status} {finding.summary}".casefold()
