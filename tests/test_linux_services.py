"""Services at boot, over systemd, upstart and SysV."""

from __future__ import annotations

import time

import pytest
from fake_guest import FakeGuest, Link
from linux_guest import ETC, LIB, WANTS, debian, noble, trusty, unit

from remediations.guest import GuestError
from remediations.linux import presets, services
from remediations.linux.init_system import Init, detect
from remediations.vocabulary import MakeLink, Plan, PlanError, RemoveFile

SSH_LINK = f"{WANTS}/ssh.service"


@pytest.mark.parametrize(
    ("files", "init"),
    [
        ({"/sbin/init": Link("/lib/systemd/systemd")}, Init.SYSTEMD),
        ({"/sbin/init": Link("../lib/systemd/systemd")}, Init.SYSTEMD),
        ({"/usr/lib/systemd/systemd": b"x"}, Init.SYSTEMD),
        ({"/sbin/init": b"x", "/sbin/upstart": b"x"}, Init.UPSTART),
        ({"/sbin/init": b"x", "/etc/init/rc-sysinit.conf": b""}, Init.UPSTART),
        ({"/sbin/init": b"x"}, Init.SYSV),
    ],
)
def test_init_is_told_from_sbin_init(files, init):
    assert detect(FakeGuest(files)) is init


@pytest.mark.parametrize("files", [{}, {"/sbin/init": Link("/bin/busybox")}])
def test_an_unknown_init_is_no_answer(files):
    with pytest.raises(GuestError):
        detect(FakeGuest(files))


def test_an_enabled_service_starts_and_shows_its_link():
    found = services.startup(debian(), "ssh")
    assert found.starts
    assert [(e.path, e.text) for e in found.evidence] == [(SSH_LINK, "-> /lib/systemd/system/ssh.service")]


@pytest.mark.parametrize(
    "changes",
    [
        {f"{ETC}/ssh.service": Link("/dev/null")},
        {f"{ETC}/ssh.service": Link("../../../dev/null")},
        {f"{ETC}/ssh.service": b""},
        {f"{LIB}/ssh.service": Link("/dev/null")},
        {SSH_LINK: Link("/dev/null")},
        {f"{ETC}/default.target": Link("/lib/systemd/system/rescue.target")},
        {f"{ETC}/multi-user.target": Link("/dev/null")},
    ],
)
def test_masked_or_not_reached_does_not_start(changes):
    assert not services.startup(debian(changes), "ssh").starts


@pytest.mark.parametrize(
    ("folder", "starts"),
    [
        (f"{ETC}/graphical.target.wants", True),
        (f"{ETC}/basic.target.requires", True),
        (f"{LIB}/multi-user.target.upholds", True),
        ("/usr/local/lib/systemd/system/multi-user.target.wants", True),
        (f"{ETC}/cloud-init.service.wants", True),
        (f"{ETC}/rescue.target.wants", False),
        (f"{ETC}/initrd-fs.target.wants", False),
        (f"{ETC}/nftables.service.wants", False),
    ],
)
def test_which_pulls_count(folder, starts):
    guest = debian({f"{folder}/ssh.service": Link("/lib/systemd/system/ssh.service")}, without=(SSH_LINK,))
    assert services.startup(guest, "ssh").starts is starts


@pytest.mark.parametrize(
    ("default", "folder", "files", "starts"),
    [
        ("multi-user", "graphical.target.wants", {}, False),
        ("graphical", "graphical.target.wants", {}, True),
        ("multi-user", "my.target.wants", {}, False),
        ("my", "my.target.wants", {}, True),
        ("my", "multi-user.target.wants", {}, False),
        ("my", "multi-user.target.wants", {f"{ETC}/my.target": b"[Unit]\nRequires=multi-user.target\n"}, True),
        ("my", "multi-user.target.wants", {f"{LIB}/my.target": b"[Unit]\nRequires=multi-user.target\n"}, True),
        ("my", "multi-user.target.wants", {f"{ETC}/my.target": b"[Unit]\nRequires=basic.target\n",
                                           f"{LIB}/my.target": b"[Unit]\nRequires=multi-user.target\n"}, False),
        ("my", "cloud-init.target.wants", {}, False),
        ("multi-user", "cloud-init.target.wants", {}, True),
        ("multi-user", "my.target.wants", {f"{WANTS}/my.target": Link("../my.target")}, True),
        ("multi-user", "my.target.wants", {f"{ETC}/multi-user.target.d/x.conf": b"[Unit]\nWants=my.target\n"}, True),
    ],
)  # fmt: skip
def test_a_target_has_to_be_reached_from_the_default_one(default, folder, files, starts):
    changes = {f"{ETC}/{folder}/ssh.service": Link("/lib/systemd/system/ssh.service"), **files}
    changes[f"{ETC}/default.target"] = Link(f"/usr/lib/systemd/system/{default}.target")
    assert services.startup(debian(changes, without=(SSH_LINK,)), "ssh").starts is starts


