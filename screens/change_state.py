"""Where a change of the journal stands, in plain words: what became of the image, and what can be done next."""

from __future__ import annotations

from textual.content import Content

from screens.diff_text import FAINT
from wizard.change import Change, State

UNFINISHED = (State.PREPARING, State.COMMITTING, State.UNDOING)
"""States that a change is in only while it is written, or because that was interrupted."""
_LOOKS = {
    State.COMMITTED: ("committed", "$text-success"),
    State.UNDONE: ("undone", FAINT),
    State.ROLLED_BACK: ("rolled back", FAINT),
}
_HALF = "The image may be half written: do not boot or copy it."
_MEANING = {
    State.PREPARING: "Unfinished: it was still being prepared. Nothing of it is in the image.",
    State.COMMITTING: f"Unfinished: it was not written to its end. {_HALF}",
    State.UNDOING: f"Unfinished: its undo was not written to its end. {_HALF}",
    State.UNDONE: "It was taken back: the disk got back, bit for bit, what it held before.",
    State.ROLLED_BACK: "It is not in the image, which got back what it held before.",
}
_NEXT = {
    State.PREPARING: "Opening the image again drops it",
    State.COMMITTING: "Opening the image again finishes it; where that cannot be done (no room), it is rolled back",
    State.UNDOING: "Opening the image again finishes the undo",
}


def state_word(state: State) -> Content:
    """A change's state in at most eleven cells; those that ended well or were taken back stand out less."""
    return Content.styled(*_LOOKS.get(state, ("unfinished", "bold $text-error")))


def meaning(change: Change) -> str:
    """What the state says about the image."""
    if change.state is State.COMMITTED:
        return "It is in the image." if change.undo_bytes is not None else "It is in the image. Its undo data is gone."
    return _MEANING[change.state]


def next_step(change: Change, newest: bool) -> str:
    """What can be done about a change; ``newest``: it is the last of those that are in the image."""
    if change.state in UNFINISHED:
        # What another run is writing at this moment looks the same from here.
        return f"{_NEXT[change.state]}. If another image-wizard is writing to it now, wait until that is done."
    if change.state is not State.COMMITTED:
        again = "revert again" if change.kind == "revert" else "preview its fixes again"
        return f"To make it after all, {again}."
    if change.undo_bytes is None:
        return "It cannot be undone any more. Revert puts its files back, as far as that can be done."
    if newest:
        return "Undo takes it back, bit for bit."
    return "Revert puts back its files alone. Undo takes back the newest change first."


def warning(change: Change) -> str:
    """One line about an unfinished change."""
    if change.state is State.PREPARING:
        return f"Change {change.number} is unfinished. Nothing of it is in the image."
    return f"Change {change.number} is unfinished. Do not boot or copy the image until it is finished."


def finishing(change: Change) -> str:
    """What finishing an unfinished change would do."""
    if change.state is State.PREPARING:
        return f"{_NEXT[change.state]}. The image itself is only read."
    return f"It was interrupted in the middle. {_NEXT[change.state]}. The image is written to at once."
