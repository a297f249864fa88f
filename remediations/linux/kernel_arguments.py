"""What a guest's boot configuration passes to its kernels, with the places, and what of it cannot be told."""

from __future__ import annotations

import re
from dataclasses import dataclass

from remediations.guest import Guest, GuestError
from remediations.linux import kernel_cmdline
from remediations.linux.boot_lines import BootLine
from remediations.linux.boot_loaders import boot_loaders
from remediations.linux.grub_defaults import (
    DEFAULTS,
    DEFAULTS_PATTERN,
    EVERY_ENTRY,
    UNKNOWN,
    GrubDefaults,
    grub_defaults,
)
from remediations.vocabulary import Evidence

_LARGEST = 256 * 1024
"""Nobody writes more into the defaults; longer files are not worth the time that it takes to read them."""
_REPAIRS = re.compile("recovery|rescue|failsafe", re.IGNORECASE)
_DEVICE = "ttyS0"
"""The readers of boot loaders ask for a console; what they say of it does not count here."""


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


def entries_pass(guest: Guest, word: str) -> bool | None:
    """Whether every boot entry, those for repairs left out, passes ``word`` by now; None where none is known."""
    try:
        loaders = boot_loaders(guest, _DEVICE, xen=False)
    except GuestError:
        return None
    lines = [line for loader in loaders for line in loader.lines if not line.opaque and not _repairs(line)]
    return all(word in line.arguments for line in lines) if lines else None


def _repairs(line: BootLine) -> bool:
    return bool(_REPAIRS.search(line.title) or {"single", "recovery", "rescue", "emergency"} & {*line.arguments})


def arguments(guest: Guest) -> Arguments:
    """All that the boot entries pass, or will after the next ``update-grub`` or kernel."""
    try:
        found = _entries(guest) + Arguments(kernel_cmdline.words(guest))
    except GuestError as error:
        found = Arguments(doubts=((str(error), Evidence("/boot")),))
    return found + _defaults(guest)


def _entries(guest: Guest) -> Arguments:
    found = Arguments()
    # A menu.lst that is there for PV-GRUB alone counts too.
    for loader in boot_loaders(guest, _DEVICE, xen=True):
        hidden = [
            (f"{line.evidence.path} line {line.evidence.line} passes what only the boot loader knows", line.evidence)
            for line in loader.lines
            if line.opaque
        ]
        hidden += [(remark.text, (remark.evidence or (Evidence("/boot"),))[0]) for remark in loader.unread]
        words = tuple((argument, line.evidence) for line in loader.lines for argument in line.arguments)
        found += Arguments(words, tuple(hidden))
    return found


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
