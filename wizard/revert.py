"""Revert: puts back, file by file, what a change did, where nothing else has touched the file since."""

from __future__ import annotations

from wizard.change import Change
from wizard.stage import Stage
from wizard.writer import StepError


def put_back(stage: Stage, change: Change) -> dict[str, str]:
    """Stage the earlier state of a change's files; returns the paths left alone, each with the reason.

    Files before the folders that held them. Packages stay, and what belongs to them: half of a package is worse than
    the whole; undo takes them out. StepError where a write fails.
    """
    left = {p.name: "installed packages stay; --undo takes them out" for p in change.packages.changes}
    for file in sorted(change.files, key=lambda file: file.path, reverse=True):
        if file.packaged:
            left[file.path] = "it belongs to an installed package"
            continue
        try:
            now = stage.state(file.path)
        except StepError as error:
            left[file.path] = str(error)
            continue
        if now == file.before:
            continue
        if now != file.after:
            left[file.path] = "it was changed since"
        elif file.before is None and stage.guest.listdir(file.path):
            left[file.path] = "it holds other files"
        else:
            stage.restore(file.path, file.before)
    return left
