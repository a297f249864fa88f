"""Whether the conditions of a unit hold in the guest, as far as its files tell. Source: systemd.unit(5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from remediations.guest import FileKind, Guest
from remediations.linux.fault import Fault
from remediations.vocabulary import Evidence


class Line(Protocol):
    """One setting of a unit, as :mod:`.unit_overrides` reads it."""

    @property
    def path(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def evidence(self) -> Evidence: ...


# What a boot makes anew: the image does not tell what will stand there.
_PASSING = ("/dev/", "/proc/", "/run/", "/sys/", "/tmp/", "/var/run/", "/var/lock/", "/var/tmp/")  # noqa: S108
# These have a finding, and a fix, of their own.
_TOLD = ("/etc/ssh/sshd_not_to_be_run", "/etc/cloud/cloud-init.disabled")


def _is(guest: Guest, path: str, kind: FileKind) -> bool:
    found = guest.stat(path)
    return found is not None and found.kind is kind


def _file(guest: Guest, path: str, bits: int = 0) -> bool:
    found = guest.stat(path)
    wanted = found is not None and found.kind is FileKind.FILE
    return wanted and found is not None and (bool(found.mode & bits) if bits else bool(found.size))


_KINDS: dict[str, Callable[[Guest, str], bool]] = {
    "PathExists": lambda guest, path: guest.exists(path),
    "PathExistsGlob": lambda guest, path: bool(guest.glob(path)),
    "PathIsDirectory": lambda guest, path: _is(guest, path, FileKind.DIRECTORY),
    "DirectoryNotEmpty": lambda guest, path: bool(guest.listdir(path)),
    "FileNotEmpty": _file,
    "FileIsExecutable": lambda guest, path: _file(guest, path, 0o111),
}


def faults(guest: Guest, name: str, lines: Iterable[Line], of_own: frozenset[str]) -> list[Fault]:
    """The conditions (and asserts) that do not hold, *unknown* where that cannot be told.

    ``lines`` are the unit's ``[Unit]`` settings in order; those of the files ``of_own`` alone are judged, as a
    package's own unit has its reasons.
    """
    found: list[Fault] = []
    every = list(lines)
    for prefix in ("Condition", "Assert"):
        left: list[Line] = []
        for line in every:
            if line.key.startswith(prefix):
                left = [*left, line] if line.value else []
        judged = [line for line in left if line.path in of_own]
        answers = [(line, _holds(guest, line.key.removeprefix(prefix), line.value)) for line in judged]
        must = [(line, answer) for line, answer in answers if not line.value.startswith("|")]
        one_of = [(line, answer) for line, answer in answers if line.value.startswith("|")]
        failing = [line for line, answer in must if answer is False]
        if one_of and all(answer is False for _, answer in one_of):
            failing += [line for line, _ in one_of]
        doubtful = [line for line, answer in must if answer is None]
        if not any(answer for _, answer in one_of):
            doubtful += [line for line, answer in one_of if answer is None]
        if failing:
            places = tuple(line.evidence for line in failing)
            advice = f"Remove {failing[0].key}= from {failing[0].path}, or make it true"
            found.append(Fault(f"{name} starts under a condition that does not hold", places, obstacle=advice))
        elif doubtful:
            places = tuple(line.evidence for line in doubtful)
            found.append(Fault(f"a drop-in makes {name} start under a condition", places, certain=False))
    return found


def _holds(guest: Guest, kind: str, value: str) -> bool | None:
    value = value.removeprefix("|").strip()
    path = value.removeprefix("!").strip()
    if path in _TOLD:
        return True
    test = _KINDS.get(kind)
    if test is None or not path.startswith("/") or "%" in path or f"{path}/".startswith(_PASSING):
        return None
    return test(guest, path) != value.startswith("!")
