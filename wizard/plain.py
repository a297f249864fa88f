"""What the headless modes print for people: plain lines, guest text made visible, as wide as the terminal."""

from __future__ import annotations

import shlex
import shutil
import textwrap
from collections.abc import Iterator

import humanize

from remediations.vocabulary import Status
from wizard.change import Change, CommandResult, FileChange, Packages, Preview, State
from wizard.document import SYMBOLS, Outcome
from wizard.report import Assessment, Report
from wizard.visible import visible, visible_lines

_INDENT = " " * 11


def lines(outcome: Outcome, *, diffs: bool) -> Iterator[str]:
    """Everything to print for one image; ``diffs`` shows what the files became, too."""
    if outcome.journal is not None:
        yield from _journal(outcome)
        return
    for notice in outcome.notices:
        yield from _wrapped("Note: ", notice)
    if outcome.image and outcome.report:
        facts = outcome.report.facts
        size = humanize.naturalsize(outcome.image.virtual_size, binary=True)
        yield visible(f"{outcome.path}: {outcome.image.format}, {size}, {facts.product or 'Linux'}, {facts.arch}")
        if reason := outcome.report.reader.reason:
            yield from _wrapped("Read through the appliance: ", f"{reason}.")
        for warning in outcome.report.warnings:
            yield from _wrapped("Warning: ", warning)
    if outcome.preview and diffs:
        yield from _diffs(outcome.preview.files, outcome.preview.commands)
        yield from packages_lines(outcome.preview.packages)
    if outcome.report:
        yield from _report(outcome.report, outcome.preview)
    yield from _done(outcome)


def _report(report: Report, preview: Preview | None) -> Iterator[str]:
    for assessment in report.assessments:
        yield from _assessment(assessment, preview)
    counts = report.counts
    yield ", ".join(f"{counts[status]} {status}" for status in Status)


def _assessment(assessment: Assessment, preview: Preview | None) -> Iterator[str]:
    requirement, finding, fix = assessment.requirement, assessment.finding, assessment.fix
    was = preview.before.get(requirement.id).finding.status if preview else finding.status
    turned = f" (was {was})" if was is not finding.status else ""
    yield f"{SYMBOLS[finding.status]} {finding.status:<8} {requirement.id}: {requirement.title}{turned}"
    if finding.status in (Status.PASS,) and not turned:
        return
    yield from _wrapped(_INDENT, finding.summary)
    for evidence in finding.evidence[:8]:
        place = visible(evidence.path) + (f":{evidence.line}" if evidence.line else "")
        yield _cut(f"{_INDENT}{place}  {visible(evidence.text).strip()}")
    if len(finding.evidence) > 8:
        yield f"{_INDENT}and {len(finding.evidence) - 8} more places (--json lists them all)"
    if fix is not None:
        word = "fix: " if fix.available else "no fix yet: " if fix.needs else "no fix: "
        yield from _wrapped(_INDENT + word, fix.summary)
        if fix.needs:
            yield from _wrapped(_INDENT + "needs: ", ", ".join(fix.needs))


def done(outcome: Outcome) -> Iterator[str]:
    """What became of the image, a sentence each; nothing where it was only looked at."""
    preview = outcome.preview
    for change in outcome.changes:
        files = _counted(len(change.files), change.packages)
        what = ", ".join(change.fixes) or visible(change.note)
        if change.state is State.UNDONE:
            yield f"Change {change.number} undone ({what}): the image is as it was before it."
        else:
            yield f"Change {change.number} {change.state}: {what}; {files}."
    if preview is not None and not outcome.changes and outcome.error is None:
        if preview.files or preview.packages.changes:
            yield f"Dry run: {_counted(len(preview.files), preview.packages)} would change; the image is as it was."
        elif outcome.reverts is not None:
            yield f"Nothing to put back: every file of change {outcome.reverts} is as it was before that change."
        else:
            yield "Nothing was changed: there is nothing that a fix on offer would change."


def undo_command(outcome: Outcome) -> str:
    """The command that takes back what was done; empty where nothing was, or where it was an undo."""
    if not any(change.state is State.COMMITTED for change in outcome.changes):
        return ""
    return f"image-wizard {shlex.quote(visible(outcome.path))} --undo"


def _done(outcome: Outcome) -> Iterator[str]:
    for name, reason in outcome.preview.failed if outcome.preview else ():
        word = "Not fixed" if outcome.reverts is None else "Left alone"
        yield from _wrapped(f"{word}: {visible(name)}: ", reason)
    yield from done(outcome)
    if command := undo_command(outcome):
        yield f"To take it back: {command}"


def _diffs(files: tuple[FileChange, ...], commands: tuple[CommandResult, ...]) -> Iterator[str]:
    for file in files:
        yield from file.diff.rstrip("\n").split("\n")
    for command in commands:
        yield f"$ {visible(shlex.join(command.argv))}"
        yield from (f"  {line}" for line in visible_lines(command.output).split("\n") if line)
        if command.note:
            yield from _wrapped("  ", command.note)


def packages_lines(packages: Packages) -> Iterator[str]:
    """What packages came, went or changed, and what they did beyond the files that are listed."""
    for package in packages.changes:
        versions = " -> ".join(version or "-" for version in (package.before, package.after))
        size = f", {humanize.naturalsize(package.size, binary=True)}" if package.size else ""
        yield visible(f"package {package.name} {versions}{size}")
    if packages.changes:
        took = humanize.naturalsize(packages.size, binary=True)
        yield f"The packages bring {packages.files} more files and folders; {took} in the guest."
    yield from (visible(f"changed by the packages: {path}") for path in packages.others)


def _counted(files: int, packages: Packages) -> str:
    told = f"{files} file{'s' if files != 1 else ''}"
    count = len(packages.changes)
    return f"{told} and {count} package{'s' if count != 1 else ''}" if count else told


def _journal(outcome: Outcome) -> Iterator[str]:
    if not outcome.journal:
        yield f"{visible(outcome.path)}: no change was ever made by image-wizard."
    for change in outcome.journal or ():
        yield from _journal_entry(change)


def _journal_entry(change: Change) -> Iterator[str]:
    when = change.time.astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
    kept = f", undo data {humanize.naturalsize(change.undo_bytes, binary=True)}" if change.undo_bytes else ""
    yield f"{change.number:>3}  {when}  {change.state:<11} {visible(change.who)}  {change.kind}{kept}"
    if change.fixes:
        yield from _wrapped("     fixes: ", ", ".join(change.fixes))
    for file in change.files:
        yield _cut(f"     {file.verb:<10} {visible(file.path)}")
    for command in change.commands:
        yield _cut(f"     ran        {visible(shlex.join(command.argv))}")
    yield from (_cut(f"     {line}") for line in packages_lines(change.packages))
    if change.note:
        yield from _wrapped("     note: ", change.note)


def _width() -> int:
    return max(60, min(shutil.get_terminal_size().columns, 160))


def _wrapped(start: str, text: str) -> list[str]:
    return textwrap.wrap(visible(text), _width(), initial_indent=start, subsequent_indent=" " * len(start)) or [start]


def _cut(line: str) -> str:
    return line if len(line) <= _width() else line[: _width() - 1] + "…"
