"""ssh-host-keys: who replaces or makes them, and what is removed where."""

from __future__ import annotations

import pytest
from fake_guest import Link
from family_guest import EVERY, el7
from linux_guest import CLOUD_CFG, SSHD_CONFIG, debian, noble, trusty

from remediations import ssh_server
from remediations.ssh_host_keys import check, plan
from remediations.vocabulary import RemoveFile, Settings, Status

SETTINGS = Settings()
KEYS = {f"/etc/ssh/ssh_host_{kind}_key{end}": b"key\n" for kind in ("rsa", "ecdsa", "ed25519") for end in ("", ".pub")}
NO_CLOUD_INIT = ("/usr/bin/cloud-init", "/etc/cloud")


def fixed(guest):
    first = plan(guest, SETTINGS)
    assert first.steps
    assert first == plan(guest, SETTINGS)
    after = guest.applied(first)
    assert check(after, SETTINGS).status is Status.PASS
    assert plan(after, SETTINGS).steps == ()
    assert ssh_server.check(after, SETTINGS).status is ssh_server.check(guest, SETTINGS).status is Status.PASS
    return after


@pytest.mark.parametrize("make", [debian, noble, trusty])
def test_cloud_init_replaces_them(make):
    found = check(make(KEYS), SETTINGS)
    assert found.status is Status.PASS
    assert found.evidence[0].path == "/etc/cloud/cloud.cfg"
    assert not plan(make(KEYS), SETTINGS).steps


@pytest.mark.parametrize("make", EVERY)
def test_without_cloud_init_they_are_removed_where_the_distribution_makes_them(make):
    guest = make(KEYS, without=NO_CLOUD_INIT)
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert [place.path for place in found.evidence] == sorted(path for path in KEYS if path.endswith("key"))
    after = fixed(guest)
    assert not KEYS.keys() & after.files.keys()
    assert {type(step) for step in plan(guest, SETTINGS).steps} == {RemoveFile}


def test_debian_gets_a_drop_in_that_makes_them_first():
    guest = debian(KEYS, without=NO_CLOUD_INIT)
    after = fixed(guest)
    assert b"ssh-keygen -A" in after.files["/etc/systemd/system/ssh.service.d/50-host-keys.conf"]
    assert not KEYS.keys() & after.files.keys()


@pytest.mark.parametrize(
    "changes",
    [
        {"/etc/cloud/cloud.cfg.d/90.cfg": b"ssh_deletekeys: false\n"},
        {"/etc/cloud/cloud.cfg.d/90.cfg": b"ssh_deletekeys: 0\n"},
        {"/etc/cloud/cloud.cfg": CLOUD_CFG.replace(b" - ssh\n", b"")},
        {"/etc/cloud/cloud-init.disabled": b""},
        {"/etc/cloud/cloud.cfg.d/90.cfg": b"datasource_list: [None]\n"},
    ],
)
def test_a_cloud_init_that_leaves_them(changes):
    guest = debian({**KEYS, **changes})
    assert check(guest, SETTINGS).status is Status.FAIL
    fixed(guest)


def test_red_hat_7_left_them_by_its_own_configuration():
    cloud = {"/etc/cloud/cloud.cfg": CLOUD_CFG + b"ssh_deletekeys:   0\nssh_genkeytypes:  ~\n"}
    guest = el7({**KEYS, **cloud})
    assert check(guest, SETTINGS).status is Status.FAIL
    assert not KEYS.keys() & fixed(guest).files.keys()


def test_a_key_of_another_name_is_left_to_the_operator():
    guest = debian({"/etc/ssh/own_key": b"key", "/etc/ssh/sshd_config": SSHD_CONFIG + b"HostKey /etc/ssh/own_key\n"})
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert found.evidence[0].path == "/etc/ssh/own_key"
    assert not plan(guest, SETTINGS).steps
    assert "/etc/ssh/own_key" in plan(guest, SETTINGS).obstacle


def test_a_key_in_the_configuration_of_cloud_init_is_not_shown():
    given = b"ssh_keys: {ed25519_private: secret, ed25519_public: public}\n"
    guest = debian({"/etc/cloud/cloud.cfg.d/90.cfg": given})
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert found.evidence[0].line == 1
    assert "secret" not in found.evidence[0].text
    assert "ssh_keys" in plan(guest, SETTINGS).obstacle
    public = {"/etc/cloud/cloud.cfg.d/90.cfg": b"ssh_keys: {ed25519_public: public}\n"}
    assert check(debian(public, without=("/etc/ssh/ssh_host_ed25519_key",)), SETTINGS).status is Status.PASS


def test_the_key_of_the_first_protocol_goes_too():
    guest = el7({"/etc/ssh/ssh_host_key": b"key", "/etc/ssh/ssh_host_key.pub": b"key"}, without=NO_CLOUD_INIT)
    assert check(guest, SETTINGS).status is Status.FAIL
    assert len(plan(guest, SETTINGS).steps) == 2
    fixed(guest)


@pytest.mark.parametrize("folder", ["/etc/dropbear/initramfs", "/etc/dropbear-initramfs"])
def test_the_initial_ram_disk_may_have_keys_of_its_own(folder):
    guest = debian({f"{folder}/dropbear_ed25519_host_key": b"key"})
    assert check(guest, SETTINGS).status is Status.FAIL
    assert folder in plan(guest, SETTINGS).obstacle


def test_none_and_empty_ones_pass():
    empty = dict.fromkeys(KEYS, b"")
    guest = debian({**empty}, without=NO_CLOUD_INIT)
    assert check(guest, SETTINGS).status is Status.PASS


def test_no_ssh_server_is_skipped_but_for_keys_left_behind():
    bare = ("/usr/sbin/sshd", "/etc/ssh", *NO_CLOUD_INIT)
    assert check(debian(without=bare), SETTINGS).status is Status.SKIPPED
    left = debian({"/etc/ssh/ssh_host_rsa_key": b"key", "/etc/ssh/ssh_host_rsa_key.pub": Link("x")}, without=bare)
    assert check(left, SETTINGS).status is Status.FAIL
    assert len(plan(left, SETTINGS).steps) == 2


def test_dropbear_has_keys_of_its_own():
    guest = debian({"/etc/dropbear/dropbear_rsa_host_key": b"key"}, without=NO_CLOUD_INIT[:1])
    assert check(guest, SETTINGS).status is Status.FAIL
