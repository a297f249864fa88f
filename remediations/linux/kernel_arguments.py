"""Where a Debian guest's boot configuration passes a kernel argument: a plain search, with its places."""

from __future__ import annotations

import re

from remediations.guest import FileKind, Guest
from remediations.linux.text import numbered
from remediations.vocabulary import Evidence

_LINUX_LINE = re.compile(r"\s*(linux|linux16|linuxefi|kernel|append|options)\s", re.IGNORECASE)


def places(guest: Guest, name: str) -> list[tuple[str, Evidence]]:
    """``(value, place)`` for every ``NAME=value`` that a boot entry passes, or will after the next ``update-grub``."""
    pattern = re.compile(rf"(?:^|[\s\"'=]){re.escape(name)}=([^\s\"']+)")
    found = []
    for path in _entries(guest):
        for number, line in numbered(guest.read(path)):
            if _LINUX_LINE.match(line):
                found += [(value, Evidence(path, number, line)) for value in pattern.findall(line)]
    for path in ("/etc/default/grub", *guest.glob("/etc/default/grub.d/*.cfg")):
        if _is_file(guest, path):
            for number, line in numbered(guest.read(path)):
                if line.lstrip().startswith("GRUB_CMDLINE_LINUX"):
                    found += [(value, Evidence(path, number, line)) for value in pattern.findall(line)]
    return found


def _entries(guest: Guest) -> list[str]:
    known = ["/boot/grub/grub.cfg", "/boot/grub/menu.lst", "/boot/extlinux/extlinux.conf"]
    known += guest.glob("/boot/loader/entries/*.conf")
    return [path for path in known if _is_file(guest, path)]


def _is_file(guest: Guest, path: str) -> bool:
    found = guest.stat(path)
    return found is not None and found.kind is FileKind.FILE
