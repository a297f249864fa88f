"""Private folders for overlays until they are confirmed: nothing of a preview lies beside the image."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from wizard.folders import scratch_parent

PREFIX = "image-wizard-stage-"


def scratch_folder() -> tuple[Path, int]:
    """A private folder for an overlay, locked while we live; folders of runs that were killed are swept first."""
    parent = scratch_parent()
    for old in parent.glob(f"{PREFIX}*"):
        _sweep(old)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    try:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        folder.rmdir()  # without a lock in it, nobody would sweep it
        raise
    fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


def _sweep(folder: Path) -> None:
    try:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return  # another user's, or this very moment being made
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        pass  # its owner lives
    finally:
        os.close(lock)
