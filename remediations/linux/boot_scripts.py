"""Shell scripts of the administrator's that a guest runs at boot, or when a network interface comes up."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from remediations.guest import FileKind, Guest
from remediations.linux import ifupdown, openrc
from remediations.linux.init_system import Init, detect
from remediations.linux.shell_blocks import LONGEST, Blocks, blocks_after, is_plain_exit
from remediations.linux.ties import logical_lines
from remediations.vocabulary import Evidence

RC_LOCAL = "/etc/rc.local"
_SUSE = ("/etc/init.d/boot.local", "/etc/init.d/before.local", "/etc/init.d/after.local")
RC_LOCALS = (RC_LOCAL, "/etc/rc.d/rc.local", *_SUSE)
_OF_FAMILY = {
    "debian": (RC_LOCAL,),
    "arch": (RC_LOCAL,),
    "redhat": ("/etc/rc.d/rc.local",),
    "suse": _SUSE,
    "alpine": (),
}
"""Where each family's boot looks, whatever stands at the other paths."""
# ifupdown runs the hooks of these folders through run-parts, which takes names of these characters alone.
_HOOKS = ("/etc/network/if-pre-up.d", "/etc/network/if-up.d")
_HOOK_NAME = re.compile(r"[A-Za-z0-9_-]+")
# What other programs run when the network comes up. SUSE's own firewall hooks only reload a firewall that runs.
_EVENTS = (
    "/etc/NetworkManager/dispatcher.d/*",
    "/etc/NetworkManager/dispatcher.d/pre-up.d/*",
    "/usr/lib/NetworkManager/dispatcher.d/*",
    "/etc/networkd-dispatcher/*.d/*",
    "/etc/sysconfig/network/if-up.d/*",
    "/sbin/ifup-local",
    "/sbin/ifup-pre-local",
)
_IFUPDOWN = ("/sbin/ifup", "/usr/sbin/ifup", "/etc/NetworkManager/dispatcher.d/01-ifupdown",
             "/usr/lib/NetworkManager/dispatcher.d/01-ifupdown")  # fmt: skip
# Left by a package that is gone, or by an upgrade, such a folder is never looked into.
_CALLERS = {
    "/NetworkManager/": ("/usr/sbin/NetworkManager", "/usr/bin/NetworkManager"),
    "/networkd-dispatcher/": ("/usr/bin/networkd-dispatcher",),
}
_OWN_EVENTS = re.compile(r"(SuSE)?firewall[d2]?", re.IGNORECASE)
_LOCAL_D = "/etc/local.d/*.start"
_HERE_DOCUMENT = re.compile(r"(?<!<)<<-?[ \t]*[\"'\\]?(\w+)")


@dataclass(frozen=True)
class Command:
    """One line of a script that a boot carries out, comments cut off, with its place."""

    text: str
    evidence: Evidence


def commands(guest: Guest) -> list[Command]:
    """The command lines of rc.local and its kin, of network hooks and of the interfaces files' ``up`` options.

    A line that stands inside a condition is taken as carried out; one after a plain ``exit`` is not. Hooks that
    belong to programs (binary files) have no lines.
    """
    found = _interfaces(guest)
    for path in dict.fromkeys(_scripts(guest)):
        if is_program(guest, path) or _given_to_a_shell(guest, path):
            found += script_commands(path, guest.read(path))
    return found


def _scripts(guest: Guest) -> list[str]:
    paths = list(_OF_FAMILY.get(guest.facts.family, RC_LOCALS))
    if _installed(guest, _IFUPDOWN):
        paths += [f"{folder}/{name}" for folder in _HOOKS for name in guest.listdir(folder) if _hook(name)]
    events = (path for pattern in _EVENTS if _has_caller(guest, pattern) for path in guest.glob(pattern))
    paths += [path for path in events if not _OWN_EVENTS.fullmatch(posixpath.basename(path))]
    if scripts := guest.glob(_LOCAL_D):
        starts = detect(guest) is Init.OPENRC and openrc.starting(guest, "local")
        paths += scripts if starts else ()
    return paths


def _has_caller(guest: Guest, pattern: str) -> bool:
    """Whether what runs the scripts of a folder is in the guest."""
    callers = next((programs for part, programs in _CALLERS.items() if part in pattern), ())
    return not callers or _installed(guest, callers)


def _installed(guest: Guest, programs: tuple[str, ...]) -> bool:
    return any(guest.exists(path) for path in programs)


def _given_to_a_shell(guest: Guest, path: str) -> bool:
    """Whether sysvinit's boot hands the script to a shell, executable or not (SLES 11)."""
    found = guest.stat(path) if path in _SUSE else None
    return found is not None and found.kind is FileKind.FILE and detect(guest) is Init.SYSV


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
