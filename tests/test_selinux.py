"""The labels that a guest's own policy gives to paths."""

from __future__ import annotations

import time

import pytest
from fake_guest import FakeGuest
from hypothesis import given
from hypothesis import strategies as st

from remediations.guest import FileKind, GuestError
from remediations.linux import selinux

FILES = "/etc/selinux/targeted/contexts/files/file_contexts"
POLICY = rb"""
/.*	system_u:object_r:default_t:s0
/etc/.*	system_u:object_r:etc_t:s0
/[^/]+	--	system_u:object_r:etc_runtime_t:s0
/etc	-d	system_u:object_r:etc_t:s0
/etc/ssh/primes	--	system_u:object_r:sshd_key_t:s0
/etc/ssh/ssh_host.*_key	--	system_u:object_r:sshd_key_t:s0
/etc/rc\.d/rc\.local	--	system_u:object_r:initrc_exec_t:s0
/etc/systemd/system(/.*)?	system_u:object_r:systemd_unit_file_t:s0
/usr/lib/systemd/system/.*	--	system_u:object_r:systemd_unit_file_t:s0
/usr/(.*/)?bin(/.*)?	system_u:object_r:bin_t:s0
/var/run/.*	system_u:object_r:var_run_t:s0
/var/run/.*\.pid	<<none>>
/dev/.*	-c	system_u:object_r:device_t:s0
"""


def guest(policy: bytes = POLICY, mode: bytes = b"enforcing", **more: bytes) -> FakeGuest:
    config = b"# SELINUX=disabled\nSELINUX=" + mode + b"\nSELINUXTYPE=targeted\n"
    files: dict[str, bytes] = {selinux.CONFIG: config, FILES: policy}
    return FakeGuest({**files, **{f"{FILES}.{name}": content for name, content in more.items()}})


@pytest.mark.parametrize(
    ("path", "kind", "wanted"),
    [
        ("/etc/motd", FileKind.FILE, "etc_t"),
        ("/etc", FileKind.DIRECTORY, "etc_t"),
        ("/etc/ssh/ssh_host_rsa_key", FileKind.FILE, "sshd_key_t"),
        ("/etc/ssh/ssh_host_rsa_key", FileKind.LINK, "etc_t"),
        ("/etc/rc.d/rc.local", FileKind.FILE, "initrc_exec_t"),
        ("/etc/rc.d/rcxlocal", FileKind.FILE, "etc_t"),
        ("/etc/systemd/system", FileKind.DIRECTORY, "systemd_unit_file_t"),
        ("/etc/systemd/system/grow.service", FileKind.FILE, "systemd_unit_file_t"),
        ("/etc/systemd/systemx", FileKind.FILE, "etc_t"),
        ("/usr/bin/x", FileKind.FILE, "bin_t"),
        ("/usr/lib/cups/bin", FileKind.DIRECTORY, "bin_t"),
        ("/.autorelabel", FileKind.FILE, "etc_runtime_t"),
        ("/srv/x", FileKind.FILE, "default_t"),
    ],
)
def test_the_last_rule_that_matches_gives_the_label(path: str, kind: FileKind, wanted: str) -> None:
    assert selinux.file_contexts(guest()).label(path, kind) == f"system_u:object_r:{wanted}:s0"


def test_a_path_written_out_outweighs_a_pattern_that_comes_later() -> None:
    policy = b"/etc/ssh/primes -- a:b:exact_t:s0\n/etc/.* a:b:pattern_t:s0\n"
    assert selinux.file_contexts(guest(policy)).label("/etc/ssh/primes", FileKind.FILE) == "a:b:exact_t:s0"


def test_aliases_local_rules_and_no_label() -> None:
    here = guest(
        subs_dist=b"/run /var/run\n", subs=b"/srv/etc /etc\n", local=b"/opt/x(/.*)? system_u:object_r:usr_t:s0\n"
    )
    contexts = selinux.file_contexts(here)
    assert contexts.label("/run/x.socket", FileKind.FILE) == "system_u:object_r:var_run_t:s0"
    assert contexts.label("/run/x.pid", FileKind.FILE) is None
    assert contexts.label("/srv/etc/motd", FileKind.FILE) == "system_u:object_r:etc_t:s0"
    assert contexts.label("/opt/x/y", FileKind.DIRECTORY) == "system_u:object_r:usr_t:s0"
    assert contexts.label("/running", FileKind.DIRECTORY) == "system_u:object_r:default_t:s0"


def test_only_a_guest_that_is_held_to_labels_is_on() -> None:
    assert selinux.is_on(guest())
    assert selinux.is_on(guest(mode=b"permissive"))
    assert not selinux.is_on(guest(mode=b"disabled"))
    assert not selinux.is_on(FakeGuest({}))


def test_no_rule_no_policy_and_a_name_that_leads_elsewhere_are_errors() -> None:
    with pytest.raises(GuestError, match="no label for /x"):
        selinux.file_contexts(guest(b"/etc/.* a:b:c:s0\n")).label("/x", FileKind.FILE)
    with pytest.raises(GuestError, match="no such file"):
        selinux.file_contexts(FakeGuest({selinux.CONFIG: b"SELINUX=enforcing\n"}))
    with pytest.raises(GuestError, match="cannot be"):
        selinux.file_contexts(FakeGuest({selinux.CONFIG: b"SELINUX=enforcing\nSELINUXTYPE=../../tmp\n"}))


@pytest.mark.parametrize(
    "rule",
    [rb"/(a+)+b", rb"/(a|a*)*b", rb"/.*.*.*.*.*.*.*.*.*b", rb"/([a-z]*)*$", rb"/((a)+x?)*b", rb"/(((a|a)))+b", rb"/(a"],
)
def test_a_hostile_rule_does_not_hold_us_up(rule: bytes) -> None:
    begun = time.monotonic()
    with pytest.raises(GuestError):
        selinux.file_contexts(guest(rule + b" a:b:c:s0\n")).label("/" + "a" * 200, FileKind.FILE)
    assert time.monotonic() - begun < 2


@given(st.binary(max_size=300), st.sampled_from(["/etc/x", "/usr/bin/y", "/"]))
def test_no_policy_crashes_us(policy: bytes, path: str) -> None:
    try:
        label = selinux.file_contexts(guest(policy)).label(path, FileKind.FILE)
    except GuestError:
        return
    assert label is None or label.count(":") >= 2
