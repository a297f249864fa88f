"""guest-agent: by a udev rule, a device's link, a runlevel; missing, masked, off."""

from __future__ import annotations

import pytest
from fake_guest import Link
from family_guest import EVERY, alpine, arch, el6, el9, sles12, tumbleweed
from linux_guest import ETC, LIB, debian, trusty, unit

from remediations.guest_agent import check, plan
from remediations.vocabulary import InstallPackages, Settings, Status

SETTINGS = Settings()
DEVICE = r"dev-virtio\x2dports-org.qemu.guest_agent.0.device"
RULE = (
    b'SUBSYSTEM=="virtio-ports", ATTR{name}=="org.qemu.guest_agent.0", \\\n'
    b'  TAG+="systemd" ENV{SYSTEMD_WANTS}="qemu-guest-agent.service"\n'
)
RULES = "/usr/lib/udev/rules.d/60-qemu-guest-agent.rules"
STATIC = b"[Unit]\nDescription=QEMU Guest Agent\n[Service]\nExecStart=-/usr/sbin/qemu-ga\nRestart=always\n\n[Install]\n"
UNIT = f"{LIB}/qemu-guest-agent.service"
BY_RULE = {"/usr/bin/qemu-ga": b"\x7fELF", UNIT: STATIC, RULES: RULE}
BY_LINK = {"/usr/bin/qemu-ga": b"\x7fELF", UNIT: unit(DEVICE)}
SUSE = {
    "/usr/bin/qemu-ga": b"\x7fELF",
    f"{LIB}/qemu-ga@.service": b"[Unit]\nBindsTo=dev-%i.device\n[Service]\nExecStart=/usr/bin/qemu-ga -p /dev/%I\n",
    "/usr/lib/udev/rules.d/80-qemu-ga.rules": b'SUBSYSTEM=="virtio-ports", ATTR{name}=="org.qemu.guest_agent.0", '
    b'TAG+="systemd", ENV{SYSTEMD_WANTS}="qemu-ga@%k.service"\n',
}


def fixed(guest):
    first = plan(guest, SETTINGS)
    assert first.steps, first
    assert first == plan(guest, SETTINGS)
    after = guest.applied(first)
    assert check(after, SETTINGS).status is Status.PASS
    assert plan(after, SETTINGS).steps == ()
    return after


@pytest.mark.parametrize("make", [debian, trusty, *EVERY])
def test_a_missing_agent_is_installed(make):
    assert check(make(), SETTINGS).status is Status.FAIL
    assert plan(make(), SETTINGS).steps == (InstallPackages(("qemu-guest-agent",)),)


def test_xen_has_none():
    assert check(debian(), Settings(hypervisor="xen")).status is Status.SKIPPED
    assert not plan(debian(), Settings(hypervisor="xen")).steps


@pytest.mark.parametrize(
    ("make", "files"), [(debian, BY_RULE), (arch, BY_RULE), (tumbleweed, SUSE), (sles12, SUSE), (tumbleweed, BY_RULE)]
)
def test_a_udev_rule_starts_it(make, files):
    found = check(make(files), SETTINGS)
    assert found.status is Status.PASS
    assert found.evidence[0].path.startswith("/usr/lib/udev/rules.d/")
    assert not plan(make(files), SETTINGS).steps


def test_a_rule_that_is_overridden_starts_nothing():
    rule = b"# " + RULE.replace(b"\\\n", b"")
    guest = debian({**BY_RULE, RULES.replace("/usr/lib", "/etc"): rule})
    assert check(guest, SETTINGS).status is Status.FAIL
    assert not plan(guest, SETTINGS).steps
    assert "[Install]" in plan(guest, SETTINGS).obstacle


def test_a_mask_on_what_a_rule_asks_for_goes():
    guest = debian({**BY_RULE, f"{ETC}/qemu-guest-agent.service": Link("/dev/null")})
    assert check(guest, SETTINGS).status is Status.FAIL
    assert f"{ETC}/qemu-guest-agent.service" not in fixed(guest).files


def test_the_devices_link_starts_it_and_is_made():
    link = f"{ETC}/{DEVICE}.wants/qemu-guest-agent.service"
    found = check(el9({**BY_LINK, link: Link(UNIT)}), SETTINGS)
    assert found.status is Status.PASS
    assert found.evidence[0].path == link
    guest = el9(BY_LINK)
    assert check(guest, SETTINGS).status is Status.FAIL
    assert fixed(guest).files[link] == Link(UNIT)


