"""user-data: cloud-init runs, and looks for what OpenStack serves."""

from __future__ import annotations

import pytest
from fake_guest import Link
from hypothesis import given
from hypothesis import strategies as st
from linux_guest import CLOUD_CFG, CLOUD_WANTS, ETC, debian, noble, trusty

from remediations import ssh_key
from remediations.linux.datasource import with_openstack
from remediations.linux.ds_identify import drop
from remediations.user_data import REQUIREMENT, check, plan
from remediations.vocabulary import InstallPackages, RemoveFile, Settings, Status

SETTINGS = Settings()
LATE = "/etc/cloud/cloud.cfg.d/99-installer.cfg"
IDENTIFY = "/etc/cloud/ds-identify.cfg"


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
    assert REQUIREMENT.id == "user-data"


def test_without_cloud_init_the_package_is_needed():
    guest = debian(without=("/usr/bin/cloud-init",))
    assert check(guest, SETTINGS).status is Status.FAIL
    assert plan(guest, SETTINGS).steps == (InstallPackages(("cloud-init",)),)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"datasource_list: [None]\n", b"datasource_list: [ConfigDrive, OpenStack, None]\n"),
        (b"datasource_list: [ Ec2, None ] # c\r\n", b"datasource_list: [ConfigDrive, OpenStack, Ec2, None] # c\r\n"),
        (b"datasource_list: [ConfigDrive]", b"datasource_list: [OpenStack, ConfigDrive]"),
        (b"datasource_list:\n- Ec2\n- None\nx: 1\n", b"datasource_list: [ConfigDrive, OpenStack, Ec2, None]\nx: 1\n"),
        (b"datasource_list: [ NoCloud,\n  OpenStack ]\n", b"datasource_list: [NoCloud, OpenStack]\n"),
        (b"datasource_list: []\n", b"datasource_list: [ConfigDrive, OpenStack]\n"),
        (b"allow_userdata: false\n", b"allow_userdata: true\n"),
    ],
)  # fmt: skip
def test_the_list_is_edited_in_place(before, after):
    assert fixed(debian({LATE: before})).files[LATE] == after


@pytest.mark.parametrize(
    ("content", "remark"),
    [(b"datasource_list: [OpenStack]\n", True), (b"datasource_list: [ConfigDrive, OpenStack, None]\n", False)],
)
def test_a_list_with_openstack_passes(content, remark):
    found = check(debian({LATE: content}), SETTINGS)
    assert found.status is Status.PASS
    assert ("config drive" in found.summary) is remark
    assert found.evidence[0].path == LATE


def test_the_last_file_decides():
    early = "/etc/cloud/cloud.cfg.d/90_dpkg.cfg"
    guest = debian({early: b"datasource_list: [NoCloud, OpenStack, None]\n", LATE: b"datasource_list: [None]\n"})
    assert fixed(guest).files[early] == guest.files[early]


@pytest.mark.parametrize(
    "content",
    [
        b"datasource_list:\n- OpenStack\n- None\n",  # nothing stands on its line, so ds-identify searches them all
        b"datasource_list: [\n  NoCloud, OpenStack ]\n",
        b"datasource_list: [ OpenStack,\n  NoCloud ]\n",
        b"datasource_list: OpenStack, None\n",  # no list to cloud-init, which is given ds-identify's
    ],
)
def test_what_ds_identify_reads_is_what_counts(content):
    assert check(debian({LATE: content}), SETTINGS).status is Status.PASS


def test_a_line_that_is_no_setting_counts_for_ds_identify():
    guest = debian(
        {LATE: b"datasource_list: [OpenStack]\n", "/etc/cloud/cloud.cfg.d/zz.cfg": b"a: b: c\ndatasource_list: [Ec2]\n"}
    )
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert found.evidence[0].line == 2
    enabled = {**guest.files, IDENTIFY: b"policy: enabled\n"}
    assert check(debian(enabled), SETTINGS).status is Status.PASS


def test_text_is_no_list_to_cloud_init():
    guest = debian({LATE: b"datasource_list: OpenStack, None\n"}, without=("/usr/lib/cloud-init/ds-identify",))
    assert fixed(guest).files[LATE] == b"datasource_list: [OpenStack, None]\n"


