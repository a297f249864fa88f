"""What would land in the image: touched files, commands, and how the guest would stand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from screens.banner import Banner, Mode
from screens.base import Pane, WizardScreen
from screens.change_text import command_row, command_text, file_row, file_text, outcome_row, outcome_text
from screens.desk import Desk
from screens.dialogs import ConfirmDialog
from screens.rows import RowList
from screens.text import file_path, plain, stack
from wizard.change import Preview


class PreviewScreen(WizardScreen[bool]):
    """Returns whether the staged result is to be written."""

    CSS_PATH = "preview.tcss"
    HELP = """
# Preview

The fixes were carried out on a staged copy. **The image is still unchanged.** What you see is taken from that staged
result, generated files included, so what you confirm is what lands.

Read each file's difference: `+` lines come, `-` lines go. `w` asks once more, then writes. `escape` discards it all.
`tab` moves to the text, where the arrow keys scroll.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "write", "Write to image…", id="preview.write", tooltip="Write all this, after one question"),
        Binding("escape", "discard", "Discard", id="preview.discard", tooltip="Drop it; the image stays as it was"),
        Binding("tab", "focus_text", "Scroll text", id="preview.focus", tooltip="Between the list and the text"),
    ]

    def __init__(self, desk: Desk, preview: Preview, demo: bool = False) -> None:
        super().__init__()
        self._desk = desk
        self._preview = preview
        self._demo = demo

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
            yield Pane(id="detail", wrap=False)

    def on_mount(self) -> None:
        reason = self._desk.image.read_only_reason
        notices = [f"This cannot be written to the image: {reason}"] if reason else []
        self.query_one(Banner).set_facts(self._desk.image, self._preview.after.facts, notices)
        self.query_one(RowList).focus()

    @property
    def _writable(self) -> bool:
        return bool(self._preview.files or self._preview.packages.changes) and not self._desk.image.read_only_reason

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Greys writing where nothing is staged or the image cannot be written."""
        return (True if self._writable else None) if action == "write" else True

    @on(RowList.Moved)
    def _moved(self, event: RowList.Moved) -> None:
        kind, _, number = event.key.partition(" ")
        pane = self.query_one("#detail", Pane)
        # Differences keep their columns and scroll sideways; sentences are wrapped.
        pane.set_class(kind != "file", "-wrap")
        if kind == "file":
            pane.show(file_text(self._preview.files[int(number)]))
        elif kind == "command":
            pane.show(command_text(self._preview.commands[int(number)]))
        else:
            pane.show(outcome_text(self._preview))

    @on(RowList.Chosen)
    def _chosen(self, event: RowList.Chosen) -> None:
        if event.column is None:
            self.query_one("#detail").focus()

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
        if await self.app.push_screen_wait(ConfirmDialog("Write this to the image?", body, "Write")):
            self.leave(True)

    def action_discard(self) -> None:
        """Return False."""
        self.leave(False)

    def action_focus_text(self) -> None:
        """Go from the list to the text and back."""
        self.focus_next()
