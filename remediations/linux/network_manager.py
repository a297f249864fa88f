"""NetworkManager's connection profiles that name a MAC address (nm-settings-keyfile(5))."""

from __future__ import annotations

from remediations.guest import Guest
from remediations.linux.ini_lines import IniLine, ini_lines
from remediations.linux.ties import Tied, first_by_name, read_config
from remediations.vocabulary import Evidence

_FOLDERS = ("/etc/NetworkManager/system-connections", "/usr/lib/NetworkManager/system-connections")
# Names that NetworkManager leaves out (nm-keyfile-utils.c: backups, temporary files).
_IGNORED = ("~", ".bak", ".orig", ".rej", ".swp", ".pem", ".der")
_KEYS = ("mac-address", "cloned-mac-address", "assigned-mac-address")
_NO_ADDRESS = ("", "random", "stable", "stable-ssid", "permanent", "preserve")


def tied_by_network_manager(guest: Guest) -> list[Tied]:
    """The profiles with an address; those without the ``.nmconnection`` ending too, which older versions read."""
    found = []
    for path in first_by_name(guest, _FOLDERS, "*"):
        content = None if path.endswith(_IGNORED) else read_config(guest, path)
        if content and (lines := [line for line in ini_lines(content) if _names_address(line)]):
            evidence = tuple(Evidence(path, line.number, line.text) for line in lines)
            found.append(Tied(path, evidence, without_addresses))
    return found


def without_addresses(content: bytes) -> bytes:
    """The profile without its address lines."""
    return b"".join(line.raw for line in ini_lines(content) if not _names_address(line))


def _names_address(line: IniLine) -> bool:
    return line.key in _KEYS and line.value.lower() not in _NO_ADDRESS
