"""systemd-boot (and SUSE's GRUB with boot loader entries): the entries on the EFI system partition."""

from __future__ import annotations

from remediations.guest import Guest
from remediations.linux import bls, kernel_cmdline
from remediations.linux.boot_lines import BootLine, Console, Loader, Remark
from remediations.vocabulary import Step, WriteFile

_FOLDERS = (bls.GRUB_ENTRIES, "/boot/efi/loader/entries", "/efi/loader/entries")


def systemd_boot(guest: Guest, device: str, taken: bool) -> Loader | None:
    """How the entries pass ``device``; None where there are none. ``taken``: those of /boot are another loader's."""
    folders = _FOLDERS[1:] if taken else _FOLDERS
    found = [entry for folder in folders for entry in bls.entries(guest, folder)]
    lines = tuple(
        BootLine(entry.evidence, entry.title, entry.options, any("$" in word for word in entry.options))
        for entry in found
        if entry.kernel == "linux"
    )
    unread = tuple(
        Remark(f"{entry.path} boots a unified kernel image, which holds its arguments inside", (entry.evidence,))
        for entry in found
        if entry.kernel == "uki"
    )
    if not lines and not unread:
        return None
    losses, keeps = kernel_cmdline.kept(guest, device)
    return Loader("systemd-boot", lines, unread, (), losses, keeps, lambda console: _repair(guest, found, console))


def _repair(guest: Guest, found: list[bls.Entry], console: Console) -> tuple[Step, ...]:
    writes = tuple(
        WriteFile(entry.path, bls.with_options(guest.read(entry.path), " ".join(added)))
        for entry in found
        if entry.kernel == "linux" and (added := console.missing(entry.options))
    )
    return (*writes, *kernel_cmdline.repair(guest, console))
