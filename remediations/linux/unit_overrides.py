"""What keeps a unit from doing what its name says, though it starts: drop-ins, an own unit file (systemd.unit(5))."""

from __future__ import annotations

from dataclasses import dataclass

from remediations.guest import Guest
from remediations.linux import systemd, unit_conditions, unit_sandbox
from remediations.linux.fault import Fault
from remediations.linux.init_system import Init, detect
from remediations.vocabulary import Evidence

_IDLE = frozenset(("true", "false", ":", "echo", "sleep"))
_REFUSING = frozenset(("false",))


@dataclass(frozen=True)
class Line:
    """One setting of a unit, with the file it stands in."""

    path: str
    section: str
    key: str
    value: str

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.path, text=f"{self.key}={self.value}")


def lines(guest: Guest, unit: systemd.Unit) -> list[Line]:
    """Every setting of a unit in the order in which systemd reads them: its file, then the drop-ins.

    A drop-in of an alias counts as well.
    """
    if unit.path is None:
        return []
    paths = (path for known in systemd.names(guest, unit) for path in systemd.drop_ins(guest, known))
    return [
        Line(path, *setting)
        for path in dict.fromkeys((unit.path, *paths))
        for setting in systemd.unit_settings(guest.read(path))
    ]


def commands(settings: list[Line], key: str = "ExecStart") -> list[Line]:
    """The commands that are left of ``key``: an empty one clears those before it."""
    found: list[Line] = []
    for line in settings:
        if (line.section, line.key) == ("Service", key):
            found = [*found, line] if line.value else []
    return found


def program_of(command: Line) -> str:
    """The program that a command runs, without systemd's marks."""
    return (command.value.lstrip("-@+!:|").split() or [""])[0]


def faults(guest: Guest, name: str, programs: tuple[str, ...] = ()) -> list[Fault]:
    """Replaced commands and added conditions of a unit (``ssh.service``).

    With ``programs``, the unit is known to be meant to run one of them, and a sandbox that it cannot work in counts.
    """
    if detect(guest) is not Init.SYSTEMD:
        return []
    unit = systemd.find_unit(guest, name)
    if unit.path is None or unit.masked_by is not None:
        return []
    settings = lines(guest, unit)
    # What a package's own file says is known; what is put in its place or beside it is not.
    own = [line for line in settings if line.path != unit.path or unit.path.startswith(f"{systemd.ETC}/")]
    found = _commands(name, settings, own, programs)
    conditions = [line for line in settings if line.section == "Unit"]
    found += unit_conditions.faults(guest, name, conditions, frozenset(line.path for line in own))
    return [*found, *(unit_sandbox.faults(guest, name, settings) if programs else ())]


def _commands(name: str, settings: list[Line], own: list[Line], programs: tuple[str, ...]) -> list[Fault]:
    changed = [line for line in own if (line.section, line.key) == ("Service", "ExecStart")]
    left = commands(settings)
    if not changed or any(program_of(line) in programs for line in left):
        return _refused(name, settings) if programs else []
    places = tuple(line.evidence for line in changed)
    if not programs:
        return [Fault(f"a drop-in replaces what {name} runs", places, certain=False)]
    advice = f"Let ExecStart= in {places[-1].path} run {programs[0]}, or remove it"
    if not left:
        return [Fault(f"{name} has no command left", places, obstacle=advice)]
    runs = program_of(left[0])
    certain = all(program_of(line).rpartition("/")[2] in _IDLE for line in left)
    return [Fault(f"{name} runs {runs} in place of {programs[0]}", places, obstacle=advice, certain=certain)]


def _refused(name: str, settings: list[Line]) -> list[Fault]:
    """A command in front that always fails, which keeps the service from starting."""
    found = []
    for line in (*commands(settings, "ExecStartPre"), *commands(settings, "ExecCondition")):
        if program_of(line).rpartition("/")[2] in _REFUSING and not line.value.startswith("-"):
            advice = f"Remove {line.key}= from {line.path}"
            found.append(Fault(f"{name} is kept from starting by {line.value}", (line.evidence,), obstacle=advice))
    return found
