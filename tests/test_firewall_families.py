"""firewall on the families other than Debian: what their installers switch on, and how it is switched off for good."""

from __future__ import annotations

import pytest
from fake_guest import Link
from family_guest import ETC, LIB, WANTS, alpine, arch, el6, el7, el9, sles11, sles12, tumbleweed, unit

from remediations.firewall import check, plan
from remediations.vocabulary import MakeLink, Settings, Status

SETTINGS = Settings()
NULL = Link("/dev/null")
IPTABLES = {"/etc/runlevels/default/iptables": Link("/etc/init.d/iptables")}


def fixed(guest):
    assert check(guest, SETTINGS).status is Status.FAIL
    first = plan(guest, SETTINGS)
    assert first.steps, first.obstacle
    assert first == plan(guest, SETTINGS)
    after = guest.applied(first)
    assert check(after, SETTINGS).status is Status.PASS
    assert not plan(after, SETTINGS).steps
    return after


@pytest.mark.parametrize("make", [el9, el7, tumbleweed])
def test_firewalld_is_masked_and_loses_its_links(make):
    after = fixed(make())
    assert after.files[f"{ETC}/firewalld.service"] == NULL
    assert f"{WANTS}/firewalld.service" not in after.files
    assert f"{ETC}/dbus-org.fedoraproject.FirewallD1.service" not in after.files


def test_chkconfig_off_on_el6():
    after = fixed(el6())
    assert "K92iptables" in after.listdir("/etc/rc3.d")
    assert "S08iptables" not in after.listdir("/etc/rc3.d")
    assert after.files["/etc/rc.d/init.d/iptables"]


def test_susefirewall2_by_its_units():
    after = fixed(sles12())
    assert after.files[f"{ETC}/SuSEfirewall2.service"] == NULL
    assert after.files[f"{ETC}/SuSEfirewall2_init.service"] == NULL
    assert f"{ETC}/SuSEfirewall2_setup.service" not in after.files


def test_susefirewall2_by_its_scripts():
    after = fixed(sles11())
    assert after.listdir("/etc/init.d/rc3.d") == ("K09sshd", "S11sshd")
    assert "/etc/init.d/SuSEfirewall2_setup" in after.files


@pytest.mark.parametrize("guest", [arch(), alpine()])
def test_installed_and_off_passes_with_evidence(guest):
    found = check(guest, SETTINGS)
    assert found.status is Status.PASS
    assert "iptables" in found.summary
    assert found.evidence
    assert not plan(guest, SETTINGS).steps


def test_arch_masks_what_is_enabled():
    rules = {"/etc/nftables.conf": b"table inet filter { chain input { tcp dport 22 drop; } }\n"}
    after = fixed(arch({**rules, f"{WANTS}/nftables.service": Link(f"{LIB}/nftables.service")}))
    assert after.files[f"{ETC}/nftables.service"] == NULL


def test_alpine_takes_it_out_of_the_runlevel():
    assert "/etc/runlevels/default/iptables" not in fixed(alpine(IPTABLES)).files


def test_alpine_ufw_counts_by_its_own_setting():
    ufw = {"/etc/init.d/ufw": b"#!/sbin/openrc-run\n", "/etc/runlevels/default/ufw": Link("/etc/init.d/ufw")}
    assert check(alpine({**ufw, "/etc/ufw/ufw.conf": b"ENABLED=no\n"}), SETTINGS).status is Status.PASS
    assert fixed(alpine({**ufw, "/etc/ufw/ufw.conf": b"ENABLED=yes\n"})).files["/etc/ufw/ufw.conf"] == b"ENABLED=no\n"


def test_a_service_that_another_needs_is_started_all_the_same():
    asking = {"/etc/init.d/gate": b"#!/sbin/openrc-run\ndepend() {\n\tneed iptables\n}\n"}
    assert check(alpine(asking), SETTINGS).status is Status.PASS
    started = alpine({**asking, "/etc/runlevels/default/gate": Link("/etc/init.d/gate")})
    found = check(started, SETTINGS)
    assert found.status is Status.FAIL
    assert found.evidence[0].text == "\tneed iptables"
    assert not plan(started, SETTINGS).steps
    assert "gate" in plan(started, SETTINGS).obstacle


