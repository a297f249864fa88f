"""What a Debian guest's boot configuration passes to its kernels, with the places, and what of it cannot be told."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from remediations.guest import Guest, GuestError
from remediations.linux.grub_cfg import parse_menu
from remediations.linux.grub_defaults import (
    DEFAULTS,
    DEFAULTS_PATTERN,
    EVERY_ENTRY,
    UNKNOWN,
    GrubDefaults,
    grub_defaults,
)
from remediations.linux.grub_loader import menu_files
from remediations.linux.grub_script import GrubSyntaxError
from remediations.linux.other_loaders import other_loaders
from remediations.vocabulary import Evidence

_LARGEST = 256 * 1024
"""A menu of a hundred kernels is smaller; a longer one is not worth the time it takes to read it again and again."""
_DEVICE = "ttyS0"
"""The readers of other loaders ask for a console; what they say of it does not count here."""


@dataclass(frozen=True)
class Arguments:
    """``words`` are arguments with the place each comes from; ``doubts`` the sentences on what could not be told."""

    words: tuple[tuple[str, Evidence], ...] = ()
    doubts: tuple[tuple[str, Evidence], ...] = ()

    def named(self, name: str) -> list[tuple[str, Evidence]]:
        """``(value, place)`` for every ``NAME=value``."""
        return [(word.removeprefix(f"{name}="), place) for word, place in self.words if word.startswith(f"{name}=")]

    def __add__(self, other: Arguments) -> Arguments:
        return Arguments(self.words + other.words, self.doubts + other.doubts)


def places(guest: Guest, name: str) -> list[tuple[str, Evidence]]:
    """``(value, place)`` for every ``NAME=value`` that a boot entry passes, or will after the next ``update-grub``."""
    return arguments(guest).named(name)


def arguments(guest: Guest) -> Arguments:
    """All that the boot entries pass, or will after the next ``update-grub``."""
    try:
        found = _others(guest)
    except GuestError as error:
        found = Arguments(doubts=((str(error), Evidence("/boot")),))
    for path in menu_files(guest):
        try:
            found += _menu(path, guest.read(path, _LARGEST))
        except GuestError as error:
            found += Arguments(doubts=((str(error), Evidence(path)),))
    return found + _defaults(guest)


@lru_cache(maxsize=4)  # several requirements ask for several arguments of one menu, which may be long
def _menu(path: str, content: bytes) -> Arguments:
    try:
        menu = parse_menu(content)
    except GrubSyntaxError as error:
        return Arguments(doubts=((f"{path} cannot be understood: {error}", Evidence(path)),))
    words: list[tuple[str, Evidence]] = []
    hidden: list[tuple[str, Evidence]] = []
    lines = menu.text.split("\n")
    for _, kernel in menu.kernels:
        place = Evidence(path, kernel.line, lines[kernel.line - 1].strip())
        words += [(argument, place) for argument in kernel.arguments]
        if kernel.opaque:
            hidden.append((f"{path} line {kernel.line} passes what only GRUB knows", place))
    for line, name in menu.includes:
        if name.rpartition("/")[2] != "custom.cfg":
            place = Evidence(path, line, lines[line - 1].strip())
            hidden.append((f"{path} goes on in {name}, which was not read", place))
    return Arguments(tuple(words), tuple(hidden))


def _defaults(guest: Guest) -> Arguments:
    paths = (DEFAULTS, *guest.glob(DEFAULTS_PATTERN))
    try:
        if sum(found.size for path in paths if (found := guest.stat(path))) > _LARGEST:
            raise GuestError(f"{DEFAULTS} and the files beside it are larger than {_LARGEST} bytes")
        defaults = grub_defaults(guest)
    except GuestError as error:
        return Arguments(doubts=((str(error), Evidence(DEFAULTS)),))
    words: list[tuple[str, Evidence]] = []
    hidden: list[tuple[str, Evidence]] = []
    for name in defaults.values:
        if name.startswith(EVERY_ENTRY):
            written = _written(defaults, name)
            for word in dict.fromkeys(defaults.words(name)):
                place = written.get(word, written[""])
                words.append((word.strip("\"'"), place))
                if UNKNOWN in word:
                    hidden.append((f"What {name} holds cannot be known without running it", place))
    return Arguments(tuple(words), tuple(hidden))


def _written(defaults: GrubDefaults, name: str) -> dict[str, Evidence]:
    """The words of a variable with the assignment that each was last written in; all others are under ``""``."""
    found = {"": Evidence(DEFAULTS)}
    for path, file in defaults.files:
        lines = file.text.split("\n")
        for assignment in (known for known in file.assignments if known.name == name):
            place = Evidence(path, assignment.line, lines[assignment.line - 1].strip())
            literal = " ".join(piece.text for piece in assignment.pieces if piece.kind == "literal")
            found.update(dict.fromkeys((*literal.split(), ""), place))
    return found


def _others(guest: Guest) -> Arguments:
    found = Arguments()
    # A menu.lst that is there for PV-GRUB alone counts too.
    for loader in other_loaders(guest, _DEVICE, xen=True):
        lines = [(line, argument) for line in loader.lines for argument in line.arguments]
        found += Arguments(
            tuple((argument, line.evidence) for line, argument in lines),
            tuple((f"{line.evidence.path} passes a variable", line.evidence) for line in loader.lines if line.opaque),
        )
        if not loader.lines:  # doubts beside lines are about the console
            found += Arguments(
                doubts=tuple((doubt.text, place) for doubt in loader.doubts for place in doubt.evidence[:1])
            )
    return found
