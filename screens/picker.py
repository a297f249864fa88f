"""Choosing images: a folder to browse, those looked at lately, or a path to type."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from screens.base import WizardScreen
from screens.filter_line import FilterLine
from screens.folder import Entry, Kind, list_folder, look_at, looked_into
from screens.picker_rows import entry_row, heading
from screens.rows import Row, RowList, RowVisual, columns
from screens.text import EMPTY, Clock, file_path, join, plain
from wizard.known_images import Known, KnownImages

_UP = ".."
_RECENT = 4


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

`space` marks images; `c` checks all that are marked, and what can be fixed of them is offered then.
Nothing is written to an image by opening or checking it.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", id="picker.open", tooltip="Open the image or the folder"),
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

    def __init__(self, folder: Path, now: Clock, known: KnownImages | None = None) -> None:
        super().__init__()
        self._folder = folder
        self._now = now
        self._images = known or KnownImages()
        self._hidden = False
        self._entries: dict[str, Entry] = {}
        self._known: dict[str, Known] = {}
        self._marked: set[Path] = set()

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
        self._load(self._folder)

    @property
    def _list_widget(self) -> RowList:
        return self.query_one("#picker-list", RowList)

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
        self.query_one("#picker-folder", Static).update(Content(file_path(folder)))
        with self.prevent(Input.Changed):
            self._line.value = ""
        self._entries = {str(number): entry for number, entry in enumerate(entries)}
        self._known = {}
        start = next((key for key, entry in self._entries.items() if entry.path.name == cursor), None)
        self._show(start or ("0" if entries else _UP))
        await self._look_closer(self._entries)

    async def _look_closer(self, entries: Mapping[str, Entry]) -> None:
        """What takes a look into each file, or into the memory, comes after the names; the cursor stays."""
        looked, inside, recent = await asyncio.to_thread(self._look, self._folder, entries)
        self._entries = looked | {f"recent {number}": look for number, (look, _) in enumerate(recent)}
        self._known = {key: inside[e.path.name] for key, e in self._entries.items() if e.path.name in inside}
        self._known |= {f"recent {number}": known for number, (_, known) in enumerate(recent)}
        self._show(self._list_widget.key)

    def _look(
        self, folder: Path, entries: Mapping[str, Entry]
    ) -> tuple[dict[str, Entry], dict[str, Known], list[tuple[Entry, Known]]]:
        inside = {path.name: known for path, known in self._images.inside(folder.resolve()).items()}
        elsewhere = [known for known in self._images.recent(_RECENT * 4) if known.path.parent != folder.resolve()]
        recent = [(look_at(known.path), known) for known in elsewhere[:_RECENT]]
        looked = [(key, looked_into(entry)) for key, entry in entries.items()]
        looked.sort(key=lambda pair: (pair[1].kind, pair[1].path.name.casefold()))
        return dict(looked), inside, recent

    def _show(self, key: str | None = None) -> None:
        """Show what the filter lets through."""
        wanted = "" if self._is_path(self._line.value) else self._line.value.strip().casefold()
        here = [k for k, e in self._entries.items() if not _is_recent(k) and wanted in e.path.name.casefold()]
        recent = [k for k, e in self._entries.items() if _is_recent(k) and wanted in str(e.path).casefold()]
        rows = []
        if recent:
            rows += [
                _title_row("recent", "Looked at lately"),
                *map(self._row, recent),
                _title_row("here", "This folder"),
            ]
        if not wanted and self._folder.parent != self._folder:
            rows.append(Row(_UP, columns(("", 1), ("", 1), ("..", 0))))
        rows += map(self._row, here)
        if not here:
            rows.append(_title_row("empty", "Nothing of that name" if wanted else "Nothing here"))
        self._list_widget.show(rows, key)
        self.refresh_bindings()

    def _row(self, key: str) -> Row:
        entry = self._entries[key]
        marked = entry.path in self._marked
        return Row(key, entry_row(entry, self._known.get(key), self._now(), marked, _is_recent(key)))

    def _title(self) -> None:
        count = len(self._marked)
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
        elif event.key in self._entries:
            self._go(self._entries[event.key].path)

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        self._show()

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        text = event.value.strip().strip("'\"")
        path = self._folder / os.path.expanduser(text) if text else None  # noqa: PTH111 - fails without such a user
        shown = self._list_widget.key
        if path is not None and (self._is_path(text) or shown in (None, _UP)):
            self._go(path)
        else:
            self._list_widget.action_select()

    def _go(self, path: Path) -> None:
        try:
            is_folder, exists = path.is_dir(), path.exists()
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
            return not typing and (True if self._marked else None)
        return typing if action == "list" else True

    @property
    def _markable(self) -> Entry | None:
        entry = self._entries.get(self._list_widget.key or "") if self.is_mounted else None
        return entry if entry is not None and entry.kind is Kind.IMAGE else None

    def action_open(self) -> None:
        """Open what the cursor is on."""
        self._list_widget.action_select()

    def action_mark(self) -> None:
        """Mark or unmark the image under the cursor, and go on to the next."""
        if entry := self._markable:
            self._mark(self._marked ^ {entry.path})
            self._list_widget.action_cursor_down()

    def action_mark_all(self) -> None:
        """Mark every image that is shown of this folder."""
        keys = [option.id for option in self._list_widget.options if option.id in self._entries]
        shown = [self._entries[key] for key in keys if key is not None and not _is_recent(key)]
        self._mark(self._marked | {entry.path for entry in shown if entry.kind is Kind.IMAGE})

    def action_unmark(self) -> None:
        """Unmark all images, also those of other folders."""
        self._mark(set())

    def _mark(self, paths: set[Path]) -> None:
        changed, self._marked = self._marked ^ paths, paths
        keys = [option.id for option in self._list_widget.options if option.id in self._entries]
        self._list_widget.redraw(self._row(k) for k in keys if k is not None and self._entries[k].path in changed)
        self._title()
        self.refresh_bindings()

    def action_check(self) -> None:
        """Leave with the marked images."""
        if self._marked:
            self.leave(Marked(tuple(sorted(self._marked))))

    def action_parent(self) -> None:
        """Go to the folder above, with the cursor on the one left."""
        if self._folder.parent != self._folder:
            self._load(self._folder.parent, self._folder.name)

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
        self._hidden = not self._hidden
        self._load(self._folder)

    def action_reload(self) -> None:
        """Read the folder again."""
        self._load(self._folder)


def _is_recent(key: str) -> bool:
    return key.startswith("recent ")


def _title_row(key: str, text: str) -> Row:
    return Row(f"title {key}", columns((Content.styled(text, "$foreground-muted"), 0)), heading=True)
