"""The lock of an image's state folder: one writer at a time, and none while a killed one's qemu-img still runs."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wizard.errors import OpenError
from wizard.visible import visible

LOCK_SECONDS = 5.0


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Hold a state folder's lock; yields its descriptor. OpenError where another image-wizard has it.

    A qemu-img that outlives us keeps the lock (the descriptor is passed on): nobody starts on a half-written image.
    """
    try:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise OpenError(
            "journal-unreadable",
            f"{visible(str(folder))} cannot be locked: {error.strerror}. The image is as it was.",
            "Run as the user who made the changes.",
        ) from error
    try:
        _wait_for(lock)
        yield lock
    finally:
        os.close(lock)


def _wait_for(lock: int) -> None:
    """Take the lock; a program that was killed just now may need a moment to let go of it."""
    patience = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError as error:
            if time.monotonic() > patience:
                raise OpenError(
                    "busy", "Another image-wizard is writing to this image.", "Wait until it is done; then try again."
                ) from error
        time.sleep(0.05)
