"""sshd's effective configuration, and what in it keeps a key out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_guest import FakeGuest
from hypothesis import given
from hypothesis import strategies as st
from linux_guest import debian

from remediations.guest import GuestError
from remediations.linux import key_login, sshd_config, sshd_keywords
from remediations.linux.accounts import Account
from remediations.linux.fault import plan_for
from remediations.linux.sshd_config import CONFIG, ask, load, set_value
from remediations.vocabulary import PlanError

ANN = Account("ann", frozenset(("ann", "staff")), "/home/ann", "/bin/bash", True, False)
ROOT = Account("root", frozenset(("root",)), "/root", "/bin/bash", True, False)


def directives(content: bytes, **included: bytes):
    files = {CONFIG: content} | {f"/etc/ssh/sshd_config.d/{name}.conf": text for name, text in included.items()}
    return load(FakeGuest(files))


def faults(content: bytes, account=ANN):
    return key_login.faults(FakeGuest({CONFIG: content}), account)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"PubkeyAuthentication no\nPubkeyAuthentication yes\n", "no"),
        (b"pubkeyAUTHENTICATION=no", "no"),
        (b'\tPubkeyAuthentication = "no" # why\r\n', "no"),
        (b"#PubkeyAuthentication no\n", None),
        (b"DSAAuthentication no\n", "no"),
        (b'"PubkeyAuthentication" no\n', "no"),
        (b"Match User bob\nPubkeyAuthentication no\n", None),
        (b"Match User b*,ann\nPubkeyAuthentication no\n", "no"),
        (b"Match User *,!ann\nPubkeyAuthentication no\n", None),
        (b"Match Group staff\nPubkeyAuthentication no\n", "no"),
        (b"PubkeyAuthentication yes\nMatch User ann\nPubkeyAuthentication no\n", "no"),
        (b"Match User bob\nMatch all\nPubkeyAuthentication no\n", "no"),
        (b"Match User ann\nPubkeyAuthentication yes\nMatch Group staff\nPubkeyAuthentication no\n", "yes"),
        (b"Include sshd_config.d/*.conf\nPubkeyAuthentication yes\n", "no"),
        (b"PubkeyAuthentication yes\nInclude /etc/ssh/sshd_config.d/*.conf\n", "yes"),
        (b"Match User bob\nInclude sshd_config.d/*.conf\n", None),
    ],
)
def test_the_first_line_that_holds_wins(content, value):
    assert ask(directives(content, a=b"PubkeyAuthentication no\n", b=b"PubkeyAuthentication yes\n"),
               "PubkeyAuthentication", ANN).value == value  # fmt: skip


def test_a_match_in_an_included_file_ends_with_it():
    read = directives(b"Include sshd_config.d/*.conf\nPubkeyAuthentication no\n", a=b"Match User bob\nPort 1\n")
    assert ask(read, "pubkeyauthentication", ANN).value == "no"


def test_evidence_names_file_and_line():
    read = directives(b"Include sshd_config.d/*.conf\n", a=b"\n  PubkeyAuthentication no\r\n")
    found = ask(read, "pubkeyauthentication", None).holds[0].evidence
    assert (found.path, found.line, found.text) == (
        "/etc/ssh/sshd_config.d/a.conf",
        2,
        "  PubkeyAuthentication no",
    )


def test_includes_without_end_are_refused():
    with pytest.raises(GuestError):
        directives(b"Include sshd_config\n")


@pytest.mark.parametrize(
    ("content", "account"),
    [
        (b"PubkeyAuthentication no\n", ANN),
        (b"AuthorizedKeysFile /etc/ssh/keys/%u\n", ANN),
        (b"AuthorizedKeysFile none\n", ANN),
        (b"AuthenticationMethods publickey,password\n", ANN),
        (b"AllowUsers bob\nAllowUsers carl\n", ANN),
        (b"DenyUsers a*\n", ANN),
        (b"AllowGroups sudo\n", ANN),
        (b"DenyGroups staff\n", ANN),
        (b"ListenAddress 127.0.0.1\n", ANN),
        (b"ListenAddress 192.168.122.50:22\nListenAddress [fe80::1]:22\n", ANN),
        (b"RevokedKeys /etc/ssh/revoked\n", ANN),
        (b"MaxSessions 0\n", ANN),
        (b"ForceCommand /sbin/nologin\n", ANN),
        (b"ForceCommand internal-sftp\n", ANN),
        (b"AuthorizedKeysFile /srv/%u/.ssh/authorized_keys\n", ANN),
        (b"PermitRootLogin no\n", ROOT),
        (b"PermitRootLogin forced-commands-only\n", ROOT),
    ],
)
def test_what_locks_an_account_out(content, account):
    found = faults(content, account)
    assert [fault.certain for fault in found] == [True]
    assert found[0].evidence[0].line == 1


@pytest.mark.parametrize(
    ("content", "account"),
    [
        (b"", ANN),
        (b"", None),
        (b"PermitRootLogin no\n", ANN),
        (b"PermitRootLogin prohibit-password\n", ROOT),
        (b"PermitRootLogin no\nMatch User root\nPermitRootLogin yes\n", ROOT),
        (b"AuthorizedKeysFile %h/.ssh/authorized_keys /etc/keys/%u\n", ANN),
        (b"AuthorizedKeysFile /home/ann/.ssh/authorized_keys\n", ANN),
        (b"AuthorizedKeysFile /home/%u/.ssh/authorized_keys\n", ANN),
        (b"RevokedKeys none\n", ANN),
        (b"RevokedKeys /etc/ssh/sshd_config\nForceCommand none\nMaxSessions 1\n", ANN),
        (b"Match User bob\nForceCommand /bin/false\n", ANN),
        (b"AuthenticationMethods publickey,password publickey\n", ANN),
        (b"AllowUsers bob\nAllowUsers carl ann\n", ANN),
        (b"AllowGroups staff\nDenyUsers bob\n", ANN),
        (b"ListenAddress 127.0.0.1\nListenAddress 0.0.0.0\n", ANN),
        (b"ListenAddress [::]:2222\nListenAddress 0.0.0.0:2222\nAddressFamily any\n", ANN),
        (b"AuthorizedKeysCommand /opt/keys\nAuthorizedKeysCommandUser nobody\n", ANN),
        (b"ListenAddress *\n", ANN),
        (b"Match Address 10.0.0.0/8\nPasswordAuthentication no\nX11Forwarding no\n", ANN),
        (b"Match User bob Address 10.0.0.0/8\nPubkeyAuthentication no\n", ANN),
        (b"Match User ann\nPubkeyAuthentication yes\nMatch Address 10.*\nPubkeyAuthentication no\n", ANN),
    ],
)
def test_what_lets_an_account_in(content, account):
    assert faults(content, account) == []


@pytest.mark.parametrize(
    ("content", "account"),
    [
        (b"Match Address 10.0.0.0/8\nPubkeyAuthentication no\n", ANN),
        (b"Match Host x\nDenyUsers ann\n", ANN),
        (b"Match exec /bin/true\nAuthorizedKeysFile none\n", ANN),
        (b"AllowUsers ann@10.0.0.1\n", ANN),
        (b"ListenAddress gate.example.org\n", ANN),
        (b"PubkeyAuthentication maybe\n", ANN),
        (b"PrintMotd\n", ANN),
        (b"Foo bar\n", ANN),
        (b"Match User bob\nFoo bar\n", ANN),
        (b"PermitRootLogin maybe\n", ROOT),
        (b"ForceCommand /usr/local/bin/menu\n", ANN),
        # listen_on_addrs of sshd.c sets IPV6_V6ONLY on every IPv6 socket.
        (b"ListenAddress [::]:2222\n", ANN),
        (b"AddressFamily inet6\n", ANN),
        (b"AuthorizedKeysCommand /opt/keys\n", ANN),
        (b"AllowUsers ann\n", None),
        (b"Match User ann\nPubkeyAuthentication no\n", None),
    ],
)
def test_what_depends_on_more_cannot_be_established(content, account):
    found = faults(content, account)
    assert [fault.certain for fault in found] == [False]


def test_a_locked_password_needs_pam():
    locked = Account("ann", frozenset(), "/home/ann", "/bin/bash", True, True)
    assert [fault.certain for fault in faults(b"UsePAM no\n", locked)] == [True]
    assert faults(b"UsePAM yes\n", locked) == []


@pytest.mark.parametrize(
    ("content", "version", "certain"),
    [
        (b"Match User backup\nUsePAM yes\n", "", True),
        (b"Match User backup\nX11Forwarding no\nMatch all\nUsePAM yes\n", "", None),
        (b"Subsystem sftp a\nSubsystem sftp b\n", "1:9.2p1-2", True),
        (b"Subsystem sftp a\nSubsystem sftp b\n", "9.6p1-1", None),
        (b"Subsystem sftp a\nSubsystem sftp b\n", "", False),
        (b"Subsystem sftp a\nSubsystem netconf b\n", "7.4p1", None),
        (b"PubkeyAcceptedAlgorithms +ssh-rsa\n", "7.4p1-23", False),
        (b"PubkeyAcceptedAlgorithms +ssh-rsa\n", "8.7p1", None),
        (b"PermitRootLogin prohibit-password\n", "6.6p1", False),
        (b"PermitRootLogin without-password\n", "6.6p1", None),
    ],
)
def test_what_an_sshd_of_a_version_does_not_start_with(content, version, certain):
    guest = replace(debian({"/etc/ssh/sshd_config": content}), packages={"openssh-server": version} if version else {})
    found = sshd_keywords.faults(guest, sshd_config.load(guest))
    assert [fault.certain for fault in found] == ([] if certain is None else [certain])


def test_a_missing_file_is_a_fault():
    assert len(key_login.faults(FakeGuest({}), ANN)) == 1


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"PubkeyAuthentication no\r\n", b"PubkeyAuthentication yes\r\n"),
        (b"\tpubkeyauthentication = no", b"\tpubkeyauthentication = yes"),
        (b'PubkeyAuthentication "no"  # never\n', b'PubkeyAuthentication "yes"  # never\n'),
        (b"PubkeyAuthentication\tno # \xff\n", b"PubkeyAuthentication\tyes # \xff\n"),
    ],
)
def test_set_value_keeps_the_rest_of_the_line(line, expected):
    assert set_value(b"# \xe4\n" + line, 2, "PubkeyAuthentication", "yes") == b"# \xe4\n" + expected


@pytest.mark.parametrize("line", [b"Port 22\n", b"PubkeyAuthentication no yes\n", b"PubkeyAuthentication\n", b""])
def test_set_value_refuses_another_line(line):
    with pytest.raises(PlanError):
        set_value(line, 1, "PubkeyAuthentication", "yes")


@given(st.binary(), st.integers(1, 5))
def test_set_value_on_any_bytes(content, number):
    try:
        after = set_value(content, number, "UsePAM", "yes")
    except PlanError:
        return
    assert len(after.split(b"\n")) == len(content.split(b"\n"))
    assert set_value(after, number, "UsePAM", "yes") == after


@given(st.binary() | st.text("MatchUserannInclude \n\t=\"'#*,!").map(str.encode))
def test_loading_any_bytes_ends(content):
    try:
        read = directives(content)
    except GuestError:
        return
    assert all(directive.evidence.line for directive in read)
    sshd_config.ask(read, "port", ANN)


def test_the_fix_edits_the_line_that_is_effective():
    place = "/etc/ssh/sshd_config.d/10-hard.conf"
    guest = debian({place: b"# hardened\r\nPubkeyAuthentication no\r\n"})
    plan = plan_for(guest, key_login.faults(guest, ANN), "x")
    after = guest.applied(plan)
    assert after.files[place] == b"# hardened\r\nPubkeyAuthentication yes\r\n"
    assert key_login.faults(after, ANN) == []


@pytest.mark.parametrize(
    ("deny", "allow", "certain"),
    [
        (b"# ALL: ALL\n", b"", []),
        (b"ALL: ALL\n", b"", [True]),
        (b"in.ftpd, sshd: ALL\n", b"# sshd: ALL\n", [True]),
        (b"ALL: ALL\n", b"sshd: ALL\n", []),
        (b"ALL: ALL\n", b"sshd: 10.0.0.0/8\n", [False]),
        (b"sshd: 10.\n", b"", [False]),
        (b"ALL: PARANOID\n", b"", [False]),
        (b"in.ftpd: ALL\n", b"", []),
        (b"", b"sshd: ALL: deny\n", [False]),
    ],
)
def test_hosts_deny_is_obeyed(deny, allow, certain):
    guest = FakeGuest({CONFIG: b"", "/etc/hosts.deny": deny, "/etc/hosts.allow": allow})
    assert [fault.certain for fault in key_login.faults(guest, ANN)] == certain
