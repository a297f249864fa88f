"""Drivers that a guest forbids by name: modprobe.d(5), the kernel's and dracut's arguments (dracut.cmdline(7))."""

from __future__ import annotations

import posixpath

from remediations.guest import FileKind, Guest
from remediations.linux.kernel_arguments import arguments
from remediations.linux.text import numbered
from remediations.vocabulary import Evidence

_FOLDERS = ("/etc/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d")
_ARGUMENTS = ("modprobe.blacklist", "module_blacklist", "rd.driver.blacklist", "rdblacklist")
_NOTHING = frozenset(("true", "false", ":"))


def banned(guest: Guest, names: frozenset[str]) -> dict[str, Evidence]:
    """Those of some modules (with underscores) that are not loaded when their device is found, and what says so."""
    found: dict[str, Evidence] = {}
    for path in _files(guest):
        for number, line in numbered(guest.read(path)):
            words = line.split()
            if words[:1] == ["blacklist"] or (words[:1] == ["install"] and _does_nothing(words[2:])):
                found.setdefault(_name("".join(words[1:2])), Evidence(path, number, line.strip()))
    passed = arguments(guest)
    for value, place in (known for name in _ARGUMENTS for known in passed.named(name)):
        for name in value.split(","):
            found.setdefault(_name(name), place)
    return {name: place for name, place in found.items() if name in names}


def _files(guest: Guest) -> list[str]:
    """The files that count: of one name the strongest folder's."""
    found: dict[str, str] = {}
    for folder in _FOLDERS:
        for name in guest.listdir(folder):
            stat = guest.stat(f"{folder}/{name}") if name.endswith(".conf") else None
            if stat is not None and stat.kind is FileKind.FILE:
                found.setdefault(name, f"{folder}/{name}")
    return list(found.values())


def _does_nothing(command: list[str]) -> bool:
    return bool(command) and posixpath.basename(command[0]) in _NOTHING


def _name(word: str) -> str:
    return word.replace("-", "_")
