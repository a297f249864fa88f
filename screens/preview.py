"""What would land in the image: touched files, commands, and how the guest would stand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from screens import clipboard
from screens.banner import Banner, Mode
from screens.base import Pane, WizardScreen
from screens.change_text import command_row, command_text, file_row, outcome_row, outcome_text
from screens.desk import Desk
from screens.dialogs import ConfirmDialog, ErrorDialog
from screens.diff_view import DiffView
from screens.rows import RowList
from screens.save_patch import SavePatchDialog, Target
from screens.text import file_path, plain, size, stack
from wizard.change import FileChange, Preview
from wizard.errors import WizardError
from wizard.patch import patch
from wizard.save import save
from wizard.visible import visible

WIDE = 120
"""Columns from which before and after can stand side by side."""


class PreviewScreen(WizardScreen[bool]):
    """Returns whether the staged result is to be written."""

    CSS_PATH = "preview.tcss"
    HELP = """
# Preview

The fixes were carried out on a staged copy. **The image is still unchanged.** What you see is taken from that staged
result, generated files included, so what you confirm is what lands.

`+` lines come, `-` lines go; the words that changed are underlined. A tab is drawn as `→`, other control characters as
`␛`, `<U+202E>` and the like. `n` goes through all differences, file after file; from 120 columns on `|` shows before
and after side by side. `tab` moves to the text, where the arrow keys scroll, also sideways: `▸` ends a line that goes
on, and stands out where what changed is still to come.

`y` copies through the terminal (OSC 52), which not every terminal allows; in tmux, `set -g set-clipboard on`. `s`
saves all changes as a patch for `patch -p1` or `git apply`. **The guest's lines stand in the patch as raw bytes**, so
look at it with care: `less` shows escapes, `cat` obeys them. Owners, labels and binary content are comments there.

`w` asks once more, then writes. `escape` discards it all.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "write", "Write…", id="preview.write", tooltip="Write all this, after one question"),
        Binding("escape", "discard", "Discard", id="preview.discard", tooltip="Drop it; the image stays as it was"),
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

    def __init__(self, desk: Desk, preview: Preview, demo: bool = False) -> None:
        super().__init__()
        self._desk = desk
        self._preview = preview
        self._demo = demo
        self._split = False
        self._from_end = False
        self._pending = {f"file {n}": file for n, file in enumerate(preview.files) if not file.compared}

    def body(self) -> Iterable[Widget]:
        yield Banner(self._desk.path, Mode.STAGED, self._demo)
        with Container(id="panes"):
            yield RowList(
                [
                    outcome_row(self._preview),
                    *(file_row(f"file {number}", file) for number, file in enumerate(self._preview.files)),
                    *(command_row(f"command {number}", run) for number, run in enumerate(self._preview.commands)),
                ],
                id="preview-list",
            )
            yield Pane(id="detail")
            yield DiffView(id="diff")

    def on_mount(self) -> None:
        reason = self._desk.image.read_only_reason
        notices = [f"This cannot be written to the image: {reason}"] if reason else []
        self.query_one(Banner).set_facts(self._desk.image, self._preview.after.facts, notices)
        self.query_one(RowList).focus()
        self._compare()

    def on_resize(self) -> None:
        self._show_split()

    @property
    def _writable(self) -> bool:
        return bool(self._preview.files or self._preview.packages.changes) and not self._desk.image.read_only_reason

    @property
    def _file(self) -> FileChange | None:
        """The file under the cursor."""
        kind, _, number = (self.query_one(RowList).key or "").partition(" ")
        return self._preview.files[int(number)] if kind == "file" else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Greys writing where nothing is staged or the image cannot be written, and what has no room or no file."""
        if action == "write":
            return True if self._writable else None
        if action in ("hunk", "save"):
            return True if self._preview.files else None
        if action == "split":
            return True if self.size.width >= WIDE and self._preview.files else None
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
            pane.show(command_text(self._preview.commands[int(number)]))
        else:
            pane.show(outcome_text(self._preview))
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
        if 0 < index <= len(self._preview.files):
            self._from_end = by < 0
            rows.highlighted = index
        elif by < 0 and rows.highlighted and index > 0:
            rows.highlighted = len(self._preview.files)
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
            text = visible(self._preview.files[int(number)].path)
        elif kind == "command":
            text = visible(" ".join(self._preview.commands[int(number)].argv))
        else:
            text = visible(str(self._desk.path))
        clipboard.copy(self.app, text, text)

    @work
    async def action_save(self) -> None:
        """Ask for a file name and save all changes as a patch."""
        image = self._desk.image
        kept = (image.path, *image.files, *image.backing)
        target = await self.ask(SavePatchDialog(f"{self._desk.path.name}.patch", kept))
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

    def _save(self, target: Target) -> int:
        preview = self._preview
        title = f"What image-wizard would change in {self._desk.path.name}: {', '.join(preview.fixes)}"
        pieces = patch(title, preview.files, preview.commands, preview.packages)
        return save(target.path, pieces, replace=target.replace)

    @work
    async def action_write(self) -> None:
        """Ask once more; only a yes returns True."""
        count, packages = len(self._preview.files), len(self._preview.packages.changes)
        also = f" and {packages} {'package' if packages == 1 else 'packages'}" if packages else ""
        body = stack(
            f"{count} {'file' if count == 1 else 'files'}{also} will change inside",
            plain(file_path(self._desk.path), "bold"),
            "",
            Content("The journal keeps what is needed to undo it."),
        )
        if await self.ask(ConfirmDialog("Write this to the image?", body, "Write")):
            self.leave(True)

    def action_discard(self) -> None:
        """Return False."""
        self.leave(False)

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
