"""GRUB 2 as it stands in a guest: the entries it shows, and what becomes of them when they are generated again."""

from __future__ import annotations

import posixpath

from remediations.guest import Guest, GuestError
from remediations.linux import grub_bls, grub_repair, kernel_cmdline
from remediations.linux.boot_lines import BootLine, Loader, Remark, has_console
from remediations.linux.grub_cfg import Entry, GrubMenu, Kernel
from remediations.linux.grub_defaults import (
    DEFAULTS,
    EVERY_ENTRY,
    NORMAL_ENTRIES,
    UNKNOWN,
    GrubDefaults,
    grub_defaults,
)
from remediations.linux.grub_menus import Menu, generators, menus
from remediations.vocabulary import Evidence


def grub_loader(guest: Guest, device: str) -> Loader | None:
    """How GRUB passes ``device`` as a console; None where there is no GRUB menu."""
    found = menus(guest)
    if not found:
        return None
    lines: list[BootLine] = []
    unread: list[Remark] = []
    doubts: list[Remark] = []
    for menu in found:
        unread += menu.unread
        for path, part in menu.parts:
            for entry, kernel in part.kernels:
                line = _line(path, part, entry, kernel)
                line = grub_bls.copied(guest, menu, line) if kernel.takes_kernelopts else line
                lines.append(line)
                # What another file holds is written by hand; no generator touches it.
                if path == menu.path and line.source and has_console(line.arguments, device):
                    doubts += _copied(guest, line)
            unread += _hypervisors(path, part)
        if menu.boot_loader_spec:
            lines += grub_bls.lines(guest, menu)
            unread += grub_bls.remarks(guest, menu)
    doubt, losses, keeps = _kept(guest, found, device)
    return Loader(
        "GRUB",
        tuple(dict.fromkeys(lines)),
        tuple(dict.fromkeys(unread)),
        (*doubts, *doubt),
        losses,
        keeps,
        lambda console: grub_repair.repair(guest, found, console),
    )


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


def _hypervisors(path: str, menu: GrubMenu) -> list[Remark]:
    return [
        Remark(
            "A Xen hypervisor entry passes its kernel's arguments in its own way",
            (Evidence(path, line, menu.line_text(line)),),
        )
        for line in menu.hypervisors
    ]


def _kept(
    guest: Guest, found: tuple[Menu, ...], device: str
) -> tuple[tuple[Remark, ...], tuple[Remark, ...], tuple[Evidence, ...]]:
    """Doubts, losses and evidence about the next generation, by grub-mkconfig or kernel-install."""
    spec = any(menu.boot_loader_spec for menu in found)
    losses, keeps = kernel_cmdline.kept(guest, device) if spec else ((), ())
    # With boot loader entries and no defaults, nobody has grub-mkconfig write anything.
    if not generators(guest) or (spec and not guest.exists(DEFAULTS)):
        return (), losses, keeps
    try:
        defaults = grub_defaults(guest)
    except GuestError as error:
        return (Remark(str(error)),), losses, keeps
    doubts, lost, kept = _defaults_kept(defaults, device, grub_repair.makes_recovery(defaults, spec))
    return doubts, (*losses, *lost), (*keeps, *kept)


def _defaults_kept(
    defaults: GrubDefaults, device: str, recovery: bool
) -> tuple[tuple[Remark, ...], tuple[Remark, ...], tuple[Evidence, ...]]:
    """The same about what grub-mkconfig's 10_linux script makes of the defaults."""
    every, normal = defaults.words(EVERY_ENTRY), defaults.words(NORMAL_ENTRIES)
    if has_console(every, device):
        return (), (), _where(defaults, EVERY_ENTRY)
    if has_console(normal, device) and not recovery:
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
