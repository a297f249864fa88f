"""A table of many images: each is checked, then what can be fixed is fixed after one question."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from screens.base import Pane, WizardScreen
from screens.batch_text import item_row, item_text
from screens.batch_work import Batch, Phase
from screens.dialogs import ConfirmDialog
from screens.rows import RowList
from screens.text import join, plain, stack


class BatchScreen(WizardScreen[Path | None]):
    """Returns an image to open, or None for the list of images."""

    CSS_PATH = "batch.tcss"
    HELP = """
# Several images

Every image is checked; nothing is written to it by that. The pane shows what is known of the one under the cursor,
and `enter` opens it; from there, `o` leads back here.

`w` makes every fix that is on offer, image after image, **without a preview of each**; it asks once before. Each image
is written as a whole or not at all, its journal keeps what undo needs, and `escape` stops after the one that is being
written.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "open",
            "Open",
            id="batch.open",
            key_display="enter",
            tooltip="Open the image under the cursor",
        ),
        Binding("w", "fix", "Fix all…", id="batch.fix", tooltip="Make every fix on offer, after one question"),
        Binding("x", "export", "Export", id="batch.export", tooltip="Write the results to a file"),
        Binding("tab", "focus_text", "Scroll text", id="batch.focus", tooltip="Between the list and the text"),
        Binding("escape", "cancel", "Stop", id="batch.cancel", tooltip="Stop; what is being written is finished"),
        Binding("escape,o", "back", "Images", id="batch.back", tooltip="Back to the list of images"),
    ]

    class Changed(Message):
        """An image came further."""

        def can_replace(self, message: Message) -> bool:
            # A guest's program may print faster than a table is drawn.
            return isinstance(message, BatchScreen.Changed)

    def __init__(self, batch: Batch) -> None:
        super().__init__()
        self._batch = batch

    def body(self) -> Iterable[Widget]:
        yield Static(id="batch-title", markup=False)
        with Container(id="panes"):
            yield RowList([item_row(str(n), item) for n, item in enumerate(self._batch.items)], id="batch-list")
            yield Pane(id="detail")

    def on_mount(self) -> None:
        rows = self.query_one(RowList)
        rows.highlighted = self._batch.cursor
        rows.focus()
        self._batch.on_change = lambda: self.post_message(self.Changed())
        self.run_worker(self._batch.check())
        self._draw()

    def on_batch_screen_changed(self) -> None:
        self._draw()

    def _draw(self) -> None:
        self.query_one(RowList).redraw(item_row(str(n), item) for n, item in enumerate(self._batch.items))
        self._show_item()
        batch = self._batch
        done = sum(item.phase not in (Phase.WAITING, Phase.CHECKING, Phase.FIXING) for item in batch.items)
        told = f"{done} of {len(batch.items)} images done"
        if batch.writing:
            told += "  WRITING"
        if batch.running and batch.cancelling:
            told += "  stopping…"
        title = self.query_one("#batch-title", Static)
        title.update(Content.styled("image-wizard", "bold $text-accent") + Content(f"  {told}"))
        self.refresh_bindings()

    def _show_item(self) -> None:
        key = self.query_one(RowList).key
        if key is not None:
            self.query_one("#detail", Pane).show(item_text(self._batch.items[int(key)]))

    @on(RowList.Moved)
    def _moved(self) -> None:
        self._show_item()
        self.refresh_bindings()

    @on(RowList.Chosen)
    def _chosen(self, event: RowList.Chosen) -> None:
        self.action_open()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Opening, fixing and going back once nothing runs; stopping while something does."""
        running = self._batch.running or not self.is_mounted
        if action == "cancel":
            return running and (None if self._batch.cancelling else True)
        if action == "back":
            return not running
        if action in ("open", "export"):
            return None if running else True
        if action == "fix":
            return None if running or not self._batch.fixable else True
        return True

    def action_open(self) -> None:
        """Leave for the image under the cursor."""
        key = self.query_one(RowList).key
        if key is not None and not self._batch.running:
            self._batch.cursor = int(key)
            self.leave(self._batch.items[int(key)].path)

    @work
    async def action_fix(self) -> None:
        """Ask once, then make every fix on offer."""
        items = self._batch.fixable
        body = stack(
            Content("All fixes on offer are made, without a preview of each image:"),
            "",
            *(join(plain(item.path.name, "bold"), f"  {_counted(len(item.fixes), 'fix', 'fixes')}") for item in items),
            "",
            Content("Each image's journal keeps what is needed to undo it."),
        )
        title = f"Fix {_counted(len(items), 'image', 'images')}?"
        if await self.ask(ConfirmDialog(title, body, "Fix")):
            await self._batch.fix(items)

    def action_export(self) -> None:
        """Write the results of all images to a file."""
        from screens.export import ExportDialog  # not needed for the first frame

        self.app.push_screen(ExportDialog([item.outcome for item in self._batch.items], "images"))

    def action_cancel(self) -> None:
        """Stop what can be stopped."""
        self._batch.cancel()

    def action_back(self) -> None:
        """Return None."""
        self.leave(None)

    def action_focus_text(self) -> None:
        """Go from the list to the text and back."""
        self.focus_next()


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
