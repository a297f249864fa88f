"""The Glance properties that match a guest, and the command that sets them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake_guest import BOOKWORM, GIB, PLAIN_DISK, FakeGuest
from linux_guest import debian

from remediations import REQUIREMENTS
from remediations.guest import GuestFacts, Partition
from remediations.properties import properties
from remediations.vocabulary import Finding, Settings, Status
from wizard import glance
from wizard.report import examine

ESP = Partition(1, 1024**2, 100 * 1024**2, "primary", "C12A7328-F81F-11D2-BA4B-00A0C93EC93B")
BIOS = Partition(2, 101 * 1024**2, 102 * 1024**2, "primary", "21686148-6449-6E6F-744E-656564454649")
PASSING = Finding(Status.PASS, "")


def facts(distro: str, version: tuple[int, int], arch: str = "x86_64", product: str = "") -> GuestFacts:
    return replace(BOOKWORM, distro=distro, version=version, arch=arch, product=product)


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        (facts("debian", (12, 7)), ("debian", "12", "x86_64")),
        (facts("debian", (0, 0)), ("debian", None, "x86_64")),
        (facts("ubuntu", (24, 4)), ("ubuntu", "24.04", "x86_64")),
        (facts("redhat-based", (9, 4), product="AlmaLinux 9.4"), ("almalinux", "9.4", "x86_64")),
        (facts("redhat-based", (9, 4), product="Another 9"), (None, "9.4", "x86_64")),
        (facts("oraclelinux", (8, 10), "aarch64"), ("ol", "8.10", "aarch64")),
        (facts("opensuse", (20260105, 0)), ("opensuse", "20260105", "x86_64")),
        (facts("alpinelinux", (3, 20), "i386"), ("alpinelinux", "3.20", "i686")),
    ],
)
def test_the_system_is_named_as_glance_has_it(known: GuestFacts, wanted: tuple[str | None, ...]) -> None:
    found = properties(FakeGuest({}, facts=known), Settings(), {})
    assert (found.get("os_distro"), found.get("os_version"), found.get("architecture")) == wanted
    assert found["os_type"] == "linux"


def test_the_firmware_is_named_where_only_one_boots_the_image() -> None:
    loader: dict[str, bytes] = {"/boot/efi/EFI/debian/grubx64.efi": b"MZ"}
    bios: dict[str, bytes] = {"/boot/grub/i386-pc/normal.mod": b""}

    def firmware(files: dict[str, bytes], *partitions: Partition, arch: str = "x86_64") -> str | None:
        disk = replace(PLAIN_DISK, partitions=partitions)
        guest = FakeGuest({**files}, facts=replace(BOOKWORM, arch=arch), root_disk=disk)
        return properties(guest, Settings(), {}).get("hw_firmware_type")

    assert firmware(loader, ESP) == "uefi"
    assert firmware(bios, *PLAIN_DISK.partitions) == "bios"
    assert firmware(loader, ESP, BIOS) is None, "it boots with both"
    assert firmware({}, ESP) is None, "an ESP without a loader says nothing"
    assert firmware({}, arch="aarch64") == "uefi"
    assert firmware(bios, arch="ppc64le") is None


def test_disk_agent_and_drivers() -> None:
    guest = FakeGuest({}, root_disk=replace(PLAIN_DISK, disk_size=2 * GIB + 1))
    both = {"guest-agent": PASSING, "virtio-drivers": PASSING}
    found = properties(guest, Settings(), both)
    assert found["min_disk"] == "3"
    assert (found["hw_qemu_guest_agent"], found["hw_disk_bus"], found["hw_vif_model"]) == ("yes", "virtio", "virtio")
    found = properties(guest, Settings(), {"guest-agent": Finding(Status.FAIL, "")})
    assert found["hw_qemu_guest_agent"] == "no"
    assert "hw_disk_bus" not in found
    found = properties(guest, Settings(hypervisor="xen"), both)
    assert (found["auto_disk_config"], found["hypervisor_type"]) == ("true", "xen")
    assert "hw_disk_bus" not in found


def test_who_gets_the_key_is_the_administrator() -> None:
    report = examine(debian(), Settings())
    assert report.properties["cloud_init_installed"] == "true"
    assert report.properties["os_admin_user"] == "debian"
    failing = examine(FakeGuest({}), Settings(), requirements=REQUIREMENTS)
    assert not {"cloud_init_installed", "os_admin_user"} & failing.properties.keys()


def test_the_command_is_safe_to_paste() -> None:
    found = {"os_type": "linux", "min_disk": "2", "os_admin_user": "a; rm -rf \x1b[0m"}
    told = glance.command(Path("/images/my image.qcow2"), found)
    assert told.startswith("openstack image set --min-disk 2 --property ")
    assert told.endswith("'my image'")
    assert "\x1b" not in told
    assert "'os_admin_user=a; rm -rf" in told
