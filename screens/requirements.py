"""The list of requirements: how the guest stands, why, and which fixes to stage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from remediations.vocabulary import Settings
from screens import report_dialogs
from screens.banner import Banner
from screens.base import Pane, WizardScreen
from screens.desk import Desk
from screens.filter_line import FilterLine
from screens.requests import REQUESTS, PreviewFixes, Request
from screens.requirement_list import counts, fixes, grouped, matching, settings_line
from screens.requirement_text import describe, row
from screens.rows import Row, RowList
from screens.settings_panel import SettingsPanel
from screens.text import EMPTY, Clock, join
from wizard.report import Assessment, Report


class RequirementsScreen(WizardScreen[None]):
    """Shows a report and posts :class:`Asked` with what the operator wants next."""

    CSS_PATH = "requirements.tcss"
    AUTO_FOCUS = "#requirements-list"  # not the filter's line above it, which would show itself
    HELP = """
# Requirements

Each line is one thing that the OpenStack image guide asks of the guest.

- **✓ pass** was established by reading the image.
- **✗ fail** is not as the guide wants it.
- **? unknown** could not be established; the reason is shown.
- **- skipped** does not apply here.

The lower pane shows what a verdict rests on: path, line, text. Tick the fixes you want and preview them; with none
ticked, the one under the cursor is previewed. **A preview does not change the image.**

`/` filters by id, title, status and verdict, and `t` puts what is wrong first. Ticks stay on what is not shown.
What the image is checked for stands above the list. `s` changes it: the list follows while you choose, `ctrl+s` keeps
the settings, `escape` puts them back. A later change of this image begins with them.

