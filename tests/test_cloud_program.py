"""Whether cloud-init's program can run, and which stages, switches and arguments count for whom."""

from __future__ import annotations

import pytest
from fake_guest import Link
from linux_guest import ETC, debian, noble, trusty

from remediations.linux import cloud_init, cloud_program, datasource
from remediations.linux.cloud_config import load
from remediations.linux.fault import plan_for

PROGRAM = cloud_program.PROGRAM
PACKAGE = "/usr/lib/python3/dist-packages/cloudinit"
NUMBERED = "/usr/lib/python3.11/site-packages/cloudinit/__init__.py"


@pytest.mark.parametrize("guest", [debian(), noble(), trusty()])
def test_stock_guests_run_it(guest):
    assert not cloud_program.faults(guest)


def test_its_bit_is_put_back():
    guest = debian(**{PROGRAM: 0o644})
    after = guest.applied(plan_for(guest, cloud_program.faults(guest), "x"))
    assert after.modes[PROGRAM] == 0o755
    assert cloud_init.is_on(after)


@pytest.mark.parametrize(
    ("first", "runs"),
    [
        (b"#!/usr/bin/env python3\n", True),
        (b"#!/usr/bin/python3 -Es\n", True),
        (b"#!/usr/bin/env python9\n", False),
        (b"#!/usr/libexec/platform-python -s\n", False),
        (b"#!\n", False),
        (b"\x7fELF", True),
        (b"", True),
    ],
)
def test_the_interpreter_is_there(first, runs):
    assert bool(cloud_program.faults(debian({PROGRAM: first}))) is not runs


def test_its_package_is_one_of_the_interpreters():
    assert cloud_program.faults(debian(without=(PACKAGE,)))
    for version, known in (("3.11", True), ("3.12", False)):
        changes = {NUMBERED: b"", "/usr/bin/python3": Link(f"python{version}"), f"/usr/bin/python{version}": b"x"}
        assert bool(cloud_program.faults(debian(changes, without=(PACKAGE,)))) is not known
    # An environment of its own has its packages elsewhere.
    own = {PROGRAM: b"#!/opt/cloud/bin/python3\n", "/opt/cloud/bin/python3": b"x"}
    assert not cloud_program.faults(debian(own, without=(PACKAGE,)))


def test_the_distribution_is_one_that_it_knows():
    known = {f"{PACKAGE}/distros/__init__.py": b"", f"{PACKAGE}/distros/debian.py": b""}
    assert not cloud_program.faults(debian(known))
    (fault,) = cloud_program.faults(debian({**known, "/etc/cloud/cloud.cfg.d/x.cfg": b"system_info: {distro: alma}\n"}))
    assert "alma" in fault.sentence


def test_what_is_done_early_needs_no_last_stage():
    guest = debian({f"{ETC}/cloud-final.service": Link("/dev/null")})
    assert cloud_init.is_on(guest)
    assert not cloud_init.faults(guest, cloud_init.NETWORK)
    assert cloud_init.faults(guest)


def test_no_init_script_heeds_the_switches():
    assert cloud_init.is_on(trusty({cloud_init.DISABLED: b""}))
    assert not cloud_init.switched_on(debian({cloud_init.DISABLED: b""}))


def test_a_stage_masked_by_the_kernel():
    menu = b"\tlinux /boot/vmlinuz root=UUID=1 ro systemd.mask=cloud-init.service quiet\n"
    assert not cloud_init.is_on(debian({"/boot/grub/grub.cfg": menu}))


@pytest.mark.parametrize(
    ("urls", "doubt"),
    [
        (b"['http://10.1.1.1']", True),
        (b"['http://[fe80::a9fe:a9fe]', 'http://x']", False),
        (b"[]", False),
        (b"3", False),
    ],
)
def test_metadata_from_elsewhere_is_a_doubt(urls, doubt):
    text = b"datasource: {OpenStack: {metadata_urls: " + urls + b"}}\n"
    guest = debian({"/etc/cloud/cloud.cfg.d/x.cfg": text})
    found = datasource.faults(guest, load(guest))
    assert bool(found) is doubt
    assert not any(fault.certain for fault in found)
