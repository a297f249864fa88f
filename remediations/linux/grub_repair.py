"""How a console gets into GRUB 2's entries and stays there: the defaults, the menus, boot loader entries."""

from __future__ import annotations

import posixpath

from remediations.guest import Guest
from remediations.linux import grub_bls, kernel_cmdline
from remediations.linux.boot_lines import Console, consoles, has_console
from remediations.linux.grub_cfg import add_arguments, parse_menu
from remediations.linux.grub_compare import OnlyConsoles
from remediations.linux.grub_defaults import DEFAULTS, EVERY_ENTRY, NORMAL_ENTRIES, GrubDefaults, grub_defaults
from remediations.linux.grub_menus import Menu, generators
from remediations.vocabulary import PlanError, RunCommand, Step, WriteFile


def repair(guest: Guest, menus: tuple[Menu, ...], console: Console) -> tuple[Step, ...]:
    """Add the console where GRUB takes its arguments from, and have the guest generate its menu from that."""
    spec = any(menu.boot_loader_spec for menu in menus)
    steps: list[Step] = []
    allowed = frozenset(console.arguments)
    if generators(guest) and (guest.exists(DEFAULTS) or not spec):
        defaults = grub_defaults(guest)
        writes, defaults = _edit_defaults(defaults, console, makes_recovery(defaults, spec))
        steps += writes
        every, normal = consoles(defaults.words(EVERY_ENTRY)), consoles(defaults.words(NORMAL_ENTRIES))
        # The entries get what they will get when they are generated again.
        console = Console(console.device, every if has_console(every, console.device) else normal)
        allowed = frozenset(every + normal)
    entries = {
        step.path: step
        for step in grub_bls.repair(guest, tuple(menu for menu in menus if menu.boot_loader_spec), console)
    }
    done: set[str] = set()
    for menu in menus:
        for path, _ in menu.parts:
            content = entries[path].content if path in entries else guest.read(path)
            write = _edit_menu(path, content, console)
            if write is None or path in done:
                continue
            done.add(path)
            if path == menu.path and menu.command is not None and not spec:
                steps.append(_generate(menu.command, write, OnlyConsoles(allowed, console.device)))
            else:
                entries[path] = write
    # Last, so that it is not older than the defaults: kernel-install would have the menu generated then.
    return (*steps, *entries.values(), *(kernel_cmdline.repair(guest, console) if spec else ()))


def makes_recovery(defaults: GrubDefaults, boot_loader_spec: bool) -> bool:
    """Whether recovery entries are generated; they get :data:`EVERY_ENTRY` alone. Boot loader entries have none."""
    return defaults.recovery and not (boot_loader_spec and defaults.values.get("GRUB_ENABLE_BLSCFG") == "true")


def _generate(command: tuple[str, ...], write: WriteFile, accept: OnlyConsoles) -> RunCommand:
    return RunCommand(command, write.path, (posixpath.dirname(write.path),), accept, (write,))


def _edit_defaults(
    defaults: GrubDefaults, console: Console, recovery: bool
) -> tuple[tuple[WriteFile, ...], GrubDefaults]:
    """The files to write so that every generated entry has the console, last where another would follow it."""
    writes: dict[str, WriteFile] = {}
    device = console.device
    every, normal = defaults.words(EVERY_ENTRY), defaults.words(NORMAL_ENTRIES)
    if has_console(every, device) or (has_console(normal, device) and not recovery):
        return (), defaults
    # What normal entries already have is right for recovery entries too.
    additions = consoles(normal) if has_console(normal, device) else console.arguments
    if consoles(every):
        additions = tuple(argument for argument in additions if has_console((argument,), device))[-1:]
    wanted = [(EVERY_ENTRY, additions)]
    # 10_linux puts the normal entries' arguments behind: a console named there would take /dev/console.
    if consoles(normal) and not has_console(consoles(normal)[-1:], device):
        wanted.append((NORMAL_ENTRIES, console.arguments[-1:]))
    for name, words in wanted:
        path, content, defaults = defaults.with_words(name, " ".join(words))
        writes[path] = WriteFile(path, content)
    return tuple(writes.values()), defaults


def _edit_menu(path: str, content: bytes, console: Console) -> WriteFile | None:
    """A menu with the console in every entry that lacks it; None where none does."""
    additions = {
        kernel.end: " ".join(added)
        for _, kernel in parse_menu(content).kernels
        if not kernel.takes_kernelopts and (added := console.missing(kernel.arguments))
    }
    if not additions:
        return None
    edited = add_arguments(content, additions)
    kernels = [kernel for _, kernel in parse_menu(edited).kernels if not kernel.takes_kernelopts]
    if not all(has_console(kernel.arguments, console.device) for kernel in kernels):
        raise PlanError(f"{path}: the arguments could not be added to every entry")
    return WriteFile(path, edited)
