"""Shell scripts that a Debian guest runs at boot or when a network interface comes up."""

from __future__ import annotations

import re
from dataclasses import dataclass

from remediations.guest import FileKind, Guest
from remediations.linux import ifupdown
from remediations.linux.shell_blocks import LONGEST, Blocks, blocks_after, is_plain_exit
from remediations.linux.ties import logical_lines
from remediations.vocabulary import Evidence

RC_LOCAL = "/etc/rc.local"
# ifupdown runs the hooks of these folders through run-parts, which takes names of these characters alone.
_HOOKS = ("/etc/network/if-pre-up.d", "/etc/network/if-up.d")
_HOOK_NAME = re.compile(r"[A-Za-z0-9_-]+")
_HERE_DOCUMENT = re.compile(r"(?<!<)<<-?[ \t]*[\"'\\]?(\w+)")


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
        if is_program(guest, path):
            found += script_commands(path, guest.read(path))
    return found


def is_program(guest: Guest, path: str) -> bool:
    """Whether an executable file stands at ``path``."""
    found = guest.stat(path)
    return found is not None and found.kind is FileKind.FILE and bool(found.mode & 0o111)


def script_commands(path: str, content: bytes) -> list[Command]:
    """The command lines of one script up to an ``exit`` that stands outside of any block or here-document."""
    found: list[Command] = []
    blocks: Blocks = ()
    ends = ""  # the word that ends the here-document we are in
    if b"\0" in content:
        return found
    for line in logical_lines(content):
        text = line.text.strip()
        if text.startswith("#") and not ends:
            continue
        found.append(Command(re.sub(r"\s#.*", "", text), Evidence(path, line.number, line.text)))
        if ends:
            ends = "" if text == ends else ends
            continue
        if not blocks and is_plain_exit(text):
            break
        blocks = blocks_after(text, blocks)
        if opened := _HERE_DOCUMENT.search(text[:LONGEST]):
            ends = opened[1]
    return found


def _hook(name: str) -> bool:
    return _HOOK_NAME.fullmatch(name) is not None


def _interfaces(guest: Guest) -> list[Command]:
    found = []
    for path in ifupdown.files(guest):
        for line in logical_lines(guest.read(path)):
            word, *rest = line.text.split(None, 1)[:2] or [""]
            if word in ("pre-up", "up", "post-up") and rest:
                found.append(Command(rest[0].strip(), Evidence(path, line.number, line.text)))
    return found
