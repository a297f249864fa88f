"""root-password: usable and empty passwords are taken away, locked ones stay, no hash is ever shown."""

from __future__ import annotations

import time

import pytest
from family_guest import EVERY
from hypothesis import given
from hypothesis import strategies as st
from linux_guest import PASSWD, debian, trusty

from remediations.linux.passwords import without_password
from remediations.root_password import check, plan
from remediations.vocabulary import Settings, Status

SETTINGS = Settings()
SHA = b"$6$uJ9kV0hT$pQ1mX3.z/aB"
TAIL = b":19000:0:99999:7:::"


def fixed(guest):
    first = plan(guest, SETTINGS)
    assert first.steps
    assert first == plan(guest, SETTINGS)
    after = guest.applied(first)
    assert check(after, SETTINGS).status is Status.PASS
    assert plan(after, SETTINGS).steps == ()
    return after


def shadow(field, rest=b"ann:!:19000:0:99999:7:::\n"):
    return b"root:" + field + TAIL + b"\n" + rest


@pytest.mark.parametrize("field", [b"*", b"!", b"!!", b"!*", b"!" + SHA, b"!locked", b"x", b"*LK*"])
@pytest.mark.parametrize("make", [debian, trusty, *EVERY])
def test_what_matches_no_password_passes(make, field):
    found = check(make({"/etc/shadow": shadow(field)}), SETTINGS)
    assert found.status is Status.PASS
    assert found.evidence[0].path == "/etc/shadow"


@pytest.mark.parametrize("field", [SHA, b"$y$j9T$abc$def", b"$1$ab$cd", b"aaQSqAReePlq6", b"", b"_J9..CCCCXBrApvbhqBw"])
@pytest.mark.parametrize("make", [debian, trusty, *EVERY])
def test_a_password_of_roots_fails(make, field):
    guest = make({"/etc/shadow": shadow(field)})
    guest.modes["/etc/shadow"] = 0
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert (found.evidence[0].path, found.evidence[0].line) == ("/etc/shadow", 1)
    shown = found.summary + plan(guest, SETTINGS).summary + "".join(place.text for place in found.evidence)
    assert not field or field.decode() not in shown
    after = fixed(guest)
    assert after.files["/etc/shadow"] == shadow(b"*")
    assert after.modes["/etc/shadow"] == 0


def test_an_empty_password_of_anyones_fails():
    guest = debian({"/etc/shadow": shadow(b"*", b"ann::19000:0:99999:7:::\r\nbob:" + SHA + TAIL)})
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert "ann has an empty password" in found.summary
    assert fixed(guest).files["/etc/shadow"] == shadow(b"*", b"ann:*:19000:0:99999:7:::\r\nbob:" + SHA + TAIL)


def test_very_many_take_no_time():
    names = [f"user{number}" for number in range(8000)]
    passwd = PASSWD + "".join(f"{name}:x:1:1::/:/bin/sh\n" for name in names).encode()
    guest = debian(
        {"/etc/passwd": passwd, "/etc/shadow": shadow(b"*", "".join(f"{n}::1::::::\n" for n in names).encode())}
    )
    begun = time.monotonic()
    assert check(guest, SETTINGS).summary.endswith("; 7995 more")
    fixed(guest)
    assert time.monotonic() - begun < 5


def test_another_root_and_a_hash_in_passwd():
    guest = debian({"/etc/passwd": PASSWD + b"toor:" + SHA + b":0:0::/root:/bin/sh\n"})
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert "toor" in found.summary
    assert fixed(guest).files["/etc/passwd"] == PASSWD + b"toor:*:0:0::/root:/bin/sh\n"


@pytest.mark.parametrize("line", [b"toor::0:0", b" toor::0:0::/root:/bin/sh", b"toor:" + SHA + b":+0:0:::"])
def test_another_root_as_glibc_reads_it(line):
    guest = debian({"/etc/passwd": PASSWD + line + b"\n"})
    assert check(guest, SETTINGS).status is Status.FAIL
    fixed(guest)


def test_the_copies_lose_the_hash_too():
    old = b"root:" + SHA + TAIL + b"\nann:*:1:::::\n"
    other = b"root:x:0:0:root:/root:/bin/bash\n"
    guest = debian({"/etc/shadow": shadow(SHA), "/etc/shadow-": old, "/etc/passwd-": other})
    paths = [step.path for step in plan(guest, SETTINGS).steps]
    assert paths == ["/etc/shadow", "/etc/shadow-"]
    assert SHA not in fixed(guest).files["/etc/shadow-"]


def test_a_missing_shadow_and_a_missing_root():
    from remediations.guest import GuestError

    with pytest.raises(GuestError):
        check(debian(without=("/etc/shadow",)), SETTINGS)
    guest = debian({"/etc/passwd": b"ann:x:1000:1000::/home/ann:/bin/bash\n"})
    assert check(guest, SETTINGS).status is Status.FAIL
    assert not plan(guest, SETTINGS).steps


@pytest.mark.parametrize(
    ("setting", "status"),
    [
        (b"chpasswd:\n  list: |\n    root:secret\n", Status.FAIL),
        (b"chpasswd:\n  list: [ann:secret]\n", Status.PASS),
        (b"chpasswd:\n  users:\n  - {name: root, password: secret, type: text}\n", Status.FAIL),
        (b"chpasswd: {expire: false}\n", Status.PASS),
        (b"users: [default, {name: root, plain_text_passwd: secret, lock_passwd: false}]\n", Status.FAIL),
        (b"users: [default, {name: root, hashed_passwd: $1$secret, lock_passwd: 'no'}]\n", Status.FAIL),
        (b"users: [default, {name: root, hashed_passwd: '!', lock_passwd: false}]\n", Status.PASS),
        (b"users: [default, {name: root, plain_text_passwd: secret}]\n", Status.PASS),
        (b"users: [default, {name: ann, plain_text_passwd: secret, lock_passwd: false}]\n", Status.PASS),
        (b"password: secret\n", Status.PASS),
        (b"{user: root, password: secret}\n", Status.FAIL),
    ],
)
def test_cloud_init_may_set_one(setting, status):
    guest = debian({"/etc/cloud/cloud.cfg.d/90.cfg": setting})
    found = check(guest, SETTINGS)
    assert found.status is status
    assert "secret" not in found.summary + "".join(place.text for place in found.evidence)
    assert not plan(guest, SETTINGS).steps


@given(st.binary(max_size=300) | st.text("rotan:$6!*x\n\r", max_size=200).map(str.encode))
def test_the_editor_changes_one_field_of_the_lines_meant(content):
    names = frozenset(("root", "a"))
    after = without_password(content, names)
    assert without_password(after, names) == after
    for old, new in zip(content.split(b"\n"), after.split(b"\n"), strict=True):
        if old != new:
            assert old.split(b":")[0] in (b"root", b"a")
            assert new.split(b":")[1].strip(b"\r") == b"*"
            assert old.split(b":")[2:] == new.split(b":")[2:]