def test_a_unit_that_asks_for_firewalld_starts_it():
    off = (f"{WANTS}/firewalld.service", f"{ETC}/dbus-org.fedoraproject.FirewallD1.service")
    asking = {f"{ETC}/gate.service": b"[Unit]\nWants=firewalld.service\n" + unit("/bin/true")}
    assert check(el9(asking, without=off), SETTINGS).status is Status.PASS
    after = fixed(el9({**asking, f"{WANTS}/gate.service": Link("../gate.service")}, without=off))
    assert after.files[f"{ETC}/firewalld.service"] == NULL


def test_a_first_boot_enables_it_again_unless_it_is_masked():
    off = (f"{WANTS}/firewalld.service", f"{ETC}/dbus-org.fedoraproject.FirewallD1.service")
    assert check(el9(without=off), SETTINGS).status is Status.PASS
    guest = el9(without=(*off, "/etc/machine-id"))
    assert "the first boot will enable it" in check(guest, SETTINGS).summary
    assert plan(guest, SETTINGS).steps == (MakeLink(f"{ETC}/firewalld.service", "/dev/null"),)
    fixed(guest)


RULES = b"#!/bin/sh\niptables -P INPUT DROP\n"


@pytest.mark.parametrize(
    ("guest", "path"),
    [
        (alpine({"/etc/local.d/wall.start": RULES, "/etc/runlevels/default/local": Link("/etc/init.d/local")}),
         "/etc/local.d/wall.start"),
        (sles11({"/etc/init.d/boot.local": RULES}, without=("/etc/init.d/rc3.d/S12SuSEfirewall2_setup",
                                                             "/etc/init.d/rc3.d/S01SuSEfirewall2_init")),
         "/etc/init.d/boot.local"),
        (el9({"/etc/rc.d/rc.local": RULES, f"{ETC}/firewalld.service": NULL}), "/etc/rc.d/rc.local"),
        (el9({"/usr/sbin/ifup-local": RULES, f"{ETC}/firewalld.service": NULL}), "/sbin/ifup-local"),
        (el9({"/etc/NetworkManager/dispatcher.d/50-wall": RULES, f"{ETC}/firewalld.service": NULL,
              "/usr/sbin/NetworkManager": b"\x7fELF"}),
         "/etc/NetworkManager/dispatcher.d/50-wall"),
    ],
)  # fmt: skip
def test_scripts_of_the_families_are_looked_into(guest, path):
    # SLES 11 hands its own to a shell, executable or not.
    guest.modes |= {path: 0o644 if path.endswith("boot.local") else 0o755}
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert path in found.summary
    assert path in plan(guest, SETTINGS).obstacle


def test_inittab_runs_things_where_pid_1_heeds_it():
    line = b"::once:/sbin/iptables-restore /etc/rules\n"
    assert check(alpine({"/etc/inittab": line}), SETTINGS).status is Status.FAIL
    assert check(alpine({"/etc/inittab": b"#" + line}), SETTINGS).status is Status.PASS
    assert check(el9({"/etc/inittab": line, f"{ETC}/firewalld.service": NULL}), SETTINGS).status is Status.PASS


def test_local_d_counts_only_with_its_service():
    guest = alpine({"/etc/local.d/wall.start": RULES})
    assert check(guest, SETTINGS).status is Status.PASS


def test_rc_local_by_two_names_is_told_once():
    guest = el9({"/etc/rc.d/rc.local": RULES, f"{ETC}/firewalld.service": NULL})
    guest.modes["/etc/rc.d/rc.local"] = 0o755
    assert len(check(guest, SETTINGS).evidence) == 1


def test_cron_of_red_hats_starts_at_boot():
    changes = {"/var/spool/cron/root": b"@reboot /sbin/iptables -P INPUT DROP\n", f"{ETC}/firewalld.service": NULL}
    assert check(el9(changes), SETTINGS).status is Status.PASS
    changes |= {f"{LIB}/crond.service": unit("/usr/sbin/crond -n"), f"{WANTS}/crond.service": Link("x")}
    assert check(el9(changes), SETTINGS).status is Status.FAIL
