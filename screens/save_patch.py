"""Asks where a patch is to go, and never replaces a file unasked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from screens.dialogs import ConfirmDialog
from screens.questions import Question
from screens.text import file_path, plain, stack
from screens.text_line import TextLine


@dataclass(frozen=True)
class Target:
    """Where to write, and whether what stands there may be replaced."""

    path: Path
    replace: bool


class SavePatchDialog(Question[Target]):
    """Its answer is where to write. ``kept`` are files that must never be replaced."""

    def __init__(self, default: str, kept: Iterable[Path]) -> None:
        super().__init__()
        self._default = default
        self._kept = tuple(kept)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content.styled("Save all changes as a patch", "bold"), markup=False)
            yield TextLine(self._default, placeholder="File name", id="patch-name", compact=True)
            yield Static(plain(f"in {file_path(Path.cwd())}", "$foreground-muted"), id="patch-told", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button(Content("Cancel (escape)"), id="cancel")
                yield Button(Content("Save (enter)"), id="save", variant="primary")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    @on(Input.Submitted)
    @on(Button.Pressed, "#save")
    def _asked(self) -> None:
        if name := self.query_one(Input).value.strip():
            self._check(name)

    @work(exclusive=True)
    async def _check(self, name: str) -> None:
        try:
            path = Path(name).expanduser().absolute()
            there = _stands(path)
            problem = self._problem(path)
        except (OSError, ValueError, RuntimeError) as error:
            self._tell(f"That cannot be a file: {error}")
            return
        if problem:
            self._tell(problem)
            return
        body = stack(plain(file_path(path), "bold"), "", "What it holds now would be lost.")
        if not there or await self.app.push_screen_wait(ConfirmDialog("Replace this file?", body, "Replace")):
            self.dismiss(Target(path, there))

    def _problem(self, path: Path) -> str:
        if not path.parent.is_dir():
            return f"There is no folder {file_path(path.parent)}"
        if path.is_dir():
            return "That is a folder"
        if any(kept.exists() and path.exists() and path.samefile(kept) for kept in self._kept):
            return "That is the image itself"
        if path.is_symlink() or (path.exists() and not path.is_file()):
            return "Something else than a file stands there"
        return ""

    def _tell(self, problem: str) -> None:
        self.query_one("#patch-told", Static).update(plain(problem, "$text-error"))


def _stands(path: Path) -> bool:
    """Whether anything has that name; OSError or ValueError where nothing can have it."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True
