"""The terminal wizard: a Textual application over the engine."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.keys import format_key
from textual.screen import Screen

from screens import pauses
from screens.batch import BatchScreen
from screens.batch_work import Batch
from screens.desk import Desk
from screens.dialogs import LeavingDialog
from screens.keymap import keymap
from screens.listing import Place
from screens.picker import Marked, PickerScreen
from screens.requirements import RequirementsScreen
from screens.terminal import LastingDriver, TerminalLost
from screens.text import Clock, present
from screens.themes import COLOURLESS, THEMES
from screens.visit import Visit
from wizard.config import Config
from wizard.engine import Connect
from wizard.visible import visible

INTERRUPTED = 130
FAULT = 4
_log = logging.getLogger("wizard.screens")


class WizardApp(App[int], inherit_bindings=False):
    """Picks an image, visits it, and comes back to the picker. Returns the process's exit code."""

    CSS_PATH = "app.tcss"
    TITLE = "image-wizard"
    # Textual's own are ctrl+p and ctrl+q, which VS Code keeps for itself.
    COMMAND_PALETTE_BINDING = "f2"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", id="app.help", key_display="?", tooltip="This help"),
        Binding(
            "f2,colon", "command_palette", "Commands", show=False, id="app.palette", tooltip="Theme, help, quitting"
        ),
        Binding("ctrl+c", "help_quit", show=False, system=True),
        Binding("q", "quit", "Quit", id="app.quit", tooltip="Close the image and leave"),
    ]

    def __init__(
        self,
        connect: Connect,
        start: Path | None,
        *,
        now: Clock = present,
        demo: bool = False,
        config: Config | None = None,
    ) -> None:
        config = config or Config()
        if os.environ.get("NO_COLOR") == "":
            del os.environ["NO_COLOR"]  # as https://no-color.org has it: set, but to nothing, says nothing
        colourless = "NO_COLOR" in os.environ
        super().__init__(driver_class=LastingDriver, ansi_color=colourless or None)
        self._dress(COLOURLESS if colourless else config.theme)
        self.rebound = keymap(config.keys, type(self))
        self.set_keymap(self.rebound)
        self._connect = connect
        self._start = start
        self._now = now
        self._demo = demo
        self._busy: Visit | Batch | None = None
        self._leaving = False
        self.on_settled: Callable[[], object] = lambda: None

    def _dress(self, theme: str) -> None:
        """Make our themes the only ones, since Textual's leave statuses unreadable under a cursor; put one on."""
        for name in self.available_themes:
            self.unregister_theme(name)
        for one in THEMES:
            self.register_theme(one)
        self.theme = theme
        self.stylesheet.set_variables(self.get_css_variables())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What our styles ask for beyond Textual's variables, for the moment before a theme is put on."""
        return {"badge-style": "bold"}

    def on_mount(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.leave, INTERRUPTED)
        self.set_timer(pauses.SETTLED, lambda: self.on_settled())
        self.run_worker(self._main())

    async def _main(self) -> None:
        start = _absolute(self._start or Path())
        image: Path | None = None if os.path.isdir(start) else start  # noqa: PTH112 - Path.is_dir may be refused
        place = Place(start.parent, start) if image else Place(start)
        batch: Batch | None = None
        while True:
            chosen: Path | Marked | None = image
            if chosen is None:
                chosen = await self.push_screen_wait(PickerScreen(place, self._now))
            if isinstance(chosen, Marked):
                batch = Batch(self._connect, chosen.paths, self._now)
                chosen = await self._batch(batch)
            image = None
            if chosen is None:
                batch = None
                continue
            visit = self._busy = Visit(self, Desk(self._connect, chosen, self._now), self._now, self._demo)
            await visit.run()
            await visit.close()
            self._busy = None
            if batch is not None:
                batch.again(chosen)
                image = await self._batch(batch)
                batch = batch if image else None

    async def _batch(self, batch: Batch) -> Path | None:
        """Work on many images; one of them where it is to be opened then."""
        self._busy = batch
        image = await self.push_screen_wait(BatchScreen(batch))
        await batch.close()
        self._busy = None
        return image

    def on_requirements_screen_asked(self, event: RequirementsScreen.Asked) -> None:
        """Hand on what the operator wants next."""
        if isinstance(self._busy, Visit):
            self._busy.requests.put_nowait(event.request)

    def on_terminal_lost(self, event: TerminalLost) -> None:
        """Leave when nobody can see or press anything any more."""
        self.leave(INTERRUPTED)

    async def action_quit(self) -> None:
        """Leave; what is being written is finished first."""
        self.leave(self._busy.exit_code if self._busy else 0)

    def action_help(self) -> None:
        """Say what the screen is for, and its keys."""
        from screens.help import HelpScreen  # Markdown is slow to import, and the first frame is not to wait for it

        self.push_screen(HelpScreen.about(self.screen))

    def action_help_quit(self) -> None:
        """Ctrl+C does not quit: it may be meant for copying, and an image matters."""
        self.notify(f"Press {format_key(self.rebound.get('app.quit', 'q').split(',')[0])} to quit", markup=False)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: theme, help and quitting."""
        if not self.no_color:
            yield SystemCommand("Theme", "Change the colours until you leave", self.action_change_theme)
        yield SystemCommand("Help", "What this screen is for, and its keys", self.action_help)
        yield SystemCommand("Quit", "Close the image and leave", self.action_quit)

    def leave(self, code: int) -> None:
        """Close the image, then end with an exit code."""
        if not self._leaving:
            self._leaving = True
            self.run_worker(self._leave(code))

    async def _leave(self, code: int) -> None:
        if self._busy is not None:
            self.push_screen(LeavingDialog(self._busy.writing))
            await self._busy.close()
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
        if self._busy is not None:
            self._busy.close_blocking()

    async def on_unmount(self) -> None:
        """Let go of the image when the application ends in another way than :meth:`leave`."""
        if self._busy is not None:
            await self._busy.close()


def _absolute(path: Path) -> Path:
    try:
        return Path(os.path.expanduser(path)).absolute()  # noqa: PTH111 - Path.expanduser fails without such a user
    except OSError:  # the folder that we are in was removed
        return Path("/")


def run_wizard(connect: Connect, start: Path | None, demo: bool = False, config: Config | None = None) -> int:
    """Run the wizard in this terminal until the operator leaves it; returns the process's exit code."""
    config = config or Config()
    app = WizardApp(connect, start, demo=demo, config=config)
    pauses.starting()
    app.on_settled = pauses.settled
    try:
        code = app.run(mouse=config.mouse)
    finally:
        app.release()
    return code if code is not None else FAULT
