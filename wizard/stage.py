"""The stage: an overlay over the image in one appliance. Every write of ours goes there, and nowhere else."""

from __future__ import annotations

import os
import posixpath
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from remediations.guest import FileKind, GuestError
from remediations.vocabulary import (
    MakeDirectory,
    MakeLink,
    RemoveFile,
    RunCommand,
    SetMode,
    SimpleStep,
    Step,
    WriteFile,
)
from wizard import guest_command, qemu
from wizard.appliance import Appliance
from wizard.change import CommandResult, FileChange, FileState
from wizard.errors import Cancelled, ChangeError, OpenError
from wizard.guestfs_guest import GuestfsGuest, died
from wizard.image import Image
from wizard.inspection import inspect
from wizard.scratch import scratch_folder
from wizard.visible import visible

CONTENT_LIMIT = 64 * 1024 * 1024
"""Bytes of one file that the stage keeps, for the diff and the journal."""


class StepError(Exception):
    """A step could not be carried out; the stage must be dropped. The message may quote guest text."""


class Stage:
    """One opening of an image: made, launched, inspected, perhaps written to, then finished or dropped.

    With ``writable`` false the drive is read-only (libguestfs' own overlay): this works on an image in use, and
    where nothing may be written. All methods but :meth:`cancel` are called from one thread.
    """

    guest: GuestfsGuest

    def __init__(self, image: Image, *, writable: bool) -> None:
        self.image = image
        self.identity = image.identity
        self.warnings: tuple[str, ...] = ()
        self.commands: list[CommandResult] = []
        self._before: dict[str, FileState | None] = {}
        self._generated: set[str] = set()
        self._folder: Path | None = None
        self._lock = -1
        drive, drive_format = image.path, image.format
        if writable:
            self._folder, self._lock = scratch_folder()
            drive, drive_format = self.overlay, "qcow2"
            words = ("qemu-img", "create", "-q", "-f", "qcow2", "-F", image.format, "-b", image.path, drive)
            qemu.run(*words, seconds=qemu.PROBE_SECONDS)
        self._appliance = Appliance(drive, drive_format, readonly=not writable)

    @property
    def overlay(self) -> Path:
        """The overlay's file, while the stage lasts."""
        assert self._folder is not None  # noqa: S101 - only a writable stage is asked
        return self._folder / "overlay.qcow2"

    def launch(self, on_progress: Callable[[str], None]) -> None:
        """Start the appliance, find and mount the guest. OpenError, Cancelled."""
        self._appliance.launch(on_progress)
        on_progress("Looking for the operating system")
        try:
            inspected = inspect(self._appliance.g, readonly=self._folder is None)
        except RuntimeError as error:
            failure = self._translated(error)
            if isinstance(failure, ChangeError):
                failure = OpenError(
                    "inspection",
                    f"What is inside the image could not be established: {visible(str(error))}.",
                    "Check the guest's file systems; it must be a Linux system that was shut down cleanly.",
                )
            raise failure from error
        self.warnings = inspected.warnings
        self.guest = GuestfsGuest(self._appliance, inspected, self.image.virtual_size)

    def apply(self, steps: Iterable[Step]) -> None:
        """Carry out a plan's steps in order. StepError where one fails: then the stage must be dropped."""
        for step in steps:
            try:
                if isinstance(step, RunCommand):
                    self._run(step)
                else:
                    self._carry_out(step)
            except GuestError as error:
                raise StepError(str(error)) from error
            except RuntimeError as error:
                failure = self._translated(error)
                if not isinstance(failure, ChangeError):
                    raise failure from error
                raise StepError(failure.message) from error
            finally:
                self.guest.forget()

    def restore(self, path: str, state: FileState | None) -> None:
        """Put one path back to a state from the journal. StepError where it fails."""
        if state is None:
            found = self.guest.lstat(path)
            if found is not None and found.kind is FileKind.DIRECTORY:
                self._touch(path)
                self._remove_folder(path)
            else:
                self.apply([RemoveFile(path)])
            return
        if state.kind is FileKind.LINK:
            self.apply([MakeLink(path, state.target or "")])
            return
        if state.content is None:
            raise StepError(f"{path}: its earlier content was not kept")
        self.apply([WriteFile(path, state.content, state.mode), SetMode(path, state.mode)])
        g = self._appliance.g
        try:
            g.lchown(state.uid, state.gid, path)
            if state.label:
                g.lsetxattr("security.selinux", state.label + "\0", len(state.label) + 1, path)
        except RuntimeError as error:
            raise StepError(f"{path}: {error}") from error

    def changes(self) -> tuple[FileChange, ...]:
        """What differs now from when each touched path was first met, sorted by path."""
        found = []
        for path, before in sorted(self._before.items()):
            after = self.state(path)
            if after != before:
                found.append(FileChange(path, before, after, path in self._generated))
        return tuple(found)

    def state(self, path: str) -> FileState | None:
        """What stands at a path now, a link not followed."""
        found = self.guest.lstat(path)
        if found is None:
            return None
        content = self.guest.read(path, CONTENT_LIMIT) if found.kind is FileKind.FILE else None
        target = self.guest.readlink(path) if found.kind is FileKind.LINK else None
        return FileState(found.kind, found.mode, found.uid, found.gid, content, target, self._label(path))

    def finish(self) -> None:
        """Flush everything into the overlay and end the appliance; the overlay stays until :meth:`drop`."""
        try:
            self._appliance.shutdown()
        except RuntimeError as error:
            raise ChangeError(
                "stage", "The staged fixes could not be flushed to the overlay. The image is as it was.", "Try again."
            ) from error

    def drop(self) -> None:
        """End the appliance and remove the overlay. Safe to call twice."""
        self._appliance.close()
        if self._folder is not None and self._folder.exists():
            shutil.rmtree(self._folder)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def cancel(self) -> None:
        """From any thread: end the appliance now."""
        self._appliance.kill()

    def _carry_out(self, step: SimpleStep) -> None:
        g = self._appliance.g
        match step:
            case WriteFile(path, content, mode):
                self._write(path, content, mode)
            case RemoveFile(path):
                path = self._touch(self._own_path(path))
                g.rm(path)
            case MakeLink(path, target):
                self._make_folder(posixpath.dirname(path), 0o755)
                path = self._touch(self._own_path(path))
                if self.guest.lstat(path) is not None:
                    g.rm(path)
                g.ln_s(target, path)
            case MakeDirectory(path, mode):
                self._make_folder(path, mode)
            case SetMode(path, mode):
                path = self._touch(self.guest.realpath(path))
                g.chmod(mode, path)

    def _write(self, path: str, content: bytes, mode: int) -> None:
        """In place: the same inode keeps its owner, mode, links, extended attributes; the overlay makes it safe."""
        g = self._appliance.g
        self._make_folder(posixpath.dirname(path), 0o755)
        path = self.guest.realpath(path)
        found = self.guest.stat(path)
        if found is not None and found.kind is not FileKind.FILE:
            raise StepError(f"{path}: not a regular file")
        self._touch(path)
        if found is None and self._selinux():
            raise StepError(f"{path}: the guest uses SELinux, and the right label of a new file is not known")
        if len(content) <= 2 * 1024 * 1024:
            g.write(path, content)
        else:
            with tempfile.NamedTemporaryFile() as file:
                file.write(content)
                file.flush()
                g.upload(file.name, path)
        if found is None:
            g.chmod(mode, path)

    def _make_folder(self, path: str, mode: int) -> None:
        if self.guest.stat(path) is not None:
            return
        self._make_folder(posixpath.dirname(path), 0o755)
        self._touch(path)
        self._appliance.g.mkdir_mode(path, mode)
        self.guest.forget()

    def _remove_folder(self, path: str) -> None:
        try:
            self._appliance.g.rmdir(path)
        except RuntimeError as error:
            raise StepError(f"{path}: {error}") from error
        self.guest.forget()

    def _own_path(self, path: str) -> str:
        """The path with its folder's links resolved, its own not."""
        return posixpath.join(self.guest.realpath(posixpath.dirname(path)), posixpath.basename(path))

    def _touch(self, path: str) -> str:
        """Remember a path's state before our first write to it."""
        if path not in self._before:
            self._before[path] = self.state(path)
        return path

    def _run(self, step: RunCommand) -> None:
        output = self._touch(self.guest.realpath(step.output))
        before = self._before[output]
        content = before.content if before and before.content is not None else b""
        present = self.guest.read(output, CONTENT_LIMIT) if self.guest.exists(output) else None
        result = guest_command.run(self._appliance, self.guest, step, self._touch)
        self.guest.forget()
        if not result.problem:
            after = self.guest.read(output, CONTENT_LIMIT) if self.guest.exists(output) else b""
            problem = step.accept(present if present is not None else content, after)
            if problem is None:
                self._generated.add(output)
                self.commands.append(CommandResult(step.argv, result.output))
                return
            result = guest_command.Result(result.output, problem, result.strays)
        if result.strays:
            names = ", ".join(result.strays[:5])
            raise StepError(f"{step.argv[0]} changed files that it should not: {names}")
        if not step.otherwise:
            raise StepError(f"{step.argv[0]}: {result.problem}")
        if present is not None:
            self._write(output, present, 0o644)
        for other in step.otherwise:
            self._carry_out(other)
            self.guest.forget()
        note = f"Not used: {result.problem.rstrip('.')}. The file was edited directly instead."
        self.commands.append(CommandResult(step.argv, result.output, note))

    def _label(self, path: str) -> str:
        for attribute in self._appliance.g.lgetxattrs(path):
            if attribute["attrname"] == "security.selinux":
                return bytes(attribute["attrval"]).rstrip(b"\0").decode("utf-8", "replace")
        return ""

    def _selinux(self) -> bool:
        if not self.guest.exists("/etc/selinux/config"):
            return False
        lines = self.guest.read("/etc/selinux/config").split(b"\n")
        return any(line.strip() in (b"SELINUX=enforcing", b"SELINUX=permissive") for line in lines)

    def _translated(self, error: RuntimeError) -> Exception:
        if self._appliance.killed:
            return Cancelled()
        g: Any = self._appliance.g
        if self._appliance.expired:
            return ChangeError("timeout", "A guest command took too long. The image is as it was.", "Try again.")
        if g is None or not g.is_ready():
            return died()
        return ChangeError(
            "stage", f"Staging failed: {visible(str(error))}. The image is as it was.", "See the message."
        )
