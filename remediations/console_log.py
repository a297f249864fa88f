"""The kernel writes its boot log to the serial console: ``console=`` in every boot entry, now and after updates."""

from __future__ import annotations

import re

from remediations.guest import Guest, GuestError
from remediations.linux.boot_lines import BootLine, Loader, Remark, consoles, has_console
from remediations.linux.grub_cfg import add_arguments, parse_menu
from remediations.linux.grub_compare import OnlyConsoles
from remediations.linux.grub_defaults import EVERY_ENTRY, NORMAL_ENTRIES, GrubDefaults, grub_defaults
from remediations.linux.grub_loader import UPDATE, generated, grub_loader, menu_files
from remediations.linux.other_loaders import other_loaders
from remediations.vocabulary import (
    Evidence,
    Finding,
    Level,
    Plan,
    PlanError,
    Requirement,
    RunCommand,
    Settings,
    Status,
    Step,
    WriteFile,
)

_DEVICES = {"aarch64": "ttyAMA0", "arm": "ttyAMA0", "ppc64": "hvc0", "ppc64le": "hvc0", "s390x": "ttysclp0"}
_SERIAL_X86 = ("x86_64", "i386", "i486", "i586", "i686")


def check(guest: Guest, settings: Settings) -> Finding:
    """Whether every boot entry passes the console, and will when its loader's configuration is written again."""
    device = _device(guest, settings)
    loaders = _loaders(guest, settings, device)
    lines = tuple(line for loader in loaders for line in loader.lines)
    if lacking := tuple(line for line in lines if not line.opaque and not has_console(line.arguments, device)):
        return Finding(Status.FAIL, _lacking(lacking, lines, device), tuple(line.evidence for line in lacking))
    if not lines and not _doubts(loaders, device):
        return _nothing_boots(guest, loaders)
    if losses := tuple(loss for loader in loaders for loss in loader.losses):
        return Finding(Status.FAIL, losses[0].text, _evidence(losses))
    if doubts := _doubts(loaders, device):
        return Finding(Status.UNKNOWN, doubts[0].text, _evidence(doubts))
    evidence = tuple(line.evidence for line in lines) + tuple(place for loader in loaders for place in loader.keeps)
    last = all(has_console(consoles(line.arguments)[-1:], device) for line in lines)
    remark = "" if last else ", though /dev/console is another: it is not the last console named"
    return Finding(Status.PASS, f"Every boot entry has console={device}{remark}", evidence)


def plan(guest: Guest, settings: Settings) -> Plan:
    """Add the console where GRUB takes its kernel arguments from, and have the guest generate its menu from it."""
    if check(guest, settings).status is Status.PASS:
        return Plan()
    device = _device(guest, settings)
    if not menu_files(guest):
        return Plan(obstacle="There is no GRUB menu, and other boot loaders are not fixed: add the argument by hand")
    loaders = _loaders(guest, settings, device)
    for loader in loaders:
        _refuse(loader, device)
    if not any(loader.lines for loader in loaders):
        return Plan(obstacle="The GRUB menu boots no Linux kernel: install one, or run update-grub in the guest")
    steps: list[Step] = []
    asked = (*_first(guest), f"console={_option(settings, device)}")
    allowed = frozenset(asked)
    if generated(guest):
        defaults = grub_defaults(guest)
        writes, defaults = _edit_defaults(defaults, asked, device)
        steps += writes
        every, normal = consoles(defaults.words(EVERY_ENTRY)), consoles(defaults.words(NORMAL_ENTRIES))
        asked, allowed = every if has_console(every, device) else normal, frozenset(every + normal)
    menu, *custom = menu_files(guest)
    steps += [write for path in custom if (write := _edit_menu(guest, path, asked, device))]
    if write := _edit_menu(guest, menu, asked, device):
        accept = OnlyConsoles(allowed, device)
        run = RunCommand((UPDATE,), menu, (menu.rpartition("/")[0],), accept, (write,))
        steps.append(run if guest.exists(UPDATE) else write)
    return Plan(tuple(steps), f"Passes console={device} to the kernel in every boot entry, and keeps it on updates")


def _device(guest: Guest, settings: Settings) -> str:
    """The console device, without options; GuestError where none was chosen and the architecture's is not known."""
    if settings.console:
        return settings.console.split(",")[0]
    arch = guest.facts.arch
    if arch in _SERIAL_X86:
        return "ttyS0"
    if arch not in _DEVICES:
        raise GuestError(f"the usual console of the architecture {arch or 'of this guest'} is not known: choose one")
    return _DEVICES[arch]


def _option(settings: Settings, device: str) -> str:
    """The value that ``console=`` gets: a serial line with its speed (Linux: admin-guide/serial-console)."""
    option = settings.console or device
    if "," not in option and re.fullmatch(r"tty(S|AMA)\d+", option):
        option += ",115200n8"
    if not re.fullmatch(r"[A-Za-z0-9]+(,[A-Za-z0-9]+)?", option):
        raise PlanError(f"{option} is no console device")
    return option


