"""How what was or would be changed reads: files, commands, statuses before and after."""

from __future__ import annotations

from datetime import UTC, datetime

from textual.content import Content

from remediations.vocabulary import Status
from screens.change_state import UNFINISHED, meaning, next_step, state_word
from screens.diff_text import FAINT, counts, verb
from screens.rows import Row, columns
from screens.text import ago, join, plain, plain_lines, size, stack, status
from wizard.change import Change, CommandResult, FileChange, Packages, Preview
from wizard.report import Report
from wizard.visible import visible


def outcome_row(preview: Preview) -> Row:
    """The row that stands for the whole preview."""
    count = len(preview.files)
    text = f"{count} {'file changes' if count == 1 else 'files change'}"
    failed = Content.styled(f"{len(preview.failed)} not done", "$text-error") if preview.failed else Content("")
    came = Content(f"{len(preview.packages.changes)} packages") if preview.packages.changes else Content("")
    told = join(text, came, failed, separator=", ")
    return Row("outcome", columns((Content.styled("outcome", "bold"), 10), (told, 0)))


def file_row(key: str, file: FileChange) -> Row:
    """What became of a file, its path, lines added and removed; found when the row is first seen."""

    def draw_row(width: int) -> Content:
        count = counts(file) if file.compared else Content.styled("…".rjust(10), FAINT)
        path = _ending(visible(file.path), width - 22)
        return columns((verb(file), 10), (path, 0), (count, 10))(width)

    return Row(key, draw_row)


def command_row(key: str, run: CommandResult) -> Row:
    """A command that ran in the guest."""
    return Row(key, columns((Content.styled("ran", "$text-accent"), 10), (plain(" ".join(run.argv)), 0)))


def command_text(run: CommandResult) -> Content:
    """A command, what became of its result, and its output."""
    lines = [plain("$ " + " ".join(run.argv), "bold")]
    if run.note:
        lines.append(plain_lines(run.note, "$text-warning"))
    return stack(*lines, plain_lines(run.output.removesuffix("\n")) if run.output else "(no output)")


def outcome_text(preview: Preview) -> Content:
    """How the guest would stand: counts, each requirement that changes, what could not be fixed and why."""
    before, after = preview.before, preview.after
    ids = [a.requirement.id for a in after.assessments]
    changed = [i for i in ids if i in preview.fixes or _status(before, i) is not _status(after, i)]
    lines = [_totals(before, after), Content("")]
    width = max(map(len, changed), default=0)
    for requirement_id in changed:
        statuses = (status(_status(before, requirement_id)), 9), ("→", 1), (status(_status(after, requirement_id)), 9)
        row = columns((plain(requirement_id, "bold"), width), *statuses)
        lines += [row(width + 22), join("    ", plain(after.get(requirement_id).finding.summary, FAINT))]
    if preview.packages.changes:
        lines += [Content(""), packages_text(preview.packages)]
    if preview.failed:
        lines += [Content(""), Content.styled("Not done", "bold $text-error")]
        lines += [join(plain(name, "bold"), plain(f"  {reason}")) for name, reason in preview.failed]
    if not preview.files and not preview.packages.changes:
        lines += [Content(""), Content("Nothing would change in the image.")]
    return stack(*lines)


def packages_text(packages: Packages) -> Content:
    """Each package with its versions before and after, and what they bring beyond the files that are listed."""
    lines = [Content.styled("Packages", "bold")]
    for package in packages.changes:
        versions = " → ".join(version or "-" for version in (package.before, package.after))
        lines.append(join(plain(package.name, "bold"), plain(versions), size(package.size), separator="  "))
    lines.append(Content(f"{packages.files} more files and folders, {size(packages.size)} in the guest"))
    lines += [join("changed too: ", plain(path)) for path in packages.others]
    return stack(*lines)


def change_row(change: Change, now: datetime) -> Row:
    """A row of the journal."""
    count = len(change.files)
    return Row(
        str(change.number),
        columns(
            (f"#{change.number}", 4),
            (state_word(change.state), 11),
            (ago(change.time, now), 15),
            (plain(about(change)), 0),
            (f"{count} {'file' if count == 1 else 'files'}".rjust(9), 9),
            (size(change.undo_bytes).rjust(9), 9),
        ),
    )


def about(change: Change) -> str:
    """What a change was for: its fixes, or what it reverts."""
    said, _, _ = change.note.partition(".")
    return ", ".join(change.fixes) or (said if change.kind == "revert" and said else change.kind)


def change_text(change: Change, newest: bool = False) -> Content:
    """A change of the journal: when and by whom, how it stands and what can be done next, what it touched."""
    moment = change.time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    undo = f"undo data {size(change.undo_bytes)}" if change.undo_bytes is not None else "no undo data"
    number = Content.styled(f"Change {change.number}", "bold")
    lines = [
        join(number, plain(change.kind), state_word(change.state), moment, separator="  "),
        join(plain(f"by {change.who}"), plain(f"version {change.version}"), undo, separator="  "),
        *([join("fixes: ", plain(", ".join(change.fixes)))] if change.fixes else ()),
        Content(""),
        *([plain_lines(change.note, "$text-warning")] if change.note else ()),
        plain(meaning(change), "bold $text-error" if change.state in UNFINISHED else ""),
        plain(next_step(change, newest), FAINT),
        Content(""),
        *(join(verb(file).pad_right(max(0, 11 - verb(file).cell_length)), plain(file.path)) for file in change.files),
        *(join(Content.styled("ran        ", "$text-accent"), plain(" ".join(run.argv))) for run in change.commands),
    ]
    if change.packages.changes:
        lines += [Content(""), packages_text(change.packages)]
    return stack(*lines)


def _status(report: Report, requirement_id: str) -> Status:
    return report.get(requirement_id).finding.status


def _totals(before: Report, after: Report) -> Content:
    """How many requirements stand how, before and after; those that nobody has at either time are left out."""
    told = []
    for value in Status:
        was, becomes = before.counts[value], after.counts[value]
        if was or becomes:
            told.append(status(value, was) if was == becomes else join(status(value, was), f" → {becomes}"))
    return join(*told, separator="   ")


def _ending(path: str, width: int) -> Content:
    """A path that is too long without its beginning: its end tells more."""
    content = Content(path)
    if content.cell_length <= width or width < 1:
        return content
    start = len(path) - width + 1
    while Content(path[start:]).cell_length > width - 1:
        start += 1
    return Content("…" + path[start:])
