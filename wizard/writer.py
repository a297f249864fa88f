"""Carries out steps in a guest, and keeps what each path was before the first write to it."""

from __future__ import annotations

import posixpath
import tempfile
from collections.abc import Mapping

from remediations.guest import FileKind
from remediations.vocabulary import (
    InstallPackages,
    MakeDirectory,
    MakeLink,
    RemoveDirectory,
    RemoveFile,
    RunCommand,
    SetMode,
    SimpleStep,
    Step,
    WriteFile,
)
from wizard import guest_command
from wizard.appliance import Appliance
from wizard.change import CommandResult, FileChange, FileState, Packages
from wizard.enclosure import OnLine
from wizard.guest_packages import Installed, Installer, merged
from wizard.guestfs_guest import GuestfsGuest
from wizard.labels import Labels, attach
from wizard.step_error import StepError as StepError

CONTENT_LIMIT = 64 * 1024 * 1024
"""Bytes of one file that are kept, for the diff and the journal."""
MESSAGE_LIMIT = 2 * 1024 * 1024


class Writer:
    """Writes through one appliance. Methods raise StepError, GuestError, or libguestfs' RuntimeError.

    ``commands`` are the guest's programs that were run, with what they printed; ``on_line`` hears it as it comes.
    """

    def __init__(
        self,
        appliance: Appliance,
        guest: GuestfsGuest,
        installer: Installer | None = None,
        on_line: OnLine = lambda line: None,
    ) -> None:
        self._appliance, self._guest, self._installer, self._on_line = appliance, guest, installer, on_line
        self._before: dict[str, FileState | None] = {}
        self._generated: set[str] = set()
        self._packaged: set[str] = set()
        self._installed: list[Installed] = []
        self.commands: list[CommandResult] = []
        self._labels = Labels(guest)

    def carry_out(self, step: Step) -> None:
        """Carry out one step of a plan."""
        if isinstance(step, RunCommand):
            self._run(step)
        elif isinstance(step, InstallPackages):
            self._install(step)
        else:
            self._simple(step)
            self._guest.forget()

    def restore(self, path: str, state: FileState | None) -> None:
        """Put one path back to a state from the journal; what stands there now is not followed if it is a link."""
        found = self._guest.lstat(path)
        if found is not None and (state is None or found.kind is not state.kind or found.kind is FileKind.LINK):
            self._remove(path, folder=found.kind is FileKind.DIRECTORY)
        if state is None:
            return
        if state.kind is FileKind.DIRECTORY:
            self._make_folder(path, state.mode)
        elif state.kind is FileKind.LINK:
            self.carry_out(MakeLink(path, state.target or ""))
        elif state.content is None:
            raise StepError(f"{path}: its earlier content was not kept")
        else:
            self._write(path, state.content, state.mode, state.label)
            self._appliance.g.chmod(state.mode, path)
        self._appliance.g.lchown(state.uid, state.gid, path)
        if state.label:
            attach(self._appliance.g, path, state.label)
        self._guest.forget()

    def changes(self) -> tuple[FileChange, ...]:
        """What differs now from when each touched path was first met, sorted by path."""
        found = []
        for path, before in sorted(self._before.items()):
            after = self.state(path)
            if after != before:
                found.append(FileChange(path, before, after, path in self._generated, path in self._packaged))
        return tuple(found)

    def packages(self) -> Packages:
        """What installing packages did, beyond :meth:`changes`."""
        return merged(self._installed)

    def state(self, path: str) -> FileState | None:
        """What stands at a path now, a link not followed."""
        found = self._guest.lstat(path)
        if found is None:
            return None
        content = self._guest.read(path, CONTENT_LIMIT) if found.kind is FileKind.FILE else None
        target = self._guest.readlink(path) if found.kind is FileKind.LINK else None
        return FileState(found.kind, found.mode, found.uid, found.gid, content, target, self._guest.label(path))

    def touch(self, path: str) -> FileState | None:
        """Remember a path's state before our first write to it; returns the present one."""
        present = self.state(path)
        self._before.setdefault(path, present)
        return present

    def keep(self, path: str, state: FileState | None) -> None:
        """Remember what stood at a path before a command of the guest changed it."""
        self._before.setdefault(path, state)

    def _simple(self, step: SimpleStep) -> None:
        g = self._appliance.g
        match step:
            case WriteFile(path, content, mode):
                self._write(path, content, mode)
            case RemoveFile(path):
                path = self._own_path(path)
                self.touch(path)
                g.rm(path)
            case MakeLink(path, target):
                self._make_folder(posixpath.dirname(path), 0o755)
                path = self._own_path(path)
                self.touch(path)
                if self._guest.lstat(path) is not None:
                    g.rm(path)
                g.ln_s(target, path)
                self._new(path)
            case MakeDirectory(path, mode):
                self._make_folder(path, mode)
            case RemoveDirectory(path):
                path = self._own_path(path)
                self.touch(path)
                g.rmdir(path)
            case SetMode(path, mode):
                path = self._guest.realpath(path)
                self.touch(path)
                g.chmod(mode, path)

    def _write(self, path: str, content: bytes, mode: int, label: str = "") -> None:
        """In place: the same inode keeps its owner, mode, links, extended attributes; the overlay makes it safe."""
        g = self._appliance.g
        self._make_folder(posixpath.dirname(path), 0o755)
        path = self._guest.realpath(path)
        found = self._guest.stat(path)
        if found is not None and found.kind is not FileKind.FILE:
            raise StepError(f"{path}: not a regular file")
        self.touch(path)
        if len(content) <= MESSAGE_LIMIT:
            g.write(path, content)
        else:
            with tempfile.NamedTemporaryFile() as file:
                file.write(content)
                file.flush()
                g.upload(file.name, path)
        if found is None:
            g.chmod(mode, path)
            self._new(path, label)

    def _make_folder(self, path: str, mode: int) -> None:
        if self._guest.stat(path) is not None:
            return
        self._make_folder(posixpath.dirname(path), 0o755)
        self.touch(path)
        self._appliance.g.mkdir_mode(path, mode)
        self._new(self._guest.realpath(path))

    def _new(self, path: str, label: str = "") -> None:
        """Something of ours stands at a path where nothing stood; without a label known, its policy says which."""
        self._guest.forget()
        if label:
            attach(self._appliance.g, path, label)
        else:
            self._labels.give(self._appliance.g, path)

    def _remove(self, path: str, *, folder: bool) -> None:
        self.touch(path)
        if folder:
            self._appliance.g.rmdir(path)
        else:
            self._appliance.g.rm(path)
        self._guest.forget()

    def _own_path(self, path: str) -> str:
        """The path with its folder's links resolved, its own not."""
        return posixpath.join(self._guest.realpath(posixpath.dirname(path)), posixpath.basename(path))

    def _run(self, step: RunCommand) -> None:
        output = self._guest.realpath(step.output)
        before = self._content(output)
        result = guest_command.run(self._appliance, self._guest, step, self, self._on_line)
        self._guest.forget()
        problem = result.problem or step.accept(before, self._content(output))
        if problem is None:
            self._relabel(result.changed)
            self._generated.add(output)
            self.commands.append(CommandResult(step.argv, result.output))
            return
        if result.strays:
            names = ", ".join(result.strays[:5])
            raise StepError(f"{step.argv[0]} changed files that it should not: {names}")
        if not step.otherwise:
            raise StepError(f"{step.argv[0]}: {problem}")
        for path, was in result.changed.items():
            self.restore(path, was)
        for other in step.otherwise:
            self.carry_out(other)
        note = f"Not used: {problem.rstrip('.')}. The file was edited directly instead."
        self.commands.append(CommandResult(step.argv, result.output, note))

    def _install(self, step: InstallPackages) -> None:
        if self._installer is None:
            raise StepError("packages cannot be installed here")
        done = self._installer.install(step.names, self)
        self._guest.forget()
        self._labels.forget()
        for path in (*done.changed.new, *done.changed.altered) if self._labels.on else ():
            self._labels.give(self._appliance.g, path)
        self._packaged |= done.before.keys() - self._before.keys()
        for path, state in done.before.items():
            self._before.setdefault(path, state)
        self._installed.append(done)
        self.commands.append(done.command)

    def _relabel(self, changed: Mapping[str, FileState | None]) -> None:
        """A program that replaces a file leaves one without a label: it gets the old one's, else its policy's."""
        for path, was in changed.items() if self._labels.on else ():
            if self._guest.lstat(path) is None or self._guest.label(path):
                continue
            self._new(path, was.label if was is not None else "")

    def _content(self, path: str) -> bytes:
        return self._guest.read(path, CONTENT_LIMIT) if self._guest.exists(path) else b""
