"""firewall: what starts, what does not, and that switching off keeps the rules."""

from __future__ import annotations

import contextlib
import time

import pytest
from fake_guest import Link
from hypothesis import given
from hypothesis import strategies as st
from linux_guest import ETC, LIB, WANTS, debian, trusty, unit

from remediations.firewall import REQUIREMENT, check, disable_ufw, plan
from remediations.guest import GuestError
from remediations.vocabulary import Settings, Status

SETTINGS = Settings()
UFW = {
    f"{LIB}/ufw.service": unit("multi-user.target"),
    f"{WANTS}/ufw.service": Link("/lib/systemd/system/ufw.service"),
}
RC_LOCAL = {"/etc/rc.local": 0o755}


def fixed(guest):
    first = plan(guest, SETTINGS)
    assert first == plan(guest, SETTINGS)
    assert first.steps
    after = guest.applied(first)
    assert check(after, SETTINGS).status is Status.PASS
    assert not plan(after, SETTINGS).steps
    return after


def test_installed_but_off_is_pass():
    found = check(debian(), SETTINGS)
    assert found.status is Status.PASS
    assert found.evidence[0].path == f"{LIB}/nftables.service"
    assert not plan(debian(), SETTINGS).steps
    assert REQUIREMENT.id == "firewall"


@pytest.mark.parametrize(
    "name", ["firewalld", "nftables", "iptables", "ip6tables", "netfilter-persistent", "shorewall"]
)
def test_an_enabled_service_fails_and_is_masked(name):
    guest = debian(
        {
            f"{LIB}/{name}.service": unit("multi-user.target"),
            f"{WANTS}/{name}.service": Link(f"/lib/systemd/system/{name}.service"),
            "/etc/nftables.conf": b"rules\n",
        }
    )
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert found.evidence[0].path == f"{WANTS}/{name}.service"
    after = fixed(guest)
    assert after.files[f"{ETC}/{name}.service"] == Link("/dev/null")
    assert after.files["/etc/nftables.conf"] == b"rules\n"


def test_firewalld_started_over_the_bus_alone_fails():
    alias = f"{ETC}/dbus-org.fedoraproject.FirewallD1.service"
    name = unit("multi-user.target", "Alias=dbus-org.fedoraproject.FirewallD1.service\n")
    guest = debian({f"{LIB}/firewalld.service": name, alias: Link("/lib/systemd/system/firewalld.service")})
    assert check(guest, SETTINGS).status is Status.FAIL
    assert alias not in fixed(guest).files


@pytest.mark.parametrize("machine_id", [None, b"uninitialized\n"])
def test_a_first_boot_would_enable_it(machine_id):
    guest = debian(without=("/etc/machine-id",))
    if machine_id:
        guest.files["/etc/machine-id"] = machine_id
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert found.evidence[0].path == "/etc/machine-id"
    fixed(guest)


@pytest.mark.parametrize(
    ("conf", "status"),
    [
        (b"ENABLED=yes\n", Status.FAIL),
        (b'# c\r\nENABLED="yes"\r\n', Status.FAIL),
        (b"ENABLED='YES'", Status.FAIL),
        (b"ENABLED=no\n", Status.PASS),
        (b"ENABLED=yes\nENABLED=no\n", Status.PASS),
        (b"#ENABLED=yes\n", Status.PASS),
        (b"", Status.PASS),
        (b"\0\xff\n", Status.UNKNOWN),
        (b"LOGLEVEL=low; ENABLED=yes\n", Status.FAIL),
        (b'ENABLED=y"es"\n', Status.FAIL),
        (b"ENABLED=$(echo yes)\n", Status.UNKNOWN),
        (b"if true; then ENABLED=yes; fi\n", Status.UNKNOWN),
    ],
)
def test_ufw_is_decided_by_its_own_file(conf, status):
    assert check(debian({**UFW, "/etc/ufw/ufw.conf": conf}), SETTINGS).status is status


def test_ufw_without_its_unit_started_does_nothing():
    unstarted = {f"{LIB}/ufw.service": unit("multi-user.target"), "/etc/ufw/ufw.conf": b"ENABLED=yes\n"}
    assert check(debian(unstarted), SETTINGS).status is Status.PASS
    assert check(debian(without=("/etc/machine-id",), changes=unstarted), SETTINGS).status is Status.FAIL


def test_ufw_is_switched_off_keeping_its_file():
    after = fixed(debian({**UFW, "/etc/ufw/ufw.conf": b'# ufw\r\nENABLED="yes" # on\r\nLOGLEVEL=low'}))
    assert after.files["/etc/ufw/ufw.conf"] == b'# ufw\r\nENABLED="no" # on\r\nLOGLEVEL=low'
    assert f"{ETC}/ufw.service" not in after.files


@given(st.binary() | st.text("ENABLDyesYS=\"' \n\r#nox").map(str.encode))
def test_disable_ufw_touches_only_enabled_lines(content):
    after = disable_ufw(content)
    assert disable_ufw(after) == after
    before, now = content.split(b"\n"), after.split(b"\n")
    assert len(before) == len(now)
    assert all(old == new or (b"ENABLED=" in old and b"no" in new) for old, new in zip(before, now, strict=True))


