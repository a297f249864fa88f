"""ssh-key: cloud-init or a boot script puts the key where it lets someone in."""

from __future__ import annotations

import pytest
from fake_guest import Link
from linux_guest import CLOUD_CFG, CLOUD_WANTS, ETC, debian, noble, trusty

from remediations.guest import GuestError
from remediations.linux.key_script import SCRIPT
from remediations.ssh_key import REQUIREMENT, check, plan
from remediations.vocabulary import InstallPackages, Settings, Status, unmet

SETTINGS = Settings()
NO_CLOUD = ("/usr/bin/cloud-init",)
CFG = "/etc/cloud/cloud.cfg"
HARD = "/etc/ssh/sshd_config.d/hard.conf"
RC_LOCAL = {"/etc/rc.local": 0o755}
GUIDE = b"""\
#!/bin/sh
if [ ! -d /root/.ssh ]; then
  mkdir -p /root/.ssh
  chmod 700 /root/.ssh
fi

# Fetch public key using HTTP
ATTEMPTS=30
FAILED=0
while [ ! -f /root/.ssh/authorized_keys ]; do
  curl -f http://169.254.169.254/latest/meta-data/public-keys/0/openssh-key > /tmp/metadata-key 2>/dev/null
  if [ $? -eq 0 ]; then
    cat /tmp/metadata-key >> /root/.ssh/authorized_keys
  fi
done
touch /var/lock/subsys/local
"""


def fixed(guest):
    assert check(guest, SETTINGS).status is Status.FAIL
    first = plan(guest, SETTINGS)
    assert first.steps
    assert first == plan(guest, SETTINGS)
    after = guest.applied(first)
    assert check(after, SETTINGS).status is Status.PASS
    assert not plan(after, SETTINGS).steps
    return after


@pytest.mark.parametrize("guest", [debian(), noble(), trusty()])
def test_stock_guests_pass(guest):
    found = check(guest, SETTINGS)
    assert found.status is Status.PASS
    assert found.evidence
    assert not plan(guest, SETTINGS).steps
    assert REQUIREMENT.id == "ssh-key"


@pytest.mark.parametrize(
    "guest",
    [
        debian({"/etc/cloud/cloud-init.disabled": b""}),
        debian(without=(f"{CLOUD_WANTS}/cloud-init.service",)),
        debian({CFG: CLOUD_CFG.replace(b" - ssh\n", b"")}),
        debian({CFG: CLOUD_CFG.replace(b" - users-groups\n - ssh\n", b"")}),
        debian({CFG: CLOUD_CFG.replace(b"   - default", b"   - ann")}),
        debian({CFG: CLOUD_CFG + b"allow_public_ssh_keys: false\n"}),
        debian({CFG: CLOUD_CFG + b"user: root\n"}),
        debian({"/etc/cloud/cloud.cfg.d/99-installer.cfg": b"datasource_list: [None]\n"}),
        debian({HARD: b"PubkeyAuthentication no\n"}),
    ],
)
def test_cloud_init_is_put_right(guest):
    assert "/etc/rc.local" not in fixed(guest).files


def test_several_faults_in_one_file_are_righted_together():
    broken = CLOUD_CFG.replace(b" - users-groups\n", b"").replace(b" - ssh\n", b"").replace(b"- default", b"- ann")
    guest = debian({CFG: broken})
    first = plan(guest, SETTINGS)
    assert [step.path for step in first.steps] == [CFG]
    fixed(guest)


@pytest.mark.parametrize(
    "changes",
    [
        {HARD: b"AllowUsers ann\n"},
        {HARD: b"AuthorizedKeysFile none\n"},
        {CFG: CLOUD_CFG.replace(b"/bin/bash", b"/usr/sbin/nologin")},
        {"/boot/grub/grub.cfg": b"linux /vmlinuz cloud-init=disabled\n"},
    ],
)
def test_what_only_the_operator_can_right(changes):
    assert check(debian(changes), SETTINGS).status is Status.FAIL
    offered = plan(debian(changes), SETTINGS)
    assert not offered.steps
    assert offered.obstacle


def test_a_conditional_refusal_is_unknown():
    guest = debian({HARD: b"Match Address 10.*\nPubkeyAuthentication no\n"})
    assert check(guest, SETTINGS).status is Status.UNKNOWN


def test_a_cloud_configuration_that_cannot_be_read_is_an_error():
    with pytest.raises(GuestError, match=r"99-x\.cfg"):
        check(debian({"/etc/cloud/cloud.cfg.d/99-x.cfg": b"\xff\xfe"}), SETTINGS)


@pytest.mark.parametrize(
    "changes",
    [{}, {"/etc/rc.local": b"#!/bin/sh -e\n# hi\nexit 0\n"}, {HARD: b"PubkeyAuthentication no"}],
)
def test_without_cloud_init_the_script_is_installed(changes):
    after = fixed(debian(changes, without=NO_CLOUD))
    assert SCRIPT.encode() in after.files["/etc/rc.local"]
    assert after.modes["/etc/rc.local"] == 0o755


