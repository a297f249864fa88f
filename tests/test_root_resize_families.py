"""root-resize on the cloud images of every family: healthy ones pass, and what is missing has its package's name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import family_guests as families
import pytest
from fake_guest import GIB, PLAIN_DISK, FakeGuest

from remediations.guest import Partition, RootDisk
from remediations.root_resize import check, plan
from remediations.vocabulary import InstallPackages, Settings, Status

SETTINGS = Settings()
MIB = 1024**2
GPT = replace(
    PLAIN_DISK,
    table="gpt",
    partitions=(
        Partition(1, MIB, 101 * MIB - 1, type="C12A7328-F81F-11D2-BA4B-00A0C93EC93B"),
        Partition(2, 101 * MIB, 2 * GIB - MIB - 1, type="0FC63DAF-8483-4772-8E79-3D69D8477DE4"),
    ),
    number=2,
)
XFS, BTRFS = replace(GPT, filesystem="xfs"), replace(GPT, filesystem="btrfs")


def made(base: FakeGuest, release: str, programs: str, disk: RootDisk, packages: str) -> FakeGuest:
    files = {**base.files, f"/boot/vmlinuz-{release}": b""}
    files |= dict.fromkeys(programs.split(), b"\x7fELF")
    return replace(base, files=files, root_disk=disk, packages=dict(p.split("=") for p in packages.split()))


GUESTS: dict[str, Callable[[], FakeGuest]] = {
    "centos 7": lambda: made(
        families.centos7(),
        "3.10.0-1160.el7.x86_64",
        "/usr/bin/growpart /usr/sbin/sfdisk /usr/sbin/xfs_growfs",
        replace(PLAIN_DISK, filesystem="xfs"),
        "util-linux=2.23.2-65.el7",
    ),
    "rocky 9": lambda: made(
        families.rocky9(),
        "5.14.0-427.el9.x86_64",
        "/usr/bin/growpart /usr/sbin/sfdisk /usr/sbin/xfs_growfs",
        XFS,
        "util-linux=2.37.4-18.el9",
    ),
    "sles 15": lambda: made(
        families.sles15(),
        "6.4.0-150600.21-default",
        "/usr/sbin/growpart /usr/sbin/sfdisk /usr/sbin/btrfs",
        BTRFS,
        "util-linux=2.39.3-150600.2.1",
    ),
    "arch": lambda: made(
        families.arch(),
        "6.9.1-arch1-1",
        "/usr/bin/growpart /usr/bin/sfdisk /usr/bin/btrfs",
        BTRFS,
        "util-linux=2.40.1-1",
    ),
    "alpine": lambda: made(
        families.alpine(),
        "6.6.30-0-virt",
        "/usr/bin/growpart /sbin/sfdisk /usr/sbin/resize2fs",
        GPT,
        "sfdisk=2.40.1-r1",
    ),
}
PROGRAMS = {
    "centos 7": {"growpart": "cloud-utils-growpart", "sfdisk": "util-linux", "xfs_growfs": "xfsprogs"},
    "rocky 9": {"growpart": "cloud-utils-growpart", "xfs_growfs": "xfsprogs", "cloud-init": "cloud-init"},
    "sles 15": {"growpart": "growpart", "btrfs": "btrfsprogs", "cloud-init": "cloud-init"},
    "arch": {"growpart": "cloud-guest-utils", "sfdisk": "util-linux", "btrfs": "btrfs-progs"},
    "alpine": {"growpart": "cloud-utils-growpart", "sfdisk": "sfdisk", "resize2fs": "e2fsprogs-extra"},
}


@pytest.mark.parametrize("name", GUESTS)
def test_a_healthy_cloud_image_passes(name: str) -> None:
    finding = check(GUESTS[name](), SETTINGS)
    assert finding.status is Status.PASS, finding
    assert plan(GUESTS[name](), SETTINGS).steps == ()


@pytest.mark.parametrize(("name", "program"), [(name, program) for name in PROGRAMS for program in PROGRAMS[name]])
def test_a_missing_program_is_installed_by_the_name_of_its_package(name: str, program: str) -> None:
    broken = GUESTS[name]()
    for path in [path for path in broken.files if path.endswith(f"bin/{program}")]:
        del broken.files[path]
    assert check(broken, SETTINGS).status is Status.FAIL
    assert plan(broken, SETTINGS).steps == (InstallPackages((PROGRAMS[name][program],)),)


@pytest.mark.parametrize("name", GUESTS)
def test_a_missing_module_comes_back(name: str) -> None:
    broken = GUESTS[name]()
    config = broken.read("/etc/cloud/cloud.cfg")
    broken.files["/etc/cloud/cloud.cfg"] = config.replace(b" - growpart\n", b"")
    assert check(broken, SETTINGS).status is Status.FAIL
    fixed = broken.applied(plan(broken, SETTINGS))
    assert fixed.read("/etc/cloud/cloud.cfg") == config
    assert check(fixed, SETTINGS).status is Status.PASS


def test_all_that_is_missing_is_installed_at_once() -> None:
    bare = GUESTS["rocky 9"]()
    for path in [path for path in bare.files if path.endswith(("/growpart", "/xfs_growfs", "bin/cloud-init"))]:
        del bare.files[path]
    [step] = plan(bare, SETTINGS).steps
    assert step == InstallPackages(("cloud-init", "cloud-utils-growpart", "xfsprogs"))


def test_gpt_on_centos_7_needs_sgdisk() -> None:
    gpt = replace(GUESTS["centos 7"](), root_disk=XFS)
    assert plan(gpt, SETTINGS).steps == (InstallPackages(("gdisk",)),)


def test_centos_6_needs_growroot_for_its_old_kernel() -> None:
    old = made(
        families.centos6(),
        "2.6.32-754.el6.x86_64",
        "/usr/bin/growpart /sbin/sfdisk /sbin/resize2fs",
        PLAIN_DISK,
        "util-linux-ng=2.17.2-12.28.el6",
    )
    finding = check(old, SETTINGS)
    assert finding.status is Status.FAIL
    assert "3.8" in finding.summary
    assert plan(old, SETTINGS).steps == (InstallPackages(("dracut-modules-growroot",)),)