def test_a_list_over_lines_is_fine_without_ds_identify():
    content = {LATE: b"datasource_list:\n- OpenStack\n- None\n"}
    assert check(debian(content, without=("/usr/lib/cloud-init/ds-identify",)), SETTINGS).status is Status.PASS


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"policy: disabled\n", b""), (b"# c\ndatasource: NoCloud\n", b"# c\n"), (b"datasource: 'Ec2'", b"")],
)
def test_ds_identify_is_put_right(before, after):
    assert fixed(debian({IDENTIFY: before})).files[IDENTIFY] == after


@pytest.mark.parametrize(
    "content", [b"policy: enabled\n", b"datasource: OpenStack\n", b"#policy: disabled\n", b"\xff\0"]
)
def test_ds_identify_settings_that_do_no_harm(content):
    assert check(debian({IDENTIFY: content}), SETTINGS).status is Status.PASS


def test_stages_are_enabled_and_the_switch_removed():
    guest = debian(
        {"/etc/cloud/cloud-init.disabled": b"", f"{ETC}/cloud-final.service": Link("/dev/null")},
        without=(f"{CLOUD_WANTS}/cloud-init.service",),
    )
    found = check(guest, SETTINGS)
    assert {place.path for place in found.evidence} >= {"/etc/cloud/cloud-init.disabled", f"{ETC}/cloud-final.service"}
    fixed(guest)


@pytest.mark.parametrize(
    "argument", [b"cloud-init=disabled", b"ds=nocloud", b"ci.ds=NoCloud", b"ci.di.policy=disabled"]
)
def test_kernel_arguments_are_for_the_operator(argument):
    guest = debian({"/boot/grub/grub.cfg": b"\tlinux /vmlinuz root=UUID=1 " + argument + b"\n"})
    assert check(guest, SETTINGS).status is Status.FAIL
    assert "/boot/grub/grub.cfg" in plan(guest, SETTINGS).obstacle


def test_scripts_user_is_put_back():
    guest = debian({"/etc/cloud/cloud.cfg": CLOUD_CFG.replace(b" - scripts-user\n", b"")})
    assert fixed(guest).files["/etc/cloud/cloud.cfg"] == CLOUD_CFG


def test_no_final_modules_has_no_fix():
    guest = debian({"/etc/cloud/cloud.cfg": CLOUD_CFG.replace(b"cloud_final_modules", b"gone")})
    assert check(guest, SETTINGS).status is Status.FAIL
    assert not plan(guest, SETTINGS).steps


STATE = {"/var/lib/cloud/instance": Link("instances/x"), "/var/lib/cloud/instances/x/obj.pkl": b"p"}


def test_old_state_matters_only_where_it_is_trusted():
    assert check(debian(STATE), SETTINGS).status is Status.PASS
    trusted = {LATE: b"manual_cache_clean: true\n"}
    assert check(debian(trusted), SETTINGS).status is Status.PASS
    guest = debian({**STATE, **trusted})
    assert plan(guest, SETTINGS).steps == (RemoveFile("/var/lib/cloud/instance"),)
    fixed(guest)


def test_the_marker_in_the_state_makes_it_trusted():
    fixed(debian({**STATE, "/var/lib/cloud/instances/x/manual-clean": b""}))
    fixed(debian({"/var/lib/cloud/instance/obj.pkl": b"p", "/var/lib/cloud/instance/manual-clean": b""}))


def test_switching_cloud_init_on_does_not_take_the_boot_scripts_key_away():
    settings = Settings(key_fetch="rc.local")
    guest = debian({"/etc/cloud/cloud-init.disabled": b""})
    guest = guest.applied(ssh_key.plan(guest, settings))
    assert ssh_key.check(guest, settings).status is Status.PASS
    after = guest.applied(plan(guest, settings))
    assert check(after, settings).status is Status.PASS
    assert ssh_key.check(after, settings).status is Status.PASS


@given(st.lists(st.sampled_from(["None", "NoCloud", "OpenStack", "ConfigDrive", "Ec2"]), unique=True))
def test_a_list_with_openstack_added_keeps_the_rest(names):
    after = with_openstack(names)
    assert {"OpenStack", "ConfigDrive"} <= set(after)
    assert [name for name in after if name in names and name != "None"] == [n for n in names if n != "None"]
    assert with_openstack(after) == after
    assert "None" not in after[:-1]


@given(st.binary() | st.text("policy: x#\n\r").map(str.encode))
def test_drop_removes_only_that_key(content):
    after = drop(content, "policy")
    assert drop(after, "policy") == after
    kept = after.split(b"\n")
    assert all(line in kept for line in content.split(b"\n")[:-1] if b"policy" not in line)
