"""The dialog that writes results to a file: its name is typed, its suffix chooses the format."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Sequence
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from screens.clipboard import copy
from screens.dialogs import ConfirmDialog, TextDialog
from screens.questions import Question
from screens.text import file_path, join, plain, size, stack
from screens.text_line import TextLine
from wizard import reports
from wizard.document import Outcome
from wizard.errors import UsageError
from wizard.visible import visible

_HINT = ".html page, .md comment, .json data, .xml or .junit for CI"


class WrittenDialog(TextDialog):
    """Says where a report is; what is copied is its path."""

    def __init__(self, file: Path, took: int) -> None:
        title = join(Content.styled(f"{reports.format_of(file).name} report written", "bold"), f", {size(took)}")
        super().__init__(stack(title, "", plain(file_path(file))))
        self._file = file

    def action_copy(self) -> None:
        """Copy the path."""
        copy(self.app, visible(str(self._file)), "the path")


class ExportDialog(Question[None]):
    """Writes the outcomes to a file, asks before it replaces one, and says where the file is."""

    def __init__(self, outcomes: Sequence[Outcome], name: str) -> None:
        """``name`` is proposed for the file, without a suffix."""
        super().__init__()
        self._outcomes = tuple(outcomes)
        # A host's file name can hold anything; what is proposed holds what is easy to type.
        self._name = re.sub(r"[^\w.-]+", "-", name).strip(".-") or "results"
        self._busy = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content.styled("Export the results", "bold"), markup=False)
            yield TextLine(f"{self._name}.html", id="export-file", compact=True)
            yield Static(id="export-told", classes="dialog-text", markup=False)
            yield Static(Content(_HINT), classes="dialog-hint", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button(Content("Cancel (escape)"), id="cancel")
                yield Button(Content("Export (enter)"), id="export", variant="primary")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    @property
    def _file(self) -> Path:
        return Path(os.path.expanduser(self.query_one(Input).value))  # noqa: PTH111 - fails without a home

    @on(Input.Changed)
    def _typed(self) -> None:
        try:
            format_name = reports.format_of(self._file).name
        except UsageError:
            self._tell(plain("The suffix says no format.", "$text-warning"))
        else:
            self._tell(join(Content.styled(format_name, "bold"), f" to {file_path(self._file.absolute())}"))

    @on(Input.Submitted)
    @on(Button.Pressed, "#export")
    def _asked(self) -> None:
        if not self._busy:
            self._busy = True
            self.run_worker(self._export(self._file))

    def action_leave(self) -> None:
        """Close without a file; not while one is written."""
        if not self._busy:
            self.dismiss(None)

    async def _export(self, file: Path) -> None:
        # In threads: the file may be on a network that takes its time.
        try:
            exists = await asyncio.to_thread(self._look, file)
            if exists and not await self._may_replace(file):
                return
            took = await asyncio.to_thread(reports.write, file, self._outcomes)
        except UsageError as error:
            self._tell(plain(f"{error.message} {error.next}", "$text-error"))
            return
        finally:
            self._busy = False
        self.app.switch_screen(WrittenDialog(file.absolute(), took))

    def _look(self, file: Path) -> bool:
        reports.accept(file, [Path(outcome.path) for outcome in self._outcomes])
        return file.exists()

    async def _may_replace(self, file: Path) -> bool:
        body = stack(plain(file_path(file.absolute())), "", "What it holds now is lost.")
        answer: bool = await self.app.push_screen_wait(ConfirmDialog("This file exists", body, "Replace"))
        return answer

    def _tell(self, told: Content) -> None:
        self.query_one("#export-told", Static).update(told)
