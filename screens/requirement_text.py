"""How one requirement reads: as a row of the list and in the pane beside it."""

from __future__ import annotations

from textual.content import Content

from remediations.pages import why
from screens.rows import Row, columns
from screens.text import EMPTY, join, plain, plain_lines, stack, status
from wizard.report import Assessment

_LABEL = "bold $text-accent"


def row(assessment: Assessment, ticked: bool, can_tick: bool = True) -> Row:
    """Tick, status, id, title, and whether there is a fix; one that cannot be ticked cannot be written."""
    requirement, fix = assessment.requirement, assessment.fix
    if fix is None:
        tick, offer = EMPTY, EMPTY
    elif not fix.available:
        tick, offer = EMPTY, Content.styled("needs…" if fix.needs else "no fix", "$foreground-muted")
    else:
        tick = Content.styled("[x]", "bold $text-accent") if ticked else Content("[ ]" if can_tick else "")
        offer = Content.styled("fix", "$text-accent") if can_tick else Content.styled("read-only", "$foreground-muted")
    return Row(
        requirement.id,
        columns(
            (tick, 3),
            (status(assessment.finding.status), 9),
            (plain(requirement.id), 16),  # the longest: cloud-init-state
            (plain(requirement.title), 0),
            (offer, max(6, offer.cell_length)),
        ),
    )


def describe(assessment: Assessment) -> Content:
    """Verdict, evidence, fix, and where the guide asks for it."""
    requirement, finding, fix = assessment.requirement, assessment.finding, assessment.fix
    lines = [
        join(plain(requirement.title, "bold"), "  ", plain(requirement.id, "$foreground-muted")),
        join(status(finding.status), "  ", plain_lines(finding.summary)),
        *_evidence(assessment),
    ]
    if fix is not None:
        word = "Fix     " if fix.available or fix.needs else "No fix  "
        lines += [join(Content.styled(word, _LABEL), plain_lines(fix.summary))]
        if fix.needs:
            lines += [join(Content.styled("Needs   ", _LABEL), plain(", ".join(fix.needs)))]
    if reason := why(requirement.id):
        lines += [join(Content.styled("Why     ", _LABEL), plain(reason))]
    if requirement.guide:
        lines += [join(Content.styled("Guide   ", _LABEL), plain(requirement.guide, "$foreground-muted"))]
    return stack(*lines)


def _evidence(assessment: Assessment) -> list[Content]:
    lines = []
    for evidence in assessment.finding.evidence:
        place = evidence.path if evidence.line is None else f"{evidence.path}:{evidence.line}"
        lines.append(join("  ", plain(place, "$foreground-muted")))
        if evidence.text:
            lines.append(join("    ", plain(evidence.text.strip(" \t\n").expandtabs(8))))
    return lines
