"""One change of the journal, looked at closely: what became of each file, and what its commands printed."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from screens.change_state import state_word
from screens.change_text import about, change_text
from screens.changed_files import LOOKING, ChangedFiles, Whole
from screens.desk import Desk
from screens.rows import Row, RowList, columns
from screens.text import ago, join
from wizard.change import Change


class ChangeScreen(ChangedFiles[None]):
    """Changes nothing, neither the image nor the journal. The cursor begins on the first file."""

    HELP = """
# A change

What the journal keeps of one change: every file that it touched, as it was before and after, and every command that
ran in the guest. It is what stood then, not what the image holds now. Nothing is written here.

`n` goes through all differences, file after file; from 120 columns on `|` shows before and after side by side. `tab`
moves to the text, where the arrow keys scroll, also sideways. `y` copies the difference, `s` saves all of them as a
patch, with the guest's lines as raw bytes: look at it with `less`, not with `cat`.

`escape` goes back to the journal, where changes are undone and reverted.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="change.back", tooltip="Back to the journal"),
        *LOOKING,
    ]

    def __init__(self, desk: Desk, change: Change, newest: bool, now: datetime, demo: bool = False) -> None:
        name, number = desk.path.name, change.number
        told = join(state_word(change.state), ago(change.time, now), separator=", ")
        whole = Whole(
            Row("change", columns((Content.styled(f"change {number}", "bold"), 10), (told, 0))),
            change_text(change, newest),
            f"{name}.change-{number}.patch",
            f"Change {number} of {name} ({change.state}): {about(change)}",
        )
        super().__init__(desk, change, whole, demo)

    def on_mount(self) -> None:
        if self._changed.files:
            self.query_one(RowList).highlighted = 1

    def action_back(self) -> None:
        """Back to the journal."""
        self.leave(None)
