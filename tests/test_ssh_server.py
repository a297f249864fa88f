"""ssh-server: installed, started, not blocked, lets keys in, has host keys."""

from __future__ import annotations

import pytest
from fake_guest import Link, Special
from linux_guest import CLOUD_CFG, ETC, LIB, WANTS, debian, noble, trusty

from remediations import ssh_key
from remediations.guest import GuestError
from remediations.ssh_server import REQUIREMENT, check, plan
from remediations.vocabulary import InstallPackages, RemoveFile, Settings, Status

SETTINGS = Settings()
KEYS = ("/etc/ssh/ssh_host_ed25519_key",)
NO_CLOUD = ("/usr/bin/cloud-init",)


def fixed(guest):
    assert check(guest, SETTINGS).status is Status.FAIL
    first = plan(guest, SETTINGS)
    assert first.steps
    assert first == plan(guest, SETTINGS)
    after = guest.applied(first)
    assert check(after, SETTINGS).status is Status.PASS
    assert not plan(after, SETTINGS).steps
    return after


@pytest.mark.parametrize("guest", [debian(), noble(), trusty(), debian(without=NO_CLOUD)])
def test_stock_guests_pass_with_evidence(guest):
    found = check(guest, SETTINGS)
    assert found.status is Status.PASS
    assert found.evidence
    assert not plan(guest, SETTINGS).steps
    assert REQUIREMENT.id == "ssh-server"


def test_missing_is_installed():
    guest = debian(without=("/usr/sbin/sshd",))
    assert check(guest, SETTINGS).status is Status.FAIL
    assert plan(guest, SETTINGS).steps == (InstallPackages(("openssh-server",)),)


def test_disabled_is_enabled_with_both_links():
    after = fixed(debian(without=(f"{WANTS}/ssh.service", f"{ETC}/sshd.service")))
    assert after.files[f"{WANTS}/ssh.service"] == Link("/lib/systemd/system/ssh.service")
    assert after.files[f"{ETC}/sshd.service"] == Link("/lib/systemd/system/ssh.service")


def test_masked_is_unmasked():
    assert f"{ETC}/ssh.service" not in fixed(debian({f"{ETC}/ssh.service": Link("/dev/null")})).files


def test_a_socket_does_not_help_a_masked_service():
    fixed(noble({f"{ETC}/ssh.service": Link("/dev/null")}))


@pytest.mark.parametrize("path", ["/etc/ssh/sshd_not_to_be_run", "/etc/nologin"])
def test_blocking_files_are_removed(path):
    guest = debian({path: b""})
    assert plan(guest, SETTINGS).steps == (RemoveFile(path),)
    fixed(guest)


def test_nologin_keeps_the_key_of_everyone_but_root_out():
    guest = debian({"/etc/nologin": b""})
    assert ssh_key.check(guest, SETTINGS).status is Status.FAIL
    assert ssh_key.plan(guest, SETTINGS).steps == (RemoveFile("/etc/nologin"),)
    directives = Settings(key_fetch="rc.local")
    assert "nologin" not in check(guest, directives).summary


def test_upstart_override_is_removed():
    fixed(trusty({"/etc/init/ssh.override": b"manual\n"}))


def test_no_pubkey_is_corrected_where_it_stands():
    path = "/etc/ssh/sshd_config.d/hard.conf"
    assert fixed(debian({path: b"PubkeyAuthentication no"})).files[path] == b"PubkeyAuthentication yes"


def test_a_list_that_keeps_the_account_out_has_no_fix():
    guest = debian({"/etc/ssh/sshd_config.d/hard.conf": b"AllowUsers ann\n"})
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert (found.evidence[0].path, found.evidence[0].line) == ("/etc/ssh/sshd_config.d/hard.conf", 1)
    assert plan(guest, SETTINGS).obstacle
    assert check(debian({"/etc/ssh/sshd_config.d/hard.conf": b"AllowUsers debian\n"}), SETTINGS).status is Status.PASS


def test_groups_of_an_account_still_to_be_made_count():
    allowed = {"/etc/ssh/sshd_config.d/hard.conf": b"AllowGroups sudo\n"}
    assert check(debian(allowed), SETTINGS).status is Status.PASS
    cfg = {"/etc/cloud/cloud.cfg": CLOUD_CFG.replace(b", sudo", b"")}
    assert check(debian({**allowed, **cfg}), SETTINGS).status is Status.FAIL


