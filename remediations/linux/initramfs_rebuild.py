"""Making a kernel's initial RAM disk again with the guest's own program."""

from __future__ import annotations

import platform
import posixpath

from remediations.guest import Guest
from remediations.linux import grow_tools
from remediations.vocabulary import Accept, PlanError, RunCommand

_MAY_CHANGE = ("/boot", "/var/tmp", "/var/lib/initramfs-tools", "/var/log", "/var/cache")  # noqa: S108 - the guest's


def generator(guest: Guest) -> str:
    """Which program makes the guest's initial RAM disks; empty where it is none that we know."""
    # Debian's dracut brings an update-initramfs of its own, but no mkinitramfs.
    known = ("mkinitramfs", "dracut", "mkinitcpio", "mkinitfs", "mkinitrd")
    return next((name for name in known if grow_tools.path(guest, name)), "")


def rebuild(guest: Guest, release: str, initrd: str, accept: Accept) -> RunCommand:
    """The command that makes ``initrd`` for one kernel again. Raises PlanError where it cannot run here."""
    argv = _command(guest, release, initrd)
    host = platform.machine()
    if guest.facts.arch not in (host, "i386" if host == "x86_64" else host):
        raise PlanError(
            f"the guest's programs are for {guest.facts.arch} and do not run here; in the guest, run {argv}"
        )
    return RunCommand(argv, initrd, _MAY_CHANGE, accept)


def _command(guest: Guest, release: str, initrd: str) -> tuple[str, ...]:
    name = generator(guest)
    program = grow_tools.path(guest, "update-initramfs" if name == "mkinitramfs" else name) if name else None
    if program is None:
        raise PlanError("the guest has no program that makes its initial RAM disk")
    if name == "mkinitramfs":
        return (program, "-u", "-k", release)
    if name == "dracut":
        # What the appliance has would be taken for the host's own hardware; EL 6's dracut knows no such thing.
        generic = () if guest.facts.family == "redhat" and guest.facts.version[0] == 6 else ("--no-hostonly",)
        return (program, "--force", *generic, initrd, release)
    if name == "mkinitcpio":
        return (program, "-k", release, "-g", initrd)
    if name == "mkinitfs":
        return (program, "-o", initrd, release)
    return (program, "-k", f"vmlinuz-{release}", "-i", posixpath.basename(initrd))
