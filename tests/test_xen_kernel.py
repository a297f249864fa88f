"""xen-kernel: asked only for Xen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_guest import PLAIN_DISK, FakeGuest

from remediations.guest import RootDisk
from remediations.vocabulary import Settings, Status
from remediations.xen_kernel import check, plan

XEN = Settings(hypervisor="xen")
TWO = (*PLAIN_DISK.partitions, replace(PLAIN_DISK.partitions[0], number=2))


def guest(release: str, config: bytes | None = None, disk: RootDisk = PLAIN_DISK) -> FakeGuest:
    files = {f"/boot/vmlinuz-{release}": b""}
    if config is not None:
        files[f"/boot/config-{release}"] = config
    return FakeGuest(dict(files), root_disk=disk)


def test_it_is_skipped_for_other_hypervisors() -> None:
    finding = check(guest("2.6.32-5-amd64"), Settings())
    assert finding.status is Status.SKIPPED
    assert plan(guest("2.6.32-5-amd64"), Settings()).obstacle == ""


@pytest.mark.parametrize(
    ("release", "config", "status"),
    [
        ("6.1.0-18-amd64", None, Status.PASS),
        ("3.0.0-1-amd64", None, Status.PASS),
        ("6.1.0-18-cloud-amd64", b"CONFIG_X86=y\n# CONFIG_XEN is not set\n", Status.FAIL),
        ("2.6.32-5-amd64", b"CONFIG_PCI=y\n", Status.FAIL),
        ("2.6.32-5-xen-amd64", b"CONFIG_XEN=y\r\n", Status.PASS),
        ("2.6.32-5-amd64", b"#CONFIG_XEN=y\nCONFIG_XEN=ym\n", Status.FAIL),
        ("2.6.32-5-amd64", None, Status.UNKNOWN),
    ],
)
def test_a_kernel_passes_by_its_version_or_its_configuration(
    release: str, config: bytes | None, status: Status
) -> None:
    finding = check(guest(release, config), XEN)
    assert finding.status is status
    assert plan(guest(release, config), XEN).steps == ()
    assert bool(plan(guest(release, config), XEN).obstacle) == (status is not Status.PASS)


def test_the_configuration_may_stand_beside_the_modules() -> None:
    beside = guest("5.14.0-1.el9.x86_64")
    beside.files["/lib/modules/5.14.0-1.el9.x86_64/config"] = b"# CONFIG_XEN is not set\n"
    assert check(beside, XEN).status is Status.FAIL
    beside.files["/lib/modules/5.14.0-1.el9.x86_64/config"] = b"CONFIG_XEN=y\n"
    assert check(beside, XEN).status is Status.PASS


def test_every_kernel_counts() -> None:
    both = guest("6.1.0-18-amd64")
    both.files["/boot/vmlinuz-2.6.32-5-amd64"] = b""
    assert check(both, XEN).status is Status.UNKNOWN
    both.files["/boot/config-2.6.32-5-amd64"] = b""
    finding = check(both, XEN)
    assert finding.status is Status.FAIL
    assert [place.path for place in finding.evidence] == ["/boot/vmlinuz-2.6.32-5-amd64"]


@pytest.mark.parametrize(
    ("disk", "status"),
    [
        (replace(PLAIN_DISK, kind="lvm"), Status.FAIL),
        (replace(PLAIN_DISK, partitions=TWO), Status.FAIL),
        (replace(PLAIN_DISK, filesystem="xfs"), Status.FAIL),
        (replace(PLAIN_DISK, kind="disk", partitions=()), Status.FAIL),
        (replace(PLAIN_DISK, kind="other"), Status.UNKNOWN),
    ],
)
def test_the_disk_is_one_ext_partition(disk: RootDisk, status: Status) -> None:
    assert check(guest("6.1.0-18-amd64", disk=disk), XEN).status is status


def test_no_kernel_is_unknown() -> None:
    assert check(FakeGuest({}), XEN).status is Status.UNKNOWN
