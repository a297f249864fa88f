"""Whatever a file of a guest's boot holds: ssh-server and firewall give a verdict or say that they cannot."""

from __future__ import annotations

import family_guest as families
from hypothesis import given, settings
from hypothesis import strategies as st

from remediations import firewall, ssh_server
from remediations.guest import GuestError
from remediations.vocabulary import PlanError, Settings, Status

SETTINGS = Settings()
GUESTS = tuple(make() for make in families.EVERY)
WORDS = st.sampled_from([
    b"[Unit]\n", b"[Service]\n", b"Wants=", b"ExecStart=", b"sshd", b"iptables -P INPUT DROP\n", b"need ", b"%i", b"=",
    b"\n", b"TARGETS = ", b"HostKey ", b"Include ", b"/etc/ssh/sshd_config", b"id:3:initdefault:\n", b"enable *\n",
    b"\\\n", b'"', b"#",
])  # fmt: skip
CONTENT = st.binary(max_size=60) | st.lists(WORDS | st.binary(max_size=4), max_size=12).map(b"".join)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_content_breaks_a_check_or_a_plan(data):
    guest = data.draw(st.sampled_from(GUESTS))
    path = data.draw(st.sampled_from(sorted(p for p, entry in guest.files.items() if isinstance(entry, bytes))))
    broken = type(guest)({**guest.files, path: data.draw(CONTENT)}, guest.facts, modes=guest.modes)
    for requirement in (ssh_server, firewall):
        try:
            found = requirement.check(broken, SETTINGS)
            planned = requirement.plan(broken, SETTINGS)
        except (GuestError, PlanError):
            continue
        assert found.status in (Status.PASS, Status.FAIL, Status.UNKNOWN)
        if found.status is Status.PASS:
            assert not planned.steps
        elif planned.steps:
            assert requirement.plan(broken.applied(planned), SETTINGS).steps == ()
