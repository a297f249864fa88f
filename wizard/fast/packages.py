"""Which packages a guest has, from its package manager's own database; through any reader of the guest."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from remediations.guest import Guest, GuestError
from remediations.linux import apk, dpkg, pacman
from wizard.errors import WizardError
from wizard.fast.errors import StepAside
from wizard.fast.rpm import rpm_packages

LIMIT = 64 * 1024 * 1024
"""Bytes that a list in plain text may have."""
APK = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
PACMAN = "/var/lib/pacman/local"


def packages_of(guest: Guest) -> Mapping[str, str]:
    """Installed packages, name to version. GuestError where they cannot be read, StepAside where they are not certain.

    ImportError where dissect.database is not installed and the guest's database is one of rpm's that needs it.
    """
    kind = guest.facts.package_format
    readers = {"deb": _deb, "rpm": rpm_packages, "apk": _apk, "pacman": _pacman}
    if kind not in readers:
        raise GuestError(f"The guest's package lists of this kind are not read ({kind or 'unknown'})")
    try:
        return readers[kind](guest)
    except (GuestError, ImportError, WizardError):
        raise
    except Exception as error:
        raise StepAside(f"The list of packages is not as its tools write it: {error}") from error


def _deb(guest: Guest) -> dict[str, str]:
    return dpkg.installed(guest.read("/var/lib/dpkg/status", LIMIT))


def _apk(guest: Guest) -> dict[str, str]:
    lists = {guest.read(path, LIMIT) for path in APK if guest.exists(path)} or {guest.read(APK[0], LIMIT)}
    if len(lists) > 1:
        raise StepAside("There are two different lists of apk's packages")
    return apk.installed(lists.pop())


def _pacman(guest: Guest) -> dict[str, str]:
    folders = [name for name in guest.listdir(PACMAN) if name != "ALPM_DB_VERSION"]
    if not folders:
        raise GuestError(f"{PACMAN}: there is no list of packages")
    return dict(pacman.described(guest.read(posixpath.join(PACMAN, name, "desc")), name) for name in folders)
