"""Can cloud-init's program run: executable, its interpreter there, its own Python package where that one looks.

An upgrade of the distribution, or a Python removed by hand, leaves units that are enabled and a program that fails.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from remediations.guest import FileKind, Guest, GuestError
from remediations.linux import cloud_config
from remediations.linux.fault import Fault
from remediations.linux.text import decode, split_lines
from remediations.vocabulary import Evidence, SetMode

PROGRAM = "/usr/bin/cloud-init"
_FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")
_SYSTEM = re.compile(r"(/usr(/local)?)?/(bin|libexec)/[^/]+")
_PACKAGES = (
    "/usr/lib*/python*/*-packages/cloudinit",
    "/usr/lib*/python*/*-packages/cloud_init-*.egg/cloudinit",
    "/usr/local/lib*/python*/*-packages/cloudinit",
)
_VERSION = re.compile(r"python(\d+\.\d+)")
_BUILT_IN = "ubuntu"
"""The distribution that cloud-init takes a system for where its configuration names none."""
_MOST_LINKS = 10


def faults(guest: Guest) -> list[Fault]:
    """What keeps the program from running. Raises GuestError."""
    found = guest.stat(PROGRAM)
    if found is None or found.kind is not FileKind.FILE:
        return []
    if not found.mode & 0o111:
        steps = (SetMode(PROGRAM, found.mode | 0o111),)
        return [Fault(f"{PROGRAM} is not executable", (Evidence(PROGRAM, text="not executable"),), steps=steps)]
    first = decode(split_lines(guest.head(PROGRAM, 256))[0]).strip() if found.size else ""
    if not first.startswith("#!"):
        return []
    interpreter, place = _interpreter(guest, first[2:].split()), Evidence(PROGRAM, 1, first)
    if interpreter is None:
        sentence = f"cloud-init cannot run, as its interpreter is gone ({first[2:].strip()})"
        return [Fault(sentence, (place,), obstacle="Install the Python that cloud-init's package asks for")]
    return _package(guest, interpreter, place) if _SYSTEM.fullmatch(interpreter) else []


def _interpreter(guest: Guest, words: Sequence[str]) -> str | None:
    """The program that the first line names, None where the guest does not have it."""
    if words and posixpath.basename(words[0]) == "env":
        name = next((word for word in words[1:] if not word.startswith("-")), "")
        candidates = [f"{folder}/{name}" for folder in _FOLDERS] if name else []
    else:
        candidates = list(words[:1])
    stats = ((path, guest.stat(path)) for path in candidates)
    return next((p for p, stat in stats if stat and stat.kind is FileKind.FILE and stat.mode & 0o111), None)


def _package(guest: Guest, interpreter: str, place: Evidence) -> list[Fault]:
    packages = [path for pattern in _PACKAGES for path in guest.glob(pattern)]
    advice = "Reinstall cloud-init: its Python package is not where its Python looks"
    if not packages:
        return [Fault("cloud-init cannot run, as its Python package is gone", (place,), obstacle=advice)]
    # Debian's folder serves every Python 3; where the folders have numbers, the interpreter's own counts.
    numbers = {known[1] if (known := _VERSION.search(path)) else "" for path in packages}
    own = _number(guest, interpreter)
    if own and "" not in numbers and own not in numbers:
        sentence = f"cloud-init cannot run, as its Python package is not one of Python {own}"
        return [Fault(sentence, (place, *(Evidence(path) for path in packages)), obstacle=advice)]
    return _distribution(guest, packages)


def _number(guest: Guest, path: str) -> str:
    """The version in the name that the interpreter's links lead to; empty where there is none."""
    for _ in range(_MOST_LINKS):
        if known := _VERSION.search(posixpath.basename(path)):
            return known[1]
        found = guest.lstat(path)
        if found is None or found.kind is not FileKind.LINK:
            return ""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), guest.readlink(path)))
    raise GuestError(f"{path}: too many levels of links")


def _distribution(guest: Guest, packages: Sequence[str]) -> list[Fault]:
    """A configuration, of a newer version or another system, that names a distribution this cloud-init lacks."""
    known = {name.removesuffix(".py") for path in packages for name in guest.listdir(f"{path}/distros")}
    config = cloud_config.load(guest)
    name = str(config.get("system_info", "distro") or _BUILT_IN)
    if not known or name in known:
        return []
    places = config.evidence("system_info", "distro") or (Evidence(cloud_config.CONFIG, text="names no distro"),)
    sentence = f"cloud-init fails, as it knows no distribution {name}"
    return [Fault(sentence, places, obstacle="Correct distro in system_info to one that cloud-init knows")]
