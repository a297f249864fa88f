"""What would land in the image: touched files, commands, and how the guest would stand."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content

from screens.banner import Banner, Mode
from screens.change_text import outcome_row, outcome_text
from screens.changed_files import LOOKING, ChangedFiles, Whole
from screens.desk import Desk
from screens.dialogs import ConfirmDialog
from screens.text import file_path, plain, stack
from wizard.change import Preview


class PreviewScreen(ChangedFiles[bool]):
    """Returns whether the staged result is to be written."""

    MODE = Mode.STAGED
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
        *LOOKING,
    ]

    def __init__(self, desk: Desk, preview: Preview, demo: bool = False) -> None:
        name = desk.path.name
        whole = Whole(
            outcome_row(preview),
            outcome_text(preview),
            f"{name}.patch",
            f"What image-wizard would change in {name}: {', '.join(preview.fixes)}",
        )
        super().__init__(desk, preview, whole, demo)
        self._preview = preview

    def on_mount(self) -> None:
        reason = self._desk.image.read_only_reason
        notices = [f"This cannot be written to the image: {reason}"] if reason else []
        self.query_one(Banner).set_facts(self._desk.image, self._preview.after.facts, notices)

    @property
    def _writable(self) -> bool:
        return bool(self._preview.files or self._preview.packages.changes) and not self._desk.image.read_only_reason

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Greys writing where nothing is staged or the image cannot be written."""
        if action == "write":
            return True if self._writable else None
        return super().check_action(action, parameters)

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
