"""Boot loaders besides GRUB 2: what they pass to their kernels, as far as their files tell.

Boot loader specification entries (systemd-boot), extlinux and syslinux, GRUB 0.97; others are named as not read.
"""

from __future__ import annotations

import posixpath
import re

from remediations.guest import Guest
from remediations.linux.boot_lines import BootLine, Loader, Remark, has_console
from remediations.linux.grub_cfg import is_kernel
from remediations.linux.shell_assignments import ShellSyntaxError, evaluate, parse
from remediations.linux.text import numbered
from remediations.vocabulary import Evidence

_ENTRIES = ("/boot/loader/entries", "/boot/efi/loader/entries", "/efi/loader/entries")
_EXTLINUX = ("/boot/extlinux/extlinux.conf", "/boot/extlinux.conf", "/extlinux.conf", "/boot/syslinux/syslinux.cfg")
_EXTLINUX_GENERATORS = (
    ("/usr/sbin/u-boot-update", "/etc/default/u-boot", "U_BOOT_PARAMETERS"),
    ("/usr/sbin/extlinux-update", "/etc/default/extlinux", "EXTLINUX_PARAMETERS"),
)
_MENU_LST = "/boot/grub/menu.lst"
_UNREAD = (
    ("/boot/efi/EFI/Linux/*.efi", "a unified kernel image holds its arguments inside"),
    ("/efi/EFI/Linux/*.efi", "a unified kernel image holds its arguments inside"),
    ("/boot/boot.scr", "a U-Boot script was compiled from something else"),
    ("/boot/firmware/cmdline.txt", "the arguments of a Raspberry Pi's firmware are not checked"),
    ("/etc/zipl.conf", "zipl keeps the arguments in a boot map"),
    ("/etc/lilo.conf", "LILO keeps the arguments in a boot map"),
)


def other_loaders(guest: Guest, device: str, xen: bool) -> tuple[Loader, ...]:
    """Every loader besides GRUB 2 whose configuration is there. On Xen, PV-GRUB reads ``menu.lst``."""
    loaders = [_boot_loader_spec(guest, device), *(_extlinux(guest, path, device) for path in _EXTLINUX)]
    # GRUB 0.97 boots by its stage2; Ubuntu's cloud images carry a menu.lst beside GRUB 2, for PV-GRUB alone.
    if xen or guest.exists("/boot/grub/stage2") or not guest.exists("/boot/grub/grub.cfg"):
        loaders.append(_grub_legacy(guest, device))
    for pattern, reason in _UNREAD:
        for path in guest.glob(pattern)[:1]:
            loaders.append(Loader(path, doubts=(Remark(f"{path}: {reason}", (Evidence(path),)),)))
    return tuple(loader for loader in loaders if loader is not None)


def _boot_loader_spec(guest: Guest, device: str) -> Loader | None:
    """The Boot Loader Specification's type 1 entries; kernel-install(8) makes them from /etc/kernel/cmdline."""
    lines: list[BootLine] = []
    doubts: list[Remark] = []
    for path in (path for folder in _ENTRIES for path in guest.glob(f"{folder}/*.conf")):
        words: list[str] = []
        evidence, title, kernel = Evidence(path), posixpath.basename(path), ""
        for number, text in numbered(guest.read(path)):
            key, value = [*text.split(None, 1), "", ""][:2]
            if key == "options":
                words += value.split()
                evidence = Evidence(path, number, text)
            elif key in ("title", "linux", "uki", "efi"):
                title = value.strip() if key == "title" else title
                kernel = key if key != "title" else kernel
        if kernel == "linux":
            opaque = any("$" in word for word in words)
            lines.append(BootLine(evidence, title, tuple(words), opaque, path))
        elif kernel == "uki":
            doubts.append(Remark(f"{path} boots a unified kernel image, which holds its arguments inside", (evidence,)))
    if not lines and not doubts:
        return None
    losses: tuple[Remark, ...] = ()
    keeps: tuple[Evidence, ...] = ()
    # Without the file, kernel-install takes the arguments of the running kernel, which had them from here.
    if path := next((p for p in ("/etc/kernel/cmdline", "/usr/lib/kernel/cmdline") if guest.exists(p)), ""):
        found = numbered(guest.read(path))
        keeps = tuple(Evidence(path, number, text) for number, text in found[:1])
        if not has_console(tuple(word for _, text in found for word in text.split()), device):
            losses, keeps = (Remark(f"{path} does not have console={device}: the next kernel lacks it", keeps),), ()
    return Loader("systemd-boot", tuple(lines), tuple(doubts), losses, keeps)


