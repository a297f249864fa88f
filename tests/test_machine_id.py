"""machine-id: a baked-in ID is emptied, D-Bus' copy goes, and without systemd both do."""

from __future__ import annotations

import pytest
from fake_guest import Link, Special
from family_guest import EVERY, alpine, el6, sles11
from linux_guest import debian, trusty

from remediations.linux.presets import first_boot
from remediations.machine_id import DBUS, check, plan
from remediations.vocabulary import Settings, Status

SETTINGS = Settings()
ID = b"8f2b6c0d41f34a0e9b7c5d2e1f0a3b4c\n"
PATH = "/etc/machine-id"


def fixed(guest):
    first = plan(guest, SETTINGS)
    assert first.steps
    assert first == plan(guest, SETTINGS)
    after = guest.applied(first)
    assert check(after, SETTINGS).status is Status.PASS
    assert plan(after, SETTINGS).steps == ()
    return after


@pytest.mark.parametrize("make", [*EVERY, debian, trusty])
def test_an_id_in_every_distribution(make):
    guest = make({PATH: ID, DBUS: ID})
    guest.modes[PATH] = 0o444
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert [place.path for place in found.evidence] == [PATH, DBUS]
    after = fixed(guest)
    if make in (el6, sles11, alpine, trusty):
        assert PATH not in after.files
        assert DBUS not in after.files
    else:
        assert after.files[PATH] == b""
        assert after.files[DBUS] == Link(PATH)
        assert first_boot(after) is None
        assert after.modes[PATH] == 0o444


@pytest.mark.parametrize("content", [b"", b"\n", b"uninitialized\n"])
def test_nothing_in_it_passes(content):
    assert check(debian({PATH: content, DBUS: Link(PATH)}), SETTINGS).status is Status.PASS


def test_absent_passes():
    assert check(debian(without=(PATH,)), SETTINGS).status is Status.PASS
    assert check(debian({DBUS: Link("../../../etc/machine-id")}, without=(PATH,)), SETTINGS).status is Status.PASS


def test_the_copy_of_dbus_alone_is_one_too():
    guest = debian({DBUS: ID})
    assert check(guest, SETTINGS).status is Status.FAIL
    assert fixed(guest).files[PATH] == b""


def test_a_link_to_the_copy_of_dbus_is_turned_round():
    after = fixed(debian({PATH: Link(DBUS), DBUS: ID}))
    assert after.files[PATH] == b""
    assert after.files[DBUS] == Link(PATH)


def test_an_id_of_the_boot_loader_has_no_fix():
    guest = debian({"/etc/default/grub": b'GRUB_CMDLINE_LINUX="systemd.machine_id=8f2b6c0d41f34a0e9b7c5d2e1f0a3b4c"\n'})
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert found.evidence[0].path == "/etc/default/grub"
    assert not plan(guest, SETTINGS).steps
    guest.files["/etc/default/grub"] = b'GRUB_CMDLINE_LINUX="systemd.machine_id=firmware"\n'
    assert check(guest, SETTINGS).status is Status.PASS


@pytest.mark.parametrize("odd", [Special(), Link("/nowhere"), None])
def test_what_is_no_file_is_unknown(odd):
    guest = debian({PATH: odd})
    assert check(guest, SETTINGS).status is Status.UNKNOWN
    assert not plan(guest, SETTINGS).steps
