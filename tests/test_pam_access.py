"""access.conf keeps an account out where PAM asks it, and only there."""

from __future__ import annotations

import pytest
from fake_guest import FakeGuest

from remediations.linux import pam_access, sshd_config
from remediations.linux.accounts import Account
from remediations.linux.sshd_config import CONFIG

ANN = Account("ann", frozenset(("ann", "staff")), "/home/ann", "/bin/bash", True, False)
ASKED = b"auth required pam_unix.so\naccount    required     pam_access.so\naccount required pam_unix.so\n"


def faults(rules: bytes, pam: bytes = ASKED, config: bytes = b"UsePAM yes\n", **more: bytes):
    files = {CONFIG: config, "/etc/pam.d/sshd": pam, "/etc/security/access.conf": rules}
    guest = FakeGuest(files | {f"/etc/pam.d/{name}": content for name, content in more.items()})
    return pam_access.faults(guest, sshd_config.load(guest), ANN)


@pytest.mark.parametrize(
    "rules",
    [
        b"# only root\n-:ALL EXCEPT root:ALL\n",
        b"- : ann : ALL\n",
        b"+:root:ALL\n-:ALL:ALL\n",
        b"-:(staff):ALL\n",
        b"-:staff:ALL\n+:ALL:ALL\n",
    ],
)
def test_a_rule_for_everywhere_keeps_out(rules):
    assert [fault.certain for fault in faults(rules)] == [True]


@pytest.mark.parametrize(
    "rules",
    [b"", b"#-:ALL:ALL\n", b"+:ann:ALL\n-:ALL:ALL\n", b"-:ALL EXCEPT staff:ALL\n", b"-:bob:ALL\n", b"nonsense\n"],
)
def test_what_lets_in(rules):
    assert faults(rules) == []


@pytest.mark.parametrize("rules", [b"-:ALL:10.\n", b"+:ann:LOCAL\n-:ALL:ALL\n", b"-:@admins:ALL\n"])
def test_what_depends_on_more(rules):
    assert [fault.certain for fault in faults(rules)] == [False]


def test_rules_count_where_they_are_asked_alone():
    closed = b"-:ALL:ALL\n"
    assert faults(closed, b"account include password-auth\n", **{"password-auth": ASKED})
    assert faults(closed, b"@include common-account\n", **{"common-account": ASKED})
    assert not faults(closed, b"#account required pam_access.so\nauth required pam_access.so\n")
    assert not faults(closed, config=b"UsePAM no\n")
    assert not faults(closed, b"@include sshd\n")
