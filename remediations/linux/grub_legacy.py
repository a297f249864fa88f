"""GRUB 0.97: ``grub.conf`` (Red Hat) and ``menu.lst`` (SUSE, Debian, PV-GRUB), and what new kernels are given."""

from __future__ import annotations

import re
from dataclasses import dataclass

from remediations.guest import FileKind, Guest, GuestError
from remediations.linux.append_variable import Variable, variable, with_console
from remediations.linux.boot_lines import BootLine, Console, Loader, Remark, has_console
from remediations.linux.grub_cfg import is_kernel
from remediations.linux.text import encode, numbered, split_lines
from remediations.vocabulary import Evidence, Step, WriteFile

_MENUS = ("/boot/grub/grub.conf", "/boot/grub/menu.lst", "/boot/efi/EFI/redhat/grub.conf")
_SYSCONFIG = "/etc/sysconfig/bootloader"
_APPENDS = ("DEFAULT_APPEND", "FAILSAFE_APPEND")
"""perl-Bootloader's arguments for a new kernel's entries (SLES 11)."""
_KOPT = "# kopt="


@dataclass(frozen=True)
class _Line:
    """A line of the menu that passes arguments: an entry's, or the ``kopt`` line, whose title is empty."""

    number: int
    text: str
    title: str
    arguments: tuple[str, ...]


def grub_legacy(guest: Guest, device: str) -> tuple[Loader, ...]:
    """Every menu of GRUB 0.97 that is there."""
    paths = [path for path in _MENUS if guest.exists(path) and not _leads_to_menu(guest, path)]
    return tuple(_loader(guest, path, device) for path in paths)


def with_arguments(content: bytes, console: Console) -> bytes:
    """The menu with the console in every kernel line and in the ``kopt`` line, where they lack it."""
    lines = split_lines(content)
    entries, kopt = _read(content)
    for line in (*entries, *kopt):
        if added := console.missing(line.arguments):
            raw = lines[line.number - 1]
            text = raw.rstrip()
            lines[line.number - 1] = text + encode(f" {' '.join(added)}") + raw[len(text) :]
    return b"".join(lines)


def _leads_to_menu(guest: Guest, path: str) -> bool:
    """Whether it is the link to the other name that Red Hat's menu has."""
    found = guest.lstat(path)
    return found is not None and found.kind is FileKind.LINK and guest.readlink(path).rpartition("/")[2] == "grub.conf"


def _loader(guest: Guest, path: str, device: str) -> Loader:
    content = guest.read(path)
    entries, kopt = _read(content)
    lines = tuple(BootLine(Evidence(path, line.number, line.text), line.title, line.arguments) for line in entries)
    doubts: list[Remark] = []
    losses: list[Remark] = []
    keeps: list[Evidence] = []
    if b"\n### BEGIN AUTOMAGIC KERNELS LIST" in b"\n" + content:
        places = tuple(Evidence(path, line.number, line.text) for line in kopt)
        if kopt and has_console(kopt[-1].arguments, device):
            keeps += places[-1:]
        else:
            text = f"The kopt line of {path} does not have console={device}: it is lost when the menu is written again"
            losses.append(Remark(text, places))
    appends = _appends(guest, doubts)
    for found in appends:
        if has_console(found.words, device):
            keeps += found.evidence
        elif not found.known:
            doubts.append(Remark(f"What {found.name} holds cannot be known without running it", found.evidence))
        else:
            losses.append(
                Remark(f"{found.name} does not have console={device}: the next kernel lacks it", found.evidence)
            )
    return Loader(
        "GRUB 0.97",
        lines,
        (),
        tuple(doubts),
        tuple(losses),
        tuple(keeps),
        lambda console: _repair(guest, path, appends, console),
    )


def _repair(guest: Guest, path: str, appends: tuple[Variable, ...], console: Console) -> tuple[Step, ...]:
    before = {name: guest.read(name) for name in (path, *(found.path for found in appends))}
    after = {**before, path: with_arguments(before[path], console)}
    for found in appends:
        after[found.path] = with_console(after[found.path], found.path, found.name, console)
    return tuple(WriteFile(name, content) for name, content in after.items() if content != before[name])


def _appends(guest: Guest, doubts: list[Remark]) -> tuple[Variable, ...]:
    if not guest.exists(_SYSCONFIG):
        return ()
    try:
        found = [variable(guest, _SYSCONFIG, name) for name in _APPENDS]
    except GuestError as error:
        doubts.append(Remark(str(error), (Evidence(_SYSCONFIG),)))
        return ()
    return tuple(known for known in found if known.assigned or known.name == _APPENDS[0])


def _read(content: bytes) -> tuple[list[_Line], list[_Line]]:
    """The kernels' lines and Debian's ``kopt`` lines."""
    entries: list[_Line] = []
    kopt: list[_Line] = []
    title, hypervisor = "", False
    for number, raw in numbered(content):
        text = raw.strip()
        if found := re.match(r"title[ \t=]+(.*)", text):
            title, hypervisor = found[1], False
        elif text.startswith(_KOPT):
            kopt.append(_Line(number, text, "", tuple(text.removeprefix(_KOPT).split())))
        elif found := re.match(r"(kernel|module)[ \t=]+(.*)", text):
            words = [word for word in found[2].split() if not word.startswith("--")]
            if not words:
                continue
            name = words[0].rpartition("/")[2]
            if found[1] == "kernel" and name.startswith("xen"):
                hypervisor = True
            elif is_kernel(words[0]) and (found[1] == "kernel" or (hypervisor and name.startswith("vmlinu"))):
                entries.append(_Line(number, text, title, tuple(words[1:])))
    return entries, kopt
