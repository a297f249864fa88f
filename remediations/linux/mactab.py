"""The tables of nameif(8), which busybox' mdev runs too, and of ifrename(8): interface names by MAC address."""

from __future__ import annotations

from remediations.guest import Guest
from remediations.linux.ties import MAC, Tied, logical_lines, places, read_config, without_lines

TABLES = ("/etc/mactab", "/etc/iftab")


def tied_by_table(guest: Guest) -> list[Tied]:
    """The tables that hold an address."""
    found = []
    for path in TABLES:
        lines = [line for line in logical_lines(read_config(guest, path) or b"") if _ties(line.text)]
        if lines:
            found.append(Tied(path, places(path, lines), without_addresses))
    return found


def without_addresses(content: bytes) -> bytes:
    """The table without the lines that hold an address."""
    return without_lines(content, _ties)


def _ties(text: str) -> bool:
    return not text.lstrip().startswith("#") and MAC.search(text) is not None
