"""ssh-server on the families other than Debian: the service's name, its options, its configuration, its host keys."""

from __future__ import annotations

from dataclasses import replace

import family_guest as families
import pytest
from fake_guest import Link
from family_guest import (
    ALPINE_SSHD,
    CLOUD_DROP_IN,
    ETC,
    LIB,
    NOT_WITH_CLOUD_INIT,
    WANTS,
    alpine,
    arch,
    el6,
    el7,
    el9,
    sles11,
    sles12,
    tumbleweed,
)

from remediations.linux import host_keys, ssh_service
from remediations.ssh_server import check, plan
from remediations.vocabulary import InstallPackages, MakeLink, Settings, Status, WriteFile

SETTINGS = Settings()
OFF = {
    el9: f"{WANTS}/sshd.service",
    el7: f"{WANTS}/sshd.service",
    el6: "/etc/rc.d/rc3.d/S55sshd",
    tumbleweed: f"{WANTS}/sshd.service",
    sles12: f"{WANTS}/sshd.service",
    sles11: "/etc/init.d/rc3.d/S11sshd",
    arch: f"{WANTS}/sshd.service",
    alpine: "/etc/runlevels/default/sshd",
}


def fixed(guest):
    assert check(guest, SETTINGS).status is Status.FAIL
    first = plan(guest, SETTINGS)
    assert first.steps, first.obstacle
    assert first == plan(guest, SETTINGS)
    after = guest.applied(first)
    assert check(after, SETTINGS).status is Status.PASS
    assert not plan(after, SETTINGS).steps
    return after


@pytest.mark.parametrize("make", families.EVERY)
def test_a_stock_guest_passes(make):
    found = check(make(), SETTINGS)
    assert (found.status, found.summary[:4]) == (Status.PASS, "sshd")
    assert found.evidence
    assert not plan(make(), SETTINGS).steps


@pytest.mark.parametrize("make", families.EVERY)
def test_off_is_switched_on_again(make):
    assert OFF[make] in fixed(make(without=(OFF[make],))).files or make in (el6, sles11)


@pytest.mark.parametrize("make", families.EVERY)
def test_absent_is_installed(make):
    guest = make(without=("/usr/sbin/sshd", "/usr/bin/sshd"))
    package = "openssh" if guest.facts.family != "redhat" else "openssh-server"
    assert plan(guest, SETTINGS).steps == (InstallPackages((package,)),)


def test_chkconfig_has_its_numbers_from_the_script():
    off = {f"/etc/rc.d/rc{level}.d/K25sshd": Link("../init.d/sshd") for level in "2345"}
    after = fixed(el6(off, without=tuple(f"/etc/rc.d/rc{level}.d/S55sshd" for level in "2345")))
    assert all("S55sshd" in after.listdir(f"/etc/rc{level}.d") for level in "2345")
    assert "K25sshd" not in after.listdir("/etc/rc3.d")
    assert "K25sshd" in after.listdir("/etc/rc6.d")


def test_startpar_learns_of_the_service():
    after = fixed(sles11(without=("/etc/init.d/rc3.d/S11sshd",)))
    assert after.files["/etc/init.d/.depend.start"] == (
        b"TARGETS = network syslog cron sshd\ncron: syslog\nsshd: network syslog\n"
    )


def test_alpine_enables_as_rc_update_does():
    link = "/etc/runlevels/default/sshd"
    assert plan(alpine(without=(link,)), SETTINGS).steps == (MakeLink(link, "/etc/init.d/sshd"),)


@pytest.mark.parametrize("make", families.EVERY)
def test_host_keys_are_made_at_boot_by_the_distribution(make):
    assert host_keys.maker(make())


@pytest.mark.parametrize(
    ("guest", "makes"),
    [
        (el9({f"{ETC}/sshd-keygen.target": Link("/dev/null")}), False),
        (el9({f"{ETC}/sshd-keygen@.service": Link("/dev/null")}), False),
        (el9({CLOUD_DROP_IN: NOT_WITH_CLOUD_INIT}), True),
        (el9({CLOUD_DROP_IN: b"[Unit]\nConditionPathExists=/etc/keygen\n"}), False),
        (el9({"/etc/ssh/sshd_config.d/1.conf": b"HostKey /etc/ssh/ssh_host_ed25519_key\n",
              f"{ETC}/sshd-keygen@rsa.service": Link("/dev/null")}), True),
        (el9({"/etc/ssh/sshd_config.d/1.conf": b"HostKey /etc/ssh/ssh_host_rsa_key\n",
              f"{ETC}/sshd-keygen@rsa.service": Link("/dev/null")}), False),
        (el7({"/etc/sysconfig/sshd": b"AUTOCREATE_SERVER_KEYS=NO\n"}), False),
        (el6({"/etc/sysconfig/sshd": b"AUTOCREATE_SERVER_KEYS=NO\n"}), False),
        (el6({"/etc/sysconfig/sshd": b"AUTOCREATE_SERVER_KEYS=RSAONLY\n"}), True),
        (alpine({"/etc/conf.d/sshd": b'sshd_disable_keygen="yes"\n'}), False),
        (tumbleweed({"/etc/sysconfig/ssh": b'SSHD_AUTO_KEYGEN="no"\n'}), False),
        (sles12({"/usr/sbin/sshd-gen-keys-start": b"#!/bin/bash\nif ! grep -q ^HostKey /x; then ssh-keygen -A; fi\n",
                 "/etc/ssh/sshd_config": b"HostKey /etc/ssh/ssh_host_rsa_key\nUsePAM yes\n"}), False),
    ],
)  # fmt: skip
def test_what_keeps_host_keys_from_being_made(guest, makes):
    assert bool(host_keys.maker(guest)) is makes
    if not makes:
        fixed(guest)


