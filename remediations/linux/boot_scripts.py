"""Shell scripts that a Debian guest runs at boot or when a network interface comes up."""

from __future__ import annotations

import re
from dataclasses import dataclass

from remediations.guest import FileKind, Guest
from remediations.linux.shell_blocks import Blocks, blocks_after, is_plain_exit
from remediations.linux.text import numbered
from remediations.vocabulary import Evidence

RC_LOCAL = "/etc/rc.local"
# ifupdown runs the hooks of these folders through run-parts, which takes names of these characters alone.
_HOOKS = ("/etc/network/if-pre-up.d", "/etc/network/if-up.d")
_HOOK_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Command:
    """One line of a script that a boot carries out, comments cut off, with its place."""

    text: str
    evidence: Evidence


def commands(guest: Guest) -> list[Command]:
    """The command lines of rc.local, of ifupdown's hooks and of the interfaces files' ``up`` options.

    A line that stands inside a condition is taken as carried out; one after a plain ``exit`` is not. Hooks that
    belong to programs (binary files) have no lines.
    """
    found = _interfaces(guest)
    scripts = [RC_LOCAL, *(f"{folder}/{name}" for folder in _HOOKS for name in guest.listdir(folder) if _hook(name))]
    for path in scripts:
        stat = guest.stat(path)
        if stat is not None and stat.kind is FileKind.FILE and stat.mode & 0o111:
            found += script_commands(path, guest.read(path))
    return found


def script_commands(path: str, content: bytes) -> list[Command]:
    """The command lines of one script up to an ``exit`` that stands outside of any block."""
    found: list[Command] = []
    blocks: Blocks = ()
    if b"\0" in content:
        return found
    for number, line in numbered(content):
        text = line.strip()
        if text.startswith("#"):
            continue
        found.append(Command(re.sub(r"\s#.*", "", text), Evidence(path, number, line)))
        if not blocks and is_plain_exit(line):
            break
        blocks = blocks_after(line, blocks)
    return found


def _hook(name: str) -> bool:
    return _HOOK_NAME.fullmatch(name) is not None


def _interfaces(guest: Guest) -> list[Command]:
    found = []
    for path in ("/etc/network/interfaces", *guest.glob("/etc/network/interfaces.d/*")):
        stat = guest.stat(path)
        if stat is None or stat.kind is not FileKind.FILE:
            continue
        for number, line in numbered(guest.read(path)):
            word, _, rest = line.strip().partition(" ")
            if word in ("pre-up", "up", "post-up"):
                found.append(Command(rest.strip(), Evidence(path, number, line)))
    return found
