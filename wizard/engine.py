"""What a front end needs of a session: the protocol that the screens talk to, and that tests put a fake behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from remediations.vocabulary import Settings
from wizard.change import Change, Preview
from wizard.image import Image
from wizard.opening import Opening
from wizard.report import Report

Progress = Callable[[str], None]
"""Called with one line as each step begins, and with :data:`OUTPUT` and a line for each that a program of the guest's
prints (guest text, made visible); from the thread that does the work."""
OUTPUT = "  "
"""What a line begins with that a program printed; a step's own line does not."""


class Engine(Protocol):
    """What a front end needs of a session. Methods block and raise :class:`~wizard.errors.WizardError`.

    All but :meth:`cancel`, :meth:`history`, :meth:`consider` and :meth:`use` are called from one and the same thread.
    """

    settings: Settings
    opening: Opening
    on_progress: Progress

    @property
    def image(self) -> Image:
        """The probed image; valid once :meth:`open` has returned."""

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences to show at opening: an interrupted change that was finished or rolled back, an image in use…"""

    def open(self) -> Report:
        """Probe, finish or roll back an interrupted change, examine.

        The fast reader answers where it can (``report.reader``), and no appliance is up then; else it is launched.
        """

    def consider(self, settings: Settings) -> Report:
        """After :meth:`open`: how the guest stands by other settings, which are not taken over yet.

        Who made the report answers again: the fast reader in any thread and beside :meth:`warm_up`, the appliance only
        where any other method may be called. Raises OpenError (code ``not-considered``) where the fast reader cannot.
        """

    def use(self, settings: Settings, report: Report) -> None:
        """Take over settings that were considered, with their report. From any thread, beside :meth:`warm_up` too."""

    @property
    def warm(self) -> bool:
        """Whether the appliance is up and clean, so that a preview can begin at once. Any thread."""

    def warm_up(self) -> None:
        """After :meth:`open`: start the appliance that the first preview will need; nothing where that is up already.

        Blocks as long as that takes; :meth:`cancel` ends it. A preview without it launches by itself.
        """

    def preview(self, ids: Sequence[str]) -> Preview:
        """Stage the named fixes (those with ``fix.available``) and examine again. The image is not touched."""

    def discard(self) -> None:
        """Drop what is staged. The next preview starts from the image as it is (and launches again)."""

    def commit(self) -> Change:
        """Write the previewed fixes into the image and the journal. Closes the appliance; :meth:`open` to go on."""

    def history(self) -> tuple[Change, ...]:
        """The image's journal, newest first. Needs no appliance: any thread, any time, beside :meth:`warm_up` too."""

    def undo(self, number: int | None = None) -> tuple[Change, ...]:
        """Take back the newest change, or change ``number`` and all after it; returns them, newest first.

        Closes the appliance. Needs no appliance itself. Raises ChangeError (code ``undo-refused``) where the image
        was changed since: then :meth:`revert` is what can be done.
        """

    def revert(self, number: int) -> Preview:
        """Stage a new change that puts back, file by file, what still has the content that change ``number`` gave it.

        What does not is named in ``failed`` (path and reason). Commit it with :meth:`commit`.
        """

    def cancel(self) -> None:
        """From any thread: stop what is running; the blocked call raises Cancelled. Ignored while writing the image."""

    @property
    def writing(self) -> bool:
        """Whether the image is being written right now (commit, undo): cannot be cancelled. Any thread."""

    def close(self) -> None:
        """Drop what is staged and end the appliance. Safe to call twice."""


Connect = Callable[[Path], Engine]
"""Makes the engine for one image path; opening is still to come."""