Previews need a small appliance, which starts in the background: see the first line. All else works meanwhile, and a
preview waits for it.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "Tick", id="requirements.tick", tooltip="Tick or untick a fix"),
        Binding("a", "all", "All", show=False, id="requirements.all", tooltip="Tick every fix on offer"),
        Binding("n", "none", "None", show=False, id="requirements.none", tooltip="Untick all"),
        Binding("p,enter", "preview", "Preview", id="requirements.preview", tooltip="Preview the ticked fixes"),
        Binding("e", "explain", "Explain", id="requirements.explain", tooltip="What the requirement means, and why"),
        Binding("g", "glance", "Glance", show=False, id="requirements.glance", tooltip="Glance properties that match"),
        Binding("x", "export", "Export", show=False, id="requirements.export", tooltip="Write the results to a file"),
        Binding("slash", "filter", "Filter", show=False, id="requirements.filter", tooltip="Show only what matches"),
        Binding("t", "sort", "Sort", show=False, id="requirements.sort", tooltip="What is wrong first, or back"),
        Binding("escape", "unfilter", "Show all", id="requirements.unfilter", tooltip="Drop the filter"),
        Binding("j", "ask('journal')", "Journal", id="requirements.journal", tooltip="What was done; undo and revert"),
        Binding("s", "settings", "Settings", id="requirements.settings", tooltip="User, console, key, packages"),
        Binding("r", "ask('reopen')", "Reopen", show=False, id="requirements.reopen", tooltip="Examine it anew"),
        Binding("ctrl+s", "use", "Use", id="settings.use", priority=True, tooltip="Close with the settings shown"),
        Binding("escape", "put_back", "Put back", id="settings.cancel", tooltip="Close with the settings as they were"),
        Binding("o", "ask('other')", "Images", id="requirements.other", tooltip="Choose another image"),
    ]
    _OWN = frozenset(one.action.partition("(")[0] for one in BINDINGS if isinstance(one, Binding))

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
        self._by_status = False
        self._shown: list[Assessment] = []
        self._settings = Settings()

    def body(self) -> Iterable[Widget]:
        yield Banner(self._desk.path, demo=self._demo)
        yield Static(id="counts", markup=False)
        yield Static(id="settings-line", markup=False)
        yield FilterLine("id, title, status or words of the verdict", id="filter", of="requirements-list")
        with Container(id="panes"):
            yield RowList(id="requirements-list")
            yield Pane(id="detail")
            yield SettingsPanel(self._desk, id="settings")

    def on_mount(self) -> None:
        self.show_report(self._report)
        self._desk.on_appliance = lambda: self.post_message(self.ApplianceChanged())
        self.set_interval(0.5, self._show_appliance)

    def on_screen_resume(self) -> None:
        self._asked = False

    @property
    def ticked(self) -> tuple[str, ...]:
        """The ticked ids whose fix is on offer, in the report's order."""
        return tuple(name for name in self._available if name in self._ticked)

    def show_report(self, report: Report) -> None:
        """Show another report; ticks stay where a fix is still on offer."""
        self._show_by(self._desk.settings, report)
        self._ticked &= set(self._available)

    def _show_by(self, settings: Settings, report: Report) -> None:
        self._report, self._settings = report, settings
        self._read_only = bool(self._desk.image.read_only_reason)
        self._show_facts()
        self._show_rows()
        self._changed()

    def _show_rows(self) -> None:
        """Show what the filter lets through, in the order that was asked for."""
        chosen = matching(self._report.assessments, self._filter.value)
        rows, self._shown = grouped(chosen, self._row, self._by_status)
        self.query_one(RowList).show(rows)
        if not self._shown:
            self.query_one("#detail", Pane).show(EMPTY)

    @property
    def _filter(self) -> Input:
        return self.query_one("#filter", Input)

    def action_settings(self) -> None:
        """Show the settings in the place of the details."""
        self._panel.open(self._report)
        self.set_class(True, "-settings")
        self.refresh_bindings()

    def action_use(self) -> None:
        """Close the settings and keep them."""
        self._panel.use()

    def action_put_back(self) -> None:
        """Close the settings and forget them."""
        self._panel.put_back()

    @property
    def _panel(self) -> SettingsPanel:
        return self.query_one(SettingsPanel)

    @on(SettingsPanel.Considered)
    def _considered(self, event: SettingsPanel.Considered) -> None:
        if self._panel.is_open:
            self._show_by(event.settings, event.report)

    @on(SettingsPanel.Closed)
    def _settings_closed(self, event: SettingsPanel.Closed) -> None:
        self.set_class(False, "-settings")
        self.query_one(RowList).focus()
        self.show_report(event.report)

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
        if ticked := self.ticked:
            return ticked
        key = self.query_one(RowList).key if self.is_mounted else None
        return (key,) if key in self._available and key is not None else ()

    def _row(self, assessment: Assessment) -> Row:
        ticked = assessment.requirement.id in self._ticked
        return row(assessment, ticked, can_tick=assessment.requirement.id in self._available)

    def _set_ticks(self, ticked: set[str]) -> None:
        self._ticked = ticked
        self.query_one(RowList).redraw(map(self._row, self._shown))
        self._changed()

    def _changed(self) -> None:
        told = fixes(self._report, len(self.ticked), len(self._available))
        self.query_one("#counts", Static).update(join(*counts(self._report), told, separator="   "))
        self.query_one("#settings-line", Static).update(settings_line(self._settings))
        self._filter.display = bool(self._filter.value) or self._filter.has_focus
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
        """Greys what has no fix to work on; while the filter is typed in, its own keys are the live ones."""
        typing = self.is_mounted and self._filter.has_focus
        setting = self.is_mounted and self._panel.is_open
        if action in ("use", "put_back"):
            return setting
        if setting and action in self._OWN:
            return False
        if action == "unfilter":
            return typing or (self.is_mounted and bool(self._filter.value))
        if action in ("filter", "sort"):
            return not typing
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

    def action_filter(self) -> None:
        """Go to the filter's line."""
        self._filter.display = True
        self._filter.focus()

    @on(Input.Changed, "#filter")
    def _filtered(self) -> None:
        self._show_rows()
        self._changed()

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.query_one(RowList).focus()
        self._changed()

    def action_unfilter(self) -> None:
        """Show all requirements again."""
        self._filter.value = ""
        self.query_one(RowList).focus()
        self._changed()

    def action_sort(self) -> None:
        """The guide's order, or what is wrong first."""
        self._by_status = not self._by_status
        self._show_rows()

    def action_explain(self) -> None:
        """Show the page of the requirement under the cursor."""
        if (key := self.query_one(RowList).key) is not None:
            report_dialogs.show_page(self.app, key)

    def action_glance(self) -> None:
        """Show the command that sets the matching properties in Glance."""
        report_dialogs.show_properties(self.app, self._desk.path, self._report)

    def action_export(self) -> None:
        """Write what is shown to a file."""
        report_dialogs.export(self.app, self._desk, self._report)

    def action_ask(self, what: str) -> None:
        """Ask for one of :data:`REQUESTS`."""
        self._ask(REQUESTS[what])

    def _ask(self, request: Request) -> None:
        # A key pressed twice before the next screen stands must not start the work twice.
        if not self._asked:
            self._asked = True
            self.post_message(self.Asked(request))
