"""What a serial line's unit runs: a getty that is there, and the login that it hands over to (agetty(8))."""

from __future__ import annotations

import posixpath

from remediations.guest import Guest
from remediations.linux import grow_tools, systemd, unit_overrides
from remediations.linux.fault import Fault, lacking

_GETTY = "agetty"
_LOGIN = "login"
_OWN_LOGIN = ("-l", "--login-program")


def faults(guest: Guest, unit: systemd.Unit) -> tuple[Fault, ...]:
    """What keeps an instance of ``serial-getty@.service`` that is started from asking for a login."""
    settings = unit_overrides.lines(guest, unit)
    left = unit_overrides.commands(settings)
    if not left:
        places = tuple(line.evidence for line in settings if line.key == "ExecStart")
        return (Fault(f"{unit.name} has no command", places, obstacle=f"Give {unit.name} a command, or its own back"),)
    place = left[-1].evidence
    program = unit_overrides.program_of(left[-1])
    name = posixpath.basename(program)
    if not (guest.exists(program) if program.startswith("/") else grow_tools.path(guest, program)):
        sentence = f"{unit.name} runs {program}, which is not there"
        if name != _GETTY:
            return (Fault(sentence, (place,), obstacle=f"Install {program}, or let {unit.name} run agetty"),)
        return (lacking(guest, sentence, (place,), _GETTY),)
    own = any(word.startswith(_OWN_LOGIN) for word in left[-1].value.split()[1:])
    if name == _GETTY and not own and grow_tools.path(guest, _LOGIN) is None:
        # minbase images of Debian 13 have none.
        return (lacking(guest, "The guest has no login, to which agetty hands over", (place,), _LOGIN),)
    return ()
