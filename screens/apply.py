"""The image is written: fixes committed, or changes taken back."""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from screens.banner import Mode
from screens.desk import Desk
from screens.dialogs import problem
from screens.text import EMPTY, Clock, join, plain, plain_lines, size, stack
from screens.work import Leave, Value, WorkScreen
from wizard.change import Change
from wizard.errors import WizardError


class WritingScreen(WorkScreen[Value]):
    """Work whose result stays on the screen until it has been read."""

    HELP = """
# Writing the image

What was previewed is written now. While **WRITING** stands in the upper right corner it cannot be stopped: should the
host fail, the next opening finishes it or rolls it back, so that the image is never between two states.
"""

    value: Value | None = None

    def __init__(
        self,
        desk: Desk,
        title: str,
        job: Callable[[], Awaitable[Value]],
        told: Callable[[Value], Content],
        now: Clock,
        demo: bool = False,
    ) -> None:
        super().__init__(desk, title, job, now, demo)
        self._told = told

    def finished(self, value: Value) -> None:
        """Show what was done; leaving then returns the value."""
        self.value = value
        self.show_outcome(self._told(value))

    def action_back(self) -> None:
        """Leave with the value, where there is one."""
        self.leave(self.value if self.value is not None else Leave.BACK)


class ApplyScreen(WritingScreen[Change]):
    """Commits what is staged."""

    MODE = Mode.STAGED

    def __init__(self, desk: Desk, now: Clock, demo: bool = False) -> None:
        super().__init__(desk, "Writing the image", desk.commit, self._written, now, demo)

    def _written(self, value: Change) -> Content:
        """The change, its files, and where undo is."""
        undo = f"image-wizard {shlex.quote(str(self.desk.path))} --undo"
        room = f" (its data takes {size(value.undo_bytes)})" if value.undo_bytes is not None else ""
        return stack(
            Content.styled(f"✓ Change {value.number} is in the image", "$text-success bold"),
            join("  ", plain(", ".join(value.fixes))),
            "",
            Content.styled("To take it back", "bold"),
            Content(f"  j for the journal, then u{room}, or run"),
            join("  ", plain(undo)),
            "",
            *(columns_of(file.verb.value, file.path) for file in value.files),
            "",
            Content("g in the list of requirements shows the matching properties for Glance"),
            *((EMPTY, plain_lines(value.note)) if value.note else ()),
        )


class UndoScreen(WritingScreen[tuple[Change, ...]]):
    """Takes back the newest change. Where that is refused, a revert is on offer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "revert", "Revert instead", id="undo.revert", tooltip="Put back file by file what can be"),
    ]

    def __init__(self, desk: Desk, number: int, now: Clock, demo: bool = False) -> None:
        super().__init__(desk, f"Undoing change {number}", lambda: desk.undo(number), _undone, now, demo)
        self._number = number

    def failed(self, error: WizardError) -> None:
        """Where undo was refused, say that a revert can be tried."""
        super().failed(error)
        if self._refused:
            offer = (
                f"r previews a revert of change {self._number}: a new change that puts back,\n"
                "file by file, what still has the content that it gave."
            )
            self.show_outcome(stack(problem(error), "", offer))

    @property
    def _refused(self) -> bool:
        return self.error is not None and self.error.code == "undo-refused"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A revert is on offer only after undo was refused."""
        if action == "revert":
            return self._refused
        return super().check_action(action, parameters)

    def action_revert(self) -> None:
        """Leave for a revert."""
        self.leave(Leave.REVERT)


def _undone(value: tuple[Change, ...]) -> Content:
    """What was taken back."""
    lines = [
        join(
            Content.styled(f"✓ Change {change.number} is undone  ", "$text-success bold"),
            plain(", ".join(change.fixes)),
        )
        for change in value
    ]
    return stack(*lines, "", "The image has the content that it had before, bit for bit.")


def columns_of(verb: str, path: str) -> Content:
    """One touched file."""
    return join(f"  {verb:<11}", plain(path))