def test_without_cloud_init_and_account_an_allow_list_is_unknown():
    guest = debian({"/etc/ssh/sshd_config.d/hard.conf": b"AllowUsers ann\n"}, without=NO_CLOUD)
    assert check(guest, SETTINGS).status is Status.UNKNOWN
    assert check(guest, Settings(user="ann")).status is Status.PASS


def test_a_conditional_refusal_is_unknown():
    guest = debian({"/etc/ssh/sshd_config.d/hard.conf": b"Match Address 10.*\nPubkeyAuthentication no\n"})
    assert check(guest, SETTINGS).status is Status.UNKNOWN
    assert not plan(guest, SETTINGS).steps


def test_a_broken_configuration_is_unknown():
    with pytest.raises(GuestError):
        check(debian({"/etc/ssh/sshd_config": Special()}), SETTINGS)


def test_no_host_keys_are_fine_with_cloud_init_alone():
    assert check(debian(without=KEYS), SETTINGS).status is Status.PASS
    disabled = debian({"/etc/cloud/cloud-init.disabled": b""}, without=KEYS)
    assert check(disabled, SETTINGS).status is Status.FAIL


@pytest.mark.parametrize(
    ("setting", "status"),
    [
        (b"ssh_genkeytypes: []\n", Status.FAIL),
        (b"ssh_genkeytypes: [dsa]\n", Status.FAIL),
        (b"ssh_genkeytypes: ~\n", Status.FAIL),
        (b"ssh_keys: {rsa_public: key}\n", Status.FAIL),
        (b"ssh_genkeytypes: rsa\n", Status.PASS),
        (b"ssh_keys: {rsa_private: key}\n", Status.PASS),
        (b"ssh_genkeytypes: []\nssh_deletekeys: false\n", Status.PASS),
    ],
)
def test_cloud_init_may_delete_host_keys_and_make_none(setting, status):
    guest = debian({"/etc/cloud/cloud.cfg.d/90.cfg": setting})
    assert check(guest, SETTINGS).status is status
    if status is Status.FAIL:
        fixed(guest)


def test_a_drop_in_makes_host_keys_before_the_check_that_needs_them():
    after = fixed(debian(without=(*KEYS, *NO_CLOUD)))
    lines = after.files[f"{ETC}/ssh.service.d/50-host-keys.conf"].split(b"\n")
    assert lines[-4:] == [
        b"ExecStartPre=",
        b"ExecStartPre=/usr/bin/ssh-keygen -A",
        b"ExecStartPre=/usr/sbin/sshd -t",
        b"",
    ]


@pytest.mark.parametrize(
    "maker",
    [
        {f"{ETC}/regen.service": b"[Service]\nExecStart=/usr/sbin/dpkg-reconfigure openssh-server\n[Install]\n",
         f"{WANTS}/regen.service": Link("../regen.service")},
        {f"{LIB}/ssh.service.d/keys.conf": b"[Service]\nExecStartPre=/usr/bin/ssh-keygen -A\n"},
    ],
)  # fmt: skip
def test_a_unit_that_makes_host_keys_is_recognised(maker):
    assert check(debian(maker, without=(*KEYS, *NO_CLOUD)), SETTINGS).status is Status.PASS


def test_a_unit_that_is_not_started_makes_no_keys():
    unit = {f"{ETC}/regen.service": b"[Service]\nExecStart=/usr/bin/ssh-keygen -A\n"}
    assert check(debian(unit, without=(*KEYS, *NO_CLOUD)), SETTINGS).status is Status.FAIL


def test_a_socket_masked_under_the_service_that_requires_it():
    link = f"{ETC}/ssh.service.requires/ssh.socket"
    changes = {link: Link("/usr/lib/systemd/system/ssh.socket"), f"{ETC}/ssh.socket": Link("/dev/null")}
    after = fixed(noble({**changes, f"{WANTS}/ssh.service": Link("/usr/lib/systemd/system/ssh.service")}))
    assert link not in after.files
    assert after.files[f"{ETC}/ssh.socket"] == Link("/dev/null")


