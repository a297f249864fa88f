"""What can be shown and written of a report, over any screen that has one."""

from __future__ import annotations

from pathlib import Path

from textual.app import App
from textual.content import Content

from remediations.pages import page
from screens.desk import Desk
from screens.dialogs import TextDialog
from screens.text import plain, stack
from wizard import glance
from wizard.document import Outcome
from wizard.report import Report


def show_page(app: App[int], requirement_id: str) -> None:
    """Show the page of a requirement."""
    from screens.help import HelpScreen  # Markdown is slow to import, and the first frame is not to wait for it

    app.push_screen(HelpScreen(page(requirement_id)))


def show_properties(app: App[int], path: Path, report: Report) -> None:
    """Show the command that sets the matching properties in Glance."""
    told = glance.command(path, report.properties)
    app.push_screen(
        TextDialog(stack(Content.styled("The image properties in Glance that match", "bold"), "", plain(told)))
    )


def export(app: App[int], desk: Desk, report: Report) -> None:
    """Ask for a file, and write the report to it."""
    from screens.export import ExportDialog  # not needed for the first frame

    outcome = Outcome(str(desk.path), image=desk.image, report=report, notices=desk.notices)
    app.push_screen(ExportDialog([outcome], desk.path.stem))