REQUIRES = f"{ETC}/ssh.service.requires/ssh.socket"
MASKED = {f"{ETC}/ssh.socket": Link("/dev/null")}


@pytest.mark.parametrize(
    ("changes", "starts"),
    [
        ({REQUIRES: Link("/usr/lib/systemd/system/ssh.socket")}, True),
        ({REQUIRES: Link("/usr/lib/systemd/system/ssh.socket"), **MASKED}, False),
        ({f"{ETC}/ssh.service.d/x.conf": b"[Unit]\nRequires=ssh.socket\n", **MASKED}, False),
        ({f"{ETC}/ssh.service.d/x.conf": b"[Unit]\nRequires=a.service\n",
          f"{LIB}/a.service": b"[Unit]\nBindsTo=ssh.socket\n", **MASKED}, False),
        ({f"{ETC}/ssh.service.d/x.conf": b"[Unit]\nWants=ssh.socket\n", **MASKED}, True),
    ],
)  # fmt: skip
def test_a_unit_that_requires_a_masked_one_does_not_start(changes, starts):
    guest = debian(changes)
    assert services.startup(guest, "ssh").starts is starts
    if not starts and REQUIRES in changes:
        assert services.enable_steps(guest, "ssh") == (RemoveFile(REQUIRES),)
    elif not starts:
        with pytest.raises(PlanError):
            services.enable_steps(guest, "ssh")


def test_many_units_that_want_each_other_are_searched_once():
    files = {f"{LIB}/u{i}.service": unit("x.target") for i in range(12)}
    files |= {f"{ETC}/u{i}.service.wants/u{j}.service": Link("x") for i in range(12) for j in range(12)}
    begun = time.monotonic()
    assert not services.startup(debian(files), "u0").starts
    assert time.monotonic() - begun < 2


def test_a_wants_link_without_its_unit_is_nothing():
    found = services.startup(debian({f"{WANTS}/gone.service": Link("/lib/systemd/system/gone.service")}), "gone")
    assert not found.installed
    assert not found.starts


def test_an_alias_counts_only_where_its_link_stands():
    link = {f"{WANTS}/sshd.service": Link("/lib/systemd/system/ssh.service")}
    assert services.startup(debian(link, without=(SSH_LINK,)), "ssh").starts
    assert not services.startup(debian(link, without=(SSH_LINK, f"{ETC}/sshd.service")), "ssh").starts


def test_units_wanting_each_other_in_a_ring_start_nothing():
    ring = {
        f"{LIB}/a.service": unit("b.service"),
        f"{LIB}/b.service": unit("a.service"),
        f"{ETC}/a.service.wants/b.service": Link("/usr/lib/systemd/system/b.service"),
        f"{ETC}/b.service.wants/a.service": Link("/usr/lib/systemd/system/a.service"),
    }
    assert not services.startup(debian(ring), "a").starts


def test_a_lib_that_is_no_link_is_searched_too():
    guest = FakeGuest(
        {
            "/sbin/init": Link("/lib/systemd/systemd"),
            "/lib/systemd/system/x.service": unit("multi-user.target"),
            f"{WANTS}/x.service": Link("/lib/systemd/system/x.service"),
        }
    )
    assert services.startup(guest, "x").starts


@pytest.mark.parametrize(
    ("extra", "starts"),
    [
        ({}, True),
        ({f"{LIB}/old.service": unit("multi-user.target")}, False),
        ({f"{ETC}/old.service": Link("/dev/null")}, False),
    ],
)
def test_sysv_links_count_without_a_unit_of_that_name(extra, starts):
    files = {"/etc/init.d/old": b"#!/bin/sh\n", "/etc/rc2.d/S01old": Link("../init.d/old"), **extra}
    assert services.startup(debian(files, **{"/etc/init.d/old": 0o755}), "old").starts is starts


def test_sysv_follows_inittab_and_turns_links():
    files = {"/sbin/init": b"x", "/etc/init.d/old": b"#!/bin/sh\n", "/etc/rc3.d/S20old": Link("../init.d/old")}
    guest = FakeGuest(files, modes={"/etc/init.d/old": 0o755})
    assert not services.startup(guest, "old").starts
    guest.files["/etc/inittab"] = b"id:3:initdefault:\n"
    assert services.startup(guest, "old").starts
    off = guest.applied(Plan(services.disable_steps(guest, "old")))
    assert off.files["/etc/rc3.d/K80old"] == Link("../init.d/old")
    assert not services.startup(off, "old").starts
    assert services.startup(off.applied(Plan(services.enable_steps(off, "old"))), "old").starts


