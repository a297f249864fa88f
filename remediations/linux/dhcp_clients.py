"""The DHCP clients that ifupdown and network-scripts call: they have none of their own."""

from __future__ import annotations

from remediations.guest import Guest

_NAMES = ("dhclient", "dhcpcd", "udhcpc", "pump", "dhcpcd5")
_FOLDERS = ("/sbin", "/usr/sbin", "/bin", "/usr/bin")


def has_client(guest: Guest) -> bool:
    """Whether one is installed; on Alpine busybox is one."""
    if guest.facts.family == "alpine" and guest.exists("/bin/busybox"):
        return True
    return any(guest.exists(f"{folder}/{name}") for folder in _FOLDERS for name in _NAMES)
