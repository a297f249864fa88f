"""systemd-networkd's ``.network`` files as profiles; the first that matches counts (systemd.network(5))."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

from remediations.guest import Guest
from remediations.linux.ini_lines import IniLine, ini_lines
from remediations.linux.interface_names import matches
from remediations.linux.network_profiles import Profile, System, system
from remediations.linux.networkd import files
from remediations.linux.text import encode
from remediations.linux.ties import by_hand, read_config
from remediations.vocabulary import Evidence

SERVICE = "systemd-networkd"
ANY_ETHERNET = "en* eth*"
_DHCP = ("yes", "true", "on", "1", "y", "t", "both", "ipv4", "v4")
_NEVER = ("MACAddress", "PermanentMACAddress", "WLANInterfaceType", "SSID", "BSSID")
_UNSURE = ("Path", "Property", "Host", "KernelCommandLine", "KernelVersion", "Version", "Architecture", "Credential",
           "Firmware")  # fmt: skip
_YES = ("yes", "true", "on", "1", "y", "t")
_NOT_BROUGHT_UP = ("manual", "down", "always-down")
_VIRTUAL = ("yes", "true", "on", "1", "vm", "kvm", "qemu", "!container", "!no")


def networkd(guest: Guest) -> System | None:
    """systemd-networkd with the profiles in the image."""
    found = system(guest, SERVICE, SERVICE)
    if found is None:
        return None
    profiles, doubts = read(guest)
    doubt = f"whether {doubts[0]} matches an instance's interface cannot be told" if doubts else ""
    return replace(found, profiles=profiles, ordered=True, doubt=doubt)


def read(guest: Guest) -> tuple[tuple[Profile, ...], list[str]]:
    """The profiles that may match an Ethernet card, in order, and the files of which that cannot be told."""
    profiles, doubts = [], []
    for path in sorted(files(guest, "*.network"), key=lambda known: known.rpartition("/")[2]):
        content = read_config(guest, path)
        if not content or not readable(guest, path):
            continue
        name = path.rpartition("/")[2]
        lines = ini_lines(content)
        for more in files(guest, f"{name}.d/*.conf"):
            lines += ini_lines(read_config(guest, more) or b"")
        verdict = _matches(lines)
        if verdict is None:
            doubts.append(path)
        elif verdict:
            profiles.append(_profile(path, lines))
    return tuple(profiles), doubts


def readable(guest: Guest, path: str) -> bool:
    """Whether networkd, which runs as a user of its own, may read a file; it goes on without one that it may not."""
    found = guest.stat(path)
    return found is None or bool(found.mode & 0o004 or (found.mode & 0o040 and found.gid))


def _profile(path: str, lines: list[IniLine]) -> Profile:
    names = tuple(word for line in _of(lines, "Match", "Name") for word in line.value.split())
    asked = _of(lines, "Network", "DHCP")
    dhcp = bool(asked) and asked[-1].value.lower() in _DHCP
    shown = next((line for line in (*_of(lines, "Match", "Name"), *asked)), None)
    place = Evidence(path, shown.number, shown.text) if shown else Evidence(path, text="no Name= and no DHCP=")
    left = _last(lines, "Link", "Unmanaged") in _YES or _last(lines, "Link", "ActivationPolicy") in _NOT_BROUGHT_UP
    return Profile(place, names, dhcp, partial(with_any_name, path), left)


def _last(lines: list[IniLine], section: str, key: str) -> str:
    found = _of(lines, section, key)
    return found[-1].value.lower() if found else ""


def _of(lines: list[IniLine], section: str, key: str) -> list[IniLine]:
    found: list[IniLine] = []
    for line in lines:
        if (line.section, line.key) == (section, key):
            found = [*found, line] if line.value else []
    return found


def _matches(lines: list[IniLine]) -> bool | None:
    """Whether a ``[Match]`` may hold for a virtio card of a virtual machine; None where that cannot be told."""
    unsure = False
    for line in (line for line in lines if line.section == "Match" and line.value):
        words = tuple(line.value.split())
        if line.key in _NEVER and not all(word.startswith("!") for word in words):
            return False
        if line.key == "Type" and not matches(words, "ether"):
            return False
        if line.key == "Driver" and not matches(words, "virtio_net"):
            return False
        if line.key == "Kind" and not all(word.startswith("!") for word in words):
            return False
        if line.key == "Virtualization" and line.value.lower() not in _VIRTUAL:
            return False
        unsure = unsure or line.key in _UNSURE
    return None if unsure else True


def with_any_name(path: str, content: bytes) -> bytes:
    """The file with the ``Name=`` of its match made one of any Ethernet interface."""
    parts, done = [], False
    for line in ini_lines(content):
        if (line.section, line.key) == ("Match", "Name"):
            if done:
                raise by_hand(path, line.number, "the match has several Name= lines")
            text = line.raw.decode("utf-8", "surrogateescape")
            head = re.match(r"\s*Name\s*=\s*", text)
            if head is None or line.raw.rstrip(b"\r\n").endswith(b"\\"):
                raise by_hand(path, line.number, "the match goes on over several lines")
            ending = text[len(text.rstrip("\r\n")) :]
            parts.append(encode(f"{head[0]}{ANY_ETHERNET}{ending}"))
            done = True
        else:
            parts.append(line.raw)
    return b"".join(parts)
