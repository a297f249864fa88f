"""NetworkManager's profiles and configuration that name a MAC address (nm-settings-keyfile(5), NetworkManager.conf(5)).

A profile's ``interface-name`` that is an address counts too.
"""

from __future__ import annotations

import re
from functools import partial

from remediations.guest import Guest
from remediations.linux.ini_lines import IniLine, ini_lines
from remediations.linux.ties import MAC_NAME, Tied, by_hand, first_by_name, read_config
from remediations.vocabulary import Evidence

FOLDERS = ("/etc/NetworkManager/system-connections", "/usr/lib/NetworkManager/system-connections")
CONFIG = "/etc/NetworkManager/NetworkManager.conf"
CONFIG_FOLDERS = ("/etc/NetworkManager/conf.d", "/usr/lib/NetworkManager/conf.d")
_ONLY = re.compile(rf"\bmac:|\binterface-name:=?{MAC_NAME.pattern}")
# Names that NetworkManager leaves out (nm-keyfile-utils.c: backups, temporary files).
IGNORED = ("~", ".bak", ".orig", ".rej", ".swp", ".pem", ".der")
_KEYS = ("mac-address", "cloned-mac-address", "assigned-mac-address")
_NO_ADDRESS = ("", "random", "stable", "stable-ssid", "permanent", "preserve")


def tied_by_network_manager(guest: Guest) -> list[Tied]:
    """The profiles with an address; those without the ``.nmconnection`` ending too, which older versions read."""
    found = []
    for path in first_by_name(guest, FOLDERS, "*"):
        content = None if path.endswith(IGNORED) else read_config(guest, path)
        if content and (lines := [line for line in ini_lines(content) if _names_address(line)]):
            evidence = tuple(Evidence(path, line.number, line.text) for line in lines)
            found.append(Tied(path, evidence, without_addresses))
    return found + _configured(guest)


def _configured(guest: Guest) -> list[Tied]:
    """The configuration's defaults for every connection, and its sections for one device alone."""
    found = []
    for path in (CONFIG, *first_by_name(guest, CONFIG_FOLDERS, "*.conf")):
        lines = ini_lines(read_config(guest, path) or b"")
        chosen = [line for line in lines if _chooses(line)]
        if told := chosen or [line for line in lines if _names_address(line)]:
            evidence = tuple(Evidence(path, line.number, line.text) for line in told)
            untie = partial(_refuse, path, chosen[0].number) if chosen else without_addresses
            found.append(Tied(path, evidence, untie))
    return found


def _chooses(line: IniLine) -> bool:
    """Whether devices are told apart by an address; one that is merely left unmanaged is no instance's."""
    key = line.key.rstrip("+-")
    specs = [spec for spec in re.split(r"[;,]", line.value) if _ONLY.search(spec)]
    if key == "unmanaged-devices":
        return any(spec.strip().startswith("except:") for spec in specs)
    return key == "match-device" and bool(specs)


def _refuse(path: str, line: int, _content: bytes) -> bytes:
    raise by_hand(path, line, "a device is chosen by its address")


def without_addresses(content: bytes) -> bytes:
    """The profile without its address lines."""
    return b"".join(line.raw for line in ini_lines(content) if not _names_address(line))


def _names_address(line: IniLine) -> bool:
    if line.key == "interface-name":
        return MAC_NAME.fullmatch(line.value) is not None
    # In the configuration a property has its setting's name in front: ethernet.cloned-mac-address.
    return line.key.rpartition(".")[2] in _KEYS and line.value.lower() not in _NO_ADDRESS
