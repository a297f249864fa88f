"""What the next opening does after a commit or an undo was interrupted: finishes it, or rolls it back."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from wizard import delta
from wizard.change import Change, State
from wizard.errors import OpenError
from wizard.image import Image, probe
from wizard.journal import Journal
from wizard.put_back import forget, only_ours, present, put_back
from wizard.qemu import QemuError
from wizard.state_lock import locked
from wizard.visible import visible

_NOT_YET = "Not finished at the last opening: "
_TEMPORARY = ("heartbeat", "now.qcow2", "back.qcow2", "reserve", ".flat-*")


def recover(path: Path, journal: Journal) -> tuple[str, ...]:
    """Finish or roll back what was interrupted; says what was found and done. OpenError where neither is possible."""
    if not interrupted(journal) and not (_leftovers(journal) and os.access(journal.folder, os.W_OK)):
        return ()
    said = []
    with locked(journal.folder) as lock:
        # Not before we have the lock: a program that was killed may still hold the image. Nor the journal: another
        # run may have been at it until now.
        for change in interrupted(journal):
            if change.state is State.PREPARING:
                note = _noted(change, "Interrupted before the image was touched; dropped at the next opening.")
                forget(journal, change.number, State.ROLLED_BACK, note)
                said.append(f"Change {change.number} was interrupted before it was begun: the image is as it was.")
            else:
                said.append(_resume(probe(path), journal, change, lock))
        for file in _leftovers(journal):
            file.unlink()
    return tuple(said)


def interrupted(journal: Journal) -> list[Change]:
    """The changes that a killed run left unfinished, newest first."""
    waiting = (State.PREPARING, State.COMMITTING, State.UNDOING)
    return [change for change in journal.changes() if change.state in waiting]


def _leftovers(journal: Journal) -> list[Path]:
    """Files that a killed run left and nobody needs: temporary ones, and deltas of changes that have ended."""
    if not journal.path.exists():
        return []
    ended = (State.UNDONE, State.ROLLED_BACK)
    found = [file for pattern in _TEMPORARY for file in journal.folder.glob(pattern)]
    for change in journal.changes():
        if change.state in (State.COMMITTED, *ended):
            found.append(journal.overlay(change.number))
        if change.state in ended:
            found.append(journal.undo_delta(change.number))
    return [file for file in found if file.exists()]


def _resume(image: Image, journal: Journal, change: Change, lock: int) -> str:
    number = change.number
    wanted, before, after = journal.extents(number)
    ours, kept = journal.overlay(number), journal.undo_delta(number)
    try:
        if image.in_use or not os.access(image.path, os.W_OK):
            raise QemuError("the image cannot be written to now")
        delta.rebase(kept, image)
        sound = ours.exists() and delta.digests(ours, wanted) == after
        if delta.digests(kept, wanted) != before or image.virtual_size != journal.virtual_size(number):
            raise QemuError("its undo data does not fit the image")
        # Where our overlay is lost, what stood before and the time of our last write have to tell it.
        alone = only_ours(image, journal, kept, ours if sound else kept, wanted)
        if not alone:
            raise QemuError("something else has written to the image since")
        if change.state is State.COMMITTING and sound and _finish(image, journal, change, lock):
            return f"Change {number} was interrupted while it was written: it is finished, the image is as after it."
        put_back(image, journal, number, lock)
        delta.mend_leaks(image)
    except (QemuError, OSError) as error:
        with suppress(OpenError):  # where even the journal cannot be written, what failed is told all the same
            journal.set_state(number, change.state, _noted(change, f"{_NOT_YET}{visible(str(error))}."))
        raise OpenError(
            "interrupted",
            f"Change {number} was interrupted while the image was written, and cannot be finished or rolled back: "
            f"{visible(str(error))}.",
            f"Do not boot the image. Free it and make room, then try again. To give it up, set "
            f"{visible(str(journal.folder))} aside.",
        ) from error
    if change.state is State.UNDOING:
        note = _noted(change, "Interrupted while it was undone; the undo was finished at the next opening.")
        forget(journal, number, State.UNDONE, note)
        return f"The undo of change {number} was interrupted: it is finished now, the image is as before the change."
    note = _noted(change, "Interrupted while it was written; rolled back at the next opening.")
    forget(journal, number, State.ROLLED_BACK, note)
    return f"Change {number} was interrupted while it was written: it is rolled back, the image is as before it."


def _finish(image: Image, journal: Journal, change: Change, lock: int) -> bool:
    """Write an interrupted change to its end; False where that cannot be done (no room), and it must be rolled back."""
    number = change.number
    wanted, _before, after = journal.extents(number)
    ours = journal.overlay(number)
    try:
        delta.rebase(ours, image)
        delta.write_back(ours, image, (lock,), journal.heartbeat)
        if present(image, journal, wanted) != after:
            return False
        delta.mend_leaks(image)
    except (QemuError, OSError):
        return False
    note = _noted(change, "Interrupted while it was written; finished at the next opening.")
    journal.set_state(number, State.COMMITTED, note)
    ours.unlink()
    return True


def _noted(change: Change, sentence: str) -> str:
    """A change's note with a sentence more, in place of why an earlier opening could not finish it."""
    kept, _, _ = change.note.partition(_NOT_YET)
    return f"{kept.strip()} {sentence}".strip()
