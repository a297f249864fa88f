"""Files and commands in a list, and beside it what became of each: what a preview and a change of the journal share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from screens import clipboard
from screens.banner import Banner, Mode
from screens.base import Pane, Result, WizardScreen
from screens.change_text import command_row, command_text, file_row
from screens.desk import Desk
from screens.dialogs import ErrorDialog
from screens.diff_view import DiffView
from screens.rows import Row, RowList
from screens.save_patch import SavePatchDialog, Target
from screens.text import file_path, plain, size, stack
from wizard.change import Change, FileChange, Preview
from wizard.errors import WizardError
from wizard.patch import patch
from wizard.save import save
from wizard.visible import visible

WIDE = 120
"""Columns from which before and after can stand side by side."""
LOOKING: list[BindingType] = [
    Binding("n,right_square_bracket", "hunk(1)", "Next", id="preview.next", tooltip="The next difference"),
    Binding("y", "copy", "Copy", id="preview.copy", tooltip="Copy the difference, or what a command printed"),
    Binding("s", "save", "Save", id="preview.save", tooltip="Save all changes as a patch"),
    Binding("vertical_line", "split", "Split", id="preview.split", key_display="|", tooltip="Side by side, or not"),
    Binding("tab", "focus_text", "Text", show=False, id="preview.focus", tooltip="Between the list and the text"),
    Binding(
        "N,left_square_bracket",
        "hunk(-1)",
        "Previous",
        show=False,
        id="preview.previous",
        tooltip="The difference before",
    ),
    Binding("Y", "copy_path", "Copy path", show=False, id="preview.copy_path", tooltip="Copy the path or command"),
    Binding("J", "scroll_text(3)", show=False, id="preview.down", tooltip="Scroll the text down from the list"),
    Binding("K", "scroll_text(-3)", show=False, id="preview.up", tooltip="Scroll the text up from the list"),
]
"""The keys of all such screens, for their ``BINDINGS``: behind their own, which go first in the last line."""


@dataclass(frozen=True)
class Whole:
    """What all the files and commands are together: the first row and its text, the name and title of a patch."""

    row: Row
    text: Content
    patch_name: str
    patch_title: str


class ChangedFiles(WizardScreen[Result]):
    """A list with a row about the whole first, then each file and command, and beside it what the cursor is on."""

    CSS_PATH = "changed_files.tcss"
    MODE: ClassVar[Mode] = Mode.READ_ONLY

    def __init__(self, desk: Desk, changed: Preview | Change, whole: Whole, demo: bool = False) -> None:
        super().__init__()
        self._desk = desk
        self._changed = changed
        self._whole = whole
        self._demo = demo
        self._split = False
        self._from_end = False
        self._pending = {f"file {n}": file for n, file in enumerate(changed.files) if not file.compared}

    def body(self) -> Iterable[Widget]:
        yield Banner(self._desk.path, self.MODE, self._demo)
        with Container(id="panes"):
            yield RowList(
                [
                    self._whole.row,
                    *(file_row(f"file {number}", file) for number, file in enumerate(self._changed.files)),
                    *(command_row(f"command {number}", run) for number, run in enumerate(self._changed.commands)),
                ],
                id="files-list",
            )
            yield Pane(id="detail")
            yield DiffView(id="diff")

    def on_mount(self) -> None:
        self.query_one(RowList).focus()
        self._compare()

    def on_resize(self) -> None:
        self._show_split()

    @property
    def _file(self) -> FileChange | None:
        """The file under the cursor."""
        kind, _, number = (self.query_one(RowList).key or "").partition(" ")
        return self._changed.files[int(number)] if kind == "file" else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Greys what has no room or no file."""
        if action in ("hunk", "save"):
            return True if self._changed.files else None
        if action == "split":
            return True if self.size.width >= WIDE and self._changed.files else None
        return True

    @on(RowList.Moved)
    def _moved(self) -> None:
        self._show()

    @on(RowList.Chosen)
    def _chosen(self, event: RowList.Chosen) -> None:
        if event.column is None:
            self.action_focus_text()

    def _show(self) -> None:
        """Show what the cursor is on."""
        key = self.query_one(RowList).key or ""
        file, pane, view = self._file, self.query_one("#detail", Pane), self.query_one(DiffView)
        compared = file is not None and key not in self._pending
        pane.display, view.display = not compared, compared
        kind, _, number = key.partition(" ")
        if file is not None and compared:
            view.show(file, view.split)
            if self._from_end:
                view.go_last()
        elif file is not None:
            pane.show(stack(plain(file.path, "bold"), "", "Comparing…"))
        elif kind == "command":
            pane.show(command_text(self._changed.commands[int(number)]))
        else:
            pane.show(self._whole.text)
        self._from_end = False

    @work(exclusive=True, group="compare")
    async def _compare(self) -> None:
        """Compare large files in a thread, that under the cursor first."""
        while self._pending:
            under = self.query_one(RowList).key
            key = under if under in self._pending else next(iter(self._pending))
            file = self._pending[key]
            await asyncio.to_thread(_find, file)
            del self._pending[key]
            self.query_one(RowList).redraw([file_row(key, file)])
            if self.query_one(RowList).key == key:
                self._show()

    def action_hunk(self, by: int) -> None:
        """Go to the next difference, or the one before, in this file or in another."""
        rows = self.query_one(RowList)
        if self._file is not None and self.query_one(DiffView).go(by):
            return
        index = (rows.highlighted or 0) + by
        if 0 < index <= len(self._changed.files):
            self._from_end = by < 0
            rows.highlighted = index
        elif by < 0 and rows.highlighted and index > 0:
            rows.highlighted = len(self._changed.files)
        else:
            self.notify("No difference comes after this one" if by > 0 else "This is the first", markup=False)

    def action_split(self) -> None:
        """Side by side where it was unified, and back."""
        self._split = not self._split
        self._show_split()

    def _show_split(self) -> None:
        split = self._split and self.size.width >= WIDE
        self.set_class(split, "-split")
        self.query_one(DiffView).show_split(split)
        self.refresh_bindings()

    def action_copy(self) -> None:
        """Copy what is shown, made visible as it is on the screen."""
        file = self._file
        otherwise = "s saves a patch"
        if file is not None:
            clipboard.copy(self.app, file.diff, f"the difference of {visible(file.path)}", otherwise)
        else:
            clipboard.copy(self.app, self.query_one("#detail", Pane).text.plain, "the text")

    def action_copy_path(self) -> None:
        """Copy the path, or the command."""
        kind, _, number = (self.query_one(RowList).key or "").partition(" ")
        if kind == "file":
            text = visible(self._changed.files[int(number)].path)
        elif kind == "command":
            text = visible(" ".join(self._changed.commands[int(number)].argv))
        else:
            text = visible(str(self._desk.path))
        clipboard.copy(self.app, text, text)

    @work
    async def action_save(self) -> None:
        """Ask for a file name and save all changes as a patch."""
        target = await self.ask(SavePatchDialog(self._whole.patch_name, self._kept()))
        if target is None:
            return
        try:
            count = await asyncio.to_thread(self._save, target)
        except OSError as error:
            message = f"The patch was not saved: {error}. Nothing else was changed."
            await self.app.push_screen_wait(
                ErrorDialog(WizardError("not-saved", message, "Save it under another name or in another folder."))
            )
            return
        self.notify(f"Saved {size(count)} in {file_path(target.path)}", markup=False)

    def _kept(self) -> tuple[Path, ...]:
        """What a patch must never replace. Of an image that never opened, its own file alone is known."""
        try:
            image = self._desk.image
        except RuntimeError:
            return (self._desk.path,)
        return (image.path, *image.files, *image.backing)

    def _save(self, target: Target) -> int:
        changed = self._changed
        pieces = patch(self._whole.patch_title, changed.files, changed.commands, changed.packages)
        return save(target.path, pieces, replace=target.replace)

    def action_scroll_text(self, lines: int) -> None:
        """Scroll the text without leaving the list."""
        view = self.query_one(DiffView)
        (view if view.display else self.query_one("#detail", Pane)).scroll_relative(y=lines, animate=False)

    def action_focus_text(self) -> None:
        """Go from the list to the text and back."""
        self.focus_next()


def _find(file: FileChange) -> None:
    """Compare a file; it remembers what is found."""
    _ = file.difference.hunks
