"""What the image is meant for, below the list of requirements: how it would stand by other settings shows at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Select, Static

from remediations.vocabulary import Settings
from screens.desk import Desk
from screens.requirement_list import differences
from screens.text import plain, stack
from screens.text_line import TextLine
from wizard import choices
from wizard.errors import WizardError
from wizard.report import Report

_SETTLED = 0.25
"""Seconds without a key after which what was typed is tried."""
_FAINT = "$foreground-muted"
_HINT = "What you change shows in the list at once."
_TEXTS = {
    "user": ("Account for the key", "the guest's own"),
    "console": ("Console device", "the architecture's usual"),
    "packages": ("Packages from folder", "none"),
}
_CHOICES = {
    "hypervisor": ("Hypervisor", choices.HYPERVISORS),
    "key_fetch": ("Key fetched by", choices.KEY_FETCHES),
    "network": ("Packages from network", ("no", "yes")),
}
_ORDER = ("user", "console", "hypervisor", "key_fetch", "network", "packages")


class SettingsPanel(Vertical):
    """A form over the settings of a desk. What is chosen is tried, and taken over only by :meth:`use`."""

    @dataclass
    class Considered(Message):
        """How the guest would stand by the settings that the form shows now."""

        settings: Settings
        report: Report

    @dataclass
    class Closed(Message):
        """The form is done with; ``report`` is how the guest stands by the settings that hold now."""

        report: Report

    def __init__(self, desk: Desk, *, id: str) -> None:
        super().__init__(id=id)
        self._desk = desk
        self._before: tuple[Settings, Report] | None = None
        self._tried: tuple[Settings, Report] | None = None
        self._using = False

    def compose(self) -> ComposeResult:
        for name in _ORDER:
            with Horizontal(classes="setting"):
                yield from _field(name)
        with VerticalScroll(id="settings-told", can_focus=False):
            yield Static("", id="settings-effect", markup=False)

    @property
    def is_open(self) -> bool:
        """Whether the form is shown."""
        return self._before is not None

    def open(self, report: Report) -> None:
        """Show the desk's settings; ``report`` is how the guest stands by them."""
        self._before = self._tried = (self._desk.settings, report)
        self._using = False
        with self.prevent(Input.Changed, Select.Changed):
            for name, value in _words(self._desk.settings).items():
                widget = self.query_one(f"#{name}")
                if isinstance(widget, Input | Select):
                    widget.value = value
        self._tell(plain(_HINT, _FAINT))
        # At once: what is typed right behind the key that opened it is meant for the form.
        self.display = True
        user = self.query_one("#user", Input)
        user.select_all()
        self.screen.set_focus(user)

    def put_back(self) -> None:
        """Close, with the settings as they were."""
        if self._before is not None and not self._using:
            self._close(self._before[1])

    @work
    async def use(self) -> None:
        """Close with what the form shows, where it can be tried; else say why it cannot."""
        if self._using or self._before is None:
            return
        self._using = True
        try:
            settings, report = await self._report()
            if settings != self._before[0]:
                self._tell(plain("taking them over…", "$text-accent"))
                await self._desk.use(settings, report)
        except WizardError as error:
            self._refuse(error)
        else:
            self._close(report)
        finally:
            self._using = False

    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self, event: Message) -> None:
        event.stop()
        if self.is_open:
            self._try(_SETTLED if isinstance(event, Input.Changed) else 0)

    @on(Input.Submitted)
    def _submitted(self, event: Message) -> None:
        event.stop()
        self.use()

    @work(exclusive=True, group="settings")
    async def _try(self, after: float) -> None:
        await asyncio.sleep(after)
        try:
            settings, report = await self._report()
        except WizardError as error:
            self._refuse(error)
            return
        if self.is_open:
            self._show(settings, report)

    async def _report(self) -> tuple[Settings, Report]:
        """What the form shows and how the guest stands by it. UsageError where it is no settings."""
        settings = self._chosen()
        if self._tried is None or self._tried[0] != settings:
            self._tell(plain("checking…", "$text-accent"))
            self._tried = settings, await self._desk.consider(settings)
        return self._tried

    def _chosen(self) -> Settings:
        words = {name: str(widget.value).strip() for name, widget in self._fields()}
        return choices.settings_from({name: word for name, word in words.items() if word})

    def _fields(self) -> Iterable[tuple[str, Input | Select[str]]]:
        for name in _ORDER:
            widget = self.query_one(f"#{name}")
            if isinstance(widget, Input | Select):
                yield name, widget

    def _show(self, settings: Settings, report: Report) -> None:
        assert self._before is not None  # noqa: S101
        before, stood = self._before
        told = [plain(line) for line in differences(stood, report)]
        none = _HINT if settings == before else "Nothing stands otherwise."
        self._tell(stack(*(told or [plain(none, _FAINT)])))
        self.post_message(self.Considered(settings, report))

    def _refuse(self, error: WizardError) -> None:
        if not self._desk.closing and self.is_open:
            self._tell(plain(f"{error.message} {error.next}", "$text-error"))

    def _tell(self, text: Content) -> None:
        self.query_one("#settings-effect", Static).update(text)

    def _close(self, report: Report) -> None:
        self._before = None
        self.display = False
        self.post_message(self.Closed(report))


def _field(name: str) -> Iterable[Widget]:
    if name in _TEXTS:
        title, empty = _TEXTS[name]
        yield Static(title)
        # Selected by us where it is first: Textual would do it after a key that came at once.
        yield TextLine(placeholder=empty, id=name, compact=True, select_on_focus=name != _ORDER[0])
    else:
        title, known = _CHOICES[name]
        yield Static(title)
        yield Select([(word, word) for word in known], allow_blank=False, id=name, compact=True)


def _words(settings: Settings) -> dict[str, str]:
    return {
        "user": settings.user or "",
        "console": settings.console or "",
        "hypervisor": settings.hypervisor,
        "key_fetch": settings.key_fetch,
        "network": "yes" if settings.network else "no",
        "packages": settings.packages or "",
    }
