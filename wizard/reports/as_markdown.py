"""The report as Markdown, for a job's summary or a comment.

Guest text never becomes markup: of a sentence, only words of plain letters stand as they are, every other one is a code
span, where no link, mention, emphasis or HTML is seen; paths and evidence are code spans as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from remediations.vocabulary import Status
from wizard import plain
from wizard.document import SYMBOLS, Outcome
from wizard.report import Assessment
from wizard.reports.run import COMMAND, Run, diff_lines, facts, fix_told, grouped, notes, place, touched, verdict, was
from wizard.visible import visible, visible_lines

EVIDENCE = 8
_EMPTY = "(empty)"  # a dash with nothing after it would make a heading of the line above
_PLAIN_WORD = re.compile(r"[\w'%/=+-]+(?:[.,:;][\w'%/=+-]+)*")
_RISKY = re.compile(r"www\.|://|_|^[-+=]", re.IGNORECASE)
_PARTS = re.compile(r"([(\"']*)(.*?)([.,:;)\"'!?]*)")


def text(run: Run) -> str:
    """The whole file."""
    lines = ["# Images against the OpenStack image guide", "", prose(run.made), ""]
    if len(run.outcomes) > 1:
        lines += [*_overview(run), ""]
    for outcome in run.outcomes:
        lines += [*_image(outcome, run), ""]
    return "\n".join(lines)


def prose(told: str) -> str:
    """A sentence that may hold guest text, for the middle of a line."""
    return " ".join(map(_word, visible(told).split(" "))).strip() or _EMPTY


def code(told: str, *, cell: bool = False) -> str:
    """A code span; in the cell of a table, bars are escaped, as only there they must be."""
    shown = visible(told)
    if not shown.strip():
        return _EMPTY
    fence = "`" * (_longest_run(shown) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return (fence + pad + shown + pad + fence).replace("|", "\\|" if cell else "|")


def _word(word: str) -> str:
    parts = _PARTS.fullmatch(word)
    before, core, after = parts.groups() if parts else ("", word, "")
    # "1." at the beginning of a line would be a list.
    if not core or (_PLAIN_WORD.fullmatch(core) and not _RISKY.search(core) and not (core.isdecimal() and after)):
        return word
    return before + code(core) + after


def _overview(run: Run) -> Iterator[str]:
    yield "| image | verdict | " + " | ".join(map(str, Status)) + " |"
    yield "|---|---|" + "---:|" * len(Status)
    for outcome in run.outcomes:
        counts = outcome.report.counts if outcome.report else None
        numbers = " | ".join(str(counts[status]) if counts else "" for status in Status)
        yield f"| {code(outcome.path, cell=True)} | {verdict(outcome, strict=run.strict)} | {numbers} |"


def _image(outcome: Outcome, run: Run) -> Iterator[str]:
    yield f"## {code(outcome.path)}: {verdict(outcome, strict=run.strict)}"
    yield ""
    yield from (f"- {label}: {code(value) if label == COMMAND else prose(value)}" for label, value in facts(outcome))
    yield from (f"- Note: {prose(note)}" for note in notes(outcome))
    if outcome.error is not None:
        yield f"- **Error** {code(outcome.error.code)}: {prose(outcome.error.message)} {prose(outcome.error.next)}"
    if report := outcome.report:
        yield "- " + ", ".join(f"{count} {status}" for status, count in report.counts.items())
        for title, members in grouped(report):
            yield from ("", f"### {title}", "")
            for assessment in members:
                yield from _assessment(outcome, assessment)
    yield from _change(outcome)


def _assessment(outcome: Outcome, assessment: Assessment) -> Iterator[str]:
    requirement, finding, fix = assessment.requirement, assessment.finding, assessment.fix
    before = was(outcome, assessment)
    turned = f" (was {before})" if before else ""
    symbol = "\\-" if finding.status is Status.SKIPPED else SYMBOLS[finding.status]
    yield f"- {symbol} **{finding.status}** {code(requirement.id)} {prose(requirement.title)}{turned}"
    if finding.status is Status.PASS and not before:
        return
    yield f"  - {prose(finding.summary)}"
    for evidence in finding.evidence[:EVIDENCE]:
        found = evidence.text.strip()
        yield f"  - {code(place(evidence))} {code(found) if found else ''}".rstrip()
    if len(finding.evidence) > EVIDENCE:
        yield f"  - and {len(finding.evidence) - EVIDENCE} more places, which the JSON report has"
    if fix is not None:
        label, told = fix_told(fix)
        yield f"  - {label}: {prose(told)}"
    for name, reason in outcome.preview.failed if outcome.preview else ():
        if name == requirement.id:
            yield f"  - Not fixed: {prose(reason)}"


def _change(outcome: Outcome) -> Iterator[str]:
    sentences = list(plain.done(outcome))
    if not sentences:
        return
    yield from ("", "### What was done", "")
    yield from (f"- {prose(sentence)}" for sentence in sentences)
    if command := plain.undo_command(outcome):
        yield f"- To take it back: {code(command)}"
    for files, commands, packages in touched(outcome):
        yield from (f"- {prose(line)}" for line in plain.packages_lines(packages))
        for file in files:
            yield from _block(f"{code(file.path)} {file.verb}", "diff", diff_lines(file))
        for command_run in commands:
            output = visible_lines(command_run.output).rstrip("\n").split("\n")
            yield from _block(code(" ".join(command_run.argv)), "text", output)


def _block(title: str, kind: str, lines: list[str]) -> Iterator[str]:
    fence = "`" * max(3, _longest_run("\n".join(lines)) + 1)
    yield from ("", title, "", fence + kind, *lines, fence)


def _longest_run(told: str) -> int:
    return max(map(len, re.findall("`+", told)), default=0)
