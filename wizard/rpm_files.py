"""Which of a folder's rpm files are to be installed: those asked for, and what they need that the guest has not got."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from remediations.linux.rpm_version import Key, sort_key
from wizard.package_managers import FOLDER
from wizard.step_error import StepError

QUERY = (
    f"cd {FOLDER} && for file in *.rpm; do "
    "rpm -qp --nosignature --qf '@\\t%{NAME}\\t%{EPOCH}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\n"
    "[+%{PROVIDES}\\n][+%{FILENAMES}\\n]'"
    ' "$file" && echo "=$file"; done > /tmp/query 2> /tmp/query.errors'
)
"""Lists each file's package, what it provides, and at last the file's name."""
_NEEDED = re.compile(r"^\s+(\S+)(?: [<>=]+ \S+)? is needed by ", re.MULTILINE)
_ROUNDS = 40


@dataclass(frozen=True)
class RpmFile:
    """One package file: what it provides are capabilities and paths, without their versions."""

    file: str
    name: str
    order: tuple[int, Key, Key]
    provides: frozenset[str]


def listed(query: str, arch: str) -> tuple[RpmFile, ...]:
    """What :data:`QUERY` printed, but for packages of other architectures; the newest of each name."""
    found: dict[str, RpmFile] = {}
    head: list[str] = []
    provides: set[str] = set()
    for line in query.split("\n"):
        if line.startswith("@\t"):
            head, provides = line.split("\t")[1:], set()
        elif line.startswith("+"):
            provides.add(line[1:])
        elif line.startswith("=") and len(head) == 5 and head[4] in (arch, "noarch"):
            epoch = int(head[1]) if head[1].isdigit() else 0
            file = RpmFile(line[1:], head[0], (epoch, sort_key(head[2]), sort_key(head[3])), frozenset(provides))
            if head[0] not in found or found[head[0]].order < file.order:
                found[head[0]] = file
    return tuple(found.values())


def choose(files: Sequence[RpmFile], names: Sequence[str], test: Callable[[tuple[str, ...]], str]) -> tuple[str, ...]:
    """The files to install for these packages. ``test`` gives what ``rpm -U --test`` prints, empty where all is well.

    Rpm itself says what is lacking, so that versions are its own business. StepError names what is in no file.
    """
    by_name = {file.name: file for file in files}
    if absent := [name for name in names if name not in by_name]:
        raise StepError(f"the folder has no {' and no '.join(absent)}")
    chosen = [by_name[name] for name in names]
    for _round in range(_ROUNDS):
        said = test(tuple(file.file for file in chosen))
        needed = dict.fromkeys(_NEEDED.findall(said))
        if not needed:
            return tuple(file.file for file in chosen)
        more = {file.name: file for need in needed for file in files if need in file.provides and file not in chosen}
        if not more:
            raise StepError(f"the folder lacks what is needed: {', '.join(needed)}")
        chosen += more.values()
    raise StepError("what the packages need could not be established")
