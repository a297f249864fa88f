"""Commit: writes a staged overlay into its image, so that no crash can leave it half done and undo is exact.

The order is what makes it safe: the undo delta and the journal's word *committing* are durable before the first
byte of the image is written; writing an overlay or a delta into the image can be run again until it is done.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from wizard import delta
from wizard.change import Change, CommandResult, FileChange, Packages, State
from wizard.errors import ChangeError, OpenError
from wizard.image import Image, require_same
from wizard.journal import Journal
from wizard.put_back import failed, forget, present, put_back, refuse_unfinished, row
from wizard.qemu import QemuError
from wizard.state_lock import locked
from wizard.visible import visible

OnStep = Callable[[str], None]
NO_PACKAGES = Packages()
MARGIN = 16 * 1024 * 1024
"""Bytes of room asked for beyond what a change needs, for metadata and the journal."""


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
    settings: Mapping[str, str] | None = None,
    packages: Packages = NO_PACKAGES,
) -> Change:
    """Write an overlay into its image, so that it can be undone; returns the journal's row.

    ``overlay`` must be shut down cleanly; it is moved away. ``identity`` is the image's from when the overlay was
    made; ``settings`` are what to remember for it. ChangeError where it cannot be done: the image is then as it was
    (or the message says otherwise).
    """
    require_same(image, identity, "it was opened")  # first: where it is gone, no folder is to be made beside it
    try:
        journal.create([file.stat().st_uid for file in image.files])
    except OSError as error:
        raise ChangeError(
            "state-folder",
            f"The folder {visible(str(journal.folder))} for undo data cannot be made: {error.strerror}. "
            "The image is as it was.",
            "Make room and its parent writable, or name another place with --state-dir.",
        ) from error
    with locked(journal.folder) as lock:
        refuse_unfinished(journal)
        require_same(image, identity, "it was opened")
        number = journal.begin(kind, image.virtual_size, fixes, files, commands, note, settings, packages)
        try:
            on_step("Writing the undo data")
            _prepare(image, overlay, journal, number)
        except (QemuError, OSError) as error:
            forget(journal, number, State.ROLLED_BACK, "The change was not begun.")
            raise failed(error, "Making the undo data failed") from error
        on_step("Writing the change into the image")
        _write(image, journal, number, lock)
        on_step("Recording the change")
        try:
            journal.set_state(number, State.COMMITTED)
        except OpenError as error:
            raise ChangeError(
                "not-recorded",
                f"The change is in the image, but could not be recorded: {error.message}",
                "Make room or mend the folder, and open the image again: that records it.",
            ) from error
        journal.overlay(number).unlink()
        journal.heartbeat.unlink(missing_ok=True)
        on_step("Done")
    return row(journal, number)


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
            mib = 1024 * 1024
            told = f"{folder} has {free // mib} MiB free and {wanted[device] // mib + 1} MiB are needed"
            raise OSError(errno.ENOSPC, told)


def _write(image: Image, journal: Journal, number: int, lock: int) -> None:
    """Write the overlay; where that fails, put the image back from the undo delta."""
    wanted, _before, after = journal.extents(number)
    try:
        with _reserve(journal, number):
            delta.write_back(journal.overlay(number), image, (lock,), journal.heartbeat)
        if present(image, journal, wanted) != after:
            raise QemuError("the image does not hold what was written to it")
    except (QemuError, OSError) as error:
        try:
            put_back(image, journal, number, lock)
        except (QemuError, OSError) as second:
            raise ChangeError(
                "half-written",
                f"Writing failed ({visible(str(error))}) and could not be taken back at once ({visible(str(second))}). "
                "The image may be half written; its undo data is safe.",
                "Do not boot it. Make room or free the image, and open it again: that finishes or rolls back.",
            ) from error
        forget(journal, number, State.ROLLED_BACK, "Writing failed; the image was put back.")
        raise failed(error, "Writing the change failed and was taken back") from error


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
