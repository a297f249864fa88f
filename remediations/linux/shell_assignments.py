"""Shell files made of assignments alone, such as ``/etc/default/grub``: read them, and add words to a value.

The grammar is POSIX sh's (XCU 2.2 Quoting, 2.9.1) for assignments; anything else is refused, never guessed at.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from remediations.linux.text import decode, encode

UNKNOWN = "\0"
"""Stands in a value for what only running a command could tell."""

_LONGEST = 64 * 1024
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?=)")
_EXPORT = re.compile(r"export[ \t]+")
_EXPORTED_NAMES = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[ \t]+[A-Za-z_][A-Za-z0-9_]*)*[ \t\r]*(?=[\n;#]|\Z)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BLANK = re.compile(r"(?:[ \t\r\n;]|\\\r?\n)+")
_UNQUOTED = re.compile(r"[^ \t\r\n;&|()<>'\"\\$`]+")
_QUOTED = re.compile(r"[^\"\\$`]+")
_PLAIN = re.compile(r"[A-Za-z0-9_.,:/=@%+-]+")


class ShellSyntaxError(Exception):
    """The file holds something that is no plain assignment; ``line`` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line


@dataclass(frozen=True)
class Piece:
    """A stretch of a value. ``kind`` is ``literal`` (``text`` is the value), ``variable`` (its name) or ``opaque``."""

    kind: str
    text: str


@dataclass(frozen=True)
class Assignment:
    """``start`` and ``end`` are the character offsets of the value as written, quotes included.

    ``quote`` is the quotation mark that closes the value, empty where it does not end in one.
    """

    name: str
    append: bool
    pieces: tuple[Piece, ...]
    line: int
    start: int
    end: int
    quote: str = ""


@dataclass(frozen=True)
class ShellFile:
    """A file's text (surrogate-escaped) and its assignments, in order."""

    text: str
    assignments: tuple[Assignment, ...]

    def line_text(self, line: int) -> str:
        """One line as written, without its ending."""
        return self.text.split("\n")[line - 1].rstrip("\r")


@lru_cache(maxsize=32)  # every look at the kernel's arguments reads the same defaults
def parse(content: bytes) -> ShellFile:
    """Read a file of assignments; ShellSyntaxError where it holds any other construct."""
    text = decode(content)
    if "\0" in text:
        raise ShellSyntaxError(text.count("\n", 0, text.index("\0")) + 1, "not a text file")
    return ShellFile(text, tuple(_Reader(text).assignments()))


def evaluate(files: tuple[ShellFile, ...], inherited: Mapping[str, str]) -> dict[str, str]:
    """The variables after the files were sourced in turn. ``inherited`` gives those known beforehand.

    A value's stretch that cannot be known (a command's output, another variable) is :data:`UNKNOWN`.
    """
    values = dict(inherited)
    for file in files:
        for assignment in file.assignments:
            value = "".join(
                piece.text
                if piece.kind == "literal"
                else values.get(piece.text, UNKNOWN)
                if piece.kind == "variable"
                else UNKNOWN
                for piece in assignment.pieces
            )
            before = values.get(assignment.name, UNKNOWN) if assignment.append else ""
            # Bounded, so that A="$A$A" again and again cannot fill the memory.
            values[assignment.name] = before + value if len(before) + len(value) <= _LONGEST else UNKNOWN
    return values


def with_words(file: ShellFile, assignment: Assignment, words: str) -> bytes:
    """The file's content with ``words`` (plain, space-separated) added at the end of one assignment's value."""
    raw = file.text[assignment.start : assignment.end]
    space = "" if not assignment.pieces or raw[:-1].endswith((" ", "\t")) else " "
    if assignment.quote:
        raw = raw[:-1] + space + words + raw[-1]
    elif not raw or _PLAIN.fullmatch(raw):
        raw = f'"{raw}{" " if raw else ""}{words}"'
    else:
        raw = f'{raw}" {words}"'
    return encode(file.text[: assignment.start] + raw + file.text[assignment.end :])


