"""Accounts that can log in by no means: shells, dates, and what useradd refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linux_guest import CLOUD_CFG, PASSWD, SHADOW, debian

from remediations import cloud_user, ssh_key
from remediations.linux import accounts
from remediations.vocabulary import PlanError, Settings, Status

ANN = Settings(user="ann")
LATE = "/etc/cloud/cloud.cfg.d/99.cfg"
CFG = {"/etc/cloud/cloud.cfg": CLOUD_CFG.replace(b"name: debian", b"name: ann")}


@pytest.fixture(autouse=True)
def _day(monkeypatch):
    monkeypatch.setattr(accounts, "today", lambda: 20000)


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (b"ann:!:19000:0:99999:7::20000:", "expired"),
        (b"ann:!:19000:0:99999:7::0:", "expired"),
        (b"ann:!:19000:0:99999:7::20001:", ""),
        (b"ann:!:0:0:99999:7:::", "next login"),
        (b"ann:!::0:99999:7:::", ""),
        (b"ann:!:19000:0:90:7:::", "greatest age"),
        (b"ann:!:19000:0:1000:7:::", ""),
        (b"ann:!:19000:0::7::-1:", ""),
    ],
)
def test_dates_of_shadow(record, why):
    guest = debian({**CFG, "/etc/shadow": SHADOW.replace(b"ann:!:19000:0:99999:7:::", record)})
    for check in (cloud_user.check, ssh_key.check):
        found = check(guest, ANN)
        assert found.status is (Status.FAIL if why else Status.PASS)
        assert why in found.summary
    assert not cloud_user.plan(guest, ANN).steps


def test_a_shell_has_to_be_in_the_guest_and_to_run():
    passwd = PASSWD.replace(b"/home/ann:/bin/bash", b"/home/ann:/bin/zsh")
    absent = debian({**CFG, "/etc/passwd": passwd})
    assert "/bin/zsh" in ssh_key.check(absent, ANN).summary
    present = debian({**CFG, "/etc/passwd": passwd, "/usr/bin/zsh": b"\x7fELF"})
    assert ssh_key.check(present, ANN).status is Status.PASS
    present.modes["/usr/bin/zsh"] = 0o644
    assert ssh_key.check(present, ANN).status is Status.FAIL
    root = debian({"/etc/passwd": PASSWD.replace(b"/root:/bin/bash", b"/root:/bin/zsh")}, ("/usr/bin/cloud-init",))
    assert "/bin/zsh" in ssh_key.check(root, Settings()).summary


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (b"name: My User", "useradd"),
        (b"name: -x", "useradd"),
        (b"shell: /usr/bin/zsh", "zsh"),
        (b"expiredate: '2020-01-01'", "expired"),
        (b"expiredate: '2099-01-01'", ""),
        (b"primary_group: nope, groups: []", "no group nope"),
        (b"primary_group: nope", ""),  # cloud-init makes it, together with the other groups
        (b"create_groups: false", "no group sudo"),
    ],
)
def test_what_the_default_user_would_be_made_with(fields, why):
    found = cloud_user.check(debian({LATE: b"system_info: {default_user: {" + fields + b"}}\n"}), Settings())
    assert found.status is (Status.FAIL if why else Status.PASS)
    assert why in found.summary


@pytest.mark.parametrize("field", ["!", "!!", "!*"])
def test_a_lock_that_hides_nothing_becomes_a_star(field):
    before = f"root:*:1::::::\nann:{field}:19000:0:99999:7:::\r\nannie:!:1::::::".encode()
    after = accounts.starred(before, "ann")
    assert after == b"root:*:1::::::\nann:*:19000:0:99999:7:::\r\nannie:!:1::::::"
    assert accounts.starred(after, "ann") == after


def test_a_lock_that_hides_a_password_stays():
    with pytest.raises(PlanError, match="hides a password"):
        accounts.starred(b"ann:!$6$salt$hash:19000:0:99999:7:::\n", "ann")
    usable = b"ann:$6$salt$hash:19000:0:99999:7:::\n"
    assert accounts.starred(usable, "ann") == usable


@given(st.binary() | st.text("an:!*x\n\r").map(str.encode))
def test_any_shadow_file_changes_in_that_field_alone(content):
    try:
        after = accounts.starred(content, "ann")
    except PlanError:
        return
    assert accounts.starred(after, "ann") == after
    pairs = zip(content.split(b"\n"), after.split(b"\n"), strict=True)
    assert all(new == old or (old.startswith(b"ann:!") and new.startswith(b"ann:*:")) for old, new in pairs)
