"""Which device is a guest's serial console, and the arguments that make the kernel write to it."""

from __future__ import annotations

import re

from remediations.guest import Guest, GuestError
from remediations.linux.boot_lines import Console
from remediations.vocabulary import PlanError, Settings

_DEVICES = {"aarch64": "ttyAMA0", "arm": "ttyAMA0", "ppc64": "hvc0", "ppc64le": "hvc0", "s390x": "ttysclp0"}
_SERIAL_X86 = ("x86_64", "i386", "i486", "i586", "i686")
SPEED = "115200"


def console_device(guest: Guest, settings: Settings) -> str:
    """The console device, without options; GuestError where none was chosen and the architecture's is not known."""
    if settings.console:
        return settings.console.split(",")[0]
    arch = guest.facts.arch
    if arch in _SERIAL_X86:
        return "ttyS0"
    if arch not in _DEVICES:
        raise GuestError(f"the usual console of the architecture {arch or 'of this guest'} is not known: choose one")
    return _DEVICES[arch]


def console(guest: Guest, settings: Settings) -> Console:
    """The console to ask for, a serial line with its speed (Linux: admin-guide/serial-console).

    PlanError where what the operator chose is no console device.
    """
    device = console_device(guest, settings)
    option = settings.console or device
    if "," not in option and re.fullmatch(r"tty(S|AMA)\d+", option):
        option += f",{SPEED}n8"
    if not re.fullmatch(r"[A-Za-z0-9]+(,[A-Za-z0-9]+)?", option):
        raise PlanError(f"{option} is no console device")
    # The screen too, to keep the log on it as well; s390x has none.
    screen = () if guest.facts.arch == "s390x" else ("console=tty0",)
    return Console(device, (*screen, f"console={option}"))
