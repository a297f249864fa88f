"""Opens a guest's LUKS volumes in the appliance, so that inspection finds what is in them."""

from __future__ import annotations

import logging
from typing import Any

from wizard.errors import KeyNeeded
from wizard.visible import visible

log = logging.getLogger(__name__)
_LUKS = "crypto_LUKS"


def volumes(g: Any) -> list[str]:
    """Where LUKS lies: whole disks, partitions, logical volumes."""
    devices = [str(device) for device in (*g.list_devices(), *g.list_partitions(), *g.lvs())]
    return [device for device in devices if _is_luks(g, device)]


def unlock(g: Any, key: str, *, readonly: bool) -> None:
    """Open every LUKS volume that the key opens, and the LVM groups in them; KeyNeeded where it opens none.

    What another key would open stays closed: where the guest mounts it, the opening says that it is missing.
    """
    found = volumes(g)
    opened = [device for number, device in enumerate(found) if _open(g, device, key, f"luks{number}", readonly)]
    if found and not opened:
        named = ", ".join(visible(device) for device in found)
        raise KeyNeeded("wrong-key", f"The key does not open the guest's LUKS volume ({named}).", "Try another key.")
    if opened:
        g.lvm_scan(True)


def key_needed(found: list[str]) -> KeyNeeded:
    """The error where a guest's system can only be in what is encrypted."""
    return KeyNeeded(
        "encrypted-guest",
        f"The guest is encrypted with LUKS ({', '.join(map(visible, found))}); without the key nothing can be read.",
        "Give the passphrase in a file with --key-file; the wizard asks for it.",
    )


def _is_luks(g: Any, device: str) -> bool:
    try:
        return str(g.vfs_type(device)) == _LUKS
    except RuntimeError:  # an extended partition, an empty drive
        if not g.is_ready():
            raise
        return False


def _open(g: Any, device: str, key: str, name: str, readonly: bool) -> bool:
    try:
        g.cryptsetup_open(device, key, name, readonly=readonly)
    except RuntimeError as error:
        if not g.is_ready():
            raise
        log.warning("%s was not opened: %s", device, error)
        return False
    return True
