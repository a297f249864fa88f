"""Arch Linux' package database: one folder a package in /var/lib/pacman/local, with a ``desc`` in it."""

from __future__ import annotations

import re

from remediations.linux.package_error import DatabaseError

_VERSION = re.compile(r"(?:\d+:)?([^\s:/-]+)-[^\s:/-]+", re.ASCII)


def described(desc: bytes, folder: str) -> tuple[str, str]:
    """A package's name and version, without epoch and release, from its ``desc``.

    DatabaseError where that is none, or speaks of another package than its folder's name (``NAME-VERSION``).
    """
    fields: dict[bytes, list[bytes]] = {}
    for section in desc.split(b"\n\n"):
        title, *values = section.strip(b"\n").split(b"\n")
        if title in (b"%NAME%", b"%VERSION%"):
            fields.setdefault(title, []).extend(values)
    texts = [
        b"\n".join(fields.get(title, [])).decode("utf-8", "surrogateescape") for title in (b"%NAME%", b"%VERSION%")
    ]
    name, whole = texts
    version = _VERSION.fullmatch(whole)
    if version is None or not name or folder != f"{name}-{whole}":
        raise DatabaseError("An entry of pacman's database is not as pacman writes it")
    return name, version[1]
