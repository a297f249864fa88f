"""The list of requirements: how the guest stands, why, and which fixes to stage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from remediations.pages import page
from remediations.vocabulary import Level, Status
from screens.banner import Banner
from screens.base import Pane, WizardScreen
from screens.desk import Desk
from screens.dialogs import TextDialog
from screens.requirement_text import describe, row
from screens.rows import Row, RowList, columns
from screens.text import Clock, join, plain, stack, status
from wizard import glance
from wizard.report import Assessment, Report

_GROUPS = {Level.REQUIRED: "Required by the guide", Level.RECOMMENDED: "Good practice"}


@dataclass(frozen=True)
class PreviewFixes:
    """The operator wants to see what these fixes do."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class ShowJournal:
    """The operator wants to see what was done to the image."""


@dataclass(frozen=True)
class Reopen:
    """The operator wants the image opened and examined anew."""


@dataclass(frozen=True)
class ChangeSettings:
    """The operator wants to change what the image is meant for."""


@dataclass(frozen=True)
class LeaveImage:
    """The operator wants another image."""


Request = PreviewFixes | ShowJournal | Reopen | ChangeSettings | LeaveImage


class RequirementsScreen(WizardScreen[None]):
    """Shows a report and posts :class:`Asked` with what the operator wants next."""

    CSS_PATH = "requirements.tcss"
    HELP = """
# Requirements

Each line is one thing that the OpenStack image guide asks of the guest.

- **✓ pass** was established by reading the image.
- **✗ fail** is not as the guide wants it.
- **? unknown** could not be established; the reason is shown.
- **- skipped** does not apply here.

The lower pane shows what a verdict rests on: path, line, text. Tick the fixes you want and preview them; with none
ticked, the one under the cursor is previewed. **A preview does not change the image.**

Previews need a small appliance, which starts in the background: see the first line. All else works meanwhile, and a
preview waits for it.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "Tick", id="requirements.tick", tooltip="Tick or untick a fix"),
        Binding("a", "all", "All", show=False, id="requirements.all", tooltip="Tick every fix on offer"),
        Binding("n", "none", "None", show=False, id="requirements.none", tooltip="Untick all"),
        Binding("p,enter", "preview", "Preview", id="requirements.preview", tooltip="Preview the ticked fixes"),
        Binding("e", "explain", "Explain", id="requirements.explain", tooltip="What the requirement means, and why"),
        Binding(
            "g",
            "glance",
            "Glance",
            show=False,
            id="requirements.glance",
            tooltip="The image properties in Glance that match what was found",
        ),
        Binding("j", "ask_journal", "Journal", id="requirements.journal", tooltip="What was done; undo and revert"),
        Binding("s", "ask_settings", "Settings", id="requirements.settings", tooltip="User, console, key, packages"),
        Binding(
            "r", "ask_reopen", "Reopen", show=False, id="requirements.reopen", tooltip="Open and examine the image anew"
        ),
        Binding("o", "ask_other", "Images", id="requirements.other", tooltip="Choose another image"),
    ]

    @dataclass
    class Asked(Message):
        """The operator wants something that other screens do."""

        request: Request

    class ApplianceChanged(Message):
        """The appliance came nearer to being of use, or will not be."""

    def __init__(self, desk: Desk, report: Report, now: Clock, demo: bool = False) -> None:
        super().__init__()
        self._desk = desk
        self._report = report
        self._now = now
        self._demo = demo
        self._ticked: set[str] = set()
        self._asked = False
        self._read_only = False

    def body(self) -> Iterable[Widget]:
        yield Banner(self._desk.path, demo=self._demo)
        yield Static(id="counts", markup=False)
        with Container(id="panes"):
            yield RowList(id="requirements-list")
            yield Pane(id="detail")

    def on_mount(self) -> None:
        self.query_one(RowList).focus()
        self.show_report(self._report)
        self._desk.on_appliance = lambda: self.post_message(self.ApplianceChanged())
        self.set_interval(0.5, self._show_appliance)

    def on_screen_resume(self) -> None:
        self._asked = False

    @property
    def ticked(self) -> tuple[str, ...]:
        """The ticked ids, in the report's order."""
        return tuple(a.requirement.id for a in self._report.assessments if a.requirement.id in self._ticked)

    def show_report(self, report: Report) -> None:
        """Show another report; ticks stay where a fix is still on offer."""
        self._report = report
        self._read_only = bool(self._desk.image.read_only_reason)
        self._ticked &= set(self._available)
        self._show_facts()
        rows = []
        for level, title in _GROUPS.items():
            members = [a for a in report.assessments if a.requirement.level is level]
            if members:
                rows.append(Row(f"level {level}", columns((Content.styled(title, "bold"), 0)), heading=True))
                rows += [self._row(a) for a in members]
        self.query_one(RowList).show(rows)
        self._changed()

    def on_requirements_screen_appliance_changed(self) -> None:
        self._show_facts()

    def _show_facts(self) -> None:
        image, report = self._desk.image, self._report
        notices = [self._desk.appliance.notice, *self._desk.notices, *report.warnings]
        if image.read_only_reason:
            notices.append(f"Fixes cannot be written to this image: {image.read_only_reason}")
        self.query_one(Banner).set_facts(image, report.facts, list(filter(None, notices)), report.reader)
        self._show_appliance()

    def _show_appliance(self) -> None:
        self.query_one(Banner).set_appliance(self._desk.appliance.phrases(self._now()))

    @property
    def _available(self) -> tuple[str, ...]:
        if self._read_only:
            return ()
        return tuple(a.requirement.id for a in self._report.assessments if a.fix is not None and a.fix.available)

    @property
    def _wanted(self) -> tuple[str, ...]:
        if self._ticked:
            return self.ticked
        key = self.query_one(RowList).key if self.is_mounted else None
        return (key,) if key in self._available and key is not None else ()

    def _row(self, assessment: Assessment) -> Row:
        ticked = assessment.requirement.id in self._ticked
        return row(assessment, ticked, can_tick=assessment.requirement.id in self._available)

    def _set_ticks(self, ticked: set[str]) -> None:
        self._ticked = ticked
        self.query_one(RowList).redraw(map(self._row, self._report.assessments))
        self._changed()

    def _changed(self) -> None:
        counts = self._report.counts
        shown = [status(s, counts[s]) for s in (Status.FAIL, Status.UNKNOWN, Status.PASS, Status.SKIPPED)]
        available = len(self._available)
        fixes = f"{len(self._ticked)} of {available} fixes ticked" if available else "no fix can be made"
        self.query_one("#counts", Static).update(
            join(*shown, Content.styled(fixes, "bold" if self._ticked else "$foreground-muted"), separator="   ")
        )
        self.refresh_bindings()

    @on(RowList.Moved)
    def _moved(self, event: RowList.Moved) -> None:
        self.query_one("#detail", Pane).show(describe(self._report.get(event.key)))
        self.refresh_bindings()

    @on(RowList.Chosen)
    def _chosen(self, event: RowList.Chosen) -> None:
        if event.column is None:
            self.action_preview()
        elif event.key in self._available:
            self.action_tick()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Greys what has no fix to work on."""
        if action == "tick":
            return True if self.is_mounted and self.query_one(RowList).key in self._available else None
        if action == "all":
            return True if set(self._available) - self._ticked else None
        if action == "none":
            return True if self._ticked else None
        if action == "preview":
            return True if self._wanted else None
        return True

    def action_tick(self) -> None:
        """Tick or untick the fix under the cursor."""
        key = self.query_one(RowList).key
        if key in self._available and key is not None:
            self._set_ticks(self._ticked ^ {key})

    def action_all(self) -> None:
        """Tick every fix on offer."""
        self._set_ticks(set(self._available))

    def action_none(self) -> None:
        """Untick all."""
        self._set_ticks(set())

    def action_preview(self) -> None:
        """Ask for a preview of what is ticked, else of what is under the cursor."""
        if self._wanted:
            self._ask(PreviewFixes(self._wanted))

    def action_explain(self) -> None:
        """Show the page of the requirement under the cursor."""
        from screens.help import HelpScreen  # see app.action_help

        if (key := self.query_one(RowList).key) is not None:
            self.app.push_screen(HelpScreen(page(key)))

    def action_glance(self) -> None:
        """Show the command that sets the matching properties in Glance."""
        told = glance.command(self._desk.path, self._report.properties)
        text = stack(Content.styled("The image properties in Glance that match", "bold"), "", plain(told))
        self.app.push_screen(TextDialog(text))

    def action_ask_journal(self) -> None:
        """Ask for the journal."""
        self._ask(ShowJournal())

    def action_ask_reopen(self) -> None:
        """Ask for the image to be opened anew."""
        self._ask(Reopen())

    def action_ask_settings(self) -> None:
        """Ask for the settings to be changed."""
        self._ask(ChangeSettings())

    def action_ask_other(self) -> None:
        """Ask for another image."""
        self._ask(LeaveImage())

    def _ask(self, request: Request) -> None:
        # A key pressed twice before the next screen stands must not start the work twice.
        if not self._asked:
            self._asked = True
            self.post_message(self.Asked(request))