def _first(guest: Guest) -> tuple[str, ...]:
    """The screen, to keep the log on it as well; s390x has none."""
    return () if guest.facts.arch == "s390x" else ("console=tty0",)


def _loaders(guest: Guest, settings: Settings, device: str) -> tuple[Loader, ...]:
    grub = grub_loader(guest, device)
    others = other_loaders(guest, device, xen=settings.hypervisor == "xen")
    return (grub, *others) if grub else others


def _edit_defaults(
    defaults: GrubDefaults, asked: tuple[str, ...], device: str
) -> tuple[tuple[WriteFile, ...], GrubDefaults]:
    """The files to write so that every generated entry has the console, last where another would follow it."""
    writes: dict[str, WriteFile] = {}
    every, normal = defaults.words(EVERY_ENTRY), defaults.words(NORMAL_ENTRIES)
    if has_console(every, device) or (has_console(normal, device) and not defaults.recovery):
        return (), defaults
    # What normal entries already have is right for recovery entries too.
    additions = consoles(normal) if has_console(normal, device) else asked
    if consoles(every):
        additions = tuple(argument for argument in additions if has_console((argument,), device))[-1:]
    wanted = [(EVERY_ENTRY, additions)]
    # 10_linux puts the normal entries' arguments behind: a console named there would take /dev/console.
    if consoles(normal) and not has_console(consoles(normal)[-1:], device):
        wanted.append((NORMAL_ENTRIES, asked[-1:]))
    for name, words in wanted:
        path, content, defaults = defaults.with_words(name, " ".join(words))
        writes[path] = WriteFile(path, content)
    return tuple(writes.values()), defaults


def _edit_menu(guest: Guest, path: str, asked: tuple[str, ...], device: str) -> WriteFile | None:
    """The menu with the console in every entry that lacks it; None where none does."""
    content = guest.read(path)
    additions = {}
    for _, kernel in parse_menu(content).kernels:
        if not has_console(kernel.arguments, device):
            present = consoles(kernel.arguments)
            words = asked if not present else [word for word in asked if has_console((word,), device)][-1:]
            additions[kernel.end] = " ".join(words)
    if not additions:
        return None
    edited = add_arguments(content, additions)
    if not all(has_console(kernel.arguments, device) for _, kernel in parse_menu(edited).kernels):
        raise PlanError(f"{path}: the arguments could not be added to every entry")
    return WriteFile(path, edited)


def _refuse(loader: Loader, device: str) -> None:
    """PlanError where a loader has something that the fix does not reach."""
    if doubts := _doubts((loader,), device):
        raise PlanError(doubts[0].text)
    for line in loader.lines:
        if line.source and not has_console(line.arguments, device):
            raise PlanError(f"The entry “{line.title}” comes from {line.source}: add console={device} there by hand")
    if loader.name != "GRUB" and loader.losses:
        raise PlanError(loader.losses[0].text)


def _doubts(loaders: tuple[Loader, ...], device: str) -> tuple[Remark, ...]:
    variable = "The entry “{}” takes arguments from a variable of the boot loader, whose value is not known"
    return tuple(doubt for loader in loaders for doubt in loader.doubts) + tuple(
        Remark(variable.format(line.title), (line.evidence,))
        for loader in loaders
        for line in loader.lines
        if line.opaque and not has_console(line.arguments, device)
    )


def _lacking(lacking: tuple[BootLine, ...], lines: tuple[BootLine, ...], device: str) -> str:
    if len(lacking) == len(lines):
        return f"No boot entry has console={device}"
    only = (
        "only recovery entries"
        if all("single" in line.arguments or "recovery" in line.arguments for line in lacking)
        else ""
    )
    return f"{len(lacking)} of {len(lines)} boot entries lack console={device}" + (f": {only}" if only else "")


def _nothing_boots(guest: Guest, loaders: tuple[Loader, ...]) -> Finding:
    if not guest.glob("/boot/vmlinu[xz]*") and not guest.glob("/vmlinu[xz]*"):
        return Finding(Status.UNKNOWN, "There is no kernel in /boot: this guest does not boot by itself")
    if loaders:
        return Finding(Status.UNKNOWN, f"The configuration of {loaders[0].name} boots no Linux kernel")
    return Finding(Status.UNKNOWN, "No boot loader's configuration was found")


def _evidence(remarks: tuple[Remark, ...]) -> tuple[Evidence, ...]:
    return tuple(place for remark in remarks for place in remark.evidence)


REQUIREMENT = Requirement(
    id="console-log",
    title="The boot log goes to the serial console",
    level=Level.REQUIRED,
    guide="Ensure image writes boot log to console",
    check=check,
    plan=plan,
)
