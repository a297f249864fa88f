"""Undo: puts back what the newest change wrote, bit for bit, or refuses."""

from __future__ import annotations

from wizard import delta
from wizard.change import Change, State
from wizard.commit import OnStep
from wizard.errors import ChangeError
from wizard.image import Image
from wizard.journal import Journal
from wizard.put_back import failed, forget, put_back, row
from wizard.qemu import QemuError
from wizard.state_lock import locked
from wizard.visible import visible


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
            raise failed(error, "The undo was not begun") from error
        except ChangeError:
            journal.overlay(number).unlink(missing_ok=True)
            raise
        journal.set_state(number, State.UNDOING)
        on_step("Putting the image back")
        try:
            put_back(image, journal, number, lock)
        except (QemuError, OSError) as error:
            raise ChangeError(
                "half-undone",
                f"The undo failed: {visible(str(error))}. The image may be half undone; its undo data is safe.",
                "Do not boot it. Make room or free the image, and open it again: that finishes the undo.",
            ) from error
        on_step("Recording the undo")
        forget(journal, number, State.UNDONE)
        on_step("Done")
    return row(journal, number)


def _refused(number: int, why: str) -> ChangeError:
    return ChangeError(
        "undo-refused",
        f"Change {number} cannot be undone exactly: {why}. The image is as it was.",
        f"Revert it instead, file by file: --revert {number}.",
    )
