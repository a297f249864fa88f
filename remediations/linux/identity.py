"""Which distribution a guest is, and for which processor: its own release files and programs are asked.

The names are libguestfs' (``virt-inspector``), which everything around it speaks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from remediations.guest import FileKind, Stat
from remediations.linux.os_release import pretty_name, values

_RELEASE_LIMIT = 1024 * 1024
_PROGRAMS = ("/bin/bash", "/bin/ls", "/bin/echo", "/bin/rm", "/bin/sh")
_DISTROS = {
    "alpine": "alpinelinux",
    "arch": "archlinux",
    "altlinux": "altlinux",
    "centos": "centos",
    "coreos": "coreos",
    "debian": "debian",
    "fedora": "fedora",
    "frugalware": "frugalware",
    "gentoo": "gentoo",
    "kali": "kalilinux",
    "mageia": "mageia",
    "neokylin": "neokylin",
    "openmandriva": "openmandriva",
    "opensuse": "opensuse",
    "pld": "pldlinux",
    "rhel": "rhel",
    "rocky": "rocky",
    "sled": "sles",
    "sles": "sles",
    "ubuntu": "ubuntu",
    "void": "voidlinux",
}
_LSB = {"CoreOS": "coreos", "LinuxMint": "linuxmint", "Mageia": "mageia", "Ubuntu": "ubuntu"}
# os-release of these says the major version alone; their own release file has the rest.
_MAJOR_ONLY = ("debian", "centos")
_RPM = ("altlinux", "centos", "fedora", "mageia", "mandriva", "meego", "neokylin", "openmandriva", "opensuse",
        "oraclelinux", "redhat-based", "rhel", "rocky", "scientificlinux", "sles", "suse-based")  # fmt: skip
_FORMATS = {
    **dict.fromkeys(_RPM, "rpm"),
    **dict.fromkeys(("debian", "kalilinux", "linuxmint", "ubuntu"), "deb"),
    "alpinelinux": "apk",
    "archlinux": "pacman",
    "gentoo": "ebuild",
    "pardus": "pisi",
    "voidlinux": "xbps",
}
_FAMILIES = (
    ("/etc/oracle-release", "Oracle Linux", "oraclelinux"),
    ("/etc/centos-release", "CentOS", "centos"),
    ("/etc/redhat-release", "Fedora", "fedora"),
    ("/etc/redhat-release", "Red Hat", "rhel"),
    ("/etc/redhat-release", "CentOS", "centos"),
    ("/etc/redhat-release", "Scientific Linux", "scientificlinux"),
)
_OTHERS = (
    ("/etc/altlinux-release", "altlinux"),
    ("/etc/redhat-release", "redhat-based"),
    ("/etc/debian_version", "debian"),
    ("/etc/pardus-release", "pardus"),
    ("/etc/arch-release", "archlinux"),
    ("/etc/gentoo-release", "gentoo"),
    ("/etc/meego-release", "meego"),
    ("/etc/slackware-version", "slackware"),
    ("/etc/ttylinux-target", "ttylinux"),
)
_MACHINES = {
    2: "sparc",
    3: "i386",
    6: "i386",
    20: "ppc",
    40: "arm",
    43: "sparc64",
    50: "ia64",
    62: "x86_64",
    183: "aarch64",
}


class Files(Protocol):
    """What identification needs of a guest."""

    def stat(self, path: str) -> Stat | None: ...

    def head(self, path: str, length: int) -> bytes: ...


@dataclass(frozen=True)
class Identity:
    """As :class:`~remediations.guest.GuestFacts`; strings that are not known are empty, a version (0, 0)."""

    distro: str
    product: str
    version: tuple[int, int]
    arch: str
    package_format: str


def identify(guest: Files) -> Identity:
    """Look at the release files and at the programs that every guest has. May raise GuestError."""
    release = _text(guest, "/etc/os-release") or b""
    distro, version, line = _distribution(guest, release)
    return Identity(
        distro, pretty_name(release) or line, version or (0, 0), _architecture(guest), _FORMATS.get(distro, "")
    )


def _distribution(guest: Files, release: bytes) -> tuple[str, tuple[int, int] | None, str]:
    """Name, version and the line that says so, from the first file that is sure of it."""
    told = values(release)
    distro = _by_id(told.get("ID", ""))
    version = _major_minor(told.get("VERSION_ID", ""))
    if distro == "voidlinux":
        return distro, version or (0, 0), ""
    if distro and version and not (distro in _MAJOR_ONLY and version[1] == 0):
        return distro, version, ""
    for found, own, line in _other_files(guest):
        return found, own or version, line
    return distro, version, ""


def _other_files(guest: Files) -> Iterator[tuple[str, tuple[int, int] | None, str]]:
    lsb = values(_text(guest, "/etc/lsb-release") or b"")
    if (named := _LSB.get(lsb.get("DISTRIB_ID", ""))) is not None:
        yield named, _major_minor(lsb.get("DISTRIB_RELEASE", "")), lsb.get("DISTRIB_DESCRIPTION", "")
    for path, name, distro in _FAMILIES:
        line = _line(guest, path)
        if found := re.search(rf"{name}.*release (\d+)(?:\.(\d+)|.*Update (\d+))?", line):
            yield distro, (int(found[1]), int(found[2] or found[3] or 0)), line
    for path, distro in _OTHERS:
        if _is_file(guest, path) and (_line(guest, path) or distro in ("redhat-based", "archlinux")):
            yield distro, _major_minor(_line(guest, path)), _line(guest, path)
    yield from _suse(guest)
    for path, distro in (("/etc/cirros/version", "cirros"), ("/etc/br-version", "buildroot"),
                         ("/etc/alpine-release", "alpinelinux")):  # fmt: skip
        if line := _line(guest, path):
            yield distro, _major_minor(line), line
    for path, pattern, distro in (("/etc/frugalware-release", r"Frugalware (\d+)\.(\d+)", "frugalware"),
                                  ("/etc/pld-release", r"(\d+)\.(\d+) PLD Linux", "pldlinux")):  # fmt: skip
        if found := re.search(pattern, line := _line(guest, path)):
            yield distro, (int(found[1]), int(found[2])), line


def _suse(guest: Files) -> Iterator[tuple[str, tuple[int, int] | None, str]]:
    text = (_text(guest, "/etc/SuSE-release") or b"").decode("utf-8", "replace")
    if not text:
        return
    line = text.split("\n")[0]
    major, minor = re.search(r"^VERSION = (\d+)(?:\.(\d+))?", text, re.M), re.search(r"^PATCHLEVEL = (\d+)", text, re.M)
    version = (int(major[1]), int(minor[1] if minor else major[2] or 0)) if major else None
    if re.match(r"SUSE (Linux|LINUX) Enterprise |Novell Linux Desktop ", line):
        yield "sles", version, line
    elif re.match(r"(openSUSE|SuSE Linux|SUSE LINUX) ", line):
        yield "opensuse", version, line
    else:
        yield "suse-based", version, line


def _by_id(name: str) -> str:
    return "opensuse" if name.startswith("opensuse-") else _DISTROS.get(name, "")


def _major_minor(text: str) -> tuple[int, int] | None:
    if found := re.search(r"(\d{1,9})\.(\d{1,9})", text):
        return int(found[1]), int(found[2])
    found = re.search(r"\d{1,9}", text)
    return (int(found[0]), 0) if found else None


def _is_file(guest: Files, path: str) -> bool:
    found = guest.stat(path)
    return found is not None and found.kind is FileKind.FILE


def _text(guest: Files, path: str) -> bytes | None:
    return guest.head(path, _RELEASE_LIMIT) if _is_file(guest, path) else None


def _line(guest: Files, path: str) -> str:
    return (_text(guest, path) or b"").split(b"\n")[0].decode("utf-8", "replace").strip()


def _architecture(guest: Files) -> str:
    """The processor that the first of the usual programs was built for (elf(5))."""
    for path in _PROGRAMS:
        if _is_file(guest, path) and (found := _elf_machine(guest.head(path, 64))):
            return found
    return ""


def _elf_machine(head: bytes) -> str:
    if len(head) < 20 or head[:4] != b"\x7fELF" or head[4] not in (1, 2) or head[5] not in (1, 2):
        return ""
    little = head[5] == 1
    wide = head[4] == 2
    machine = int.from_bytes(head[18:20], "little" if little else "big")
    by_width: dict[int, Callable[[], str]] = {
        21: lambda: "ppc64le" if little else "ppc64",
        22: lambda: "s390x" if wide else "s390",
        243: lambda: "riscv64" if wide else "riscv32",
    }
    return by_width[machine]() if machine in by_width else _MACHINES.get(machine, "")
