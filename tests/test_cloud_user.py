"""cloud-user: which account cloud-init gives the key to, and that it will be there."""

from __future__ import annotations

import pytest
from fake_guest import FakeGuest
from hypothesis import given
from hypothesis import strategies as st
from linux_guest import CLOUD_CFG, debian, trusty

from remediations import ssh_key
from remediations.cloud_user import REQUIREMENT, check, plan
from remediations.guest import GuestError
from remediations.linux import cloud_config
from remediations.linux.cloud_account import default_user
from remediations.vocabulary import InstallPackages, PlanError, Settings, Status

CFG = "/etc/cloud/cloud.cfg"
LATE = "/etc/cloud/cloud.cfg.d/99.cfg"


def with_cfg(old: bytes, new: bytes):
    assert old in CLOUD_CFG
    return debian({CFG: CLOUD_CFG.replace(old, new)})


def fixed(guest, settings):
    assert check(guest, settings).status is Status.FAIL
    first = plan(guest, settings)
    assert first.steps
    assert first == plan(guest, settings)
    after = guest.applied(first)
    assert check(after, settings).status is Status.PASS
    assert not plan(after, settings).steps
    return after


@pytest.mark.parametrize(("guest", "name"), [(debian(), "debian"), (trusty(), "ubuntu")])
def test_stock_guests_pass_and_show_the_line(guest, name):
    found = check(guest, Settings())
    assert found.status is Status.PASS
    assert f"name: {name}" in found.evidence[0].text
    assert not plan(guest, Settings()).steps
    assert check(guest, Settings(user=name)).status is Status.PASS
    assert REQUIREMENT.id == "cloud-user"


def test_it_agrees_with_ssh_key_on_who_fetches_the_key():
    bare = debian(without=("/usr/bin/cloud-init",))
    assert check(bare, Settings()).status is Status.SKIPPED
    assert check(bare, Settings(network=True)).status is Status.FAIL
    assert ssh_key.check(bare, Settings(network=True)).status is Status.FAIL
    for found in (plan(bare, Settings(network=True)), ssh_key.plan(bare, Settings(network=True))):
        assert [type(step) for step in found.steps] == [InstallPackages]
    agent = debian({"/usr/bin/afterburn": b""}, without=("/usr/bin/cloud-init",))
    assert check(agent, Settings(network=True)).status is Status.UNKNOWN
    assert ssh_key.check(agent, Settings(network=True)).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"user: a\nsystem_info: {default_user: {name: b}}\n", "a"),
        (b"user: {name: a}\nsystem_info: {default_user: {name: b}}\n", "a"),
        (b"user: {gecos: x}\nsystem_info: {default_user: {name: b}}\n", "b"),
        (b"user: ''\nusers: [default]\nsystem_info: {default_user: {name: b}}\n", "b"),
        (b"users: [x, default]\nsystem_info: {default_user: {name: b}}\n", "b"),
        (b"users: 'x, default'\nsystem_info: {default_user: {name: b}}\n", "b"),
        (b"users: {default: true}\nsystem_info: {default_user: {name: b}}\n", "b"),
        (b"users: [{gecos: x}]\nsystem_info: {default_user: {name: b}}\n", "b"),
        (b"users: [{name: default}]\nsystem_info: {default_user: {name: b}}\n", "b"),
        (b"users: [x]\nsystem_info: {default_user: {name: b}}\n", None),
        (b"users: []\nsystem_info: {default_user: {name: b}}\n", None),
        (b"system_info: {default_user: {name: b}}\n", None),
        (b"users: [default]\n", None),
        (b"user: 7\nusers: [default]\n", None),
    ],
)
def test_the_default_user_as_cloud_init_finds_it(content, name):
    assert default_user(cloud_config.load(FakeGuest({CFG: content}))).name == name


def test_the_effective_scalar_is_edited_and_nothing_else():
    after = fixed(debian(), Settings(user="admin"))
    assert after.files[CFG] == CLOUD_CFG.replace(b"name: debian #", b"name: admin #")


def test_a_user_line_wins_and_is_the_one_edited():
    guest = debian({LATE: b"# site\r\nuser: site # keep\r\n"})
    assert check(guest, Settings(user="site")).status is Status.PASS
    after = fixed(guest, Settings(user="admin"))
    assert after.files[LATE] == b"# site\r\nuser: admin # keep\r\n"
    assert after.files[CFG] == CLOUD_CFG


def test_a_later_default_user_wins():
    guest = debian({LATE: b"system_info:\n  default_user:\n    name: late"})
    assert fixed(guest, Settings(user="admin")).files[LATE].endswith(b"    name: admin")