class _Reader:
    """One pass over the text, with a position."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.newlines = [match.start() for match in re.finditer("\n", text)]
        self.quote = ""

    def assignments(self) -> list[Assignment]:
        found: list[Assignment] = []
        while True:
            self._skip()
            if self.at >= len(self.text):
                return found
            if exported := _EXPORT.match(self.text, self.at):
                self.at = exported.end()
                if names := _EXPORTED_NAMES.match(self.text, self.at):
                    self.at = names.end()
                    continue
            matched = _ASSIGNMENT.match(self.text, self.at)
            if matched is None:
                raise self._error("is no plain assignment")
            line = self._line()
            self.at = start = matched.end()
            pieces = self._value()
            found.append(Assignment(matched[1], matched[2] == "+=", pieces, line, start, self.at, self.quote))

    def _skip(self) -> None:
        """Pass blanks, line ends, separators and comments; a comment starts where a word could."""
        while self.at < len(self.text):
            if blank := _BLANK.match(self.text, self.at):
                self.at = blank.end()
            elif self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return

    def _value(self) -> tuple[Piece, ...]:
        pieces: list[Piece] = []
        self.quote = ""
        while self.at < len(self.text):
            character = self.text[self.at]
            if character in " \t\n;" or self.text.startswith("\r\n", self.at):
                break
            if character in "&|()<>":
                raise self._error(f"has {character} outside quotes")
            self.quote = character if character in "'\"" else ""
            if character == "'":
                end = self._find("'", self.at + 1)
                pieces.append(Piece("literal", self.text[self.at + 1 : end]))
                self.at = end + 1
            elif character == '"':
                self.at += 1
                self._double_quoted(pieces)
            elif character == "\\":
                self._escaped(pieces, "")
            elif character in "$`":
                pieces.append(self._expansion())
            else:
                self._literal(pieces, _UNQUOTED)
        return tuple(piece for piece in pieces if piece.text or piece.kind != "literal")

    def _double_quoted(self, pieces: list[Piece]) -> None:
        opened = self._line()
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == '"':
                self.at += 1
                return
            if character == "\\":
                self._escaped(pieces, '$`"\\\n')
            elif character in "$`":
                pieces.append(self._expansion())
            else:
                self._literal(pieces, _QUOTED)
        raise ShellSyntaxError(opened, "has a quotation without an end")

    def _literal(self, pieces: list[Piece], ordinary: re.Pattern[str]) -> None:
        """A stretch of ordinary characters, at least one."""
        run = ordinary.match(self.text, self.at)
        end = run.end() if run else self.at + 1
        pieces.append(Piece("literal", self.text[self.at : end]))
        self.at = end

    def _escaped(self, pieces: list[Piece], special: str) -> None:
        """A backslash: ``special`` are the characters it escapes, every one where empty."""
        if self.text.startswith("\\\r\n", self.at):
            self.at += 3
            return
        following = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if following == "\n":
            return
        if not following:
            raise self._error("ends in a backslash")
        pieces.append(Piece("literal", following if not special or following in special else "\\" + following))

    def _expansion(self) -> Piece:
        """What ``$`` or a backtick begins; commands are skipped over, never run."""
        if self.text[self.at] == "`":
            end = self.at + 1
            while (end := self._find("`", end)) and self.text[end - 1] == "\\":
                end += 1
            self.at = end + 1
            return Piece("opaque", "")
        if self.text.startswith("$(", self.at):
            self._balanced("(", ")")
            return Piece("opaque", "")
        if self.text.startswith("${", self.at):
            start = self.at + 2
            self._balanced("{", "}")
            inner = self.text[start : self.at - 1]
            return Piece("variable", inner) if _NAME.fullmatch(inner) else Piece("opaque", "")
        name = _NAME.match(self.text, self.at + 1)
        if self.text.startswith(("\\\n", "\\\r\n"), name.end() if name else self.at + 1):
            # The shell joins the lines first, and what follows belongs to the name.
            raise self._error("is continued in the middle of a variable's name")
        if name:
            self.at = name.end()
            return Piece("variable", name[0])
        following = self.text[self.at + 1 : self.at + 2]
        if following and following in "?$!#*@-'0123456789":
            raise self._error(f"uses ${following}")
        self.at += 1
        return Piece("literal", "$")

    def _balanced(self, opening: str, closing: str) -> None:
        """Move behind the bracket that closes the one at ``$``; quotations and escapes inside do not count."""
        begun, depth = self._line(), 0
        self.at += 1
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == "\\":
                self.at += 1
            elif character == "'":
                self.at = self._find("'", self.at + 1)
            elif character == '"':
                end = self.at + 1
                while (end := self._find('"', end)) and self.text[end - 1] == "\\":
                    end += 1
                self.at = end
            elif character in (opening, closing):
                depth += 1 if character == opening else -1
                if depth == 0:
                    self.at += 1
                    return
            self.at += 1
        raise ShellSyntaxError(begun, f"has ${opening} without its {closing}")

    def _find(self, wanted: str, start: int) -> int:
        end = self.text.find(wanted, start)
        if end < 0:
            raise ShellSyntaxError(self._line(), f"has a {wanted} without its end")
        return end

    def _line(self) -> int:
        return bisect_left(self.newlines, self.at) + 1

    def _error(self, reason: str) -> ShellSyntaxError:
        return ShellSyntaxError(self._line(), reason)
