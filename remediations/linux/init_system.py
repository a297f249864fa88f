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


def detect(guest: Guest) -> Init:
    """The init that ``/sbin/init`` starts: a link to systemd, upstart's own binary, else sysvinit.

    Raises GuestError where there is no init at all.
    """
    found = guest.lstat("/sbin/init")
    if found is None:
        if any(guest.exists(path) for path in ("/usr/lib/systemd/systemd", "/lib/systemd/systemd")):
            return Init.SYSTEMD
        raise GuestError("/sbin/init: the guest has no init system that we know")
    if found.kind is FileKind.LINK:
        target = guest.readlink("/sbin/init")
        if "systemd" in target:
            return Init.SYSTEMD
        if "upstart" in target:
            return Init.UPSTART
        if "busybox" in target or "openrc" in target:
            raise GuestError(f"/sbin/init: {target} is an init system that we do not know")
    if guest.exists("/sbin/upstart") or guest.exists("/etc/init/rc-sysinit.conf"):
        return Init.UPSTART
    return Init.SYSV
