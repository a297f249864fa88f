"""Where GRUB 2's menus lie in a guest, what each takes in from other files, and what would generate it again."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from remediations.guest import Guest
from remediations.linux.boot_lines import Remark
from remediations.linux.grub_cfg import GrubMenu, parse_menu
from remediations.linux.grub_script import GrubSyntaxError
from remediations.vocabulary import Evidence

_MENUS = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg")
_EFI_MENUS = (
    "/boot/efi/EFI/*/grub.cfg",
    "/efi/EFI/*/grub.cfg",
    "/boot/EFI/*/grub.cfg",
    "/boot/efi/grub*/grub.cfg",
    "/efi/grub*/grub.cfg",
)
_UPDATE = "/usr/sbin/update-grub"
_GENERATORS = {
    "/boot/grub/grub.cfg": ("/usr/sbin/grub-mkconfig", "/usr/bin/grub-mkconfig"),
    "/boot/grub2/grub.cfg": ("/usr/sbin/grub2-mkconfig", "/usr/bin/grub2-mkconfig"),
}
_BESIDE = re.compile(r"\$(?:prefix|\{prefix\}|config_directory|\{config_directory\})/([^/$]+)")
_ABSOLUTE = re.compile(r"(?:\(\$root\)|\(\$\{root\}\))?(/[^$()]+)")
_SNAPSHOTS = "grub-snapshot.cfg"
"""SUSE's list of snapper's snapshots: each boots by the read-only menu that it was made with."""
_DEEPEST = 4
_LARGEST = 512 * 1024
"""A menu of a hundred kernels is smaller; a longer one is not worth the time it takes to read."""


@dataclass(frozen=True)
class Menu:
    """A menu as read: ``parts`` are its file and those it takes in, ``unread`` what could not be followed.

    ``command`` is what writes its file anew, None where nothing does.
    """

    path: str
    parts: tuple[tuple[str, GrubMenu], ...]
    unread: tuple[Remark, ...]
    command: tuple[str, ...] | None

    @property
    def boots(self) -> bool:
        """Whether it has entries of its own; the small grub.cfg beside an EFI binary only leads to another."""
        return any(menu.kernels or menu.boot_loader_spec for _, menu in self.parts)

    @property
    def boot_loader_spec(self) -> bool:
        """Whether it shows the entries of /boot/loader/entries, or holds copies of them."""
        copies = any(kernel.takes_kernelopts for _, menu in self.parts for _, kernel in menu.kernels)
        return copies or any(menu.boot_loader_spec for _, menu in self.parts)


def menus(guest: Guest) -> tuple[Menu, ...]:
    """Every menu that could be the one shown: /boot's, and those beside EFI binaries that have entries themselves."""
    found = [_menu(guest, path) for path in _MENUS if guest.exists(path)]
    beside = [_menu(guest, path) for pattern in _EFI_MENUS for path in guest.glob(pattern)]
    return (*found, *(menu for menu in beside if menu.boots or not menu.parts))


def generators(guest: Guest) -> tuple[str, ...]:
    """The programs that would write a menu anew, as a kernel update does."""
    paths = (_UPDATE, *(path for paths in _GENERATORS.values() for path in paths))
    return tuple(path for path in paths if guest.exists(path))


def _menu(guest: Guest, path: str) -> Menu:
    parts: dict[str, GrubMenu] = {}
    unread: list[Remark] = []
    _read(guest, path, path, parts, unread, 0)
    custom = posixpath.join(posixpath.dirname(path), "custom.cfg")
    if custom not in parts and guest.exists(custom):
        _read(guest, custom, custom, parts, unread, 0)
    return Menu(path, tuple(parts.items()), tuple(unread), _command(guest, path))


def _command(guest: Guest, path: str) -> tuple[str, ...] | None:
    if path == _MENUS[0] and guest.exists(_UPDATE):
        return (_UPDATE,)
    program = next((found for found in _GENERATORS.get(path, ()) if guest.exists(found)), None)
    return (program, "-o", path) if program else None


def _read(guest: Guest, top: str, path: str, parts: dict[str, GrubMenu], unread: list[Remark], depth: int) -> None:
    try:
        menu = parse_menu(guest.read(path, _LARGEST))
    except GrubSyntaxError as error:
        unread.append(Remark(f"{path} cannot be understood: {error}", (Evidence(path),)))
        return
    parts[path] = menu
    for line, name in menu.includes:
        if posixpath.basename(name) == _SNAPSHOTS:
            continue
        beside = _BESIDE.fullmatch(name)
        inner = _resolved(guest, top, name)
        # GRUB goes on where a file is not there; an EFI wrapper leads back to a menu that is read for itself.
        if inner in parts or inner in _MENUS or (beside and inner is None):
            continue
        if inner is None or depth == _DEEPEST:
            place = Evidence(path, line, menu.line_text(line))
            unread.append(Remark(f"{path} goes on in {name}, which was not read", (place,)))
        else:
            _read(guest, top, inner, parts, unread, depth + 1)


def _resolved(guest: Guest, top: str, name: str) -> str | None:
    """The guest's path of an included file, None where there is none."""
    if beside := _BESIDE.fullmatch(name):
        candidates = [posixpath.join(posixpath.dirname(top), beside[1])]
    elif absolute := _ABSOLUTE.fullmatch(name):
        # GRUB's root is /boot's file system where that is one of its own.
        candidates = [absolute[1], f"/boot{absolute[1]}"]
    else:
        candidates = []
    return next((path for path in candidates if guest.exists(path)), None)
