"""Choosing an image: a folder to browse, or a path to type."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from screens.base import WizardScreen
from screens.folder import Entry, Kind, list_folder
from screens.rows import Draw, Row, RowList, columns
from screens.text import EMPTY, Clock, ago, file_path, join, plain, size

_UP = ".."


class PickerScreen(WizardScreen[Path]):
    """Returns the path of the image to open."""

    CSS_PATH = "picker.tcss"
    HELP = """
# Choosing an image

Images come first, then folders, then other files. `enter` opens an image or enters a folder.

A path can be typed or pasted into the line at the top; `~` stands for your home folder.
Nothing is written to an image by opening it.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", id="picker.open"),
        Binding("backspace,left", "parent", "Parent folder", id="picker.parent"),
        Binding("slash", "path", "Type a path", id="picker.path"),
        Binding("full_stop", "hidden", "Hidden files", id="picker.hidden"),
        Binding("f5", "reload", "Reload", show=False, id="picker.reload"),
        Binding("escape", "list", "Back to the list", id="picker.list"),
    ]

    def __init__(self, folder: Path, now: Clock) -> None:
        super().__init__()
        self._folder = folder
        self._now = now
        self._hidden = False
        self._entries: dict[str, Entry] = {}

    def body(self) -> Iterable[Widget]:
        yield Static(
            Content.styled("image-wizard", "bold $text-accent") + Content("  Choose an image to check"),
            id="picker-title",
            markup=False,
        )
        yield Input(placeholder="Path of an image", id="picker-path", compact=True)
        yield Static(id="picker-folder", markup=False)
        yield RowList(id="picker-list")
        yield Static(id="picker-problem", markup=False)

    def on_mount(self) -> None:
        self.query_one(RowList).focus()
        self._load(self._folder)

    def _load(self, folder: Path, cursor: str | None = None) -> None:
        self.run_worker(self._list(folder, cursor), exclusive=True, group="folder")

    async def _list(self, folder: Path, cursor: str | None) -> None:
        try:
            # Off the event loop: a folder may lie on a network that does not answer.
            entries = await asyncio.to_thread(list_folder, folder, self._hidden)
        except OSError as error:
            self._problem(f"{file_path(folder)} cannot be read: {error.strerror}")
            return
        self._problem("")
        self._folder = folder
        self._entries = {str(number): entry for number, entry in enumerate(entries)}
        self.query_one("#picker-folder", Static).update(Content(file_path(folder)))
        rows = [] if folder.parent == folder else [Row(_UP, columns((" ..", 0)))]
        rows += [Row(key, self._columns(entry)) for key, entry in self._entries.items()]
        if not entries:
            rows.append(
                Row("empty", columns((Content.styled("   Nothing here", "$foreground-muted"), 0)), heading=True)
            )
        start = next((key for key, entry in self._entries.items() if entry.path.name == cursor), None)
        self.query_one(RowList).show(rows, start or ("0" if entries else _UP))

    def _columns(self, entry: Entry) -> Draw:
        mark = {Kind.IMAGE: "●", Kind.FOLDER: "▸", Kind.OTHER: " "}[entry.kind]
        style = {Kind.IMAGE: "bold", Kind.FOLDER: "$text-accent", Kind.OTHER: "$foreground-muted"}[entry.kind]
        name = plain(entry.path.name + ("/" if entry.kind is Kind.FOLDER else ""), style)
        when = ago(entry.modified, self._now()) if entry.modified else "unreadable"
        return columns((mark, 1), (name, 0), (size(entry.size).rjust(10), 10), (when.rjust(20), 20))

    def _problem(self, text: str) -> None:
        problem = self.query_one("#picker-problem", Static)
        problem.update(join(Content("✗ "), plain(text)) if text else EMPTY)
        problem.display = bool(text)

    @on(RowList.Chosen)
    def _chosen(self, event: RowList.Chosen) -> None:
        if event.key == _UP:
            self.action_parent()
        elif event.key in self._entries:
            self._go(self._entries[event.key].path)

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        text = event.value.strip().strip("'\"")
        if text:
            self._go(self._folder / Path(text).expanduser())

    def _go(self, path: Path) -> None:
        try:
            is_folder, exists = path.is_dir(), path.exists()
        except (OSError, ValueError) as error:
            self._problem(f"{file_path(path)}: {error}")
            return
        if is_folder:
            self._load(path)
            self.query_one(RowList).focus()
        elif exists:
            self.leave(path)
        else:
            self._problem(f"There is no file {file_path(path)}")

    def on_paste(self, event: events.Paste) -> None:
        """A path pasted anywhere goes into the path line."""
        line = self.query_one(Input)
        if not line.has_focus:
            line.value = event.text.strip().split("\n")[0]
            line.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of the list while it has the focus, keys of the line while that has it."""
        typing = self.is_mounted and self.query_one(Input).has_focus
        if action in ("parent", "path", "hidden", "reload"):
            return not typing
        return typing if action == "list" else True

    def action_open(self) -> None:
        """Open what the cursor is on."""
        self.query_one(RowList).action_select()

    def action_parent(self) -> None:
        """Go to the folder above, with the cursor on the one left."""
        if self._folder.parent != self._folder:
            self._load(self._folder.parent, self._folder.name)

    def action_path(self) -> None:
        """Go to the path line."""
        self.query_one(Input).focus()

    def action_list(self) -> None:
        """Go back to the list."""
        self._problem("")
        self.query_one(RowList).focus()

    def action_hidden(self) -> None:
        """Show or hide hidden files."""
        self._hidden = not self._hidden
        self._load(self._folder)

    def action_reload(self) -> None:
        """Read the folder again."""
        self._load(self._folder)
