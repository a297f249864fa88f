"""How an image of a batch reads: its row in the table, and the pane beside it."""

from __future__ import annotations

import shlex

from textual.content import Content

from remediations.vocabulary import Level, Status
from screens.batch_work import Item, Phase
from screens.dialogs import problem
from screens.rows import Row, columns
from screens.text import EMPTY, file_path, join, plain, plain_lines, stack, status
from wizard.errors import KeyNeeded, SeveralSystems

_WORDS = {
    Phase.WAITING: ("  waiting", "$foreground-muted"),
    Phase.CHECKING: ("> checking", "$text-accent"),
    Phase.CHECKED: ("✓ checked", "$text-success"),
    Phase.FIXING: ("> fixing", "$text-warning"),
    Phase.FIXED: ("✓ fixed", "$text-success"),
    Phase.UNCHANGED: ("- unchanged", "$foreground-muted"),
    Phase.FAILED: ("✗ failed", "$text-error"),
    Phase.STOPPED: ("- stopped", "$foreground-muted"),
}
_WIDE = 100


def item_row(key: str, item: Item) -> Row:
    """Image, how far it is, how it stands; the guest where there is room."""
    words = Content.styled(*_WORDS[item.phase])
    guest = plain(item.report.facts.product) if item.report else EMPTY

    def draw(width: int) -> Content:
        tail = [(guest, 28)] if width >= _WIDE else []
        return columns((plain(item.path.name, "bold"), 0), (words, 11), *tail, (_standing(item), 32))(width)

    return Row(key, draw)


def item_text(item: Item) -> Content:
    """Everything known of an image of the batch."""
    lines = [plain(file_path(item.path), "bold"), *(join("! ", plain(notice)) for notice in item.notices)]
    if item.error is not None:
        asks = isinstance(item.error, KeyNeeded | SeveralSystems)
        return stack(*lines, *(["enter opens it, and asks.", ""] if asks else []), problem(item.error))
    if item.change is not None:
        undo = f"image-wizard {shlex.quote(str(item.path))} --undo"
        lines += [
            join(
                Content.styled(f"✓ change {item.change.number}  ", "$text-success"), plain(", ".join(item.change.fixes))
            ),
            join("To take it back: ", plain(undo)),
        ]
    elif item.phase is Phase.UNCHANGED:
        lines.append(Content("Nothing was changed: no fix could be made."))
    left = item.preview.failed if item.preview is not None else ()
    lines += [join(plain(f"not fixed: {name}  ", "$text-error"), plain(reason)) for name, reason in left]
    if item.read_only:
        lines.append(join("Fixes cannot be written to this image: ", plain_lines(item.read_only)))
    for value in (Status.FAIL, Status.UNKNOWN):
        lines += _named(item, value)
    if item.fixes:
        lines.append(join("fixes on offer: ", plain(", ".join(item.fixes))))
    return stack(*lines)


def _named(item: Item, value: Status) -> list[Content]:
    report = item.report
    if report is None:
        return []
    return [
        join(
            status(value), "  ", plain(name, "bold"), "  ", plain(report.get(name).finding.summary, "$foreground-muted")
        )
        for name in item.failing(value)
    ]


def _standing(item: Item) -> Content:
    if item.error is not None:
        return plain(item.error.message, "$text-error")
    if item.line:
        return plain(item.line, "$foreground-muted")
    if item.report is None:
        return EMPTY
    # What the guide requires: the same count as in the list of images.
    counts = {s: len(item.failing(s, Level.REQUIRED)) for s in (Status.FAIL, Status.UNKNOWN)}
    shown = [status(s, count) for s, count in counts.items() if count]
    if not shown:
        shown = [status(Status.PASS if item.report.applies() else Status.SKIPPED)]
    offer = Content.styled(f"{len(item.fixes)} fixable", "$text-accent") if item.fixes else EMPTY
    if item.read_only and any(a.fix is not None and a.fix.available for a in item.report.assessments):
        offer = Content.styled("read-only", "$text-warning")
    return join(*shown, offer, separator="  ")
