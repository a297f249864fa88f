"""zipl, the boot loader of s390x: its sections or boot loader entries, and the boot map that it makes of them."""

from __future__ import annotations

import re

from remediations.guest import Guest
from remediations.linux import bls
from remediations.linux.boot_lines import BootLine, Console, Loader, Remark, has_console
from remediations.linux.text import encode, numbered
from remediations.vocabulary import Evidence, PlanError, Step

CONFIGURATION = "/etc/zipl.conf"
_BOOT_MAPS = ("/boot/bootmap", "/boot/zipl/bootmap")
_LARGEST = 8 * 1024 * 1024


def zipl(guest: Guest, device: str) -> Loader | None:
    """How zipl passes ``device``; None where it is not there. It boots what its boot map holds, not the files."""
    if not guest.exists(CONFIGURATION):
        return None
    lines = _sections(guest) or tuple(
        BootLine(entry.evidence, entry.title, entry.options)
        for entry in bls.entries(guest, bls.GRUB_ENTRIES)
        if entry.kernel == "linux"
    )
    doubts: tuple[Remark, ...] = ()
    if all(has_console(line.arguments, device) for line in lines) and not _mapped(guest, device):
        text = f"zipl keeps the arguments in a boot map, in which console={device} was not found: run zipl in the guest"
        doubts = (Remark(text, (Evidence(CONFIGURATION),)),)
    return Loader("zipl", lines, (), doubts, repair=_repair)


def _repair(console: Console) -> tuple[Step, ...]:
    words = " ".join(console.arguments)
    raise PlanError(
        f"zipl makes its boot map on the machine itself: add {words} to the parameters of every entry of "
        f"{CONFIGURATION} or {bls.GRUB_ENTRIES}, and run zipl, in the guest"
    )


def _sections(guest: Guest) -> tuple[BootLine, ...]:
    """Sections with an ``image`` (zipl.conf(5)); ``parameters`` holds the arguments, in quotes or not."""
    found: list[BootLine] = []
    title, image = "", False
    evidence, words = Evidence(CONFIGURATION), ""

    def finish() -> None:
        if image:
            found.append(BootLine(evidence, title, tuple(words.split())))

    for number, raw in numbered(guest.read(CONFIGURATION)):
        text = raw.strip()
        if section := re.fullmatch(r"\[(.+)\]", text):
            finish()
            title, image, evidence, words = section[1], False, Evidence(CONFIGURATION, number, text), ""
        elif setting := re.fullmatch(r"(image|parameters)\s*=\s*(.*)", text):
            if setting[1] == "image":
                image = True
            else:
                evidence, words = Evidence(CONFIGURATION, number, text), setting[2].strip("\"'")
    finish()
    return tuple(found)


def _mapped(guest: Guest, device: str) -> bool:
    """Whether a boot map holds the argument: it stands there as plain text."""
    wanted = re.compile(rb"console=" + re.escape(encode(device)) + rb"(?![A-Za-z0-9])")
    return any(wanted.search(guest.read(path, _LARGEST)) for path in _BOOT_MAPS if guest.exists(path))
