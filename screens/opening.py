"""An image is opened: probed, read, examined."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from screens.desk import Desk
from screens.questions import KeyQuestion, SystemQuestion
from screens.text import Clock
from screens.work import Leave, WorkScreen
from wizard.errors import KeyNeeded, SeveralSystems, WizardError
from wizard.report import Report


class OpeningScreen(WorkScreen[Report]):
    """Opens the image of a desk. After a failure it can be tried again, or the journal be looked at."""

    HELP = """
# Opening an image

The image is probed and its file systems are read: directly, which takes about a second, and where that is not possible
through a small appliance, which takes some seconds to start, without KVM up to a minute. **Nothing is written.**

Where the guest is encrypted, its passphrase is asked for; where there are several systems, which one is meant.

An image that cannot be opened may still have a journal: `j` shows it, and undo works from there.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "leave('RETRY')", "Try again", id="opening.retry", tooltip="Open the image again"),
        Binding("j", "leave('JOURNAL')", "Journal", id="opening.journal", tooltip="What was done to this image"),
    ]

    def __init__(self, desk: Desk, now: Clock, demo: bool = False) -> None:
        super().__init__(desk, "Opening the image", desk.open, now, demo)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Trying again and the journal only after a failure."""
        if action == "leave":
            return not self.running
        return super().check_action(action, parameters)

    def failed(self, error: WizardError) -> None:
        """Ask for what an image lacks to be opened; any other error stays until the screen is left."""
        if isinstance(error, KeyNeeded):
            self.app.push_screen(KeyQuestion(error), lambda key: self._answered(error, key=key))
        elif isinstance(error, SeveralSystems):
            self.app.push_screen(SystemQuestion(error), lambda root: self._answered(error, root=root))
        else:
            super().failed(error)

    def _answered(self, error: WizardError, key: str | None = None, root: str | None = None) -> None:
        if key is None and root is None:
            super().failed(error)
        else:
            self.desk.tell(key=key, root=root)
            self.leave(Leave.RETRY)

    def action_leave(self, way: str) -> None:
        """Leave in one of the ways of :class:`Leave`."""
        self.leave(Leave[way])
