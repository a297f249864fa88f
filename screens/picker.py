"""Choosing images: a folder to browse, those looked at lately, or a path to type."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import events, on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from screens.base import WizardScreen
from screens.filter_line import FilterLine
from screens.folder import Entry, Kind
from screens.listing import Listing, Place, closer_look, first_look
from screens.picker_rows import entry_row, heading
from screens.rows import Row, RowList, RowVisual, columns
from screens.text import EMPTY, Clock, file_path, join, plain
from wizard.known_images import KnownImages

_UP = ".."


@dataclass(frozen=True)
class Marked:
    """The images to check one after the other."""

    paths: tuple[Path, ...]


class PickerScreen(WizardScreen[Path | Marked]):
    """Returns the path of the image to open, or the marked ones for a batch."""

    CSS_PATH = "picker.tcss"
    HELP = """
# Choosing an image

Images looked at lately come first, then the folder's images, its folders and other files. `enter` opens an image or
enters a folder. The verdict is that of the newest look at the image, in brackets where it was written since.

`/` goes to the line at the top: what is typed there filters the list, and the arrow keys move in it meanwhile. A path
can be typed or pasted there too; `~` stands for your home folder.

`space` marks images; `c` checks all that are marked, and what can be fixed of them is offered then. Marks stay until
`n` takes them away.
Nothing is written to an image by opening or checking it.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "open",
            "Open",
            id="picker.open",
            key_display="enter",
            tooltip="Open the image or the folder",
        ),
        Binding("space", "mark", "Mark", id="picker.mark", tooltip="Mark or unmark an image for a batch"),
        Binding("c", "check", "Check marked", id="picker.check", tooltip="Check all marked images"),
        Binding("a", "mark_all", "Mark all", show=False, id="picker.mark_all", tooltip="Mark every image shown"),
        Binding("n", "unmark", "Unmark", show=False, id="picker.unmark", tooltip="Unmark all"),
        Binding("slash", "path", "Filter, path", id="picker.path", tooltip="Filter by typing, or type a path"),
        Binding("backspace,left", "parent", "Up", id="picker.parent", tooltip="The folder above"),
        Binding("full_stop", "hidden", "Hidden", show=False, id="picker.hidden", tooltip="Show or hide hidden files"),
        Binding("r", "reload", "Reload", show=False, id="picker.reload", tooltip="Read the folder again"),
        Binding("escape", "list", "To the list", id="picker.list", tooltip="Drop the filter, back to the list"),
    ]

    def __init__(self, place: Place, now: Clock, known: KnownImages | None = None) -> None:
        super().__init__()
        self._place = place
        self._now = now
        self._images = known or KnownImages()
        self._listing = Listing(place.folder)
        self._rows: dict[str, Row] = {}

    def body(self) -> Iterable[Widget]:
        yield Static(id="picker-title", markup=False)
        yield FilterLine("/ filters the list; a path goes here too", id="picker-path", of="picker-list")
        yield Static(id="picker-folder", markup=False)
        yield Static(RowVisual(heading()), id="picker-columns", markup=False)
        yield RowList(id="picker-list")
        yield Static(id="picker-problem", markup=False)

    def on_mount(self) -> None:
        self._list_widget.focus()
        self._title()
        self._load(self._place.folder, self._place.cursor, self._place.filter)

    @property
    def _list_widget(self) -> RowList:
        return self.query_one("#picker-list", RowList)

    def _load(self, folder: Path, cursor: Path | None = None, typed: str = "") -> None:
        self.run_worker(self._list(folder, cursor, typed), exclusive=True, group="folder")

    async def _list(self, folder: Path, cursor: Path | None, typed: str) -> None:
        try:
            # Off the event loop: a folder may be long, or lie on a network that does not answer.
            listing = await asyncio.to_thread(first_look, folder, self._place.hidden)
        except OSError as error:
            self._problem(f"{file_path(folder)} cannot be read: {error.strerror}")
            return
        self._problem("")
        self._place.folder = folder
        self.query_one("#picker-folder", Static).update(Content(file_path(folder)))
        with self.prevent(Input.Changed):
            self._line.value = typed
        self._take(listing)
        self._show(start := listing.key_of(cursor) or ("0" if listing.entries else _UP))
        # What takes a look into each file, or into the memory, comes after the names; the cursor stays.
        listing = await asyncio.to_thread(closer_look, listing, self._images)
        self._take(listing)
        key = self._list_widget.key
        self._show(listing.key_of(cursor) or key if key == start else key)

    def _take(self, listing: Listing) -> None:
        self._listing = listing
        self._rows = {key: Row(key, partial(self._draw, key)) for key in listing.names}

    def _draw(self, key: str, width: int) -> Content:
        entry = self._listing.get(key)
        if entry is None:
            return EMPTY
        known, marked = self._listing.known.get(key), entry.path in self._place.marked
        return entry_row(entry, known, self._now(), marked, key in self._listing.recent)(width)

    def _show(self, key: str | None = None) -> None:
        """Show what the filter lets through."""
        wanted = "" if self._is_path(self._line.value) else self._line.value.strip().casefold()
        recent, here = self._listing.matching(wanted)
        rows = []
        if recent:
            rows += [_title_row("recent", "Looked at lately"), *(self._rows[key] for key in recent)]
            rows.append(_title_row("here", "This folder"))
        if not wanted and self._place.folder.parent != self._place.folder:
            rows.append(Row(_UP, columns(("", 1), ("", 1), ("..", 0))))
        rows += [self._rows[key] for key in here]
        if not here:
            rows.append(_title_row("empty", "Nothing of that name" if wanted else "Nothing here"))
        self._list_widget.show(rows, key)
        self.refresh_bindings()

    def _title(self) -> None:
        count = len(self._place.marked)
        text = f"{count} {'image' if count == 1 else 'images'} marked" if count else "Choose an image to check"
        title = self.query_one("#picker-title", Static)
        title.update(Content.styled("image-wizard", "bold $text-accent") + Content(f"  {text}"))

    def _problem(self, text: str) -> None:
        problem = self.query_one("#picker-problem", Static)
        problem.update(join(Content("✗ "), plain(text)) if text else EMPTY)
        problem.display = bool(text)

    @property
    def _line(self) -> Input:
        return self.query_one(Input)

    def _is_path(self, text: str) -> bool:
        return "/" in text or text.startswith("~")

    @on(RowList.Moved, "#picker-list")
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(RowList.Chosen, "#picker-list")
    def _chosen(self, event: RowList.Chosen) -> None:
        if event.key == _UP:
            self.action_parent()
        elif entry := self._listing.get(event.key):
            self._go(entry.path)

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        self._show()

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        text = event.value.strip().strip("'\"")
        path = self._place.folder / os.path.expanduser(text) if text else None  # noqa: PTH111 - fails without such a user
        shown = self._list_widget.key
        if path is not None and (self._is_path(text) or shown in (None, _UP)):
            self._go(path)
        else:
            self._list_widget.action_select()

    @work(exclusive=True, group="go")
    async def _go(self, path: Path) -> None:
        try:
            is_folder, exists = await asyncio.to_thread(lambda: (path.is_dir(), path.exists()))
        except (OSError, ValueError) as error:
            self._problem(f"{file_path(path)}: {error}")
            return
        if is_folder:
            self._load(path)
            self._list_widget.focus()
        elif exists:
            self.leave(path)
        else:
            self._problem(f"There is no file {file_path(path)}")

    def leave(self, result: Path | Marked) -> None:
        """Return the result; the place is found again as it is now."""
        self._place.cursor = self._under
        self._place.filter = "" if self._is_path(self._line.value) else self._line.value
        super().leave(result)

    def on_paste(self, event: events.Paste) -> None:
        """A path pasted anywhere goes into the line."""
        if not self._line.has_focus:
            self._line.value = event.text.strip().split("\n")[0]
            self._line.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of the list while it has the focus, keys of the line while that has it."""
        typing = self.is_mounted and self._line.has_focus
        if action in ("parent", "path", "hidden", "reload", "unmark", "mark_all"):
            return not typing
        if action == "mark":
            return not typing and (True if self._markable else None)
        if action == "check":
            return not typing and (True if self._place.marked else None)
        return typing or (self.is_mounted and bool(self._line.value)) if action == "list" else True

    @property
    def _under(self) -> Path | None:
        """The path under the cursor."""
        entry = self._listing.get(self._list_widget.key)
        return entry.path if entry else None

    @property
    def _markable(self) -> Entry | None:
        entry = self._listing.get(self._list_widget.key) if self.is_mounted else None
        return entry if entry is not None and entry.kind is Kind.IMAGE else None

    def action_open(self) -> None:
        """Open what the cursor is on."""
        self._list_widget.action_select()

    def action_mark(self) -> None:
        """Mark or unmark the image under the cursor, and go on to the next."""
        if entry := self._markable:
            self._mark(self._place.marked ^ {entry.path})
            self._list_widget.action_cursor_down()

    def action_mark_all(self) -> None:
        """Mark every image that is shown of this folder."""
        shown = filter(None, map(self._listing.entries.get, self._list_widget.keys))
        self._mark(self._place.marked | {entry.path for entry in shown if entry.kind is Kind.IMAGE})

    def action_unmark(self) -> None:
        """Unmark all images, also those of other folders."""
        self._mark(frozenset())

    def _mark(self, paths: frozenset[Path]) -> None:
        self._place.marked = paths
        self._list_widget.refresh()
        self._title()
        self.refresh_bindings()

    def action_check(self) -> None:
        """Leave with the marked images."""
        if self._place.marked:
            self.leave(Marked(tuple(sorted(self._place.marked))))

    def action_parent(self) -> None:
        """Go to the folder above, with the cursor on the one left."""
        folder = self._place.folder
        if folder.parent != folder:
            self._load(folder.parent, folder)

    def action_path(self) -> None:
        """Go to the line."""
        self._line.focus()

    def action_list(self) -> None:
        """Drop the filter and go back to the list."""
        self._problem("")
        self._line.value = ""
        self._list_widget.focus()

    def action_hidden(self) -> None:
        """Show or hide hidden files."""
        self._place.hidden = not self._place.hidden
        self.action_reload()

    def action_reload(self) -> None:
        """Read the folder again."""
        self._load(self._place.folder, self._under, self._line.value)


def _title_row(key: str, text: str) -> Row:
    return Row(f"title {key}", columns((Content.styled(text, "$foreground-muted"), 0)), heading=True)
