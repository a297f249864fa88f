"""Which distribution a guest is: release files of all ages, and the processor its programs are for."""

from __future__ import annotations

import pytest
from fake_guest import FakeGuest, Link

from remediations.linux.identity import identify


def elf(machine: int, *, wide: bool = True, little: bool = True) -> bytes:
    order = "little" if little else "big"
    return (
        b"\x7fELF" + bytes([2 if wide else 1, 1 if little else 2]) + bytes(12) + machine.to_bytes(2, order) + bytes(44)
    )


RELEASES = {
    "debian-12": (
        {"os-release": 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n', "debian_version": "12.7\n"},
        ("debian", (12, 7), "deb"),
    ),
    "debian-sid": (
        {"os-release": 'ID=debian\nPRETTY_NAME="Debian sid"\n', "debian_version": "forky/sid\n"},
        ("debian", (0, 0), "deb"),
    ),
    "debian-8-plain": ({"debian_version": "8.11\n"}, ("debian", (8, 11), "deb")),
    "ubuntu": (
        {"os-release": 'ID=ubuntu\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04"\n'},
        ("ubuntu", (24, 4), "deb"),
    ),
    "ubuntu-lsb": ({"lsb-release": "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=10.04\n"}, ("ubuntu", (10, 4), "deb")),
    "rocky": ({"os-release": 'ID="rocky"\nVERSION_ID="9.4"\n'}, ("rocky", (9, 4), "rpm")),
    "almalinux": (
        {"os-release": "ID=almalinux\nVERSION_ID=9.4\n", "redhat-release": "AlmaLinux release 9.4 (Seafoam)\n"},
        ("redhat-based", (9, 4), "rpm"),
    ),
    "centos-7": (
        {"os-release": 'ID=centos\nVERSION_ID="7"\n', "centos-release": "CentOS Linux release 7.9.2009 (Core)\n"},
        ("centos", (7, 9), "rpm"),
    ),
    "centos-6": ({"redhat-release": "CentOS release 6.10 (Final)\n"}, ("centos", (6, 10), "rpm")),
    "rhel-4": (
        {"redhat-release": "Red Hat Enterprise Linux ES release 4 (Nahant Update 8)\n"},
        ("rhel", (4, 8), "rpm"),
    ),
    "oracle": (
        {"oracle-release": "Oracle Linux Server release 6.9\n", "redhat-release": "Red Hat release 6.9\n"},
        ("oraclelinux", (6, 9), "rpm"),
    ),
    "fedora": ({"os-release": "ID=fedora\nVERSION_ID=41\n"}, ("fedora", (41, 0), "rpm")),
    "leap": ({"os-release": 'ID="opensuse-leap"\nVERSION_ID="15.6"\n'}, ("opensuse", (15, 6), "rpm")),
    "sles-11": (
        {"SuSE-release": "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n"},
        ("sles", (11, 4), "rpm"),
    ),
    "arch": (
        {"os-release": 'ID=arch\nPRETTY_NAME="Arch Linux"\n', "arch-release": ""},
        ("archlinux", (0, 0), "pacman"),
    ),
    "alpine": ({"os-release": "ID=alpine\nVERSION_ID=3.20.1\n"}, ("alpinelinux", (3, 20), "apk")),
    "unknown": ({"os-release": "ID=somethingelse\n"}, ("", (0, 0), "")),
    "nothing": ({}, ("", (0, 0), "")),
}


@pytest.mark.parametrize("name", RELEASES)
def test_distributions(name: str) -> None:
    files, expected = RELEASES[name]
    known = identify(FakeGuest({f"/etc/{path}": text.encode() for path, text in files.items()}))
    assert (known.distro, known.version, known.package_format) == expected


def test_the_product_is_what_the_guest_calls_itself() -> None:
    named = FakeGuest({"/etc/os-release": b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12"\n'})
    assert identify(named).product == "Debian GNU/Linux 12"
    old = FakeGuest({"/etc/redhat-release": b"CentOS release 6.10 (Final)\nmore\n"})
    assert identify(old).product == "CentOS release 6.10 (Final)"


@pytest.mark.parametrize(
    ("program", "arch"),
    [
        (elf(62), "x86_64"), (elf(3, wide=False), "i386"), (elf(183), "aarch64"), (elf(40, wide=False), "arm"),
        (elf(21), "ppc64le"), (elf(21, little=False), "ppc64"), (elf(22, little=False), "s390x"), (elf(243), "riscv64"),
        (b"#!/bin/sh\n", ""), (b"\x7fELF", ""), (b"", ""),
    ],
)  # fmt: skip
def test_processors(program: bytes, arch: str) -> None:
    guest = FakeGuest({"/usr/bin/bash": program, "/bin": Link("usr/bin")})
    assert identify(guest).arch == arch


def test_the_first_program_that_tells_decides() -> None:
    guest = FakeGuest({"/bin/bash": b"#!/bin/busybox\n", "/bin/ls": Link("busybox"), "/bin/busybox": elf(62)})
    assert identify(guest).arch == "x86_64"