@pytest.mark.parametrize(
    "line",
    ["iptables-restore < /etc/iptables.rules", "/usr/sbin/nft -f /etc/nft.conf", "ufw --force enable",
     "iptables -A INPUT -p tcp -j DROP", "if true; then\nexit 0\nfi\nip6tables-restore x"],
)  # fmt: skip
def test_rules_loaded_by_rc_local_fail_without_a_fix(line):
    guest = debian({"/etc/rc.local": f"#!/bin/sh\n{line}\nexit 0\n".encode()}, **RC_LOCAL)
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert found.evidence[0].path == "/etc/rc.local"
    offered = plan(guest, SETTINGS)
    assert not offered.steps
    assert "/etc/rc.local" in offered.obstacle


@pytest.mark.parametrize(
    "content",
    [b"#!/bin/sh\n# iptables-restore x\n", b"#!/bin/sh\nexit 0\niptables-restore x\n", b"#!/bin/sh\niptables -F\n",
     b"\x7fELF\0iptables-restore x\n"],
)  # fmt: skip
def test_what_rc_local_does_not_do_passes(content):
    assert check(debian({"/etc/rc.local": content}, **RC_LOCAL), SETTINGS).status is Status.PASS


def test_an_rc_local_that_is_not_executable_passes():
    assert check(debian({"/etc/rc.local": b"#!/bin/sh\niptables-restore x\n"}), SETTINGS).status is Status.PASS


@pytest.mark.parametrize("path", ["/etc/network/interfaces", "/etc/network/interfaces.d/eth0"])
def test_interfaces_options_are_read(path):
    guest = debian({path: b"iface eth0 inet dhcp\n\tpre-up iptables-restore < /etc/iptables\n"})
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert found.evidence[0].line == 2


def test_hooks_of_ifupdown_are_read_by_the_names_that_run_parts_takes():
    hook = b"#!/bin/sh\niptables-restore < /etc/rules\n"
    name, other = "/etc/network/if-pre-up.d/iptables", "/etc/network/if-pre-up.d/iptables.bak"
    ifup = {"/usr/sbin/ifup": b"\x7fELF"}
    assert check(debian({name: hook, **ifup}, **{name: 0o755}), SETTINGS).status is Status.FAIL
    assert check(debian({other: hook, **ifup}, **{other: 0o755}), SETTINGS).status is Status.PASS
    assert check(debian({name: hook}, **{name: 0o755}), SETTINGS).status is Status.PASS


def test_a_firewall_that_starts_counts_whatever_its_rules():
    service = b"[Service]\nExecStart=/usr/sbin/nft -f /etc/nftables.conf\n[Install]\nWantedBy=sysinit.target\n"
    on = {f"{LIB}/nftables.service": service, f"{ETC}/sysinit.target.wants/nftables.service": Link("x")}
    for rules in ({}, {"/etc/nftables.conf": b"#!/usr/sbin/nft -f\n\nflush ruleset\n"}):
        assert check(debian({**on, **rules}), SETTINGS).status is Status.FAIL


def test_a_unit_of_the_administrators_own_that_runs_a_loader():
    own = b"[Service]\nExecStart=/usr/local/sbin/fw.sh\n[Install]\nWantedBy=multi-user.target\n"
    guest = debian(
        {
            f"{ETC}/fw.service": own,
            f"{WANTS}/fw.service": Link("../fw.service"),
            "/usr/local/sbin/fw.sh": b"#!/bin/sh\nnft -f /etc/own.nft\n",
        }
    )
    assert check(guest, SETTINGS).status is Status.FAIL
    assert fixed(guest).files[f"{ETC}/fw.service"] == own


def own_unit(command, path=f"{ETC}/fw.service", link="fw.service"):
    content = f"[Service]\nExecStart={command}\n[Install]\nWantedBy=multi-user.target\n".encode()
    return {path: content, f"{WANTS}/{link}": Link(path)}


SCRIPT = {"/usr/local/sbin/fw.sh": b"#!/bin/sh\nIPT=/sbin/iptables\n$IPT -P INPUT DROP\n"}


