"""``ifcfg-*`` files, of network-scripts (Red Hat) and wicked (SUSE), and netctl's profiles that name a MAC address."""

from __future__ import annotations

import re
from functools import partial

from remediations.guest import Guest
from remediations.linux.ties import MAC_NAME, Tied, by_hand, logical_lines, places, read_config, without_lines
from remediations.vocabulary import Evidence

_PATTERNS = ("/etc/sysconfig/network-scripts/ifcfg-*", "/etc/sysconfig/network/ifcfg-*", "/etc/netctl/*")
# The endings that network-scripts itself leaves out (network-functions, __sed_discard_ignored_files).
_IGNORED = ("~", ".bak", ".old", ".orig", ".rpmnew", ".rpmorig", ".rpmsave")
_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?(HWADDR|MACADDR|LLADDR|MACAddress)(?:_\d+)?\s*=\s*(.*)")
_DEVICE = re.compile(rf"\s*(?:export\s+)?DEVICE\s*=\s*['\"]?{MAC_NAME.pattern}")
_NO_ADDRESS = ("", "random", "stable", "permanent", "preserve")


def tied_by_ifcfg(guest: Guest) -> list[Tied]:
    """The interface files with an address."""
    found = []
    for path in (path for pattern in _PATTERNS for path in guest.glob(pattern)):
        content = None if path.endswith(_IGNORED) else read_config(guest, path)
        lines = logical_lines(content or b"")
        named = [line for line in lines if _DEVICE.match(line.text)]
        if named or (content is not None and MAC_NAME.fullmatch(path.rpartition("/ifcfg-")[2])):
            evidence = places(path, named) or (Evidence(path, text="the file's name is an address"),)
            found.append(Tied(path, evidence, partial(_refuse, path, named[0].number if named else 1)))
        elif setting := [line for line in lines if names_address(line.text)]:
            found.append(Tied(path, places(path, setting), without_addresses))
    return found


def _refuse(path: str, line: int, _content: bytes) -> bytes:
    raise by_hand(path, line, "the interface's name is its address")


def without_addresses(content: bytes) -> bytes:
    """The file without its HWADDR, MACADDR and LLADDR lines."""
    return without_lines(content, names_address)


def names_address(text: str) -> bool:
    """Whether a line gives one of these variables a value that is an address."""
    matched = _ASSIGNMENT.match(text)
    if matched is None:
        return False
    value = re.sub(r"\s#.*", "", " " + matched[2]).strip().strip("'\"").strip()
    return value.lower() not in _NO_ADDRESS


_VALUE = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)=\s*(.*)")


def settings(content: bytes) -> dict[str, str]:
    """The file's variables, quotes and comments taken off; of several assignments the last."""
    found = {}
    for line in logical_lines(content):
        if matched := _VALUE.match(line.text):
            found[matched[1]] = re.sub(r"\s#.*", "", " " + matched[2]).strip().strip("'\"").strip()
    return found


def files(guest: Guest, folder: str) -> list[tuple[str, str, bytes]]:
    """``(path, name, content)`` of the interface files of a folder that count, the loopback's left out."""
    found = []
    for path in guest.glob(f"{folder}/ifcfg-*"):
        name = path.rpartition("/ifcfg-")[2]
        content = None if path.endswith(_IGNORED) or name == "lo" else read_config(guest, path)
        if content is not None:
            found.append((path, name, content))
    return found