@pytest.mark.parametrize(
    ("override", "starts"),
    [(b"manual\n", False), (b"# manual\n", True), (b"manual\nstart on startup\n", True), (b"manual # off", False)],
)
def test_upstart_override(override, starts):
    assert services.startup(trusty({"/etc/init/ssh.override": override}), "ssh").starts is starts


def test_upstart_off_and_on_again():
    guest = trusty()
    off = guest.applied(Plan(services.disable_steps(guest, "ssh")))
    assert not services.startup(off, "ssh").starts
    assert services.enable_steps(off, "ssh") == (RemoveFile("/etc/init/ssh.override"),)


def test_enabling_makes_the_links_that_systemctl_makes():
    guest = debian(without=(SSH_LINK, f"{ETC}/sshd.service"))
    assert services.enable_steps(guest, "ssh") == (
        MakeLink(f"{ETC}/sshd.service", "/lib/systemd/system/ssh.service"),
        MakeLink(SSH_LINK, "/lib/systemd/system/ssh.service"),
    )
    assert noble().files[f"{ETC}/sockets.target.wants/ssh.socket"] == Link("/usr/lib/systemd/system/ssh.socket")
    assert services.enable_steps(noble(), "ssh")[1] == MakeLink(SSH_LINK, "/usr/lib/systemd/system/ssh.service")


def test_an_alias_is_not_enabled_but_what_it_means():
    own = {f"{LIB}/net.service": unit("multi-user.target") + b"Alias=network.service\n",
           f"{ETC}/network.service": Link("/lib/systemd/system/net.service")}  # fmt: skip
    steps = services.enable_steps(debian(own), "network")
    assert steps == (MakeLink(f"{WANTS}/net.service", "/lib/systemd/system/net.service"),)
    assert services.enable_steps(debian(own), "net") == steps


def test_unmasking_an_enabled_unit_is_all_it_takes():
    mask = f"{ETC}/ssh.service"
    assert services.enable_steps(debian({mask: Link("/dev/null")}), "ssh") == (RemoveFile(mask),)


def test_a_packages_own_mask_is_left_alone():
    with pytest.raises(PlanError):
        services.enable_steps(debian({f"{LIB}/ssh.service": Link("/dev/null")}), "ssh")


def test_disabling_removes_links_and_masks():
    guest = debian()
    after = guest.applied(Plan(services.disable_steps(guest, "ssh")))
    assert after.files[f"{ETC}/ssh.service"] == Link("/dev/null")
    assert SSH_LINK not in after.files
    assert f"{ETC}/sshd.service" not in after.files
    assert not services.startup(after, "ssh").starts


def test_an_administrators_own_unit_file_is_not_thrown_away():
    guest = debian({f"{ETC}/x.service": unit("multi-user.target"), f"{WANTS}/x.service": Link("../x.service")})
    assert services.disable_steps(guest, "x") == (RemoveFile(f"{WANTS}/x.service"),)
    guest.files["/etc/machine-id"] = b"uninitialized\n"
    with pytest.raises(PlanError):
        services.disable_steps(guest, "x")


@pytest.mark.parametrize(
    ("machine_id", "first"),
    [(None, True), (b"uninitialized\n", True), (b"", False), (b"0123456789abcdef0123456789abcdef\n", False)],
)
def test_what_is_a_first_boot(machine_id, first):
    guest = debian(without=("/etc/machine-id",))
    if machine_id is not None:
        guest.files["/etc/machine-id"] = machine_id
    assert (presets.first_boot(guest) is not None) is first
    assert (services.preset_start(guest, "nftables") is not None) is first


@pytest.mark.parametrize(
    ("files", "enabled"),
    [
        ({}, True),
        ({"/usr/lib/systemd/system-preset/90-x.preset": b"disable nft*\n"}, False),
        ({"/usr/lib/systemd/system-preset/90-x.preset": b"# c\nenable nftables.service\ndisable *\n"}, True),
        (
            {
                "/usr/lib/systemd/system-preset/90-x.preset": b"disable *\n",
                "/etc/systemd/system-preset/10-y.preset": b"enable nftables.service\n",
            },
            True,
        ),
        (
            {
                "/usr/lib/systemd/system-preset/90-x.preset": b"disable *\n",
                "/etc/systemd/system-preset/90-x.preset": Link("/dev/null"),
            },
            True,
        ),
    ],
)
def test_presets(files, enabled):
    assert presets.enables(debian(files), "nftables.service") is enabled
