"""The line that keeps a distribution's own key maker off, turned where it stands."""

from __future__ import annotations

from family_guest import alpine, el6
from hypothesis import given
from hypothesis import strategies as st

from remediations.linux import host_keys, ssh_service
from remediations.vocabulary import PlanError

CONFD = "/etc/conf.d/sshd"
LINES = st.lists(
    st.sampled_from(
        [
            b"sshd_disable_keygen=yes",
            b'sshd_disable_keygen="yes" # why',
            b"SSHD_OPTS=",
            b"",
            b"\xff\x00=",
            b"export A=b\r",
        ]
    )
    | st.binary(max_size=20),
    max_size=6,
).map(b"\n".join)


@given(LINES)
def test_no_line_but_the_switch_is_changed(content):
    guest = alpine({CONFD: content})
    faults = host_keys.fault(guest)
    for edit in faults.edits:
        try:
            after = edit.change(content)
        except PlanError:
            continue
        changed = [(a, b) for a, b in zip(content.split(b"\n"), after.split(b"\n"), strict=True) if a != b]
        assert len(changed) == 1
        assert changed[0][0].replace(b"yes", b"no", 1) == changed[0][1]
        assert host_keys._switch(alpine({CONFD: after})) is None


def test_the_last_assignment_counts():
    assert host_keys.maker(alpine({CONFD: b"sshd_disable_keygen=yes\nsshd_disable_keygen=no\n"}))
    assert not host_keys.maker(alpine({CONFD: b"sshd_disable_keygen=no\nsshd_disable_keygen=yes\n"}))


def test_a_commented_switch_is_none():
    assert host_keys.maker(el6({"/etc/sysconfig/sshd": b"# AUTOCREATE_SERVER_KEYS=NO\n"}))


@given(st.binary(max_size=120))
def test_any_file_of_settings_can_be_read(content):
    assert all(setting.evidence.path == CONFD for setting in ssh_service.read(alpine({CONFD: content}), CONFD))
