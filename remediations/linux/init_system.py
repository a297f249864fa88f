"""Which program is a guest's PID 1, and so which files say what starts at boot."""

from __future__ import annotations

from enum import StrEnum

from remediations.guest import FileKind, Guest, GuestError


class Init(StrEnum):
    """The init systems that we know."""

    SYSTEMD = "systemd"
    UPSTART = "upstart"
    SYSV = "sysv"
    OPENRC = "openrc"


_UPSTART = ("/sbin/upstart", "/etc/init/rc-sysinit.conf", "/etc/init/rcS.conf")
"""What upstart brings: its other name on Ubuntu, and the job that begins the boot on Ubuntu and on EL 6."""


def detect(guest: Guest) -> Init:
    """The init that ``/sbin/init`` starts: a link to systemd, OpenRC behind busybox, upstart's binary, else sysvinit.

    Raises GuestError where there is no init at all, or a busybox that starts nothing that we know.
    """
    found = guest.lstat("/sbin/init")
    if found is None:
        if any(guest.exists(path) for path in ("/usr/lib/systemd/systemd", "/lib/systemd/systemd")):
            return Init.SYSTEMD
        raise GuestError("/sbin/init: the guest has no init system that we know")
    target = guest.readlink("/sbin/init") if found.kind is FileKind.LINK else ""
    if "systemd" in target:
        return Init.SYSTEMD
    if "upstart" in target:
        return Init.UPSTART
    # Below busybox, sysvinit or its own init, OpenRC takes over from the first line of inittab.
    if guest.exists("/etc/runlevels") and any(guest.exists(path) for path in ("/sbin/openrc", "/sbin/rc")):
        return Init.OPENRC
    if "busybox" in target or "openrc" in target:
        raise GuestError(f"/sbin/init: {target} is an init system that we do not know")
    return Init.UPSTART if any(guest.exists(path) for path in _UPSTART) else Init.SYSV
