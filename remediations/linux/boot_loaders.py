"""Every boot loader of a guest: GRUB 2 and those besides it; some are named alone, as not read."""

from __future__ import annotations

from remediations.guest import Guest
from remediations.linux.boot_lines import Loader, Remark
from remediations.linux.extlinux import extlinux
from remediations.linux.grub_legacy import grub_legacy
from remediations.linux.grub_loader import grub_loader
from remediations.linux.grub_menus import menus
from remediations.linux.systemd_boot import systemd_boot
from remediations.linux.zipl import zipl
from remediations.vocabulary import Evidence

_UNREAD = (
    ("/boot/efi/EFI/Linux/*.efi", "a unified kernel image holds its arguments inside"),
    ("/boot/EFI/Linux/*.efi", "a unified kernel image holds its arguments inside"),
    ("/efi/EFI/Linux/*.efi", "a unified kernel image holds its arguments inside"),
    ("/boot/boot.scr", "a U-Boot script was compiled from something else"),
    ("/boot/firmware/cmdline.txt", "the arguments of a Raspberry Pi's firmware are not checked"),
    ("/etc/elilo.conf", "the entries of ELILO are not checked"),
    ("/etc/lilo.conf", "LILO keeps the arguments in a boot map"),
)


def boot_loaders(guest: Guest, device: str, xen: bool) -> tuple[Loader, ...]:
    """Every loader whose configuration is there, seen for a console device. On Xen, PV-GRUB reads ``menu.lst``."""
    grub2 = menus(guest)
    # SUSE's zipl starts a GRUB, whose menu it is.
    mainframe = None if grub2 else zipl(guest, device)
    spec = any(menu.boot_loader_spec for menu in grub2)
    found = [
        grub_loader(guest, device),
        mainframe,
        systemd_boot(guest, device, taken=spec or mainframe is not None),
        *extlinux(guest, device),
    ]
    # GRUB 0.97 boots by its stage2; some cloud images carry a menu.lst beside GRUB 2, for PV-GRUB alone.
    if xen or guest.exists("/boot/grub/stage2") or not grub2:
        found += grub_legacy(guest, device)
    for pattern, reason in _UNREAD:
        for path in guest.glob(pattern)[:1]:
            found.append(Loader(path, unread=(Remark(f"{path}: {reason}", (Evidence(path),)),)))
    return tuple(loader for loader in found if loader is not None)
