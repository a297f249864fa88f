"""What was done to the image, newest first, and the ways to take it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from screens.banner import Banner
from screens.base import Pane, WizardScreen
from screens.change import ChangeScreen
from screens.change_state import UNFINISHED, finishing, warning
from screens.change_text import about, change_row, change_text
from screens.desk import Desk
from screens.dialogs import ConfirmDialog
from screens.rows import RowList
from screens.text import Clock, plain, stack
from wizard.change import Change, State


@dataclass(frozen=True)
class Undo:
    """Take back the newest change."""

    number: int


@dataclass(frozen=True)
class Revert:
    """Preview a change that takes back an older one, file by file."""

    number: int


@dataclass(frozen=True)
class Finish:
    """Open the image again, which finishes or rolls back what was interrupted."""


class JournalScreen(WizardScreen[Undo | Revert | Finish | None]):
    """Returns what is to be taken back or finished, None for nothing."""

    CSS_PATH = "journal.tcss"
    HELP = """
# Journal

Every change that was made to this image, newest first: how it stands, when it was made, what for, how many files it
touched, and how much room its undo data takes. Below are the details of the one under the cursor; `enter` or `d`
shows what it did to each file.

- **Undo** takes back the newest change exactly: the disk has its old content again, bit for bit. It is refused where
  the image was booted or edited since.
- **Revert** makes a new change that puts back, file by file, what still has the content that the selected change gave
  it. You see it as a preview first.
- **Finish** is for a change that was interrupted in the middle: it opens the image again, which writes the change to
  its end, or puts the image back where that cannot be done. Until then nothing else can be undone or reverted.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d,enter", "open", "Differences", id="journal.open", tooltip="What the change did to each file"),
        Binding("u", "undo", "Undo newest…", id="journal.undo", tooltip="Take back the newest change, exactly"),
        Binding("r", "revert", "Revert", id="journal.revert", tooltip="Preview putting back its files"),
        Binding("f", "finish", "Finish…", id="journal.finish", tooltip="Finish or roll back what was interrupted"),
        Binding("escape", "back", "Back", id="journal.back", tooltip="Back to the requirements"),
        Binding("tab", "focus_text", "Scroll text", id="journal.focus", tooltip="Between the list and the text"),
    ]

    def __init__(self, desk: Desk, changes: Sequence[Change], now: Clock, demo: bool = False) -> None:
        super().__init__()
        self._desk = desk
        self._changes = {str(change.number): change for change in changes}
        self._now = now
        self._demo = demo

    def body(self) -> Iterable[Widget]:
        yield Banner(self._desk.path, demo=self._demo)
        if not self._changes:
            yield Static(Content("Nothing was done to this image yet."), id="empty", markup=False)
            return
        if change := self._unfinished:
            yield Static(plain(f"! {warning(change)}"), id="unfinished", markup=False)
        with Container(id="panes"):
            yield RowList([change_row(change, self._now()) for change in self._changes.values()], id="journal-list")
            yield Pane(id="detail")

    def on_mount(self) -> None:
        if self._changes:
            self.query_one(RowList).focus()

    @property
    def _newest(self) -> Change | None:
        return next((change for change in self._changes.values() if change.state is State.COMMITTED), None)

    @property
    def _unfinished(self) -> Change | None:
        return next((change for change in self._changes.values() if change.state in UNFINISHED), None)

    @property
    def _selected(self) -> Change | None:
        key = self.query_one(RowList).key if self.is_mounted and self._changes else None
        return self._changes.get(key) if key else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Greys undo where nothing can be undone, and revert on what is not in the image.

        Both while a change is unfinished: it would be finished first, and then taken back with what was asked for.
        """
        if action == "undo":
            return True if self._newest and not self._unfinished else None
        if action == "revert":
            revertible = self._selected and self._selected.state is State.COMMITTED and not self._unfinished
            return True if revertible else None
        if action == "finish":
            return self._unfinished is not None
        return bool(self._changes) if action in ("focus_text", "open") else True

    @on(RowList.Moved)
    def _moved(self, event: RowList.Moved) -> None:
        change = self._changes[event.key]
        self.query_one("#detail", Pane).show(change_text(change, change is self._newest))
        self.refresh_bindings()

    @on(RowList.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    @work
    async def action_open(self) -> None:
        """Look at the selected change closely."""
        if change := self._selected:
            await self.ask(ChangeScreen(self._desk, change, change is self._newest, self._now(), self._demo))

    @work
    async def action_undo(self) -> None:
        """Say what would happen and ask; only a yes returns."""
        change = self._newest
        if change is None:
            return
        packages = [package.name for package in change.packages.changes]
        body = stack(
            plain(about(change), "bold"),
            "",
            Content("These get back what they had before; the disk's content is the old one, bit for bit:"),
            *(plain(f"  {file.path}") for file in change.files),
            *([plain(f"Packages as before, too: {', '.join(packages)}")] if packages else ()),
        )
        if await self.ask(ConfirmDialog(f"Undo change {change.number}?", body, "Undo")):
            self.leave(Undo(change.number))

    @work
    async def action_finish(self) -> None:
        """Say what would happen and ask; only a yes returns."""
        change = self._unfinished
        if change is None:
            return
        body = stack(plain(about(change), "bold"), "", plain(finishing(change)))
        if await self.ask(ConfirmDialog(f"Finish change {change.number}?", body, "Finish")):
            self.leave(Finish())

    def action_revert(self) -> None:
        """Return the selected change for a revert; it is previewed before anything is written."""
        if self._selected:
            self.leave(Revert(self._selected.number))

    def action_back(self) -> None:
        """Return None."""
        self.leave(None)

    def action_focus_text(self) -> None:
        """Go from the list to the text and back."""
        self.focus_next()