def test_the_guides_line_is_added_where_nothing_names_an_account():
    guest = with_cfg(b"     name: debian # the account that gets the key\n", b"")
    assert plan(guest, Settings()).obstacle.endswith("--user NAME")
    assert fixed(guest, Settings(user="admin")).files[CFG].endswith(b"\nuser: admin\n")


def test_users_without_default_gets_it():
    guest = with_cfg(b"   - default", b"   - name: ann")
    assert "root alone" in check(guest, Settings()).summary
    assert fixed(guest, Settings()).files[CFG] == CLOUD_CFG.replace(b"   - default", b"   - default\n   - name: ann")
    assert b"name: admin" in fixed(guest, Settings(user="admin")).files[CFG]


def test_no_users_at_all_gets_the_guides_line():
    assert fixed(with_cfg(b"users:\n   - default\n", b""), Settings()).files[CFG].endswith(b"user: debian\n")


def test_root_alone_is_fine_where_nothing_blocks_root():
    cfg = CLOUD_CFG.replace(b"   - default", b"   - ann").replace(b"disable_root: true", b"disable_root: false")
    assert check(debian({CFG: cfg}), Settings()).status is Status.PASS


def test_asking_for_root_lifts_its_block():
    after = fixed(debian(), Settings(user="root"))
    assert b"disable_root: false" in after.files[CFG]


@pytest.mark.parametrize(
    ("name", "why"),
    [("daemon", "nologin"), ("adm", "group of that name")],
)
def test_accounts_that_cannot_do(name, why):
    found = check(debian(), Settings(user=name))
    assert found.status is Status.FAIL
    assert why in found.summary
    assert not plan(debian(), Settings(user=name)).steps


def test_an_existing_account_is_fine():
    fixed(debian(), Settings(user="ann"))


def test_an_expired_account_fails():
    guest = debian({"/etc/shadow": b"ann:*:19000:0:99999:7::1:\n", LATE: b"user: ann\n"})
    found = check(guest, Settings())
    assert found.status is Status.FAIL
    assert all("*" not in place.text for place in found.evidence)


def test_without_its_module_the_account_is_never_made():
    guest = with_cfg(b" - users-groups\n", b"")
    assert fixed(guest, Settings()).files[CFG] == CLOUD_CFG


@pytest.mark.parametrize("name", ["Admin", "0x", "a b", "-x", "a\nb: c", "", "x" * 40])
def test_names_that_useradd_refuses_are_refused(name):
    with pytest.raises(PlanError):
        plan(debian(), Settings(user=name))


def test_a_name_that_yaml_would_misread_is_quoted():
    assert b"name: 'yes' #" in fixed(debian(), Settings(user="yes")).files[CFG]


def test_without_cloud_init():
    guest = debian(without=("/usr/bin/cloud-init",))
    assert check(guest, Settings()).status is Status.SKIPPED
    assert check(guest, Settings(user="ann")).status is Status.FAIL
    assert plan(guest, Settings(user="ann")).steps == (InstallPackages(("cloud-init",)),)
    assert check(guest, Settings(key_fetch="cloud-init")).status is Status.FAIL


def test_the_boot_scripts_key_is_roots_alone():
    assert check(debian(), Settings(key_fetch="rc.local")).status is Status.SKIPPED
    assert not plan(debian(), Settings(key_fetch="rc.local")).steps
    assert check(debian(), Settings(key_fetch="rc.local", user="root")).status is Status.SKIPPED
    assert "not for ann" in check(debian(), Settings(key_fetch="rc.local", user="ann")).summary
    assert plan(debian(), Settings(key_fetch="rc.local", user="ann")).obstacle


@pytest.mark.parametrize("content", [b"\xff", b"users: [1]", b"a: 1\nuser: &u x\ny: *u\nusers: [default]\n"])
def test_files_that_cannot_be_understood_are_not_edited(content):
    with pytest.raises((GuestError, PlanError)):
        plan(debian({LATE: content}), Settings(user="admin"))


def test_a_file_that_cloud_init_ignores_is_left_alone():
    guest = debian({LATE: b"["})
    after = guest.applied(plan(guest, Settings(user="admin")))
    assert after.files[LATE] == b"["
    assert check(after, Settings(user="admin")).status is Status.PASS


@given(st.text("user:s -namedflt\n[]{}'\"&*x").map(str.encode))
def test_any_configuration_gives_an_answer_or_an_error(content):
    guest = debian({LATE: content})
    try:
        first = plan(guest, Settings(user="admin"))
    except (GuestError, PlanError):
        return
    if first.steps:
        assert check(guest.applied(first), Settings(user="admin")).status is Status.PASS
