"""Undo: puts back what the newest change wrote, bit for bit, or refuses."""

from __future__ import annotations

from collections.abc import Sequence

from wizard import delta
from wizard.change import Change, State
from wizard.commit import OnStep
from wizard.errors import ChangeError
from wizard.image import Image
from wizard.journal import Journal
from wizard.put_back import failed, forget, present, put_back, refuse_unfinished, row
from wizard.qemu import QemuError
from wizard.state_lock import locked
from wizard.visible import visible


def chosen(changes: Sequence[Change], number: int | None) -> list[int]:
    """The changes to take back, newest first: the newest, or change ``number`` and all after it.

    ``changes`` is the whole journal, newest first. ChangeError where there is no such change.
    """
    standing = [change.number for change in changes if change.state is State.COMMITTED]
    if not standing:
        raise ChangeError("nothing-to-undo", "No change of this image can be undone.", "See --journal.")
    if number is None:
        return standing[:1]
    if number not in standing:
        raise ChangeError("no-such-change", f"There is no change {number} to undo.", "See --journal.")
    return [one for one in standing if one >= number]


def require_undo_data(image: Image, journal: Journal, numbers: Sequence[int]) -> None:
    """Check that each change's undo data is there and whole, before the first of them is undone. ChangeError."""
    for number in numbers:
        wanted, before, _after = journal.extents(number)
        kept = journal.undo_delta(number)
        if not kept.exists():
            raise _refused(number, "its undo data is gone")
        if journal.virtual_size(number) != image.virtual_size:
            raise _refused(number, "the image was resized since")
        try:
            sound = delta.digests(kept, wanted) == before
        except (QemuError, OSError) as error:
            raise _refused(number, f"its undo data cannot be read ({visible(str(error))})") from error
        if not sound:
            raise _refused(number, "its undo data is damaged")


def undo(image: Image, journal: Journal, number: int, on_step: OnStep) -> Change:
    """Put back what change ``number`` (the newest committed one) wrote, bit for bit; returns its row.

    ChangeError ``undo-refused`` where the image does not hold any more what the change wrote.
    """
    with locked(journal.folder) as lock:
        refuse_unfinished(journal)
        standing = [change.number for change in journal.changes() if change.state is State.COMMITTED]
        if standing[:1] != [number]:
            raise _refused(number, "it is not the newest change any more")
        on_step("Checking that the image holds what the change wrote")
        require_undo_data(image, journal, [number])
        try:
            _keep_present(image, journal, number)
            journal.set_state(number, State.UNDOING)
        except (QemuError, OSError) as error:
            journal.overlay(number).unlink(missing_ok=True)
            raise failed(error, "The undo was not begun") from error
        except ChangeError:
            journal.overlay(number).unlink(missing_ok=True)
            raise
        on_step("Putting the image back")
        try:
            put_back(image, journal, number, lock)
        except (QemuError, OSError) as error:
            raise _stopped(error, image, journal, number) from error
        on_step("Recording the undo")
        forget(journal, number, State.UNDONE)
        on_step("Done")
    return row(journal, number)


def _keep_present(image: Image, journal: Journal, number: int) -> None:
    """Keep what the image holds until the undo is done: after a crash it tells what we wrote from what others did."""
    wanted, _before, after = journal.extents(number)
    ours = journal.overlay(number)
    ours.unlink(missing_ok=True)
    delta.capture(image.path, image.format, wanted, ours)
    delta.sync(ours)
    delta.sync(journal.folder)
    if delta.digests(ours, wanted) != after:
        raise _refused(number, "the image was booted or edited since")
    delta.rebase(journal.undo_delta(number), image)


def _stopped(error: Exception, image: Image, journal: Journal, number: int) -> ChangeError:
    """What to tell of a put-back that failed; where nothing was written yet, the change stands as before."""
    wanted, _before, after = journal.extents(number)
    try:
        untouched = present(image, journal, wanted) == after
    except (QemuError, OSError):
        untouched = False
    if untouched:
        journal.set_state(number, State.COMMITTED)
        journal.overlay(number).unlink(missing_ok=True)
        return failed(error, "The undo was not begun")
    return ChangeError(
        "half-undone",
        f"The undo failed: {visible(str(error))}. The image may be half undone; its undo data is safe.",
        "Do not boot it. Make room or free the image, and open it again: that finishes the undo.",
    )


def _refused(number: int, why: str) -> ChangeError:
    return ChangeError(
        "undo-refused",
        f"Change {number} cannot be undone exactly: {why}. It was left as it is.",
        f"Revert it instead, file by file: --revert {number}.",
    )
