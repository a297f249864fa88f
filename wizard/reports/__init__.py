"""The results of a run as a file: JSON, Markdown, HTML or JUnit XML, by the file's suffix.

Guest text in them is escaped for the format and made visible, but for JSON, which has it as it was read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from wizard.document import Outcome
from wizard.errors import UsageError
from wizard.reports import as_html, as_json, as_junit, as_markdown
from wizard.reports.run import Run
from wizard.save import save
from wizard.visible import visible


@dataclass(frozen=True)
class Format:
    """A kind of report: its name, and what makes it."""

    name: str
    made: Callable[[Run], str]


_JUNIT = Format("JUnit XML", as_junit.text)
FORMATS = {
    ".json": Format("JSON", as_json.text),
    ".md": Format("Markdown", as_markdown.text),
    ".html": Format("HTML", as_html.text),
    ".xml": _JUNIT,
    ".junit": _JUNIT,
}
"""By suffix, which may be in capitals."""


def format_of(file: Path) -> Format:
    """The format that a file's suffix asks for. UsageError, which names it, for any other."""
    try:
        return FORMATS[file.suffix.lower()]
    except KeyError:
        raise _refused(file, "has no suffix that says a format of reports", f"Use {', '.join(FORMATS)}.") from None


def accept(file: Path, images: Sequence[Path] = ()) -> None:
    """Refuse what can be known to fail before any work is done. UsageError; nothing is made or opened."""
    format_of(file)
    try:
        target = file.resolve()
    except (OSError, RuntimeError):
        raise _refused(file, "is a link that leads nowhere", "Name another file.") from None
    except ValueError:  # a lone surrogate, a null character
        raise _refused(file, "is no name that a file can have", "Name another file.") from None
    try:
        _accept(file, target, images)
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        reason = visible(error.strerror or str(error))
        raise _refused(file, f"cannot be looked at: {reason}", "Name another file.") from None


def _accept(file: Path, target: Path, images: Sequence[Path]) -> None:
    folder = target.parent
    if not folder.is_dir():
        raise _refused(file, "cannot be written: there is no such folder", "Make the folder first.")
    if file.exists() and not file.is_file():
        raise _refused(file, "is no ordinary file", "Name another file.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _refused(file, "cannot be written: its folder may not be written to", "Name a file in another folder.")
    if target.suffix.lower() not in FORMATS:  # an image's other file, perhaps, or what an image rests on
        raise _refused(file, f"is a link to {visible(target.name)}, which is no report", "Name another file.")
    for image in images:
        if image.exists() and file.exists() and image.samefile(file):
            raise _refused(file, "is the image itself", "Name another file.")


def write(file: Path, outcomes: Sequence[Outcome], *, strict: bool = False, now: datetime | None = None) -> int:
    """Write a report; the number of bytes. UsageError where it cannot be: an older file is as it was then."""
    told = format_of(file).made(Run(tuple(outcomes), now or datetime.now(UTC), strict))
    try:
        # Through a link to what it leads to: the link was put there on purpose.
        # A report is read by others: its mode is what the umask makes of it.
        return save(file.resolve(), [told.encode("utf-8")], replace=True, mode=0o666)
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(
            "report",
            f"The report {visible(str(file))} could not be written: {visible(reason)}. An older one is as it was, and "
            "so is what was found and done.",
            "Make room, or name another file.",
        ) from error


def _refused(file: Path, why: str, next_step: str) -> UsageError:
    return UsageError("report", f"{visible(str(file))} {why}.", next_step)
