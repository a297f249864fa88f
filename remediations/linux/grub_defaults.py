"""What ``/etc/default/grub`` and ``/etc/default/grub.d/*.cfg`` give to grub-mkconfig(8), taken together."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from remediations.guest import FileKind, Guest, GuestError
from remediations.linux.shell_assignments import (
    UNKNOWN,
    Assignment,
    ShellFile,
    ShellSyntaxError,
    evaluate,
    parse,
    with_words,
)
from remediations.linux.text import encode, line_ending

DEFAULTS = "/etc/default/grub"
DEFAULTS_PATTERN = "/etc/default/grub.d/*.cfg"
EVERY_ENTRY = "GRUB_CMDLINE_LINUX"
NORMAL_ENTRIES = "GRUB_CMDLINE_LINUX_DEFAULT"
_GENERATORS = ("/usr/sbin/grub2-mkconfig", "/usr/sbin/grub-mkconfig", "/usr/bin/grub-mkconfig")

# grub-mkconfig does not set these before it sources the files: unset, they are empty.
_UNSET = {EVERY_ENTRY: "", NORMAL_ENTRIES: "", "GRUB_DISABLE_RECOVERY": "", "GRUB_CMDLINE_LINUX_RECOVERY": ""}


@dataclass(frozen=True)
class GrubDefaults:
    """The files in the order they are sourced, as (path, file), and the variables they leave."""

    files: tuple[tuple[str, ShellFile], ...]
    values: dict[str, str]

    def words(self, name: str) -> tuple[str, ...]:
        """A variable's words; one that only running a command could tell contains :data:`UNKNOWN`."""
        return tuple(self.values.get(name, "").split())

    @property
    def recovery(self) -> bool:
        """Whether recovery entries are made; they get :data:`EVERY_ENTRY` alone."""
        return self.values["GRUB_DISABLE_RECOVERY"] != "true"

    def last(self, name: str) -> tuple[str, ShellFile, Assignment] | None:
        """The assignment that has the last word on a variable, with its file."""
        for path, file in reversed(self.files):
            for assignment in reversed(file.assignments):
                if assignment.name == name:
                    return path, file, assignment
        return None

    def with_words(self, name: str, words: str) -> tuple[str, bytes, GrubDefaults]:
        """The file to write so that ``name`` ends in ``words``: its path, its content, and the defaults it leaves.

        GuestError where the result would not be just that.
        """
        last = self.last(name)
        if last is None:
            path, content = self._with_line(name, words)
        else:
            path, file, assignment = last
            content = with_words(file, assignment, words)
        edited = dict(self.files) | {path: parse(content)}
        # A new /etc/default/grub is sourced before the files of grub.d.
        order = (
            [path, *(known for known, _ in self.files)] if path not in dict(self.files) else [p for p, _ in self.files]
        )
        after = _defaults(tuple((known, edited[known]) for known in order))
        wanted = {**self.values, name: " ".join((*self.words(name), *words.split()))}
        if {key: value.split() for key, value in after.values.items()} != {
            key: value.split() for key, value in wanted.items()
        }:
            raise GuestError(f"{path}: {words} could not be added to {name} without changing something else")
        return path, content, after

    def _with_line(self, name: str, words: str) -> tuple[str, bytes]:
        """``/etc/default/grub`` with an assignment added at its end."""
        text = next((file.text for path, file in self.files if path == DEFAULTS), "")
        content = encode(text)
        ending = line_ending(content)
        separator = ending if content and not content.endswith(b"\n") else b""
        return DEFAULTS, content + separator + f'{name}="{words}"'.encode() + ending


def grub_defaults(guest: Guest) -> GrubDefaults:
    """Read the defaults; GuestError, with path and line, where a file holds more than plain assignments."""
    paths = [DEFAULTS] if guest.exists(DEFAULTS) else []
    paths += [path for path in guest.glob(DEFAULTS_PATTERN) if guest.exists(path)] if _reads_folder(guest) else []
    files = []
    for path in paths:
        try:
            files.append((path, parse(guest.read(path))))
        except ShellSyntaxError as error:
            raise GuestError(f"{path} cannot be understood: {error}") from error
    _refuse_append_in_dash(guest, files)
    return _defaults(tuple(files))


def _defaults(files: tuple[tuple[str, ShellFile], ...]) -> GrubDefaults:
    return GrubDefaults(files, evaluate(tuple(file for _, file in files), _UNSET))


def _reads_folder(guest: Guest) -> bool:
    """Whether grub-mkconfig sources ``grub.d``: Debian's does, others' only where their script says so."""
    if guest.facts.family == "debian" or guest.exists("/usr/sbin/update-grub"):
        return True
    path = next((path for path in _GENERATORS if guest.exists(path)), None)
    return path is not None and b"default/grub.d" in guest.read(path)


def _refuse_append_in_dash(guest: Guest, files: list[tuple[str, ShellFile]]) -> None:
    """grub-mkconfig is a ``/bin/sh`` script: dash and busybox take ``NAME+=value`` for a command and stop there."""
    shell = guest.lstat("/bin/sh")
    if shell is None or shell.kind is not FileKind.LINK:
        return
    name = posixpath.basename(guest.readlink("/bin/sh"))
    if name not in ("dash", "busybox"):
        return
    for path, file in files:
        for assignment in file.assignments:
            if assignment.append:
                where = f"{path} cannot be understood: line {assignment.line}"
                raise GuestError(f"{where}: += is not known to {name}, which runs grub-mkconfig")


__all__ = ["DEFAULTS", "EVERY_ENTRY", "NORMAL_ENTRIES", "UNKNOWN", "GrubDefaults", "grub_defaults"]
