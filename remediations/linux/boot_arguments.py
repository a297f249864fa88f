"""Kernel arguments by which systemd starts less than its links say (systemd(1), kernel-command-line(7))."""

from __future__ import annotations

from remediations.guest import Guest
from remediations.linux import kernel_arguments, systemd
from remediations.linux.fault import Fault
from remediations.linux.init_system import Init, detect


def faults(guest: Guest, names: frozenset[str]) -> list[Fault]:
    """Boot entries that mask one of the units of ``names`` or boot a target that starts no services.

    The word of recovery entries (``single``) is no such fault: a boot does not take those by itself.
    """
    if detect(guest) is not Init.SYSTEMD:
        return []
    passed = kernel_arguments.arguments(guest)
    found = []
    for value, place in passed.named("systemd.mask"):
        if value in names or f"{value}.service" in names:
            sentence = f"the kernel argument systemd.mask={value} keeps it from starting"
            found.append(Fault(sentence, (place,), obstacle=f"Take systemd.mask={value} out of {place.path}"))
    for value, place in passed.named("systemd.unit"):
        if systemd.ASIDE.fullmatch(value.removesuffix(".target")):
            sentence = f"the kernel argument systemd.unit={value} boots a target that starts no services"
            found.append(Fault(sentence, (place,), obstacle=f"Take systemd.unit={value} out of {place.path}"))
    return found
