"""What a boot loader's configuration passes to the kernels it boots: the common terms of all loaders."""

from __future__ import annotations

from dataclasses import dataclass

from remediations.vocabulary import Evidence


@dataclass(frozen=True)
class BootLine:
    """The arguments that one boot entry passes to its kernel, and where they stand.

    ``opaque`` tells that they are not all known (a variable of the loader). ``source`` is the file to edit for an
    entry that is copied from it, empty where the loader's own generator makes it.
    """

    evidence: Evidence
    title: str
    arguments: tuple[str, ...]
    opaque: bool = False
    source: str = ""


@dataclass(frozen=True)
class Remark:
    """One sentence with the places it rests on."""

    text: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Loader:
    """One boot loader's configuration, seen for one console device.

    ``doubts`` are what could not be established, ``losses`` what will lack the console when the configuration is
    generated again, ``keeps`` where it is settled that it will not.
    """

    name: str
    lines: tuple[BootLine, ...] = ()
    doubts: tuple[Remark, ...] = ()
    losses: tuple[Remark, ...] = ()
    keeps: tuple[Evidence, ...] = ()


def console_device(argument: str) -> str | None:
    """The device that a ``console=`` argument names, None for any other argument."""
    return argument.removeprefix("console=").split(",")[0] if argument.startswith("console=") else None


def consoles(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The ``console=`` arguments, in order; the kernel gives /dev/console to the last."""
    return tuple(argument for argument in arguments if argument.startswith("console="))


def has_console(arguments: tuple[str, ...], device: str) -> bool:
    """Whether kernel arguments name ``device`` as a console; ``console=ttyS0,115200n8`` names ttyS0."""
    return any(console_device(argument) == device for argument in arguments)
