"""How an image reads in the picker: one line, as wide as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import humanize
from textual.content import Content

from remediations.vocabulary import Status
from screens.folder import Entry, Kind
from screens.rows import Draw, columns
from screens.text import EMPTY, ago, file_path, plain, status
from wizard.known_images import Known

_GUEST = 28
_WIDE = 100  # from here on there is room for the guest's name
_MARKS = {Kind.IMAGE: "●", Kind.FOLDER: "▸", Kind.OTHER: " "}
_STYLES = {Kind.IMAGE: "bold", Kind.FOLDER: "$text-accent", Kind.OTHER: "$foreground-muted"}


def heading() -> Draw:
    """The columns' names."""

    def word(text: str) -> Content:
        return Content.styled(text, "$foreground-muted")

    return _line(
        [EMPTY, EMPTY, word("Name"), word("Format"), word("  Size"), word("  Disk"), word("Modified"), word("Verdict")],
        word("Guest"),
    )


def entry_row(entry: Entry, known: Known | None, now: datetime, marked: bool, whole_path: bool = False) -> Draw:
    """An image, folder or other file; ``known`` is what an earlier check found, ``marked`` that it is in the batch."""

    # All of it only when it is drawn: of a folder of ten thousand, a screenful is.
    def draw(width: int) -> Content:
        slash = "/" if entry.kind is Kind.FOLDER else ""
        name = file_path(entry.path) if whole_path else entry.path.name + slash
        cells = [
            Content.styled("*", "bold $text-accent") if marked else EMPTY,
            Content(_MARKS[entry.kind]),
            plain(name, _STYLES[entry.kind]),
            plain(entry.format),
            _size(entry.size if entry.kind is Kind.IMAGE else None),
            _size(entry.on_disk if entry.kind is not Kind.FOLDER else None),
            Content(ago(entry.modified, now)) if entry.modified else Content("unreadable"),
            verdict(known),
        ]
        return _line(cells, plain(known.product) if known else EMPTY, cut_front=whole_path)(width)

    return draw


def verdict(known: Known | None) -> Content:
    """How the required ones stood at the newest look; in brackets where the image was written since."""
    if known is None:
        return EMPTY
    if known.fail:
        told = status(Status.FAIL, known.fail)
    elif known.unknown:
        told = status(Status.UNKNOWN, known.unknown)
    else:
        # What all is skipped of was not found to be right.
        told = status(Status.PASS if known.passed else Status.SKIPPED)
    return told if known.current else Content.styled(f"({told.plain})", "$foreground-muted")


def _line(cells: Sequence[Content], guest: Content, cut_front: bool = False) -> Draw:
    mark, kind, name, form, size, on_disk, modified, said = cells

    def draw(width: int) -> Content:
        wide = width >= _WIDE
        taken = 1 + 1 + 6 + 6 + 6 + 14 + 9 + 7 + (_GUEST + 1 if wide else 0)
        room = max(1, width - taken)
        # The end of a path tells more than its beginning.
        shown = Content("…") + name[name.cell_length - room + 1 :] if cut_front and name.cell_length > room else name
        tail = [(guest, _GUEST)] if wide else []
        return columns(
            (mark, 1), (kind, 1), (shown, 0), (form, 6), (size, 6), (on_disk, 6), (modified, 14), *tail, (said, 9)
        )(width)

    return draw


def _size(count: int | None) -> Content:
    return EMPTY if count is None else Content(humanize.naturalsize(count, gnu=True).rjust(6))
