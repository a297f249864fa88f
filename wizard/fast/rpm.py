"""The packages of an rpm guest, from whichever database rpm keeps there, without rpm."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from remediations.guest import FileKind, Guest
from remediations.linux import rpm_header, rpm_ndb, rpm_version
from wizard.fast import rpm_berkeley, rpm_sqlite
from wizard.fast.errors import StepAside

FOLDERS = ("/usr/lib/sysimage/rpm", "/var/lib/rpm")
LIMIT = 256 * 1024 * 1024
"""Bytes that a database may have."""
READERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "rpmdb.sqlite": rpm_sqlite.headers,
    "Packages.db": rpm_ndb.headers,
    "Packages": rpm_berkeley.headers,
}
_UNFINISHED = ("rpmdb.sqlite-wal", "rpmdb.sqlite-journal")


def rpm_packages(guest: Guest) -> dict[str, str]:
    """Installed packages, name to version as libguestfs gives it: without epoch and release, keys (gpg-pubkey) too.

    StepAside, or DatabaseError, where that is not certain. Which of two databases rpm takes is a matter of how it was
    built and configured, so two are one too many.
    """
    found = [(folder, name) for folder in _folders(guest) for name in guest.listdir(folder) if name in READERS]
    if len(found) != 1:
        raise StepAside(f"{len(found) or 'No'} rpm databases stand where one is expected")
    [(folder, name)] = found
    path = posixpath.join(folder, name)
    if name == "rpmdb.sqlite":
        for beside in _UNFINISHED:
            stat = guest.stat(posixpath.join(folder, beside))
            if stat is not None and stat.size:
                raise StepAside(f"The rpm database was not closed: {beside} is not empty")
    stat = guest.stat(path)
    if stat is None or stat.kind is not FileKind.FILE or stat.size > LIMIT:
        raise StepAside(f"{path}: no file, or larger than {LIMIT} bytes")
    packages = rpm_version.newest(rpm_header.parse(blob) for blob in READERS[name](guest.read(path, LIMIT)))
    if not packages:
        raise StepAside("The rpm database is empty")
    return packages


def _folders(guest: Guest) -> Iterator[str]:
    """Where databases can stand: on most systems one of the two is a link to the other."""
    for folder in FOLDERS:
        stat = guest.lstat(folder)
        if stat is not None and stat.kind is FileKind.LINK:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(folder), guest.readlink(folder)))
            if target in FOLDERS and target != folder:
                continue
        yield folder