def test_a_first_boot_that_disables_it_is_seen():
    link = f"{ETC}/{DEVICE}.wants/qemu-guest-agent.service"
    guest = el9({**BY_LINK, link: Link(UNIT), "/etc/machine-id": b"uninitialized\n"})
    assert check(guest, SETTINGS).status is Status.FAIL
    fixed(guest)
    guest.files["/usr/lib/systemd/system-preset/90-default.preset"] = b"enable qemu-guest-agent.service\n"
    assert check(guest, SETTINGS).status is Status.PASS


def test_runlevels():
    script = {"/usr/bin/qemu-ga": b"\x7fELF", "/etc/init.d/qemu-guest-agent": b"#!/sbin/openrc-run\n"}
    after = fixed(alpine(script))
    assert after.files["/etc/runlevels/default/qemu-guest-agent"] == Link("/etc/init.d/qemu-guest-agent")
    old = {
        "/usr/bin/qemu-ga": b"\x7fELF",
        "/etc/rc.d/init.d/qemu-ga": b"#!/bin/sh\n# chkconfig: 2345 99 01\n",
        "/etc/sysconfig/qemu-ga": b'BLACKLIST_RPC="guest-exec"\n',
    }
    guest = el6(old)
    guest.modes["/etc/rc.d/init.d/qemu-ga"] = 0o755
    after = fixed(guest)
    assert "settings keep the host" in check(after, SETTINGS).summary
    job = trusty({"/usr/sbin/qemu-ga": b"\x7fELF", "/etc/init.d/qemu-guest-agent": b"#!/bin/sh\n"})
    assert check(job, SETTINGS).status is Status.FAIL
    fixed(job)


def test_debian_8_and_ubuntu_16_04_have_an_init_script_below_systemd():
    script, link = "/etc/init.d/qemu-guest-agent", "/etc/rc3.d/S02qemu-guest-agent"
    files = {"/usr/sbin/qemu-ga": b"\x7fELF", script: b"#!/bin/sh\n", link: Link("../init.d/qemu-guest-agent")}
    started = debian(files, **{script: 0o755})
    assert check(started, SETTINGS).status is Status.PASS
    del files[link]
    off = debian(files, **{script: 0o755})
    assert check(off, SETTINGS).status is Status.FAIL
    fixed(off)


@pytest.mark.parametrize(
    ("command", "status"),
    [(b"/bin/true", Status.FAIL), (b"/opt/agent", Status.UNKNOWN), (b"/usr/bin/qemu-ga --verbose", Status.PASS)],
)
def test_a_changed_command(command, status):
    content = b"[Service]\nExecStart=\nExecStart=" + command + b"\n"
    drop_in = {f"{ETC}/qemu-guest-agent.service.d/own.conf": content}
    assert check(debian({**BY_RULE, **drop_in}), SETTINGS).status is status


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'DAEMON_ARGS="-m isa-serial -p /dev/ttyS1"\n', Status.FAIL),
        (b'DAEMON_ARGS="--path=/dev/virtio-ports/other.0"\n', Status.FAIL),
        (b'DAEMON_ARGS="-m virtio-serial --path /dev/virtio-ports/org.qemu.guest_agent.0 -v"\n', Status.PASS),
        (b"DAEMON_ARGS=\n", Status.PASS),
    ],
)
def test_a_port_that_nova_does_not_give(content, status):
    assert check(debian({**BY_RULE, "/etc/default/qemu-guest-agent": content}), SETTINGS).status is status


@pytest.mark.parametrize("rule", [Link("/dev/null"), b"", b"\n"])
def test_a_hidden_rule_is_brought_back(rule):
    guest = debian({**BY_RULE, RULES.replace("/usr/lib", "/etc"): rule})
    assert check(guest, SETTINGS).status is Status.FAIL
    fixed(guest)


def test_a_lost_executable_bit_is_set_again():
    fixed(debian(BY_RULE, **{"/usr/bin/qemu-ga": 0o644}))


def test_a_program_without_a_service():
    guest = debian({"/usr/sbin/qemu-ga": b"\x7fELF"})
    assert check(guest, SETTINGS).status is Status.FAIL
    assert not plan(guest, SETTINGS).steps
