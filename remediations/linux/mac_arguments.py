"""Kernel arguments that tie the network to a MAC address (dracut.cmdline(7), pxelinux's ``BOOTIF``)."""

from __future__ import annotations

import re
from functools import partial

from remediations.guest import Guest
from remediations.linux.kernel_arguments import arguments
from remediations.linux.ties import Tied, by_hand

_TYING = re.compile(r"(?:ifname|BOOTIF|ip|bootdev)=(?:.*[:-])?(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")


def tied_by_arguments(guest: Guest) -> list[Tied]:
    """The boot entries, and what they are made from, with such an argument."""
    return [
        Tied(place.path, (place,), partial(_refuse, place.path, place.line or 1, word))
        for word, place in arguments(guest).words
        if _TYING.fullmatch(word)
    ]


def _refuse(path: str, line: int, word: str, _content: bytes) -> bytes:
    raise by_hand(path, line, f"the kernel argument {word} names an address")
