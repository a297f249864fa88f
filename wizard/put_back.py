"""Puts an image back from a change's undo delta, and checks what an image holds against the journal."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from wizard import delta
from wizard.change import Change, State
from wizard.delta import Extent
from wizard.errors import ChangeError
from wizard.image import Image
from wizard.journal import Journal
from wizard.qemu import QemuError
from wizard.visible import visible


def put_back(image: Image, journal: Journal, number: int, lock: int) -> None:
    """Write what differs from the undo delta back into the image, and check that it is there.

    Only what differs: that was written before and needs no new room, even where the disk is full.
    """
    wanted, before, _after = journal.extents(number)
    kept, back = journal.undo_delta(number), journal.folder / "back.qcow2"
    try:
        with captured(image, journal, wanted) as now:
            changed = delta.differing(now, kept, wanted)
    except QemuError:
        changed = tuple(wanted)  # an interrupted write can leave what cannot even be read
    back.unlink(missing_ok=True)
    try:
        if changed:
            delta.capture(kept, "qcow2", changed, back)
            delta.rebase(back, image)
            delta.write_back(back, image, (lock,), journal.heartbeat)
        if present(image, journal, wanted) != before:
            raise QemuError("the image does not hold what was put back")
    finally:
        back.unlink(missing_ok=True)
    journal.heartbeat.unlink(missing_ok=True)


def present(image: Image, journal: Journal, wanted: Sequence[Extent]) -> tuple[str, ...]:
    """The digests of what the image holds now."""
    with captured(image, journal, wanted) as now:
        return delta.digests(now, wanted)


def only_ours(image: Image, journal: Journal, kept: Path, ours: Path, wanted: Sequence[Extent]) -> bool:
    """Whether an interrupted image was written to by us alone: it may be finished or put back.

    What it holds says so where every sector is that of before or after; where not, the time of our last write does.
    """
    try:
        with captured(image, journal, wanted) as now:
            if delta.between(now, kept, ours, wanted):
                return True
    except QemuError:
        pass  # an interrupted write can leave what cannot even be read
    return delta.untouched_since(journal.heartbeat, image)


@contextmanager
def captured(image: Image, journal: Journal, wanted: Sequence[Extent]) -> Iterator[Path]:
    now = journal.folder / "now.qcow2"
    now.unlink(missing_ok=True)
    try:
        delta.capture(image.path, image.format, wanted, now)
        yield now
    finally:
        now.unlink(missing_ok=True)


def refuse_unfinished(journal: Journal) -> None:
    """ChangeError where a change is interrupted: what it holds must be finished or rolled back before all else.

    Asked under the lock: another run may have been interrupted after we had looked.
    """
    unfinished = (State.PREPARING, State.COMMITTING, State.UNDOING)
    if any(change.state in unfinished for change in journal.changes()):
        raise ChangeError(
            "unfinished",
            "Another change of the image was interrupted meanwhile. Nothing was written by this one.",
            "Open the image again: that finishes or rolls back the other one.",
        )


def forget(journal: Journal, number: int, state: State, note: str | None = None) -> None:
    """Record an end, then remove the data that it leaves without use; in this order, or a crash would lose it."""
    journal.set_state(number, state, note)
    journal.overlay(number).unlink(missing_ok=True)
    journal.undo_delta(number).unlink(missing_ok=True)


def row(journal: Journal, number: int) -> Change:
    return next(change for change in journal.changes() if change.number == number)


def failed(error: Exception, what: str) -> ChangeError:
    # What we say ourselves of missing room has no file name; the number of the error tells nobody anything.
    reason = error.strerror if isinstance(error, OSError) and error.strerror and not error.filename else str(error)
    message = f"{what}: {visible(reason)}. The image is as it was."
    if isinstance(error, QemuError) and error.locked:
        return ChangeError(
            "in-use", message, "Stop the virtual machine or program that holds the image; then try again."
        )
    if (isinstance(error, OSError) and error.errno == errno.ENOSPC) or (
        isinstance(error, QemuError) and error.no_space
    ):
        return ChangeError("no-room", message, "Make room on the disk, or name another place with --state-dir.")
    return ChangeError("write-failed", message, "Look at the message, mend its cause, then try again.")
