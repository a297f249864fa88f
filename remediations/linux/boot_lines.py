"""What a boot loader's configuration passes to the kernels it boots: the common terms of all loaders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from remediations.vocabulary import Evidence, PlanError, Step

TO_INIT = "--"
RECOVERY = frozenset(("single", "recovery"))
"""What the arguments of generated recovery entries have."""
_PORTS = {"0x3f8": "ttyS0", "0x2f8": "ttyS1", "0x3e8": "ttyS2", "0x2e8": "ttyS3"}
"""A PC's serial lines by their ports (Linux: admin-guide/kernel-parameters, ``console=``)."""


@dataclass(frozen=True)
class Console:
    """The console asked for: its ``device``, and the ``console=`` arguments to pass where there are none yet."""

    device: str
    arguments: tuple[str, ...]

    def missing(self, present: tuple[str, ...]) -> tuple[str, ...]:
        """What to add behind the arguments that are there; empty where the device is among them.

        Behind other consoles the device's own argument alone, so that it becomes the last.
        """
        if has_console(present, self.device):
            return ()
        own = tuple(argument for argument in self.arguments if has_console((argument,), self.device))
        return own[-1:] if consoles(present) else self.arguments


@dataclass(frozen=True)
class BootLine:
    """The arguments that one boot entry passes to its kernel, and where they stand.

    ``opaque`` tells that they are not all known (a variable of the loader). ``source`` is the file to edit by hand for
    an entry that a script of the guest's own makes, empty where the loader's configuration can be changed.
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


def _no_repair(_console: Console) -> tuple[Step, ...]:
    raise PlanError("how to change this boot loader's configuration is not known: add the argument by hand")


Repair = Callable[[Console], tuple[Step, ...]]


@dataclass(frozen=True)
class Loader:
    """One boot loader's configuration, seen for one console device.

    ``unread`` is what of the configuration was not read, and could hold anything; ``doubts`` are what else could not
    be established about the console, ``losses`` what will lack it when the configuration is generated again,
    ``keeps`` where it is settled that it will not. ``repair`` gives the steps that add a console to every entry and
    keep it there, or raises PlanError.
    """

    name: str
    lines: tuple[BootLine, ...] = ()
    unread: tuple[Remark, ...] = ()
    doubts: tuple[Remark, ...] = ()
    losses: tuple[Remark, ...] = ()
    keeps: tuple[Evidence, ...] = ()
    repair: Repair = _no_repair


def console_device(argument: str) -> str | None:
    """The device that a ``console=`` argument names, None for any other argument.

    A serial line may be named by its port, as for early messages: the kernel goes over to the device then.
    """
    if not argument.startswith("console="):
        return None
    name, *options = argument.removeprefix("console=").split(",")
    if name in ("uart", "uart8250") and options[:1] == ["io"]:
        return _PORTS.get(options[1].lower() if len(options) > 1 else "", name)
    return name


def consoles(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The ``console=`` arguments, in order; the kernel gives /dev/console to the last."""
    return tuple(argument for argument in for_kernel(arguments) if argument.startswith("console="))


def has_console(arguments: tuple[str, ...], device: str) -> bool:
    """Whether kernel arguments name ``device`` as a console; ``console=ttyS0,115200n8`` names ttyS0."""
    return any(console_device(argument) == device for argument in for_kernel(arguments))


def for_kernel(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The arguments that the kernel takes: those behind ``--`` go to init."""
    return arguments[: arguments.index(TO_INIT)] if TO_INIT in arguments else arguments