@pytest.mark.parametrize(
    ("guest", "path", "content"),
    [
        (el6({"/etc/sysconfig/sshd": b"OPTIONS=\nAUTOCREATE_SERVER_KEYS=NO # why\n"}), "/etc/sysconfig/sshd",
         b"OPTIONS=\nAUTOCREATE_SERVER_KEYS=YES # why\n"),
        (alpine({"/etc/conf.d/sshd": b'sshd_disable_keygen="yes"'}), "/etc/conf.d/sshd", b'sshd_disable_keygen="no"'),
    ],
)  # fmt: skip
def test_the_switch_of_the_key_maker_is_turned(guest, path, content):
    assert fixed(guest).files[path] == content


def test_keys_are_made_before_the_check_that_needs_them():
    after = fixed(el9(without=(f"{LIB}/sshd-keygen.target",)))
    assert b"ExecStartPre=/usr/bin/ssh-keygen -A" in after.files[f"{ETC}/sshd.service.d/50-host-keys.conf"]


@pytest.mark.parametrize(
    ("guest", "status"),
    [
        (el9({"/etc/sysconfig/sshd": b'OPTIONS="-u0"\nCRYPTO_POLICY=\n'}), Status.PASS),
        (el9({"/etc/sysconfig/sshd": b"OPTIONS='-o PubkeyAuthentication=no'\n"}), Status.UNKNOWN),
        (el9({f"{ETC}/sshd.service": b"[Unit]\nWants=sshd-keygen.target\n"
              b"[Service]\nExecStart=/usr/sbin/sshd -D -f /etc/ssh/other\n"}), Status.UNKNOWN),
        (el9({f"{ETC}/sshd.service.d/x.conf": b"[Service]\nEnvironment=OPTIONS=-p2222\n"}), Status.UNKNOWN),
        (el6({"/etc/sysconfig/sshd": b"OPTIONS=-p 2222\n"}), Status.UNKNOWN),
        (tumbleweed({"/etc/sysconfig/ssh": b'SSHD_OPTS="-o AllowUsers=ann"\n'}), Status.UNKNOWN),
        (alpine({"/etc/conf.d/sshd": b'command_args="-p 2222"\n'}), Status.UNKNOWN),
        (alpine({"/etc/conf.d/sshd": b"cfgfile=/etc/other\n"}), Status.UNKNOWN),
        (tumbleweed({"/etc/ssh/sshd_config": b"PubkeyAuthentication no\n"}), Status.FAIL),
        (tumbleweed({"/usr/etc/ssh/sshd_config.d/a.conf": b"PubkeyAuthentication no\n"}), Status.FAIL),
        (tumbleweed({"/etc/ssh/sshd_config.d/a.conf": b"PubkeyAuthentication yes\n",
                     "/usr/etc/ssh/sshd_config.d/a.conf": b"PubkeyAuthentication no\n"}), Status.PASS),
        (tumbleweed(without=("/usr/etc",)), Status.FAIL),
        (el9({"/etc/hosts.deny": b"sshd: ALL\n"}), Status.PASS),
        (el7({"/etc/hosts.deny": b"sshd: ALL\n"}), Status.FAIL),
        (el6({"/etc/hosts.deny": b"ALL: ALL\n"}), Status.FAIL),
        (el9({"/etc/ssh/sshd_not_to_be_run": b""}), Status.PASS),
        (el7({"/etc/ssh/sshd_config": b"Include /etc/ssh/x/*.conf\nUsePAM yes\n"}), Status.UNKNOWN),
        (el9({"/etc/kernel/cmdline": b"root=/dev/vda1 ro systemd.mask=sshd.service\n"}), Status.FAIL),
        (el9({"/etc/default/grub": b'GRUB_CMDLINE_LINUX="systemd.unit=rescue.target"\n'}), Status.FAIL),
        (el9({"/etc/default/grub": b'GRUB_CMDLINE_LINUX="systemd.unit=multi-user.target"\n'}), Status.PASS),
        (alpine({"/etc/nologin": b""}), Status.FAIL),
    ],
)  # fmt: skip
def test_options_and_configuration(guest, status):
    assert check(guest, SETTINGS).status is status


