"""systemd's ``.network``, ``.link`` and ``.netdev`` files that match or set a MAC address (systemd.network(5))."""

from __future__ import annotations

from remediations.guest import Guest
from remediations.linux.ini_lines import IniLine, ini_lines
from remediations.linux.ties import MAC_NAME, Tied, first_by_name, read_config
from remediations.vocabulary import Evidence

_FOLDERS = (
    "/etc/systemd/network",
    "/usr/local/lib/systemd/network",
    "/usr/lib/systemd/network",
    "/lib/systemd/network",
)
_PATTERNS = ("*.link", "*.netdev", "*.network", "*.link.d/*.conf", "*.netdev.d/*.conf", "*.network.d/*.conf")
_NAMES = {("Match", "Name"), ("Match", "OriginalName"), ("Match", "Property")}
_KEYS = {
    ("Match", "MACAddress"),
    ("Match", "PermanentMACAddress"),
    ("Link", "MACAddress"),
    ("NetDev", "MACAddress"),
}


def tied_by_networkd(guest: Guest) -> list[Tied]:
    """The files with an address."""
    found = []
    for path in (path for pattern in _PATTERNS for path in files(guest, pattern)):
        content = read_config(guest, path)
        if content and (lines := [line for line in ini_lines(content) if _names_address(line)]):
            evidence = tuple(Evidence(path, line.number, line.text) for line in lines)
            found.append(Tied(path, evidence, without_addresses))
    return found


def without_addresses(content: bytes) -> bytes:
    """The file without its address lines; a match that this would leave empty becomes ``Type=ether``.

    An empty match applies to every interface (``.network``) or to none (``.link``).
    """
    lines = ini_lines(content)
    bare = not any(line.section == "Match" and line.key and not _names_address(line) for line in lines)
    kept = []
    for line in lines:
        if not _names_address(line):
            kept.append(line.raw)
        elif bare and line.section == "Match":
            ending = line.raw[len(line.raw.rstrip(b"\r\n")) :]
            kept.append(b"Type=ether" + ending)
            bare = False
    return b"".join(kept)


def files(guest: Guest, pattern: str) -> tuple[str, ...]:
    """The files that match a pattern, of those of one name the strongest."""
    if "/" not in pattern:
        return first_by_name(guest, _FOLDERS, pattern)
    # Of drop-ins the folder's name counts as well: it is a different unit's.
    found: dict[str, str] = {}
    for folder in _FOLDERS:
        for path in guest.glob(f"{folder}/{pattern}"):
            found.setdefault(path.removeprefix(folder), path)
    return tuple(found.values())


def _names_address(line: IniLine) -> bool:
    if (line.section, line.key) in _NAMES:
        words = line.value.split()
        return bool(words) and all(MAC_NAME.search(word) and not word.startswith("!") for word in words)
    return (line.section, line.key) in _KEYS and line.value.lower() not in ("", "none")
