"""The stage: an overlay over the image in one appliance. Every write of ours goes there, and nowhere else."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from remediations.guest import GuestError
from remediations.vocabulary import Settings, Step
from wizard import qemu, room
from wizard.appliance import Appliance
from wizard.change import CommandResult, FileChange, FileState, Packages
from wizard.engine import OUTPUT
from wizard.errors import ChangeError, OpenError, WizardError
from wizard.guest_packages import Installer
from wizard.guestfs_guest import GuestfsGuest, died
from wizard.image import Image
from wizard.inspection import Layout, mount
from wizard.opening import Opening
from wizard.scratch import scratch_folder
from wizard.visible import visible
from wizard.writer import StepError, Writer

_TICK = 0.5


class Stage:
    """One opening of an image: made, launched, inspected, perhaps written to, then finished or dropped.

    With ``writable`` false the drive is read-only (libguestfs' own overlay): this works on an image in use, and
    where nothing may be written. All methods but :meth:`cancel` are called from one thread.
    """

    guest: GuestfsGuest

    def __init__(self, image: Image, *, writable: bool, settings: Settings | None = None) -> None:
        self.image = image
        self.settings = settings or Settings()
        self.identity = image.identity
        self.warnings: tuple[str, ...] = ()
        self.mounts: Mapping[str, str] = {}
        self._folder: Path | None = None
        self._lock = -1
        drive, drive_format = image.path, image.format
        if writable:
            self._folder, self._lock = scratch_folder()
            drive, drive_format = self.overlay, "qcow2"
            words = ("qemu-img", "create", "-q", "-f", "qcow2", "-F", image.format, "-b", image.path, drive)
            try:
                qemu.run(*words, seconds=qemu.PROBE_SECONDS)
            except BaseException:
                self._remove()
                raise
        network = writable and self.settings.network
        self._appliance = Appliance(drive, drive_format, readonly=not writable, network=network)
        self._unwatched = threading.Event()
        self._watch = threading.Thread(target=self._watch_room, name="room", daemon=True)
        if writable:
            self._watch.start()

    @property
    def overlay(self) -> Path:
        """The overlay's file, while the stage lasts."""
        assert self._folder is not None  # noqa: S101 - only a writable stage is asked
        return self._folder / "overlay.qcow2"

    def launch(
        self, on_progress: Callable[[str], None], layout: Layout | None = None, opening: Opening | None = None
    ) -> None:
        """Start the appliance and mount the guest, found first where its layout is not known.

        ``opening`` has the key of an encrypted guest and the choice among several. OpenError, Cancelled.
        """
        self._appliance.launch(on_progress)
        on_progress("Mounting the guest's file systems" if layout else "Looking for the operating system")
        try:
            with self._translating():
                inspected = mount(self._appliance.g, layout, opening or Opening(), readonly=self._folder is None)
        except StepError as error:
            raise OpenError(
                "inspection",
                f"What is inside the image could not be established: {visible(str(error))}.",
                "Check the guest's file systems; it must be a Linux system that was shut down cleanly.",
            ) from error
        self.warnings, self.mounts = inspected.warnings, inspected.mounts
        self.guest = GuestfsGuest(self._appliance, inspected, self.image.virtual_size)

        def printed(line: str) -> None:
            on_progress(OUTPUT + line)

        installer = None
        if self._folder is not None:
            installer = Installer(self._appliance, self.guest, self.settings, self._folder, printed)
        self._writer = Writer(self._appliance, self.guest, installer, printed)

    @property
    def commands(self) -> tuple[CommandResult, ...]:
        """The guest's programs that were run."""
        return tuple(self._writer.commands)

    def serves(self, settings: Settings) -> bool:
        """Whether packages come from where these settings say; the network is there from the start, or never."""
        return (self.settings.network, self.settings.packages) == (settings.network, settings.packages)

    @property
    def packages(self) -> Packages:
        """What installing packages did, beyond :meth:`changes`."""
        return self._writer.packages()

    @property
    def alive(self) -> bool:
        """Whether the appliance can still be asked."""
        return self._appliance.alive

    def apply(self, steps: Iterable[Step]) -> None:
        """Carry out a plan's steps in order. StepError where one fails: then the stage must be dropped."""
        wanted = tuple(steps)
        with self._translating():
            try:
                room.require(self._appliance.g, self.guest, self.mounts, wanted, self.overlay.parent)
            except room.NoRoomError as error:
                raise StepError(str(error)) from error
            for step in wanted:
                self._writer.carry_out(step)

    def restore(self, path: str, state: FileState | None) -> None:
        """Put one path back to a state from the journal. StepError where it fails."""
        with self._translating():
            self._writer.restore(path, state)

    def changes(self) -> tuple[FileChange, ...]:
        """What differs now from before the first step. StepError where that cannot be read."""
        with self._translating():
            return self._writer.changes()

    def state(self, path: str) -> FileState | None:
        """What stands at a path now, a link not followed. StepError where that cannot be read."""
        with self._translating():
            return self._writer.state(path)

    def finish(self) -> None:
        """Flush everything into the overlay and end the appliance; the overlay stays until :meth:`drop`."""
        try:
            self._appliance.shutdown()
        except RuntimeError as error:
            if self._appliance.why is not None:
                raise self._appliance.why from error
            raise ChangeError(
                "stage", "The staged fixes could not be flushed to the overlay. The image is as it was.", "Try again."
            ) from error
        # What comes next writes the image by programs of its own, which nothing of the stage's may end.
        self._end_watch()

    def drop(self) -> None:
        """End the appliance and remove the overlay. Safe to call twice."""
        self._end_watch()
        self._appliance.close()
        self._remove()

    def _remove(self) -> None:
        if self._folder is not None and self._folder.exists():
            shutil.rmtree(self._folder)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def cancel(self) -> None:
        """From any thread: end the appliance now."""
        self._appliance.kill()

    def _end_watch(self) -> None:
        self._unwatched.set()
        if self._watch.is_alive():
            self._watch.join()

    def _watch_room(self) -> None:
        """End the appliance where the host's disk runs full: qemu would stop the guest and wait for room, for ever."""
        folder = self.overlay.parent
        while not self._unwatched.wait(_TICK):
            with suppress(OSError):  # the folder goes as the stage is dropped
                if room.is_full(folder):
                    self._appliance.kill(
                        ChangeError(
                            "no-room",
                            f"The host's {visible(str(folder.parent))} ran full while fixes were staged. "
                            "The image is as it was.",
                            "Make room there, or name another folder in TMPDIR; then try again.",
                        )
                    )
                    return

    @contextmanager
    def _translating(self) -> Iterator[None]:
        """Turn what libguestfs and its binding raise into StepError, or WizardError where the appliance is gone."""
        try:
            yield
        except (WizardError, StepError):
            raise
        except GuestError as error:
            raise StepError(str(error)) from error
        except (RuntimeError, UnicodeError) as error:
            if self._appliance.why is not None:
                raise self._appliance.why from error
            if self._appliance.expired:
                raise StepError("it took too long") from error
            if self._appliance.g is None or not self._appliance.g.is_ready():
                raise died() from error
            raise StepError(str(error)) from error