PORT = {
    "/etc/ssh/sshd_config.d/1.conf": b"Port 2222\n",
    "/etc/selinux/config": b"SELINUX=enforcing\nSELINUXTYPE=targeted\n",
}
TOLD = b"# comment\n\nportcon tcp 2222 system_u:object_r:ssh_port_t:s0\n"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        (PORT, Status.UNKNOWN),
        (PORT | {"/var/lib/selinux/targeted/active/ports.local": TOLD}, Status.PASS),
        (PORT | {"/etc/ssh/sshd_config.d/1.conf": b"Port 2222\nPort 22\n"}, Status.PASS),
        (PORT | {"/etc/selinux/config": b"SELINUX=disabled\nSELINUXTYPE=targeted\n"}, Status.PASS),
    ],
)
def test_a_port_that_selinux_may_refuse(changes, status):
    assert check(el9(changes), SETTINGS).status is status


def test_a_socket_that_accepts_may_stand_in_for_the_service():
    sockets = {f"{ETC}/sockets.target.wants/sshd.socket": Link(f"{LIB}/sshd.socket")}
    guest = el9(sockets, without=(f"{WANTS}/sshd.service",))
    assert check(guest, SETTINGS).summary.startswith("sshd.socket starts at boot")
    after = fixed(el9(sockets, without=(f"{WANTS}/sshd.service", f"{LIB}/sshd-keygen.target")))
    assert f"{ETC}/sshd@.service.d/50-host-keys.conf" in after.files


def test_a_service_of_another_name_may_start_sshd():
    unit = {f"{ETC}/my-sshd.service": families.unit("/usr/sbin/sshd -D"), f"{WANTS}/my-sshd.service": Link("x")}
    started = ssh_service.starting(el9(unit, without=(f"{WANTS}/sshd.service",)))
    assert started is not None
    assert started.name == "my-sshd.service"


def test_another_ssh_server_in_its_place_is_unknown():
    dropbear = {"/etc/init.d/dropbear": b"#!/sbin/openrc-run\n", "/etc/runlevels/default/dropbear": Link("x")}
    guest = alpine(dropbear, without=("/usr/sbin/sshd",))
    assert check(guest, SETTINGS).status is Status.UNKNOWN
    assert not plan(guest, SETTINGS).steps


@pytest.mark.parametrize(
    ("distro", "version", "status"), [("rocky", (9, 4), Status.FAIL), ("rocky", (8, 9), Status.PASS),
                                      ("fedora", (41, 0), Status.FAIL), ("fedora", (35, 0), Status.PASS)]
)  # fmt: skip
def test_a_first_boot_that_disables_what_no_preset_enables(distro, version, status):
    guest = el9({"/usr/lib/systemd/system-preset/90-default.preset": b""}, without=("/etc/machine-id",))
    guest = replace(guest, facts=replace(guest.facts, distro=distro, version=version))
    assert check(guest, SETTINGS).status is status
    if status is Status.FAIL:
        assert (
            WriteFile("/etc/systemd/system-preset/00-sshd.service.preset", b"enable sshd.service\n")
            in plan(guest, SETTINGS).steps
        )
        fixed(guest)


CHOOSING = {
    "/usr/sbin/sshd.pam": b"\x7fELF",
    "/etc/init.d/sshd": ALPINE_SSHD + b"for build in /usr/sbin/sshd.krb5 /usr/sbin/sshd.pam\n",
}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, Status.FAIL),
        ({"/etc/conf.d/sshd": b"SSHD_BINARY=/usr/sbin/sshd.pam\n"}, Status.PASS),
        ({"/usr/sbin/sshd.pam": b"\x7fELF"}, Status.FAIL),
        (CHOOSING, Status.PASS),
        (CHOOSING | {"/etc/conf.d/sshd": b"sshd_disable_pam=yes\n"}, Status.FAIL),
        (CHOOSING | {"/usr/sbin/sshd.krb5": b"\x7fELF"}, Status.UNKNOWN),
    ],
)  # fmt: skip
def test_a_locked_root_of_alpines_gets_in_with_pam_alone(changes, status):
    locked = {"/etc/shadow": b"root:!:19000:0:99999:7:::\n", "/etc/ssh/sshd_config": b"UsePAM yes\n"}
    assert check(alpine(locked | changes), Settings(user="root")).status is status
