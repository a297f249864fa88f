"""One variable of a file of shell assignments that holds kernel arguments for a boot loader's generator."""

from __future__ import annotations

from dataclasses import dataclass

from remediations.guest import Guest, GuestError
from remediations.linux.boot_lines import Console
from remediations.linux.shell_assignments import (
    UNKNOWN,
    ShellFile,
    ShellSyntaxError,
    evaluate,
    parse,
    with_words,
)
from remediations.linux.text import encode, line_ending
from remediations.vocabulary import Evidence, PlanError


@dataclass(frozen=True)
class Variable:
    """A variable as the file leaves it. ``words`` are its value's, ``known`` whether they are all of it."""

    path: str
    name: str
    file: ShellFile
    words: tuple[str, ...]
    known: bool

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The last assignment, else the file."""
        lines = [found.line for found in self.file.assignments if found.name == self.name]
        if not lines:
            return (Evidence(self.path),)
        return (Evidence(self.path, lines[-1], self.file.line_text(lines[-1])),)

    @property
    def assigned(self) -> bool:
        """Whether the file sets it at all."""
        return any(found.name == self.name for found in self.file.assignments)


def variable(guest: Guest, path: str, name: str) -> Variable:
    """Read a variable; an absent file leaves it empty. GuestError where the file is more than assignments."""
    try:
        file = parse(guest.read(path) if guest.exists(path) else b"")
    except ShellSyntaxError as error:
        raise GuestError(f"{path} cannot be understood: {error}") from error
    value = evaluate((file,), {}).get(name, "")
    return Variable(path, name, file, tuple(value.split()), UNKNOWN not in value)


def with_console(content: bytes, path: str, name: str, console: Console) -> bytes:
    """The file with the console in a variable, at the end of its last assignment or on a line of its own."""
    file = parse(content)
    before = evaluate((file,), {})
    value = before.get(name, "")
    added = " ".join(console.missing(tuple(value.split())))
    if not added:
        return content
    if UNKNOWN in value:
        raise PlanError(f"{path}: what {name} holds cannot be known without running it")
    last = next((place for place in reversed(file.assignments) if place.name == name), None)
    if last is not None:
        after = with_words(file, last, added)
    else:
        ending = line_ending(content)
        joint = ending if content and not content.endswith(b"\n") else b""
        after = content + joint + encode(f'{name}="{added}"') + ending
    expected = {**before, name: f"{value} {added}"}
    if _split(evaluate((parse(after),), {})) != _split(expected):
        raise PlanError(f"{path}: {added} could not be added to {name} without changing something else")
    return after


def _split(values: dict[str, str]) -> dict[str, list[str]]:
    return {name: value.split() for name, value in values.items()}
