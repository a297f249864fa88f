"""Changes as a patch that ``patch -p1`` and ``git apply`` take, with git's extended headers.

The guest's lines stand in it as they are, byte for byte; a terminal may be steered by them. What such a patch cannot
say (owners, labels, folders, binary content) is told in comments, made visible.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from remediations.guest import FileKind
from wizard.change import CommandResult, FileChange, FileState, Packages
from wizard.difference import Block, Difference, Side, text_side
from wizard.visible import visible, visible_lines

_EMPTY_BLOB = "e69de29"
_NO_BLOB = "0000000"
_NO_NEWLINE = b"\\ No newline at end of file\n"
_ESCAPES = {0x07: "a", 0x08: "b", 0x09: "t", 0x0A: "n", 0x0B: "v", 0x0C: "f", 0x0D: "r", 0x22: '"', 0x5C: "\\"}


def patch(
    title: str, files: Iterable[FileChange], commands: Iterable[CommandResult] = (), packages: Packages | None = None
) -> Iterator[bytes]:
    """The lines of a patch, each with its newline; ``title`` says what it is about."""
    yield _comment(title)
    yield _comment("Guest text is raw bytes. Owners, labels and binary content are only told, in lines like this.")
    for run in commands:
        yield _comment(f"ran in the guest: {shlex.join(run.argv)}")
    for package in packages.changes if packages else ():
        yield _comment(f"package {package.name} {package.before or '-'} -> {package.after or '-'}")
    for file in files:
        yield from _file(file)


def _file(file: FileChange) -> Iterator[bytes]:
    yield _comment(f"{file.path}: {file.verb}{', by a command of the guest' if file.generated else ''}")
    for word, was, becomes in file.attributes:
        yield _comment(f"  {word} {was or '-'} -> {becomes or '-'}")
    before, after = file.before, file.after
    same = file.difference.old == file.difference.new
    if same and before and after and before.kind is after.kind is FileKind.FILE:
        if before.mode != after.mode:  # git stumbles over an entry that says nothing
            yield from _entry(file.path, before, after, Difference(Side(), Side()))
        return
    old, new = _text(before, file.difference.old), _text(after, file.difference.new)
    if old is None or new is None:
        yield from (
            _comment(f"  {sign}{visible_lines(side.lines[0])}")
            for sign, side in (("-", file.difference.old), ("+", file.difference.new))
            if not side.is_text
        )
        return
    if before and after and FileKind.LINK in (before.kind, after.kind):
        # A link is taken away and made anew: no patch program turns one thing into another.
        yield from _entry(file.path, before, None, Difference(old, Side()))
        yield from _entry(file.path, None, after, Difference(Side(), new))
        return
    yield from _entry(file.path, before, after, Difference(old, new))


def _text(state: FileState | None, side: Side) -> Side | None:
    """What a patch writes for one side; None where it has no words for it."""
    if state is not None and state.target is not None:
        return text_side(state.target.encode("utf-8", "surrogateescape"))
    return side if side.is_text else None


def _entry(path: str, before: FileState | None, after: FileState | None, difference: Difference) -> Iterator[bytes]:
    name = path.encode("utf-8", "surrogateescape").lstrip(b"/")
    old, new = _quoted(b"a/" + name), _quoted(b"b/" + name)
    yield f"diff --git {old} {new}\n".encode()
    if before is None and after is not None:
        yield f"new file mode {_mode(after)}\n".encode()
    elif after is None and before is not None:
        yield f"deleted file mode {_mode(before)}\n".encode()
    elif before is not None and after is not None and before.mode != after.mode:
        yield f"old mode {_mode(before)}\nnew mode {_mode(after)}\n".encode()
    if not difference.hunks:
        if before is None or after is None:
            blobs = (_NO_BLOB if before is None else _EMPTY_BLOB, _NO_BLOB if after is None else _EMPTY_BLOB)
            yield "index {}..{}\n".format(*blobs).encode()
        return
    yield f"--- {_ended(old) if before else '/dev/null'}\n".encode()
    yield f"+++ {_ended(new) if after else '/dev/null'}\n".encode()
    for hunk in difference.hunks:
        yield hunk.header.encode() + b"\n"
        for block in hunk.blocks:
            yield from _block(difference, block)


def _block(difference: Difference, block: Block) -> Iterator[bytes]:
    if block.same:
        yield from _signed(b" ", difference.old.lines[block.old.start : block.old.stop])
    else:
        yield from _signed(b"-", difference.old.lines[block.old.start : block.old.stop])
        yield from _signed(b"+", difference.new.lines[block.new.start : block.new.stop])


def _signed(sign: bytes, lines: Sequence[bytes]) -> Iterator[bytes]:
    for line in lines:
        yield sign + line
        if not line.endswith(b"\n"):
            yield b"\n" + _NO_NEWLINE


def _mode(state: FileState) -> str:
    return "120000" if state.kind is FileKind.LINK else f"{0o100000 | state.mode:o}"


def _quoted(name: bytes) -> str:
    """A path as git writes it: in quotes and escaped where it has more than plain characters."""
    if all(0x20 <= byte < 0x7F and byte not in b'"\\' for byte in name):
        return name.decode("ascii")
    return '"' + "".join(map(_escaped, name)) + '"'


def _escaped(byte: int) -> str:
    if byte in _ESCAPES:
        return "\\" + _ESCAPES[byte]
    return chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}"


def _ended(name: str) -> str:
    # Without the tab, patch takes what follows a blank for a date.
    return f"{name}\t" if " " in name and not name.startswith('"') else name


def _comment(text: str) -> bytes:
    return f"# {visible(text)}\n".encode()
