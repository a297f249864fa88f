"""What a set of fixes does to a guest: files before and after, commands with their output."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from remediations.guest import FileKind
from wizard.difference import Difference, Side, text_side, told, too_long
from wizard.report import Report
from wizard.visible import visible

_AT_ONCE = 128 * 1024
"""Bytes before and after that are compared without keeping anyone waiting."""


@dataclass(frozen=True)
class FileState:
    """One path at one moment. ``content`` is a regular file's bytes, ``target`` a link's text, ``label`` SELinux's."""

    kind: FileKind
    mode: int
    uid: int
    gid: int
    content: bytes | None = None
    target: str | None = None
    label: str = ""


class Verb(StrEnum):
    """What became of a path."""

    CREATED = "created"
    MODIFIED = "modified"
    EMPTIED = "emptied"
    REMOVED = "removed"
    ATTRIBUTES = "attributes"


@dataclass(frozen=True)
class FileChange:
    """A path that differs: its state before and after, None where nothing was there.

    ``generated`` by a command; ``packaged``: it came with, or was changed by, packages that were installed.
    """

    path: str
    before: FileState | None
    after: FileState | None
    generated: bool = False
    packaged: bool = False

    @property
    def verb(self) -> Verb:
        """What became of the path."""
        if self.before is None:
            return Verb.CREATED
        if self.after is None:
            return Verb.REMOVED
        if (self.before.kind, self.before.content, self.before.target) == (
            self.after.kind,
            self.after.content,
            self.after.target,
        ):
            return Verb.ATTRIBUTES
        if self.after.content == b"" and self.before.content:
            return Verb.EMPTIED
        return Verb.MODIFIED

    @cached_property
    def difference(self) -> Difference:
        """How the content differs; links, folders and binary content are told of in one line."""
        return Difference(_side(self.before), _side(self.after))

    @property
    def compared(self) -> bool:
        """Whether the difference is known, or would be found at once."""
        contents = [state.content or b"" for state in (self.before, self.after) if state]
        return sum(map(len, contents)) <= _AT_ONCE or ("difference" in vars(self) and "hunks" in vars(self.difference))

    @property
    def attributes(self) -> tuple[tuple[str, str, str], ...]:
        """What else changes: mode, owner and label with their values before and after, empty where there is none."""
        before, after = self.before, self.after
        every = (
            ("mode", _mode(before), _mode(after)),
            ("owner", _owner(before), _owner(after)),
            ("label", before.label if before else "", after.label if after else ""),
        )
        return tuple((word, old, new) for word, old, new in every if old != new)

    @property
    def diff(self) -> str:
        """A unified diff with ``---``/``+++`` headers and lines for mode, owner and label where they change.

        Guest text in it is already made visible; binary content is told by size and SHA-256 alone.
        """
        name = visible(self.path)
        lines = [
            f"--- {'a' + name if self.before else '/dev/null'}",
            f"+++ {'b' + name if self.after else '/dev/null'}",
            *(f"{word} {visible(old) or '-'} -> {visible(new) or '-'}" for word, old, new in self.attributes),
        ]
        return "\n".join([*lines, *self.difference.unified()]) + "\n"


@dataclass(frozen=True)
class CommandResult:
    """A command run in the guest: its words, what it printed (guest text), and ``note``: what became of its result."""

    argv: tuple[str, ...]
    output: str
    note: str = ""


@dataclass(frozen=True)
class PackageChange:
    """A package that came (``before`` None), went (``after`` None) or has another version; ``size`` in bytes."""

    name: str
    before: str | None
    after: str | None
    size: int = 0


@dataclass(frozen=True)
class Packages:
    """What installing packages did beyond the files that are listed one by one.

    ``files`` counts new ones, ``others`` names files that were there and changed; ``size`` is the room it took.
    """

    changes: tuple[PackageChange, ...] = ()
    files: int = 0
    others: tuple[str, ...] = ()
    size: int = 0


@dataclass(frozen=True)
class Preview:
    """The staged result: what would land, and how the guest would stand. ``fixes`` are the ids that were carried out.

    ``failed`` maps the ids that could not be fixed to the reason; nothing of theirs is staged.
    """

    fixes: tuple[str, ...]
    files: tuple[FileChange, ...]
    commands: tuple[CommandResult, ...]
    before: Report
    after: Report
    failed: tuple[tuple[str, str], ...] = ()
    packages: Packages = Packages()


class State(StrEnum):
    """Where a change stands. *preparing* has not touched the image; *committing* and *undoing* were interrupted."""

    PREPARING = "preparing"
    COMMITTING = "committing"
    COMMITTED = "committed"
    UNDOING = "undoing"
    UNDONE = "undone"
    ROLLED_BACK = "rolled-back"


@dataclass(frozen=True)
class Change:
    """One row of the journal. ``number`` counts from 1; ``time`` is UTC; ``kind`` is ``fix`` or ``revert``.

    ``undo_bytes`` is the room that the undo data takes on the host, None where there is none (any more).
    ``note`` says what a recovery did, or what a revert left alone.
    """

    number: int
    kind: str
    state: State
    time: datetime
    who: str
    version: str
    fixes: tuple[str, ...]
    files: tuple[FileChange, ...]
    commands: tuple[CommandResult, ...]
    undo_bytes: int | None = None
    note: str = ""
    packages: Packages = Packages()


def _mode(state: FileState | None) -> str:
    if state is None:
        return ""
    return "link" if state.kind is FileKind.LINK else f"{state.mode:04o}"


def _owner(state: FileState | None) -> str:
    return f"{state.uid}:{state.gid}" if state else ""


def _side(state: FileState | None) -> Side:
    if state is None:
        return Side()
    if state.target is not None:
        return told(f"link to {state.target}")
    content = state.content
    if content is None:
        return told(str(state.kind))
    if b"\0" in content or too_long(content):
        word = "binary" if b"\0" in content else "text"
        return told(f"{word}, {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")
    return text_side(content)
