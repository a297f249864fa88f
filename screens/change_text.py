"""How what was or would be changed reads: files, commands, statuses before and after."""

from __future__ import annotations

from datetime import UTC, datetime

from textual.content import Content

from screens.rows import Row, columns
from screens.text import ago, diff, diff_counts, join, plain, plain_lines, size, stack, status
from wizard.change import Change, CommandResult, FileChange, Packages, Preview, State, Verb

_VERBS = {
    Verb.CREATED: "$text-success",
    Verb.MODIFIED: "$text-accent",
    Verb.EMPTIED: "$text-warning",
    Verb.REMOVED: "$text-error",
    Verb.ATTRIBUTES: "$text-accent",
}
_STATES = {State.COMMITTED: "$text-success", State.UNDONE: "$foreground-muted", State.ROLLED_BACK: "$foreground-muted"}


def outcome_row(preview: Preview) -> Row:
    """The row that stands for the whole preview."""
    count = len(preview.files)
    text = f"{count} {'file changes' if count == 1 else 'files change'}"
    failed = Content.styled(f"{len(preview.failed)} not done", "$text-error") if preview.failed else Content("")
    came = Content(f"{len(preview.packages.changes)} packages") if preview.packages.changes else Content("")
    told = join(text, came, failed, separator=", ")
    return Row("outcome", columns((Content.styled("outcome", "bold"), 10), (told, 0)))


def file_row(key: str, file: FileChange) -> Row:
    """What became of a file, its path, lines added and removed."""
    added, removed = diff_counts(file.diff)
    counts = join(
        Content.styled(f"+{added}".rjust(5), "$text-success"), Content.styled(f"-{removed}".rjust(5), "$text-error")
    )
    return Row(key, columns((_verb(file), 10), (plain(file.path), 0), (counts, 10)))


def command_row(key: str, run: CommandResult) -> Row:
    """A command that ran in the guest."""
    return Row(key, columns((Content.styled("ran", "$text-accent"), 10), (plain(" ".join(run.argv)), 0)))


def file_text(file: FileChange) -> Content:
    """What became of a file, then its difference."""
    generated = " by a command of the guest" if file.generated else ""
    return stack(join(_verb(file), Content.styled(generated, "$foreground-muted")), diff(file.diff))


def command_text(run: CommandResult) -> Content:
    """A command, what became of its result, and its output."""
    lines = [plain("$ " + " ".join(run.argv), "bold")]
    if run.note:
        lines.append(plain_lines(run.note, "$text-warning"))
    return stack(*lines, plain_lines(run.output.removesuffix("\n")) if run.output else "(no output)")


def outcome_text(preview: Preview) -> Content:
    """Each staged fix with its status before and after; what could not be fixed, with the reason."""
    lines: list[Content] = []
    ids = [a.requirement.id for a in preview.after.assessments]
    changed = [
        i
        for i in ids
        if i in preview.fixes or preview.before.get(i).finding.status is not preview.after.get(i).finding.status
    ]
    for requirement_id in changed:
        before, after = preview.before.get(requirement_id), preview.after.get(requirement_id)
        statuses = (status(before.finding.status), 9), ("→", 1), (status(after.finding.status), 9)
        draw = columns((plain(requirement_id, "bold"), 15), *statuses)
        lines += [draw(37), join("    ", plain(after.finding.summary, "$foreground-muted"))]
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
            (_state(change.state), 11),
            (ago(change.time, now), 15),
            (plain(", ".join(change.fixes)), 0),
            (f"{count} {'file' if count == 1 else 'files'}".rjust(9), 9),
            (size(change.undo_bytes).rjust(9), 9),
        ),
    )


def change_text(change: Change) -> Content:
    """A change of the journal, whole."""
    moment = change.time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    undo = f"undo data {size(change.undo_bytes)}" if change.undo_bytes is not None else "no undo data"
    lines = [
        join(
            Content.styled(f"Change {change.number}", "bold"),
            plain(change.kind),
            _state(change.state),
            moment,
            separator="  ",
        ),
        join(plain(f"by {change.who}"), plain(f"version {change.version}"), undo, separator="  "),
        join("fixes: ", plain(", ".join(change.fixes))),
    ]
    if change.note:
        lines.append(plain_lines(change.note, "$text-warning"))
    if change.packages.changes:
        lines += [Content(""), packages_text(change.packages)]
    for file in change.files:
        lines += [Content(""), file_text(file)]
    for run in change.commands:
        lines += [Content(""), command_text(run)]
    return stack(*lines)


def _verb(file: FileChange) -> Content:
    return Content.styled(file.verb.value, _VERBS[file.verb])


def _state(state: State) -> Content:
    return Content.styled(state.value, _STATES.get(state, "$text-warning"))
