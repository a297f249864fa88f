"""Questions whose answer is more than yes or no: a key, one of several systems, the settings."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Select, Static

from remediations.vocabulary import Settings
from screens.rows import Row, RowList, columns
from screens.text import plain
from screens.text_line import TextLine
from wizard import choices
from wizard.errors import KeyNeeded, SeveralSystems, UsageError

Answer = TypeVar("Answer")


class Question(ModalScreen[Answer | None]):
    """A dialog that gives an answer, or None where it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Cancel", id="question.cancel")]

    def action_leave(self) -> None:
        """Close without an answer."""
        self.dismiss(None)

    @on(Button.Pressed, "#cancel")
    def _cancelled(self) -> None:
        self.dismiss(None)


class KeyQuestion(Question[str]):
    """Asks for the passphrase of an encrypted guest; it is not shown, and kept only as long as the image is open."""

    def __init__(self, error: KeyNeeded) -> None:
        super().__init__()
        self._error = error

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content.styled("The guest is encrypted", "bold"), markup=False)
            yield Static(plain(self._error.message), classes="dialog-text", markup=False)
            yield TextLine(password=True, placeholder="Passphrase", id="key", compact=True)
            with Horizontal(classes="dialog-buttons"):
                yield Button(Content("Cancel (escape)"), id="cancel")
                yield Button(Content("Open (enter)"), id="open", variant="primary")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    @on(Input.Submitted)
    @on(Button.Pressed, "#open")
    def _answered(self) -> None:
        if key := self.query_one(Input).value:
            self.dismiss(key)


class SystemQuestion(Question[str]):
    """Asks which of several operating systems to open; the answer is its root."""

    def __init__(self, error: SeveralSystems) -> None:
        super().__init__()
        self._systems = error.systems

    def compose(self) -> ComposeResult:
        rows = [Row(root, columns((plain(product), 0), (plain(root), 24))) for root, product in self._systems]
        with Vertical(classes="dialog"):
            yield Static(Content.styled("The image holds several systems: which one?", "bold"), markup=False)
            yield RowList(rows, id="systems")
            with Horizontal(classes="dialog-buttons"):
                yield Button(Content("Cancel (escape)"), id="cancel")

    def on_mount(self) -> None:
        self.query_one(RowList).focus()

    @on(RowList.Chosen)
    def _answered(self, event: RowList.Chosen) -> None:
        self.dismiss(event.key)


class SettingsQuestion(Question[Settings]):
    """What the image is meant for, and where packages may come from."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "use", "Use", id="settings.use", priority=True),
    ]

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    def compose(self) -> ComposeResult:
        now = self._settings
        with Vertical(classes="dialog -settings"):
            yield Static(Content.styled("Settings", "bold"), markup=False)
            with Horizontal(classes="setting"):
                yield Static("Account for the key")
                yield TextLine(now.user or "", placeholder="the guest's own", id="user", compact=True)
            with Horizontal(classes="setting"):
                yield Static("Console device")
                yield TextLine(now.console or "", placeholder="the architecture's usual", id="console", compact=True)
            with Horizontal(classes="setting"):
                yield Static("Hypervisor")
                yield _choice("hypervisor", choices.HYPERVISORS, now.hypervisor)
            with Horizontal(classes="setting"):
                yield Static("Key fetched by")
                yield _choice("key_fetch", choices.KEY_FETCHES, now.key_fetch)
            with Horizontal(classes="setting"):
                yield Static("Packages from network")
                yield _choice("network", ("no", "yes"), "yes" if now.network else "no")
            with Horizontal(classes="setting"):
                yield Static("Packages from folder")
                yield TextLine(now.packages or "", placeholder="none", id="packages", compact=True)
            yield Static("", id="settings-problem", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button(Content("Cancel (escape)"), id="cancel")
                yield Button(Content("Use (ctrl+s)"), id="use", variant="primary")

    def on_mount(self) -> None:
        self.query_one("#user", Input).focus()

    @on(Input.Submitted)
    @on(Button.Pressed, "#use")
    def action_use(self) -> None:
        """Close with the settings, where each is one."""
        words = {name: self.query_one(f"#{name}", Input).value.strip() for name in ("user", "console", "packages")}
        given = {name: word for name, word in words.items() if word}
        for name in ("hypervisor", "key_fetch", "network"):
            given[name] = str(self.query_one(f"#{name}", Select).value)
        try:
            self.dismiss(choices.settings_from(given))
        except UsageError as error:
            self.query_one("#settings-problem", Static).update(plain(f"{error.message} {error.next}", "$text-error"))


def _choice(name: str, known: tuple[str, ...], value: str) -> Select[str]:
    return Select([(word, word) for word in known], allow_blank=False, value=value, id=name, compact=True)
