"""Commit, undo, and what the next opening does after either was interrupted.

The order is what makes it safe: the undo delta and the journal's word *committing* are durable before the first
byte of the image is written; writing an overlay or a delta into the image can be run again until it is done.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from wizard import delta
from wizard.change import Change, CommandResult, FileChange, State
from wizard.delta import Extent
from wizard.errors import ChangeError, OpenError, WizardError
from wizard.image import Image, probe
from wizard.journal import Journal
from wizard.qemu import QemuError
from wizard.visible import visible

OnStep = Callable[[str], None]
MARGIN = 16 * 1024 * 1024
"""Bytes of room asked for beyond what a change needs, for metadata and the journal."""


LOCK_SECONDS = 5.0


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Hold a state folder's lock; yields its descriptor. OpenError where another image-wizard has it.

    A qemu-img that outlives us keeps the lock (the descriptor is passed on): nobody starts on a half-written image.
    """
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
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


def commit(
    image: Image,
    identity: object,
    overlay: Path,
    journal: Journal,
    *,
    kind: str,
    fixes: Sequence[str],
    files: Sequence[FileChange],
    commands: Sequence[CommandResult],
    note: str,
    on_step: OnStep,
) -> Change:
    """Write an overlay into its image, so that it can be undone; returns the journal's row.

    ``overlay`` must be shut down cleanly; it is moved away. ``identity`` is the image's from when the overlay was
    made. ChangeError where it cannot be done: the image is then as it was (or the message says otherwise).
    """
    try:
        journal.create()
    except OSError as error:
        raise ChangeError(
            "state-folder",
            f"The folder {visible(str(journal.folder))} for undo data cannot be made: {error.strerror}. "
            "The image is as it was.",
            "Make its parent writable, or name another place with --state-dir.",
        ) from error
    with locked(journal.folder) as lock:
        if image.identity != identity:
            raise ChangeError(
                "image-changed",
                "The image was written to by something else since it was opened. It was left as it is now.",
                "Open it again and look at the preview once more.",
            )
        number = journal.begin(kind, image.virtual_size, fixes, files, commands, note)
        try:
            on_step("Writing the undo data")
            _prepare(image, overlay, journal, number)
        except (QemuError, OSError) as error:
            _forget(journal, number, State.ROLLED_BACK, "The change was not begun.")
            raise _failed(error, "Making the undo data failed") from error
        on_step("Writing the change into the image")
        _write(image, journal, number, lock)
        on_step("Recording the change")
        journal.set_state(number, State.COMMITTED)
        journal.overlay(number).unlink()
        on_step("Done")
    return _row(journal, number)


def _prepare(image: Image, overlay: Path, journal: Journal, number: int) -> None:
    """Bring the overlay and the undo delta into the state folder, durable, and the journal to *committing*."""
    _require_room(image, journal, overlay.stat().st_blocks * 512 + MARGIN)
    ours = journal.overlay(number)
    shutil.move(overlay, ours)
    ours.chmod(0o600)
    delta.rebase(ours, image)
    wanted = delta.extents(ours)
    undo = journal.undo_delta(number)
    delta.capture(image.path, image.format, wanted, undo)
    before, after = delta.digests(undo, wanted), delta.digests(ours, wanted)
    for path in (ours, undo, journal.folder, journal.folder.parent):
        delta.sync(path)
    journal.set_extents(number, wanted, before, after, State.COMMITTING)


def _require_room(image: Image, journal: Journal, needed: int) -> None:
    """The state folder takes the overlay, the undo delta and a copy to check by; the image may grow by as much."""
    wanted: dict[int, int] = {}
    for folder, times in ((journal.folder, 3), (image.path.parent, 1)):
        device = folder.stat().st_dev
        wanted[device] = wanted.get(device, 0) + needed * times
        free = shutil.disk_usage(folder).free
        if free < wanted[device]:
            raise OSError(errno.ENOSPC, f"{free} bytes are free in {folder}, {wanted[device]} are needed")


