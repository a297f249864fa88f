"""Alpine's package database: ``installed`` in lib/apk/db (apk's documentation, apk-package(5))."""

from __future__ import annotations

import re

from remediations.linux.package_error import DatabaseError

_VERSION = re.compile(r"(\d[^\s-]*)(?:-r\d+)?", re.ASCII)


def installed(database: bytes) -> dict[str, str]:
    """Installed packages, name to version without the release (``-r0``). DatabaseError where it is no such database."""
    found: dict[str, str] = {}
    for paragraph in database.split(b"\n\n"):
        lines = [line for line in paragraph.split(b"\n") if line]
        if not lines:
            continue
        names, versions = ([line[2:] for line in lines if line.startswith(field)] for field in (b"P:", b"V:"))
        if len(names) != 1 or len(versions) != 1 or any(line[1:2] != b":" for line in lines):
            raise DatabaseError("An entry of apk's database is not as apk writes it")
        name = names[0].decode("utf-8", "surrogateescape")
        version = _VERSION.fullmatch(versions[0].decode("utf-8", "surrogateescape"))
        if not name or version is None or name in found:
            raise DatabaseError("An entry of apk's database has no name or version of its own")
        found[name] = version[1]
    return found
