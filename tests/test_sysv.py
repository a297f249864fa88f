"""SysV links of Red Hat 6 and SLES 11, and startpar's list."""

from __future__ import annotations

import pytest
from family_guest import el6, sles11
from hypothesis import given
from hypothesis import strategies as st

from remediations.linux import services, sysv
from remediations.linux.init_system import Init
from remediations.vocabulary import Plan, WriteFile

DEPENDS = "/etc/init.d/.depend.start"


def test_links_are_found_where_each_family_has_them():
    assert services.startup(el6(), "sshd").evidence[0].path == "/etc/rc3.d/S55sshd"
    assert services.startup(sles11(), "sshd").evidence[0].path.endswith("rc3.d/S11sshd")


@pytest.mark.parametrize(
    ("inittab", "level"), [(b"id:5:initdefault:\n", "5"), (b"#id:5:initdefault:\n", "3"), (None, "3")]
)
def test_the_default_runlevel(inittab, level):
    guest = el6({"/etc/inittab": inittab} if inittab else {}, without=() if inittab else ("/etc/inittab",))
    assert sysv.runlevels(guest, Init.UPSTART) == ("S", level)


@pytest.mark.parametrize("make", [el6, sles11])
def test_off_and_on_again(make):
    guest = make()
    off = guest.applied(Plan(services.disable_steps(guest, "sshd")))
    assert not services.startup(off, "sshd").starts
    assert services.startup(off, "sshd").installed
    on = off.applied(Plan(services.enable_steps(off, "sshd")))
    assert services.startup(on, "sshd").starts
    assert not services.enable_steps(on, "sshd")


def test_chkconfig_add_and_on_of_a_script_without_links():
    bare = el6(without=tuple(f"/etc/rc.d/rc{level}.d/{link}" for level in "0123456" for link in ("S55sshd", "K25sshd")))
    on = bare.applied(Plan(services.enable_steps(bare, "sshd")))
    assert all("S55sshd" in on.listdir(f"/etc/rc{level}.d") for level in "2345")
    assert on.exists("/etc/rc3.d/S55sshd")


def test_every_start_of_a_boot():
    assert sysv.every_start(el6(), Init.UPSTART) == [
        ("iptables", "/etc/rc3.d/S08iptables"),
        ("sshd", "/etc/rc3.d/S55sshd"),
    ]


def _listed(content: bytes) -> bytes:
    guest = sles11({DEPENDS: content}, without=("/etc/init.d/rc3.d/S11sshd",))
    written = [step for step in services.enable_steps(guest, "sshd") if isinstance(step, WriteFile)]
    return written[0].content if written else content


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"TARGETS = network\n", b"TARGETS = network sshd\nsshd: network\n"),
        (b"TARGETS = cron\ncron: x", b"TARGETS = cron sshd\ncron: x\n"),
        (b"TARGETS = sshd network\n", b"TARGETS = sshd network\n"),
        (b"", b""),
        (b"INTERACTIVE =\n", b"INTERACTIVE =\n"),
    ],
)
def test_startpars_list(before, after):
    assert _listed(before) == after


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda rest: b"TARGETS = a b\n" + rest))
def test_startpars_list_keeps_every_other_line(content):
    after = _listed(content)
    assert _listed(after) == after
    if after != content:
        assert after.startswith(content.partition(b"\n")[0].rstrip())
        assert content.partition(b"\n")[2].removesuffix(b"\n") in after