def test_the_guides_own_script_is_recognised():
    guest = debian({"/etc/rc.local": GUIDE, "/usr/bin/curl": b"x"}, without=NO_CLOUD, **RC_LOCAL)
    found = check(guest, SETTINGS)
    assert found.status is Status.PASS
    assert (found.evidence[0].path, found.evidence[0].line) == ("/etc/rc.local", 11)
    assert not plan(guest, SETTINGS).steps


@pytest.mark.parametrize(
    ("content", "modes", "curl"),
    [
        (GUIDE, {}, True),
        (GUIDE, RC_LOCAL, False),
        (GUIDE.replace(b"ATTEMPTS=30", b"exit 0"), RC_LOCAL, True),
        (GUIDE.replace(b"  curl", b"# curl"), RC_LOCAL, True),
        (GUIDE.removeprefix(b"#!/bin/sh\n"), RC_LOCAL, True),
        (GUIDE.replace(b"#!/bin/sh", b"#!/bin/zsh"), RC_LOCAL, True),
        (GUIDE.replace(b"\n", b"\r\n"), RC_LOCAL, True),
        (GUIDE.replace(b"/root/", b"/home/ann/"), RC_LOCAL, True),
    ],
)
def test_a_script_that_would_not_work_is_not_taken_for_one(content, modes, curl):
    programs = {"/usr/bin/curl": b"x"} if curl else {}
    guest = debian({"/etc/rc.local": content, **programs}, without=NO_CLOUD, **modes)
    assert check(guest, SETTINGS).status is Status.FAIL


def test_the_guides_script_waits_for_a_file_that_the_image_may_hold():
    files = {"/etc/rc.local": GUIDE, "/usr/bin/curl": b"x", "/root/.ssh/authorized_keys": b""}
    guest = debian(files, without=NO_CLOUD, **RC_LOCAL)
    after = guest.applied(plan(guest, SETTINGS))
    assert check(guest, SETTINGS).status is Status.FAIL
    assert check(after, SETTINGS).status is Status.PASS


@pytest.mark.parametrize("line", [b"PermitRootLogin no\n", b"AllowUsers ann\n", b"DenyUsers root\n"])
def test_a_script_for_a_root_that_is_kept_out_fails(line):
    guest = debian({"/etc/rc.local": GUIDE, "/usr/bin/curl": b"x", HARD: line}, without=NO_CLOUD, **RC_LOCAL)
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert found.evidence[0].path == HARD
    assert not plan(guest, SETTINGS).steps


def test_a_script_makes_up_for_a_cloud_init_that_is_off():
    off = {f"{ETC}/cloud-init.service": Link("/dev/null"), "/etc/rc.local": GUIDE, "/usr/bin/curl": b"x"}
    assert check(debian(off, **RC_LOCAL), SETTINGS).status is Status.PASS


def test_a_script_does_not_make_up_for_a_cloud_init_that_keeps_root_out():
    half = {f"{ETC}/cloud-init-local.service": Link("/dev/null"), "/etc/rc.local": GUIDE, "/usr/bin/curl": b"x"}
    assert check(debian(half, **RC_LOCAL), SETTINGS).summary == "cloud-init-local.service is masked"
    lifted = {CFG: CLOUD_CFG.replace(b"disable_root: true", b"disable_root: false")}
    assert check(debian(half | lifted, **RC_LOCAL), SETTINGS).status is Status.PASS


def test_nothing_to_fetch_with_is_told():
    guest = debian(without=(*NO_CLOUD, "/usr/bin/wget", "/usr/bin/python3"))
    assert "nor is there curl" in check(guest, SETTINGS).summary
    assert plan(guest, SETTINGS).steps == (InstallPackages(("curl",)),)


def test_cloud_init_is_installed_where_packages_can_be():
    guest = debian(without=NO_CLOUD)
    for settings in (Settings(network=True), Settings(packages="/x"), Settings(key_fetch="cloud-init")):
        assert check(guest, settings).status is Status.FAIL
        assert plan(guest, settings).steps == (InstallPackages(("cloud-init",)),)
    assert unmet(plan(guest, Settings(key_fetch="cloud-init")), Settings())
    script = guest.applied(plan(guest, SETTINGS))
    assert check(script, Settings(network=True)).status is Status.PASS
    assert check(script, Settings(key_fetch="cloud-init")).status is Status.FAIL


def test_a_script_asked_for_lifts_what_keeps_root_out():
    guest = debian()
    settings = Settings(key_fetch="rc.local")
    assert "disable_root" in check(guest, settings).summary
    after = guest.applied(plan(guest, settings))
    assert b"disable_root: false" in after.files[CFG]
    assert check(after, settings).status is Status.PASS
    assert not plan(after, settings).steps


def test_another_agent_in_place_of_cloud_init_is_no_verdict():
    guest = debian({"/usr/bin/afterburn": b"\x7fELF"}, without=NO_CLOUD)
    assert check(guest, SETTINGS).status is Status.UNKNOWN
    assert "--key-fetch" in plan(guest, SETTINGS).obstacle
    assert check(guest, Settings(key_fetch="rc.local")).status is Status.FAIL