def _extlinux(guest: Guest, path: str, device: str) -> Loader | None:
    """Labels with a Linux kernel and what is appended to it (syslinux: doc/syslinux.txt, LABEL, APPEND)."""
    if not guest.exists(path):
        return None
    lines: list[BootLine] = []
    doubts: list[Remark] = []
    common, label, kernel = "", "", ""
    appended: tuple[str, Evidence] | None = None

    def finish() -> None:
        if label and kernel and is_kernel(kernel) and not kernel.lower().endswith((".c32", ".com", ".bin", ".img")):
            arguments, evidence = appended or (common, Evidence(path))
            lines.append(BootLine(evidence, label, tuple(arguments.split()), source=path))

    for number, text in numbered(guest.read(path)):
        word, _, value = text.strip().replace("\t", " ").partition(" ")
        keyword, evidence = word.lower(), Evidence(path, number, text.strip())
        if keyword == "label":
            finish()
            label, kernel, appended = value.strip(), "", None
        elif keyword in ("linux", "kernel"):
            kernel = value.strip()
        elif keyword == "append" and not label:
            common = value
        elif keyword == "append":
            appended = ("" if value.strip() == "-" else value, evidence)
        elif keyword in ("include", "config"):
            doubts.append(Remark(f"{path} goes on in {value.strip()}, which was not read", (evidence,)))
    finish()
    loss, keeps = _extlinux_kept(guest, path, device)
    return Loader(path, tuple(lines), (*doubts, *loss), (), keeps)


def _extlinux_kept(guest: Guest, path: str, device: str) -> tuple[tuple[Remark, ...], tuple[Evidence, ...]]:
    for program, defaults, name in _EXTLINUX_GENERATORS:
        if not guest.exists(program):
            continue
        doubt = Remark(f"Whether {program} keeps console={device} in {path} is not known", (Evidence(defaults),))
        try:
            file = parse(guest.read(defaults) if guest.exists(defaults) else b"")
        except ShellSyntaxError:
            return (doubt,), ()
        if not has_console(tuple(evaluate((file,), {}).get(name, "").split()), device):
            return (doubt,), ()
        return (), tuple(
            Evidence(defaults, found.line, file.line_text(found.line))
            for found in file.assignments
            if found.name == name
        )[-1:]
    return (), ()


def _grub_legacy(guest: Guest, device: str) -> Loader | None:
    """GRUB 0.97's ``menu.lst``; Debian's update-grub writes its kernels anew with the words of ``# kopt=``."""
    if not guest.exists(_MENU_LST):
        return None
    lines: list[BootLine] = []
    kopt: Evidence | None = None
    automatic, title = False, ""
    for number, text in numbered(guest.read(_MENU_LST)):
        evidence, stripped = Evidence(_MENU_LST, number, text.strip()), text.strip()
        if stripped.startswith("### BEGIN AUTOMAGIC KERNELS LIST"):
            automatic = True
        elif automatic and re.match(r"# kopt=", stripped):
            kopt = evidence
        elif found := re.match(r"title[ \t=]+(.*)", stripped):
            title = found[1]
        elif found := re.match(r"kernel[ \t=]+(.*)", stripped):
            words = [word for word in found[1].split() if not word.startswith("--")]
            if words and is_kernel(words[0]):
                lines.append(BootLine(evidence, title, tuple(words[1:]), source=_MENU_LST))
    losses: tuple[Remark, ...] = ()
    if automatic and (kopt is None or not has_console(tuple(kopt.text[len("# kopt=") :].split()), device)):
        text = f"The kopt line of {_MENU_LST} does not have console={device}: it is lost when the menu is written again"
        losses = (Remark(text, (kopt,) if kopt else ()),)
    return Loader("GRUB 0.97", tuple(lines), (), losses, (kopt,) if kopt and not losses else ())
