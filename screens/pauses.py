"""Python's search for garbage, kept short: all stands still while it runs.

What is there after the start stays till the end: modules, styles, the first screens, some hundred thousand objects.
Looked through again and again, as Python does unless told, they cost tenths of a second each time. So they are taken
out of the search, and so is what is there whenever a search took long. All of it is still freed as soon as nothing
refers to it; only what refers to itself, as a closed screen does, is kept where it was taken out before: some
megabytes in a long session.
"""

from __future__ import annotations

import gc
import time
from typing import Any

SETTLED = 3.0
"""Seconds after which the first screens stand."""
LONG = 0.03
"""Seconds of processor time; a search that took longer is not to find as much to look through again."""
_USUAL = gc.get_threshold()


def starting() -> None:
    """Leave out what was loaded, and put off the first long search until :func:`settled`."""
    gc.freeze()
    gc.set_threshold(_USUAL[0], _USUAL[1], 1000)


def settled() -> None:
    """Leave out what was made meanwhile, and search as usual from now on."""
    gc.freeze()
    gc.set_threshold(*_USUAL)
    gc.callbacks.append(_Watch())


class _Watch:
    """Called by Python before and after each search."""

    def __init__(self) -> None:
        self._began = 0.0

    def __call__(self, phase: str, info: dict[str, Any]) -> None:
        # Before and after are in one and the same thread: that which happened to need memory.
        if phase == "start":
            self._began = time.thread_time()
        elif time.thread_time() - self._began > LONG:
            gc.freeze()
