"""First boots and presets: what they take away again on Fedora and Red Hat, and the preset that keeps it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_guest import Link
from family_guest import ETC, LIB, WANTS, el9, tumbleweed, unit
from linux_guest import debian

from remediations.linux import host_keys, presets, services
from remediations.vocabulary import MakeDirectory, Plan, WriteFile

MINE = {f"{LIB}/mine.service": unit("/bin/true"), f"{WANTS}/mine.service": Link(f"{LIB}/mine.service")}
KEEP = WriteFile("/etc/systemd/system-preset/00-mine.service.preset", b"enable mine.service\n")


@pytest.mark.parametrize("machine_id", [None, b"uninitialized\n"])
def test_a_first_boot_takes_away_what_no_preset_enables(machine_id):
    guest = el9(MINE | ({"/etc/machine-id": machine_id} if machine_id else {}),
                without=() if machine_id else ("/etc/machine-id",))  # fmt: skip
    found = services.startup(guest, "mine")
    assert found.starts
    assert not found.stays
    assert [e.path for e in found.undone] == [
        "/etc/machine-id",
        "/usr/lib/systemd/system-preset/99-default-disable.preset",
    ]
    assert services.startup(guest, "sshd").stays
    steps = services.enable_steps(guest, "mine")
    assert steps == (MakeDirectory("/etc/systemd/system-preset"), KEEP)
    after = guest.applied(Plan(steps))
    assert services.startup(after, "mine").stays
    assert services.enable_steps(after, "mine") == ()


def test_no_first_boot_takes_nothing_away():
    assert services.startup(el9(MINE), "mine").stays
    assert services.startup(el9(MINE | {"/etc/machine-id": b""}), "mine").stays


def test_a_link_of_a_packages_own_stays():
    links = {f"{LIB}/multi-user.target.wants/mine.service": Link("../mine.service")}
    guest = el9({**MINE, **links}, without=(f"{WANTS}/mine.service", "/etc/machine-id"))
    guest.files.pop(f"{WANTS}/mine.service")
    assert services.startup(guest, "mine").stays


@pytest.mark.parametrize(
    ("make", "distro", "version", "full"),
    [
        (el9, "rocky", (9, 4), True),
        (el9, "centos", (10, 0), True),
        (el9, "rocky", (8, 10), False),
        (el9, "fedora", (36, 0), True),
        (el9, "fedora", (35, 0), False),
        (tumbleweed, "opensuse", (2026, 1), False),
        (debian, "debian", (13, 0), False),
    ],
)
def test_whose_first_boot_disables_too(make, distro, version, full):
    guest = make()
    facts = replace(guest.facts, distro=distro, version=version)
    assert presets.disables_too(replace(guest, facts=facts)) is full


def test_enabling_anew_keeps_it_enabled():
    guest = el9({f"{LIB}/mine.service": MINE[f"{LIB}/mine.service"]})
    assert KEEP in services.enable_steps(guest, "mine")
    assert KEEP not in services.enable_steps(tumbleweed({f"{LIB}/mine.service": unit("/bin/true")}), "mine")
    assert services.enable_steps(guest, "sshd") == ()


KEYGEN = b"[Unit]\nConditionFirstBoot=yes\n[Service]\nExecStart=ssh-keygen -A\n[Install]\nWantedBy=ssh.service\n"


@pytest.mark.parametrize(("machine_id", "made"), [(b"", False), (b"uninitialized\n", True)])
def test_debians_key_service_works_on_a_first_boot_alone(machine_id, made):
    files = {f"{LIB}/sshd-keygen.service": KEYGEN, "/etc/machine-id": machine_id,
             f"{ETC}/ssh.service.wants/sshd-keygen.service": Link(f"{LIB}/sshd-keygen.service")}  # fmt: skip
    guest = debian(files, without=("/usr/bin/cloud-init", "/etc/ssh/ssh_host_ed25519_key"))
    assert bool(host_keys.maker(guest)) is made