@pytest.mark.parametrize(
    ("streams", "status"),
    [
        (b"ListenStream=\nListenStream=2222\n", Status.PASS),
        (b"ListenStream=127.0.0.1:22\n", Status.PASS),
        (b"ListenStream=\nListenStream=0.0.0.0:22\n", Status.PASS),
        (b"ListenStream=\nListenStream=192.168.122.50:22\n", Status.FAIL),
        (b"ListenStream=\nListenStream=/run/ssh.sock\n", Status.UNKNOWN),
    ],
)
def test_where_the_socket_listens(streams, status):
    drop_in = {f"{ETC}/ssh.socket.d/x.conf": b"[Socket]\n" + streams}
    assert check(noble(drop_in), SETTINGS).status is status
    assert check(debian(drop_in), SETTINGS).status is Status.PASS


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"HostKey /etc/ssh/custom\n", Status.FAIL),
        (b"HostKey /etc/ssh/custom\nHostKey /etc/ssh/ssh_host_rsa_key\n", Status.PASS),
    ],
)
def test_cloud_init_makes_the_usual_host_keys_alone(line, status):
    guest = debian({"/etc/ssh/sshd_config.d/keys.conf": line}, without=KEYS)
    assert check(guest, SETTINGS).status is status
    assert not plan(guest, SETTINGS).steps


@pytest.mark.parametrize(
    "changes",
    [
        {f"{ETC}/ssh.service.d/x.conf": b"[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D -p 2222\n"},
        {f"{ETC}/sshd.service.d/x.conf": b"[Unit]\nConditionHost=build\n"},
        {f"{LIB}/ssh.service.d/x.conf": b"[Unit]\nAssertPathExists=/run/never\n"},
        {f"{ETC}/ssh.service.d/x.conf": b"[Service]\nExecStart=\nExecStart=/opt/sshd\n"},
        {f"{ETC}/ssh.service.d/x.conf": b"[Service]\nIPAddressDeny=any\nIPAddressAllow=10.0.0.0/8\n"},
        {"/etc/default/ssh": b'SSHD_OPTS="-o PubkeyAuthentication=no"\n'},
    ],
)
def test_what_overrides_the_stock_service_is_unknown(changes):
    assert check(debian(changes), SETTINGS).status is Status.UNKNOWN


@pytest.mark.parametrize(
    "changes",
    [
        {f"{LIB}/ssh.service.d/x.conf": b"[Unit]\nAssertPathExists=/never\n"},
        {f"{ETC}/ssh.service.d/x.conf": b"[Unit]\nConditionPathExists=|/never\nConditionFileNotEmpty=|/nor/this\n"},
        {f"{ETC}/sshd.service.d/x.conf": b"[Service]\nExecStart=\n"},
        {f"{ETC}/ssh.service.d/x.conf": b"[Service]\nExecStartPre=/bin/false\n"},
        {f"{ETC}/ssh.service.d/x.conf": b"[Service]\nPrivateNetwork=yes\n"},
        {f"{ETC}/ssh.service.d/x.conf": b"[Service]\nUser=nobody\n"},
        {f"{ETC}/ssh.service.d/x.conf": b"[Service]\nRestrictAddressFamilies=AF_UNIX\n"},
        {f"{ETC}/system.slice.d/x.conf": b"[Slice]\nIPAddressDeny=any\nIPAddressAllow=localhost\n"},
        {f"{ETC}/ssh.service": b"[Service]\nExecStart=/bin/true\n\n[Install]\nWantedBy=multi-user.target\n"},
        {"/etc/passwd": b"root:x:0:0:root:/root:/bin/bash\n"},
    ],
)
def test_what_a_unit_cannot_work_with_fails(changes):
    assert check(debian(changes), SETTINGS).status is Status.FAIL


def test_a_lost_executable_bit_is_set_again():
    fixed(debian(**{"/usr/sbin/sshd": 0o644}))


@pytest.mark.parametrize(
    "changes",
    [
        {f"{ETC}/ssh.service.d/x.conf": b"[Service]\nRestart=always\n"},
        {f"{ETC}/ssh.service.d/x.conf": b"[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D $SSHD_OPTS\n"},
        {f"{ETC}/ssh.service.d/x.conf": b"[Unit]\nConditionPathExists=!/never\nConditionPathExists=|/etc/passwd\n"},
        {f"{ETC}/ssh.service.d/x.conf": b"[Unit]\nConditionPathExists=/never\nConditionPathExists=\n"},
        {f"{ETC}/ssh.service.d/x.conf": b"[Service]\nProtectHome=read-only\nPrivateTmp=yes\n"},
        {f"{ETC}/ssh.service.d/x.conf": b"[Service]\nIPAddressDeny=any\nIPAddressAllow=any\n"},
        {f"{ETC}/ssh.service.d/x.conf": Link("/dev/null")},
        {"/etc/default/ssh": b"# Options to pass to sshd\nSSHD_OPTS=\n"},
    ],
)
def test_what_changes_nothing_passes(changes):
    assert check(debian(changes), SETTINGS).status is Status.PASS