def _write(image: Image, journal: Journal, number: int, lock: int) -> None:
    """Write the overlay; where that fails, put the image back from the undo delta."""
    wanted, _before, after = journal.extents(number)
    try:
        with _reserve(journal, number):
            delta.write_back(journal.overlay(number), image, (lock,))
        if _present(image, journal, wanted) != after:
            raise QemuError("the image does not hold what was written to it")
    except (QemuError, OSError) as error:
        try:
            _put_back(image, journal, number, lock)
        except (QemuError, OSError) as second:
            raise ChangeError(
                "half-written",
                f"Writing failed ({visible(str(error))}) and could not be taken back at once ({visible(str(second))}). "
                "The image may be half written; its undo data is safe.",
                "Do not boot it. Make room or free the image, and open it again: that finishes or rolls back.",
            ) from error
        _forget(journal, number, State.ROLLED_BACK, "Writing failed; the image was put back.")
        raise _failed(error, "Writing the change failed and was taken back") from error


@contextmanager
def _reserve(journal: Journal, number: int) -> Iterator[None]:
    """Keep room for putting the image back while it is written: a disk that fills up must not prevent that."""
    ballast = journal.folder / "reserve"
    size = journal.undo_delta(number).stat().st_blocks * 512 * 3 + MARGIN
    with ballast.open("wb") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, size)
            yield
        finally:
            ballast.unlink()


def undo(image: Image, journal: Journal, number: int, on_step: OnStep) -> Change:
    """Put back what change ``number`` (the newest committed one) wrote, bit for bit; returns its row.

    ChangeError ``undo-refused`` where the image does not hold any more what the change wrote.
    """
    with locked(journal.folder) as lock:
        wanted, before, after = journal.extents(number)
        kept = journal.undo_delta(number)
        if not kept.exists():
            raise _refused(number, "its undo data is gone")
        if journal.virtual_size(number) != image.virtual_size:
            raise _refused(number, "the image was resized since")
        on_step("Checking that the image holds what the change wrote")
        try:
            # Kept until the undo is done: after a crash it tells what we wrote from what others did.
            ours = journal.overlay(number)
            ours.unlink(missing_ok=True)
            delta.capture(image.path, image.format, wanted, ours)
            delta.sync(ours)
            delta.sync(journal.folder)
            if delta.digests(ours, wanted) != after:
                raise _refused(number, "the image was booted or edited since")
            delta.rebase(kept, image)
            if delta.digests(kept, wanted) != before:
                raise _refused(number, "its undo data is damaged")
        except (QemuError, OSError) as error:
            journal.overlay(number).unlink(missing_ok=True)
            raise _failed(error, "The undo was not begun") from error
        except ChangeError:
            journal.overlay(number).unlink(missing_ok=True)
            raise
        journal.set_state(number, State.UNDOING)
        on_step("Putting the image back")
        try:
            _put_back(image, journal, number, lock)
        except (QemuError, OSError) as error:
            raise ChangeError(
                "half-undone",
                f"The undo failed: {visible(str(error))}. The image may be half undone; its undo data is safe.",
                "Do not boot it. Make room or free the image, and open it again: that finishes the undo.",
            ) from error
        on_step("Recording the undo")
        _forget(journal, number, State.UNDONE)
        on_step("Done")
    return _row(journal, number)


def recover(path: Path, journal: Journal) -> tuple[str, ...]:
    """Finish or roll back what was interrupted; says what was found and done. OpenError where neither is possible."""
    waiting = (State.PREPARING, State.COMMITTING, State.UNDOING)
    if not any(change.state in waiting for change in journal.changes()):
        return ()
    said = []
    with locked(journal.folder) as lock:
        image = probe(path)  # not before we have the lock: a program that was killed may still hold the image
        for change in journal.changes():  # read again: another run may have been at it until we had the lock
            if change.state is State.PREPARING:
                _forget(journal, change.number, State.ROLLED_BACK, "Interrupted before the image was touched.")
                said.append(f"Change {change.number} was interrupted before it was begun: the image is as it was.")
            elif change.state in waiting:
                said.append(_resume(image, journal, change, lock))
    return tuple(said)


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
        if sound and not _still_between(image, journal, kept, ours, wanted):
            raise QemuError("something else has written to the image since")
        if change.state is State.COMMITTING and sound and _finish(image, journal, number, lock):
            return f"Change {number} was interrupted while it was written: it is finished, the image is as after it."
        _put_back(image, journal, number, lock)
        delta.mend_leaks(image)
    except (QemuError, OSError) as error:
        raise OpenError(
            "interrupted",
            f"Change {number} was interrupted while the image was written, and cannot be finished or rolled back: "
            f"{visible(str(error))}.",
            f"Do not boot the image. Free it and make room, then try again; the undo data is in {visible(str(kept))}.",
        ) from error
    if change.state is State.UNDOING:
        _forget(journal, number, State.UNDONE, "Interrupted while it was undone; finished at the next opening.")
        return f"The undo of change {number} was interrupted: it is finished now, the image is as before the change."
    _forget(journal, number, State.ROLLED_BACK, "Interrupted while it was written; rolled back at the next opening.")
    return f"Change {number} was interrupted while it was written: it is rolled back, the image is as before it."