@pytest.mark.parametrize(
    "changes",
    [
        own_unit("/bin/sh -c 'iptables-restore < /etc/rules'"),
        own_unit("/usr/sbin/nft --file /etc/rules.nft"),
        own_unit("/etc/rules.nft") | {"/etc/rules.nft": b"#!/usr/sbin/nft -f\nflush ruleset\n"},
        own_unit("/usr/local/sbin/fw.sh") | SCRIPT,
        own_unit("/sbin/iptables-restore /etc/r", "/usr/local/lib/systemd/system/fw.service"),
        own_unit("/sbin/iptables-restore /etc/r", f"{LIB}/fw.service"),
        own_unit("/sbin/iptables-restore /etc/%i", f"{ETC}/fw@.service", "fw@r.service"),
        own_unit("/sbin/iptables-restore /etc/r", "/opt/fw.service") | {f"{ETC}/fw.service": Link("/opt/fw.service")},
        {f"{ETC}/fw.service": b"[Service]\nExecStart=/sbin/iptables-restore /etc/r\n",
         f"{ETC}/fw.timer": unit("timers.target"), f"{ETC}/timers.target.wants/fw.timer": Link("../fw.timer")},
        {f"{ETC}/fw.service": b"[Service]\nExecStart=/sbin/iptables-restore /etc/r\n",
         f"{ETC}/a.service": b"[Unit]\nWants=fw.service\n", f"{WANTS}/a.service": Link("../a.service")},
    ],
)  # fmt: skip
def test_units_of_every_kind_are_followed(changes):
    assert check(debian(changes), SETTINGS).status is Status.FAIL


def test_a_unit_that_only_another_default_target_starts_loads_nothing():
    changes = own_unit("/sbin/iptables-restore /etc/r")
    link = changes.pop(f"{WANTS}/fw.service")
    changes |= {f"{ETC}/graphical.target.wants/fw.service": link}
    assert check(debian(changes), SETTINGS).status is Status.FAIL
    changes[f"{ETC}/default.target"] = Link("/usr/lib/systemd/system/multi-user.target")
    assert check(debian(changes), SETTINGS).status is Status.PASS


@pytest.mark.parametrize(
    "body",
    [
        b"/usr/local/sbin/fw.sh\n",
        b"fw.sh start\n",
        b". /usr/local/sbin/fw.sh\n",
        b"IPT=/sbin/iptables\n$IPT -P INPUT DROP\n",
        b"NFT=$(command -v nft)\n${NFT} -f /etc/x\n",
        b"for ipt in iptables ip6tables; do\n$ipt -A INPUT \\\n -j DROP\ndone\n",
        b"systemctl start nftables\n",
        b"cat <<EOF\nexit 0\nEOF\niptables -P INPUT DROP\n",
    ],
)
def test_what_rc_local_calls_is_followed(body):
    guest = debian({"/etc/rc.local": b"#!/bin/sh\n" + body, **SCRIPT}, **RC_LOCAL)
    assert check(guest, SETTINGS).status is Status.FAIL


@pytest.mark.parametrize(
    "changes",
    [
        {"/etc/cloud/cloud.cfg.d/99.cfg": b"bootcmd:\n - iptables -P INPUT DROP\n"},
        {"/etc/cron.d/fw": b"@reboot root /sbin/iptables-restore /etc/r\n", f"{LIB}/cron.service": unit("x"),
         f"{WANTS}/cron.service": Link("/lib/systemd/system/cron.service")},
        {"/etc/network/interfaces": b"source my.cfg\n",
         "/etc/network/my.cfg": b"iface eth0 inet dhcp\n\tpre-up\tiptables-restore < /etc/r\n"},
    ],
)  # fmt: skip
def test_other_things_that_a_boot_runs(changes):
    assert check(debian(changes), SETTINGS).status is Status.FAIL


@pytest.mark.parametrize("guest", [debian, trusty])
def test_an_init_script_of_any_name(guest):
    files = {"/etc/init.d/wall": b"#!/bin/sh\niptables -P INPUT DROP\n", "/etc/rc2.d/S01wall": Link("../init.d/wall")}
    made = guest(files)
    made.modes["/etc/init.d/wall"] = 0o755
    assert check(made, SETTINGS).status is Status.FAIL
    fixed(made)


@pytest.mark.parametrize("text", [b"(", b"${", b"nft ", b"exit x ", b"ssh-keygen -", b"iptables -j "])
def test_a_long_line_takes_no_time(text):
    begun = time.monotonic()
    guest = debian({"/etc/rc.local": b"#!/bin/sh\n" + text * (50_000 // len(text)) + b"\n" + text * 500}, **RC_LOCAL)
    with contextlib.suppress(GuestError):
        check(guest, SETTINGS)
    assert time.monotonic() - begun < 2


def test_upstart_and_sysv_forms():
    job = trusty({"/etc/init/ufw.conf": b"start on starting networking\n", "/etc/ufw/ufw.conf": b"ENABLED=yes\n"})
    assert check(job, SETTINGS).status is Status.FAIL
    fixed(job)
    script = trusty({"/etc/init.d/iptables-persistent": b"#!/bin/sh\n", "/etc/rc2.d/S10iptables-persistent": Link("x")})
    assert check(script, SETTINGS).status is Status.FAIL
    fixed(script)


def test_an_init_script_that_would_run_a_dormant_rc_local():
    files = {
        "/etc/init.d/rc.local": b"#!/bin/sh\n[ -x /etc/rc.local ] && /etc/rc.local\n",
        "/etc/rc2.d/S99rc.local": Link("../init.d/rc.local"),
        "/etc/rc.local": b"#!/bin/sh\niptables -P INPUT DROP\n",
    }
    assert check(trusty(files), SETTINGS).status is Status.PASS
