"""GRUB 2 as it stands in a guest: the menu it shows, and what its menu becomes when it is generated again."""

from __future__ import annotations

import posixpath

from remediations.guest import Guest, GuestError
from remediations.linux.boot_lines import BootLine, Loader, Remark, has_console
from remediations.linux.grub_cfg import Entry, GrubMenu, Kernel, parse_menu
from remediations.linux.grub_defaults import EVERY_ENTRY, NORMAL_ENTRIES, UNKNOWN, GrubDefaults, grub_defaults
from remediations.linux.grub_script import GrubSyntaxError
from remediations.vocabulary import Evidence

MENUS = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg")
UPDATE = "/usr/sbin/update-grub"
_GENERATORS = (UPDATE, "/usr/sbin/grub-mkconfig", "/usr/sbin/grub2-mkconfig")


def menu_path(guest: Guest) -> str | None:
    """The path of the menu, None where there is none."""
    return next((path for path in MENUS if guest.exists(path)), None)


def generated(guest: Guest) -> bool:
    """Whether the guest has a program that would write its menu anew, as after a kernel update."""
    return any(guest.exists(path) for path in _GENERATORS)


def menu_files(guest: Guest) -> tuple[str, ...]:
    """The menu and, where it is there, the ``custom.cfg`` that the menu takes in."""
    path = menu_path(guest)
    if path is None:
        return ()
    custom = posixpath.join(posixpath.dirname(path), "custom.cfg")
    return (path, custom) if guest.exists(custom) else (path,)


def grub_loader(guest: Guest, device: str) -> Loader | None:
    """How GRUB passes ``device`` as a console; None where there is no GRUB menu."""
    lines: list[BootLine] = []
    doubts: list[Remark] = []
    paths = menu_files(guest)
    if not paths:
        return None
    for path in paths:
        try:
            menu = parse_menu(guest.read(path))
        except GrubSyntaxError as error:
            doubts.append(Remark(f"{path} cannot be understood: {error}", (Evidence(path),)))
            continue
        for entry, kernel in menu.kernels:
            line = _line(path, menu, entry, kernel)
            lines.append(line)
            # custom.cfg is written by hand; no generator touches it.
            if path == paths[0] and line.source and has_console(line.arguments, device):
                doubts += _copied(guest, line)
        doubts += _elsewhere(guest, path, menu)
    if not generated(guest):
        return Loader("GRUB", tuple(lines), tuple(doubts))
    try:
        defaults = grub_defaults(guest)
    except GuestError as error:
        return Loader("GRUB", tuple(lines), (*doubts, Remark(str(error))))
    doubt, loss, keeps = _kept(defaults, device)
    return Loader("GRUB", tuple(lines), (*doubts, *doubt), loss, keeps)


def _line(path: str, menu: GrubMenu, entry: Entry, kernel: Kernel) -> BootLine:
    own = not entry.section or posixpath.basename(entry.section).startswith("10_linux")
    evidence = Evidence(path, kernel.line, menu.line_text(kernel.line))
    return BootLine(evidence, entry.title, kernel.arguments, kernel.opaque, "" if own else entry.section)


def _copied(guest: Guest, line: BootLine) -> list[Remark]:
    """Doubt about an entry that a script of /etc/grub.d prints, unless its very line stands in the script."""
    try:
        written = guest.read(line.source).decode("utf-8", "surrogateescape")
    except GuestError:
        written = ""
    if line.evidence.text in written:
        return []
    text = f"The entry “{line.title}” is made by {line.source}: whether it keeps its arguments is not known"
    return [Remark(text, (line.evidence,))]


def _elsewhere(guest: Guest, path: str, menu: GrubMenu) -> list[Remark]:
    """What the menu boots that its ``linux`` lines do not show."""
    remarks = [
        Remark("A Xen hypervisor entry passes its kernel's arguments in its own way", (_at(path, menu, line),))
        for line in menu.hypervisors
    ]
    for line, name in menu.includes:
        if posixpath.basename(name) != "custom.cfg":
            remarks.append(Remark(f"{path} goes on in {name}, which was not read", (_at(path, menu, line),)))
    if menu.boot_loader_spec and not guest.glob("/boot/loader/entries/*.conf"):
        remarks.append(Remark(f"{path} shows the entries of /boot/loader/entries, and there are none"))
    return remarks


def _kept(defaults: GrubDefaults, device: str) -> tuple[tuple[Remark, ...], tuple[Remark, ...], tuple[Evidence, ...]]:
    """Doubts, losses and evidence about the menu's next generation (grub-mkconfig's 10_linux script)."""
    every, normal = defaults.words(EVERY_ENTRY), defaults.words(NORMAL_ENTRIES)
    if has_console(every, device):
        return (), (), _where(defaults, EVERY_ENTRY)
    if has_console(normal, device) and not defaults.recovery:
        return (), (), (*_where(defaults, NORMAL_ENTRIES), *_where(defaults, "GRUB_DISABLE_RECOVERY"))
    evidence = _where(defaults, EVERY_ENTRY) or tuple(Evidence(path) for path, _ in defaults.files[:1])
    if any(UNKNOWN in word for word in every):
        return (Remark(f"What {EVERY_ENTRY} holds cannot be known without running it", evidence),), (), ()
    if has_console(normal, device):
        if UNKNOWN in defaults.values["GRUB_DISABLE_RECOVERY"]:
            return (Remark("Whether recovery entries are made cannot be known", evidence),), (), ()
        text = f"Recovery entries lose console={device} when the menu is generated again: only {NORMAL_ENTRIES} has it"
        return (), (Remark(text, (*evidence, *_where(defaults, NORMAL_ENTRIES))),), ()
    if any(UNKNOWN in word for word in normal):
        return (Remark(f"What {NORMAL_ENTRIES} holds cannot be known without running it", evidence),), (), ()
    text = f"{EVERY_ENTRY} does not have console={device}: it is missing when the menu is generated again"
    return (), (Remark(text, evidence),), ()


def _where(defaults: GrubDefaults, name: str) -> tuple[Evidence, ...]:
    last = defaults.last(name)
    if last is None:
        return ()
    path, file, assignment = last
    return (Evidence(path, assignment.line, file.line_text(assignment.line)),)


def _at(path: str, menu: GrubMenu, line: int) -> Evidence:
    return Evidence(path, line, menu.line_text(line))
