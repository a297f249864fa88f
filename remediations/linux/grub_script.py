"""GRUB's script language, as far as telling commands, words and blocks apart (GRUB manual, "Shell-like scripting")."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

_BLANKS = re.compile(r"(?:[ \t\r]|\\\r?\n)+")
_COMMENT = re.compile(r"#[^\n]*")
_SECTION = re.compile(r"### (BEGIN|END) (\S+) ###")
_PART = re.compile(
    r"""(?P<single>'[^']*')
      | (?P<double>"(?:\\.|[^"\\])*")
      | (?P<escape>\\.)
      | (?P<variable>\$(?:\{[^}\n]*\}|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[?*\#@]))
      | (?P<plain>[^{}|&$;<>\ \t\r\n'"\\]+|\$)""",
    re.VERBOSE | re.DOTALL,
)
_VARIABLE = re.compile(r"\$\{?([A-Za-z0-9_?*#@]+)\}?")
_DEEPEST = 50
_KEYWORDS = ("if", "then", "else", "elif", "while", "until", "do", "!")


class GrubSyntaxError(Exception):
    """The script is not well formed; the message names the line, from 1."""


@dataclass(frozen=True)
class Word:
    """One word: its value (variables as written), where it ends in the text, and the variables it uses."""

    text: str
    end: int
    variables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """What ``{`` opened: the words before it, such as ``menuentry 'Title' --class os``."""

    words: tuple[Word, ...]
    line: int
    section: str


@dataclass(frozen=True)
class Command:
    """A command with the blocks it stands in, outermost first. ``section`` is the script of /etc/grub.d it is from."""

    words: tuple[Word, ...]
    line: int
    blocks: tuple[Block, ...]
    section: str


def parse_script(text: str) -> tuple[tuple[Block, ...], tuple[Command, ...]]:
    """All blocks and all commands of a script, each in order; GrubSyntaxError where it is not well formed."""
    newlines = [match.start() for match in re.finditer("\n", text)]
    blocks: list[Block] = []
    commands: list[Command] = []
    opened: list[Block] = []
    words: list[Word] = []
    section, at, begun = "", 0, 1

    def finish() -> None:
        while words and words[0].text in _KEYWORDS:
            del words[0]
        if words:
            commands.append(Command(tuple(words), begun, tuple(opened), section))
        words.clear()

    while at < len(text):
        if blanks := _BLANKS.match(text, at):
            at = blanks.end()
            continue
        line = bisect_left(newlines, at) + 1
        if comment := _COMMENT.match(text, at):
            if marker := _SECTION.match(comment[0]):
                section = marker[2] if marker[1] == "BEGIN" else ""
            at = comment.end()
            continue
        character = text[at]
        if character in "\n;|&<>":
            finish()
            at += 1
        elif character == "{":
            blocks.append(Block(tuple(words), begun if words else line, section))
            opened.append(blocks[-1])
            if len(opened) > _DEEPEST:
                raise GrubSyntaxError(f"line {line}: blocks are nested too deeply")
            words.clear()
            at += 1
        elif character == "}":
            finish()
            if not opened:
                raise GrubSyntaxError(f"line {line}: }} closes nothing")
            opened.pop()
            at += 1
        else:
            if not words:
                begun = line
            words.append(_word(text, at, line))
            at = words[-1].end
    finish()
    if opened:
        raise GrubSyntaxError(f"line {opened[-1].line}: {{ is never closed")
    return tuple(blocks), tuple(commands)


def _word(text: str, at: int, line: int) -> Word:
    value, variables = "", []
    while part := _PART.match(text, at):
        raw = part[0]
        if part.lastgroup == "single":
            value += raw[1:-1]
        elif part.lastgroup == "double":
            variables += _VARIABLE.findall(re.sub(r"\\.", "", raw, flags=re.DOTALL))
            value += re.sub(r'\\([$"\\])', r"\1", raw[1:-1])
        elif part.lastgroup == "escape":
            value += raw[1:].replace("\n", "")
        else:
            if part.lastgroup == "variable":
                variables += _VARIABLE.findall(raw)
            value += raw
        at = part.end()
    if at < len(text) and text[at] in "'\"\\":
        raise GrubSyntaxError(f"line {line}: a quotation is never closed")
    return Word(value, at, tuple(variables))
