"""Services of OpenRC (Alpine), and the init that stands behind busybox."""

from __future__ import annotations

import pytest
from fake_guest import FakeGuest, Link
from family_guest import alpine, el6, sles11

from remediations.guest import GuestError
from remediations.linux import openrc, services
from remediations.linux.init_system import Init, detect
from remediations.vocabulary import MakeLink, Plan, PlanError, RemoveFile

SSHD = "/etc/runlevels/default/sshd"


def test_the_families_inits_are_told_apart():
    assert [detect(make()) for make in (alpine, el6, sles11)] == [Init.OPENRC, Init.UPSTART, Init.SYSV]
    gentoo = {
        "/sbin/init": b"\x7fELF",
        "/sbin/openrc": b"\x7fELF",
        "/etc/runlevels/default/sshd": Link("/etc/init.d/sshd"),
    }
    assert detect(FakeGuest(gentoo)) is Init.OPENRC
    with pytest.raises(GuestError):
        detect(alpine(without=("/sbin/openrc",)))


def test_a_runlevel_that_inittab_does_not_start_starts_nothing():
    assert openrc.runlevels(alpine()) == openrc.RUNLEVELS
    first = b"::sysinit:/sbin/openrc sysinit\n::sysinit:/sbin/openrc boot\n#::wait:/sbin/openrc default\n"
    assert not services.startup(alpine({"/etc/inittab": first}), "sshd").starts
    assert services.startup(alpine({"/etc/inittab": b"# nothing that we know\n"}), "sshd").starts


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_enabling_has_a_boot_start_the_runlevel_again(ending):
    first = f"::sysinit:/sbin/openrc sysinit{ending}::sysinit:/sbin/openrc boot{ending}"
    rest = f"#::wait:/sbin/openrc default{ending}tty1::respawn:/sbin/getty 38400 tty1{ending}"
    guest = alpine({"/etc/inittab": (first + rest).encode()})
    after = guest.applied(Plan(openrc.enable_steps(guest, "sshd")))
    assert after.files["/etc/inittab"] == f"{first}::wait:/sbin/openrc default{ending}{rest}".encode()
    assert services.startup(after, "sshd").starts
    assert openrc.enable_steps(after, "sshd") == ()


@pytest.mark.parametrize(
    "text", ["id:3:initdefault:\nl1:1:sysinit:/sbin/openrc boot\n", "::sysinit:/sbin/openrc sysinit\n"]
)
def test_a_runlevel_that_cannot_be_put_back_is_told(text):
    guest = alpine({"/etc/inittab": text.encode()})
    level = "default" if "initdefault" in text else "boot"
    with pytest.raises(PlanError, match=f"openrc {level}"):
        openrc.enable_steps(guest, "sshd", level)


def test_a_service_in_a_runlevel_starts_and_shows_its_entry():
    found = services.startup(alpine(), "sshd")
    assert found.starts
    assert [(e.path, e.text) for e in found.evidence] == [(SSHD, "-> /etc/init.d/sshd")]


@pytest.mark.parametrize("level", ["sysinit", "boot", "default"])
def test_every_runlevel_of_a_boot_counts(level):
    guest = alpine({f"/etc/runlevels/{level}/iptables": Link("/etc/init.d/iptables")})
    assert services.startup(guest, "iptables").starts


@pytest.mark.parametrize("level", ["shutdown", "nonetwork", "mine"])
def test_other_runlevels_do_not(level):
    guest = alpine({f"/etc/runlevels/{level}/iptables": Link("/etc/init.d/iptables")})
    found = services.startup(guest, "iptables")
    assert (found.installed, found.starts) == (True, False)
    assert found.evidence[0].path == "/etc/init.d/iptables"


def test_a_stacked_runlevel_counts():
    guest = alpine({
        "/etc/runlevels/default/mine": Link("/etc/runlevels/mine"),
        "/etc/runlevels/mine/iptables": Link("/etc/init.d/iptables"),
    })  # fmt: skip
    assert services.startup(guest, "iptables").starts


def test_a_script_that_is_not_executable_does_not_start():
    guest = alpine()
    guest.modes["/etc/init.d/sshd"] = 0o644
    assert not services.startup(guest, "sshd").installed


@pytest.mark.parametrize(
    ("path", "line", "starts"),
    [
        ("/etc/init.d/sshd", b"depend() {\n\tneed net iptables # why\n}\n", True),
        ("/etc/init.d/sshd", b"depend() { want iptables; }\n", True),
        ("/etc/conf.d/sshd", b'rc_need="iptables"\n', True),
        ("/etc/init.d/sshd", b"depend() {\n\tuse iptables\n\tafter iptables\n}\n", False),
        ("/etc/init.d/sshd", b"depend() {\n\t# need iptables\n}\n", False),
        ("/etc/init.d/other", b"depend() {\n\tneed iptables\n}\n", False),
    ],
)
def test_what_a_started_service_asks_for_starts_too(path, line, starts):
    guest = alpine({path: line})
    assert services.startup(guest, "iptables").starts is starts
    if starts:
        with pytest.raises(PlanError):
            services.disable_steps(guest, "iptables")


def test_services_that_need_each_other_in_a_ring_start_nothing():
    ring = {"/etc/init.d/a": b"depend() {\n\tneed b\n}\n", "/etc/init.d/b": b"depend() {\n\tneed a\n}\n"}
    assert not services.startup(alpine(ring), "a").starts


def test_off_and_on_again():
    guest = alpine()
    assert services.disable_steps(guest, "sshd") == (RemoveFile(SSHD),)
    off = guest.applied(Plan(services.disable_steps(guest, "sshd")))
    assert services.enable_steps(off, "sshd") == (MakeLink(SSHD, "/etc/init.d/sshd"),)
    assert services.enable_steps(guest, "sshd") == ()
    assert services.disable_steps(off, "sshd") == ()
    with pytest.raises(PlanError):
        services.enable_steps(guest, "nosuch")


def test_every_start_names_each_script_once():
    twice = {"/etc/runlevels/boot/sshd": Link("/etc/init.d/sshd"), "/etc/runlevels/boot/gone": Link("/etc/init.d/gone")}
    assert openrc.every_start(alpine(twice)) == [
        ("networking", "/etc/init.d/networking"),
        ("sshd", "/etc/init.d/sshd"),
    ]


def test_units_and_sockets_are_nothing_to_openrc():
    assert not services.startup(alpine(), "sshd.socket").installed