def _finish(image: Image, journal: Journal, number: int, lock: int) -> bool:
    """Write an interrupted change to its end; False where that cannot be done (no room), and it must be rolled back."""
    wanted, _before, after = journal.extents(number)
    ours = journal.overlay(number)
    try:
        delta.rebase(ours, image)
        delta.write_back(ours, image, (lock,))
        if _present(image, journal, wanted) != after:
            return False
        delta.mend_leaks(image)
    except (QemuError, OSError):
        return False
    note = "Interrupted while it was written; finished at the next opening."
    journal.set_state(number, State.COMMITTED, note)
    ours.unlink()
    return True


def _put_back(image: Image, journal: Journal, number: int, lock: int) -> None:
    """Write what differs from the undo delta back into the image, and check that it is there.

    Only what differs: that was written before and needs no new room, even where the disk is full.
    """
    wanted, before, _after = journal.extents(number)
    kept, back = journal.undo_delta(number), journal.folder / "back.qcow2"
    with _captured(image, journal, wanted) as now:
        changed = delta.differing(now, kept, wanted)
    back.unlink(missing_ok=True)
    try:
        if changed:
            delta.capture(kept, "qcow2", changed, back)
            delta.rebase(back, image)
            delta.write_back(back, image, (lock,))
        if _present(image, journal, wanted) != before:
            raise QemuError("the image does not hold what was put back")
    finally:
        back.unlink(missing_ok=True)


def _present(image: Image, journal: Journal, wanted: Sequence[Extent]) -> tuple[str, ...]:
    """The digests of what the image holds now."""
    with _captured(image, journal, wanted) as now:
        return delta.digests(now, wanted)


def _still_between(image: Image, journal: Journal, kept: Path, ours: Path, wanted: Sequence[Extent]) -> bool:
    with _captured(image, journal, wanted) as now:
        return delta.between(now, kept, ours, wanted)


@contextmanager
def _captured(image: Image, journal: Journal, wanted: Sequence[Extent]) -> Iterator[Path]:
    now = journal.folder / "now.qcow2"
    now.unlink(missing_ok=True)
    try:
        delta.capture(image.path, image.format, wanted, now)
        yield now
    finally:
        now.unlink(missing_ok=True)


def _forget(journal: Journal, number: int, state: State, note: str | None = None) -> None:
    """Record an end, then remove the data that it leaves without use; in this order, or a crash would lose it."""
    journal.set_state(number, state, note)
    journal.overlay(number).unlink(missing_ok=True)
    journal.undo_delta(number).unlink(missing_ok=True)


def _row(journal: Journal, number: int) -> Change:
    return next(change for change in journal.changes() if change.number == number)


def _refused(number: int, why: str) -> ChangeError:
    return ChangeError(
        "undo-refused",
        f"Change {number} cannot be undone exactly: {why}. The image is as it was.",
        f"Revert it instead, file by file: --revert {number}.",
    )


def _failed(error: Exception, what: str) -> WizardError:
    message = f"{what}: {visible(str(error))}. The image is as it was."
    if isinstance(error, QemuError) and error.locked:
        return ChangeError(
            "in-use", message, "Stop the virtual machine or program that holds the image; then try again."
        )
    if (isinstance(error, OSError) and error.errno == errno.ENOSPC) or (
        isinstance(error, QemuError) and error.no_space
    ):
        return ChangeError("no-room", message, "Make room on the disk, or name another place with --state-dir.")
    return ChangeError("write-failed", message, "Look at the message, mend its cause, then try again.")
