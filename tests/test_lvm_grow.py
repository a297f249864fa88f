"""A root on LVM: a script of the guest's own, or ours with the boot files of every init."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cloud_guest import CLOUD_CFG, cloud_guest
from fake_guest import GIB, PLAIN_DISK, FakeGuest, Link, Special
from family_guest import alpine, el6, el9, sles11
from linux_guest import debian, trusty

from remediations.guest import Partition, RootDisk
from remediations.linux import lvm_grow
from remediations.root_resize import check, plan
from remediations.vocabulary import InstallPackages, Settings, Status

Files = dict[str, bytes | Link | Special | None]
SETTINGS = Settings()
MIB = 1024**2
LVM = replace(PLAIN_DISK, kind="lvm")
# Debian's installer puts the volume into a logical partition, Red Hat's behind /boot.
DEBIAN = replace(
    LVM,
    partitions=(
        Partition(1, MIB, 256 * MIB - 1, "primary", "0x83"),
        Partition(2, 256 * MIB, 2 * GIB - 1, "extended", "0x5"),
        Partition(5, 257 * MIB, 2 * GIB - 1, "logical", "0x8e"),
    ),
    number=5,
)
FOUR = tuple(Partition(number, number * 256 * MIB, (number + 1) * 256 * MIB - 1) for number in range(1, 5))
FULL = replace(LVM, partitions=FOUR, number=2)
SCRIPT = b"#!/bin/sh\ngrowpart /dev/vda 1\npvresize /dev/vda1\nlvextend -r -l +100%FREE /dev/vg/root\n"
TOOLS: Files = {f"/sbin/{name}": b"\x7fELF" for name in ("lvm", "resize2fs", "sfdisk", "parted", "xfs_growfs")}


def tooled(made: FakeGuest, disk: RootDisk = LVM, release: str = "6.1.0-1") -> FakeGuest:
    folder = "/usr" if "/sbin" in made.files else ""
    programs = {f"{folder}{path}": content for path, content in TOOLS.items()}
    return replace(made, files=made.files | programs | {f"/boot/vmlinuz-{release}": b""}, root_disk=disk)


GUESTS = {
    "debian": lambda: tooled(debian(), DEBIAN),
    "ubuntu 14.04": lambda: tooled(trusty(), DEBIAN, "3.13.0-24-generic"),
    "rocky 9": lambda: tooled(el9(), replace(LVM, filesystem="xfs"), "5.14.0-1.el9"),
    "centos 6": lambda: tooled(el6(), LVM, "2.6.32-754.el6"),
    "sles 11": lambda: tooled(sles11(), LVM, "3.0.101-63-default"),
    "alpine": lambda: tooled(alpine()),
}


@pytest.mark.parametrize("name", GUESTS)
def test_our_script_is_installed_for_every_init_and_once(name: str) -> None:
    before = GUESTS[name]()
    assert check(before, SETTINGS).status is Status.FAIL
    planned = plan(before, SETTINGS)
    assert planned == plan(before, SETTINGS)
    fixed = before.applied(planned)
    finding = check(fixed, SETTINGS)
    assert finding.status is Status.PASS, finding
    assert finding.evidence[0].path == lvm_grow.PROGRAM
    assert plan(fixed, SETTINGS).steps == ()
    assert fixed.read(lvm_grow.PROGRAM) == lvm_grow.service().content
    assert fixed.modes[lvm_grow.PROGRAM] == 0o755


@pytest.mark.parametrize("name", GUESTS)
def test_what_stops_our_script_is_put_right(name: str) -> None:
    fixed = GUESTS[name]().applied(plan(GUESTS[name](), SETTINGS))
    for path in [*fixed.files]:
        if lvm_grow.NAME not in path:
            continue
        for entry in (None, b"#!/bin/sh\n"):
            broken = replace(fixed, files={**fixed.files}, modes={**fixed.modes})
            if entry is None:
                del broken.files[path]
            elif isinstance(fixed.files[path], bytes) and not path.endswith(".preset"):
                broken.files[path] = entry
            else:
                continue
            if path.endswith(".preset"):
                continue
            if "/rc" in path:  # one runlevel of several may go
                continue
            assert check(broken, SETTINGS).status is Status.FAIL, path
            assert check(broken.applied(plan(broken, SETTINGS)), SETTINGS).status is Status.PASS, path


def test_a_first_boot_of_red_hat_does_not_switch_it_off() -> None:
    before = GUESTS["rocky 9"]()
    before.files["/etc/machine-id"] = b"uninitialized\n"
    fixed = before.applied(plan(before, SETTINGS))
    assert check(fixed, SETTINGS).status is Status.PASS
    [preset] = [path for path in fixed.files if lvm_grow.NAME in path and path.endswith(".preset")]
    del fixed.files[preset]
    assert check(fixed, SETTINGS).status is Status.FAIL


@pytest.mark.parametrize(
    ("without", "packages", "packages_installed"),
    [
        ("/usr/sbin/lvm", ("lvm2",), {}),
        ("/usr/sbin/resize2fs", ("e2fsprogs",), {}),
        ("/usr/sbin/parted", ("parted",), {"util-linux": "2.25.2-6"}),
    ],
)
def test_what_it_needs_is_installed_first(
    without: str, packages: tuple[str, ...], packages_installed: dict[str, str]
) -> None:
    bare = tooled(debian(), DEBIAN)
    bare.packages = packages_installed
    del bare.files[without]
    assert plan(bare, SETTINGS).steps == (InstallPackages(packages),)


def test_four_primary_partitions_leave_no_room() -> None:
    full = tooled(debian(), FULL)
    assert check(full, SETTINGS).status is Status.FAIL
    assert plan(full, SETTINGS).steps == ()
    assert "four primary" in plan(full, SETTINGS).obstacle
    last = tooled(debian(), replace(FULL, number=4))
    assert check(last.applied(plan(last, SETTINGS)), SETTINGS).status is Status.PASS
    # An old kernel cannot grow it in use, so that a new one would be needed.
    old = tooled(debian(), replace(FULL, number=4), "2.6.32-5")
    assert plan(old, SETTINGS).steps == ()


BACKUP = b'vg {\n\troot {\n\t\tsegment1 {\n\t\t\ttype = "striped"\n\t\t\tstripe_count = 1\t# linear\n\t\t}\n\t}\n}\n'


@pytest.mark.parametrize("other", [b'type = "thin"', b'type = "raid1"', b'type = "striped"\n\t\t\tstripe_count = 2'])
def test_a_root_that_is_not_linear_is_not_promised_anything(other: bytes) -> None:
    linear = tooled(debian({"/etc/lvm/backup/vg": BACKUP}), DEBIAN)
    fixed = linear.applied(plan(linear, SETTINGS))
    assert check(fixed, SETTINGS).status is Status.PASS
    fixed.files["/etc/lvm/backup/vg"] = BACKUP.replace(b'type = "striped"', other)
    assert check(fixed, SETTINGS).status is Status.UNKNOWN


def scripted(files: Files, cloud_cfg: bytes = CLOUD_CFG) -> FakeGuest:
    made = tooled(cloud_guest(files, cloud_cfg))
    return replace(made, modes={**made.modes, "/etc/rc.local": 0o755})


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (SCRIPT, Status.PASS),
        (SCRIPT.replace(b"lvextend -r", b"lvextend"), Status.UNKNOWN),
        (SCRIPT.replace(b"pvresize", b"#pvresize"), Status.UNKNOWN),
        (b"#!/bin/sh\nexit 0\n" + SCRIPT, Status.FAIL),
        (b"#!/bin/sh\n", Status.FAIL),
    ],
)
def test_a_script_of_the_guests_own_is_seen(script: bytes, status: Status) -> None:
    made = scripted({"/etc/rc.local": script})
    assert check(made, SETTINGS).status is status
    assert bool(plan(made, SETTINGS).steps) == (status is Status.FAIL)
    made.modes["/etc/rc.local"] = 0o644
    assert check(made, SETTINGS).status is Status.FAIL


def test_lvm_is_grown_by_an_enabled_unit_or_by_bootcmd() -> None:
    unit = b"[Service]\nType=oneshot\nExecStart=/usr/local/sbin/grow\n[Install]\nWantedBy=multi-user.target\n"
    files: Files = {
        "/etc/systemd/system/grow.service": unit,
        "/usr/local/sbin/grow": SCRIPT,
        "/etc/systemd/system/multi-user.target.wants/grow.service": Link("/etc/systemd/system/grow.service"),
    }
    assert check(scripted(files), SETTINGS).status is Status.PASS
    del files["/etc/systemd/system/multi-user.target.wants/grow.service"]
    assert check(scripted(files), SETTINGS).status is Status.FAIL
    commands = b"bootcmd:\n - [growpart, /dev/vda, '1']\n - pvresize /dev/vda1; lvextend -r /dev/vg/root\n"
    assert check(scripted({}, CLOUD_CFG + commands), SETTINGS).status is Status.PASS
