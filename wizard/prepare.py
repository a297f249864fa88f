"""The first step of every opening: what the image is, what an earlier run left unfinished, what can be written."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from wizard import recovery
from wizard.errors import OpenError
from wizard.image import Image, probe
from wizard.journal import Journal
from wizard.visible import visible


def prepare(path: Path, journal: Journal, *, fixing: bool) -> tuple[Image, tuple[str, ...]]:
    """Probe, and finish or roll back an interrupted change; the image, and sentences to show about it. OpenError.

    With ``fixing`` a journal that cannot be read is an error; otherwise a report can be made, and that is said.
    """
    image = probe(path)  # first: a file that is no image has its own error
    try:
        said = recovery.recover(path, journal)
    except OpenError as error:
        if error.code != "journal-unreadable" or fixing:
            raise
        said = (f"{error.message} Whether a change was interrupted is not known.",)
        image = replace(image, read_only_reason=image.read_only_reason or error.message.rstrip("."))
    else:
        image = probe(path) if said else image
    if image.backing:
        said += (f"It reads through to {', '.join(visible(str(file)) for file in image.backing)}.",)
    return _with_state_folder(image, journal.folder), said


def _with_state_folder(image: Image, folder: Path) -> Image:
    """The image, read-only where its undo data could not be kept."""
    above = next(path for path in (folder, *folder.parents) if os.path.exists(path))  # noqa: PTH110 - never raises
    if image.read_only_reason or os.access(above, os.W_OK | os.X_OK):
        return image
    reason = f"Undo data cannot be kept in {visible(str(folder))}; name another place with --state-dir"
    return replace(image, read_only_reason=reason)
