"""The demo image: a fresh copy at each run, so that nothing done to it lasts."""

from __future__ import annotations

import shutil
from pathlib import Path

from wizard.folders import cache_folder, state_folder

BUNDLED = Path(__file__).with_name("demo.qcow2")


def fresh_copy() -> Path:
    """Copy the bundled image into the cache folder, in place of an earlier copy and its journal; returns its path."""
    copy = cache_folder() / "demo" / "demo.qcow2"
    copy.parent.mkdir(mode=0o700, exist_ok=True)
    shutil.rmtree(state_folder(copy, None), ignore_errors=True)
    shutil.copyfile(BUNDLED, copy)
    return copy
