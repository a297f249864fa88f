"""The terminal wizard: a Textual application over the engine."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from screens.desk import Desk
from screens.dialogs import LeavingDialog
from screens.picker import PickerScreen
from screens.requirements import RequirementsScreen
from screens.terminal import LastingDriver, TerminalLost
from screens.text import Clock, present
from screens.visit import Visit
from wizard.engine import Connect
from wizard.visible import visible

INTERRUPTED = 130
FAULT = 4
_log = logging.getLogger("wizard.screens")


class WizardApp(App[int]):
    """Picks an image, visits it, and comes back to the picker. Returns the process's exit code."""

    CSS_PATH = "app.tcss"
    TITLE = "image-wizard"
    # ctrl+p belongs to VS Code and ctrl+b and ctrl+a to tmux and screen.
    COMMAND_PALETTE_BINDING = "f2"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", id="app.help", key_display="?", tooltip="This help"),
        Binding("q", "quit", "Quit", id="app.quit", tooltip="Close the image and leave"),
    ]

    def __init__(self, connect: Connect, start: Path | None, *, now: Clock = present, demo: bool = False) -> None:
        super().__init__(driver_class=LastingDriver)
        self._connect = connect
        self._start = start
        self._now = now
        self._demo = demo
        self._visit: Visit | None = None
        self._leaving = False

    def on_mount(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.leave, INTERRUPTED)
        self.run_worker(self._main())

    async def _main(self) -> None:
        start = (self._start or Path.cwd()).expanduser().absolute()
        image: Path | None = None if start.is_dir() else start
        folder = start.parent if image else start
        while True:
            if image is None:
                image = await self.push_screen_wait(PickerScreen(folder, self._now))
            visit = self._visit = Visit(self, Desk(self._connect, image, self._now), self._now, self._demo)
            await visit.run()
            await visit.desk.close()
            folder, image, self._visit = image.parent, None, None

    def on_requirements_screen_asked(self, event: RequirementsScreen.Asked) -> None:
        """Hand on what the operator wants next."""
        if self._visit is not None:
            self._visit.requests.put_nowait(event.request)

    def on_terminal_lost(self, event: TerminalLost) -> None:
        """Leave when nobody can see or press anything any more."""
        self.leave(INTERRUPTED)

    async def action_quit(self) -> None:
        """Leave; what is being written is finished first."""
        self.leave(self._visit.exit_code if self._visit else 0)

    def action_help(self) -> None:
        """Say what the screen is for, and its keys."""
        from screens.help import HelpScreen  # Markdown is slow to import, and the first frame is not to wait for it

        self.push_screen(HelpScreen.about(self.screen))

    def action_help_quit(self) -> None:
        """Ctrl+C does not quit: it may be meant for copying, and an image matters."""
        self.notify("Press q to quit", markup=False)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: theme, help and quitting."""
        yield SystemCommand("Theme", "Change the colours", self.action_change_theme)
        yield SystemCommand("Help", "What this screen is for, and its keys", self.action_help)
        yield SystemCommand("Quit", "Close the image and leave", self.action_quit)

    def leave(self, code: int) -> None:
        """Close the image, then end with an exit code."""
        if not self._leaving:
            self._leaving = True
            self.run_worker(self._leave(code))

    async def _leave(self, code: int) -> None:
        if self._visit is not None:
            self.push_screen(LeavingDialog(self._visit.desk.writing))
            await self._visit.desk.close()
        self.exit(code)

    def _fatal_error(self) -> None:
        # Textual would print a traceback with local variables, guest text among them, over the terminal.
        error = self._exception
        _log.error("the wizard failed", exc_info=error)
        said = visible(f"{type(error).__name__}: {error}")
        self._exit_renderables.append(Text(f"image-wizard failed ({said}). The image was closed; open it again.\n"))
        self._close_messages_no_wait()

    def release(self) -> None:
        """Close the image when the application has ended in whatever way; waits while it is being written."""
        if self._visit is not None:
            self._visit.desk.close_blocking()

    async def on_unmount(self) -> None:
        """Let go of the image when the application ends in another way than :meth:`leave`."""
        if self._visit is not None:
            await self._visit.desk.close()


def run_wizard(connect: Connect, start: Path | None, demo: bool = False) -> int:
    """Run the wizard in this terminal until the operator leaves it; returns the process's exit code."""
    app = WizardApp(connect, start, demo=demo)
    try:
        code = app.run()
    finally:
        app.release()
    return code if code is not None else FAULT
