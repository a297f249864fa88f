"""ssh-key, cloud-user and user-data on the families other than Debian's; the boot script in the place of each."""

from __future__ import annotations

import pytest
from fake_guest import FakeGuest, Link
from family_guests import ETC, EVERY, GONE, alpine, arch, centos6, centos7, cloud_cfg, rocky9, sles11, sles15

from remediations import cloud_user, ssh_key, user_data
from remediations.linux import account_names, boot_place, cloud_init, ds_identify, key_script, rc_local
from remediations.linux.key_account import key_account
from remediations.vocabulary import Plan, Requirement, Settings, Status
from wizard.report import examine

THREE = (ssh_key.REQUIREMENT, cloud_user.REQUIREMENT, user_data.REQUIREMENT)
SETTINGS = Settings()
NO_CLOUD = {"/usr/bin/cloud-init": GONE}
CFG = "/etc/cloud/cloud.cfg"
each = pytest.mark.parametrize("make", EVERY, ids=lambda make: make.__name__)


def fixed(requirement: Requirement, guest: FakeGuest, settings: Settings = SETTINGS) -> FakeGuest:
    assert requirement.check(guest, settings).status is Status.FAIL
    first = requirement.plan(guest, settings)
    assert first.steps, first.obstacle
    assert first == requirement.plan(guest, settings)
    after = guest.applied(first)
    assert requirement.check(after, settings).status is Status.PASS
    assert not requirement.plan(after, settings).steps
    return after


@each
def test_stock_guests_pass(make):
    for assessment in examine(make(), SETTINGS, requirements=THREE).assessments:
        assert assessment.finding.status is Status.PASS, assessment
        assert assessment.finding.evidence
        assert not assessment.requirement.plan(make(), SETTINGS).steps


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (rocky9, f"{ETC}/cloud-init.target.wants/cloud-init.service"),
        (centos7, f"{ETC}/multi-user.target.wants/cloud-final.service"),
        (centos6, "/etc/rc.d/rc3.d/S51cloud-init"),
        (sles15, f"{ETC}/cloud-init.target.wants/cloud-config.service"),
        (sles11, "/etc/init.d/rc3.d/S12cloud-final"),
        (arch, f"{ETC}/cloud-init.target.wants/cloud-init-main.service"),
        (alpine, "/etc/runlevels/boot/cloud-init-local"),
        (alpine, "/etc/runlevels/default/cloud-final"),
    ],
)
def test_a_stage_that_is_off_is_enabled_where_it_belongs(make, path):
    after = fixed(user_data.REQUIREMENT, make({path: GONE}))
    folder = path.rpartition("/")[0]
    assert len(after.listdir(folder)) == len(make().listdir(folder))


def test_alpine_without_setup_cloud_init_has_its_services_in_the_right_runlevels():
    stages = ("boot/cloud-init-local", "default/cloud-init", "default/cloud-config", "default/cloud-final")
    after = fixed(user_data.REQUIREMENT, alpine({f"/etc/runlevels/{stage}": GONE for stage in stages}))
    assert all(f"/etc/runlevels/{stage}" in after.files for stage in stages)


def test_red_hats_target_without_its_generator_starts_nothing():
    generator = "/usr/lib/systemd/system-generators/cloud-init-generator"
    assert "nothing starts cloud-init.target" in user_data.check(rocky9({generator: GONE}), SETTINGS).summary
    # Red Hat 7 ships the target too, and hangs nothing on it.
    assert cloud_init.is_on(centos7({"/usr/lib/systemd/system/cloud-init.target": b"[Unit]\n"}))


@pytest.mark.parametrize("make", [rocky9, sles15, arch])
def test_ds_identify_decides_wherever_it_lies(make):
    policy = {"/etc/cloud/ds-identify.cfg": b"policy: disabled\n"}
    assert ds_identify.used(make())
    assert "/etc/cloud/ds-identify.cfg" in fixed(user_data.REQUIREMENT, make(policy)).files


def test_on_alpine_ds_identify_has_a_service_of_its_own():
    program = {
        "/usr/lib/cloud-init/ds-identify": b"#!/bin/sh\n",
        "/etc/cloud/ds-identify.cfg": b"datasource: NoCloud\n",
    }
    service = {
        "/etc/init.d/cloud-init-ds-identify": b"#!/sbin/openrc-run\n",
        "/etc/runlevels/boot/cloud-init-ds-identify": Link("/etc/init.d/cloud-init-ds-identify"),
    }
    assert not ds_identify.used(alpine(program))
    fixed(user_data.REQUIREMENT, alpine(program | service))
    policy = {"/etc/cloud/ds-identify.cfg": b"policy: disabled\n"}
    assert cloud_init.is_on(alpine(program | service | policy)), "its stages start whatever the policy says"


def test_alpines_list_of_datasources_passes_and_a_list_without_openstack_does_not():
    listed = b"datasource_list: ['NoCloud', 'ConfigDrive', 'OpenStack', 'Ec2', Exoscale', 'None']\n"
    assert user_data.check(alpine({CFG: cloud_cfg("alpine", "/bin/ash") + listed}), SETTINGS).status is Status.PASS
    fixed(user_data.REQUIREMENT, rocky9({f"{CFG}.d/99.cfg": b"datasource_list: [Ec2, None]\n"}))


def test_alpines_sshd_without_pam_needs_a_password_field_that_is_not_locked():
    after = fixed(ssh_key.REQUIREMENT, alpine({"/usr/sbin/sshd.pam": GONE}))
    account = key_account(after, SETTINGS)
    assert account is not None
    assert not account.locked
    # A password of cloud-init's making that hides behind a lock is no better.
    given = cloud_cfg("alpine", "/bin/ash").replace(b"lock_passwd: True", b"lock_passwd: True\n     passwd: '*'")
    fixed(ssh_key.REQUIREMENT, alpine({"/usr/sbin/sshd.pam": GONE, CFG: given}))


def test_alpines_root_is_starred_for_the_boot_script():
    locked = {"/etc/shadow": b"root:!::0:::::\nbin:!::0:::::\n", "/usr/sbin/sshd.pam": GONE, **NO_CLOUD}
    after = fixed(ssh_key.REQUIREMENT, alpine(locked))
    assert after.files["/etc/shadow"] == b"root:*::0:::::\nbin:!::0:::::\n"


@each
def test_without_cloud_init_the_script_goes_where_the_boot_runs_it(make):
    for settings in (SETTINGS, Settings(key_fetch="rc.local")):
        after = fixed(ssh_key.REQUIREMENT, make(NO_CLOUD), settings)
        (path,) = [path for path, entry in after.files.items() if isinstance(entry, bytes) and b"BEGIN image" in entry]
        assert after.modes[path] & 0o111
        assert (
            path
            == {
                "rocky9": "/etc/rc.d/rc.local",
                "centos7": "/etc/rc.d/rc.local",
                "centos6": "/etc/rc.d/rc.local",
                "sles15": "/etc/init.d/boot.local",
                "sles11": "/etc/init.d/after.local",
                "arch": "/usr/local/sbin/image-wizard-ssh-key",
                "alpine": "/etc/local.d/image-wizard-ssh-key.start",
            }[make.__name__]
        )
        account = key_account(after, settings)
        assert account is not None
        assert account.name == "root"


@each
def test_the_script_can_be_asked_for_beside_cloud_init(make):
    settings = Settings(key_fetch="rc.local")
    after = fixed(ssh_key.REQUIREMENT, make(), settings)
    assert b"disable_root: false" in after.files[CFG]


@each
def test_packages_bring_cloud_init_where_they_can(make):
    assert ssh_key.plan(make(NO_CLOUD), Settings(network=True)).summary.startswith("Installs cloud-init.")
    assert user_data.check(make(NO_CLOUD), SETTINGS).status is Status.FAIL
    assert cloud_user.check(make(NO_CLOUD), SETTINGS).status is Status.SKIPPED


def test_the_script_stands_before_the_touch_of_red_hats_rc_local():
    after = fixed(ssh_key.REQUIREMENT, centos6(NO_CLOUD))
    content = after.files["/etc/rc.d/rc.local"]
    assert isinstance(content, bytes)
    assert content.endswith(key_script.END.encode() + b"\ntouch /var/lock/subsys/local\n")


def test_the_scripts_link_is_made_where_someone_removed_it():
    after = fixed(ssh_key.REQUIREMENT, centos6(NO_CLOUD | {"/etc/rc.d/rc3.d/S99local": GONE}))
    assert Link("../rc.local") in (
        after.files.get(f"{folder}/S99local") for folder in ("/etc/rc3.d", "/etc/rc.d/rc3.d")
    )


def test_a_script_of_openrcs_counts_once_the_service_local_runs():
    own = {"/etc/local.d/key.start": key_script.WHOLE, **NO_CLOUD}
    enabled = {"/etc/runlevels/default/local": Link("/etc/init.d/local")}
    for changes, passes in ((own, False), (own | enabled, True)):
        guest = alpine(changes)
        guest.modes["/etc/local.d/key.start"] = 0o755
        assert bool(rc_local.key_fetch(guest)) is passes


def test_our_unit_outlives_a_first_boot_that_disables_what_no_preset_enables():
    gone = dict.fromkeys(("/etc/rc.d/rc.local", "/usr/lib/systemd/system/rc-local.service"), GONE)
    presets = {"/usr/lib/systemd/system-preset/99-default-disable.preset": b"disable *\n", "/etc/machine-id": GONE}
    guest = rocky9(NO_CLOUD | gone | presets)
    after = guest.applied(Plan(rc_local.install_steps(guest)))
    assert rc_local.key_fetch(after)
    del after.files[boot_place.PRESET]
    assert not rc_local.key_fetch(after)


@pytest.mark.parametrize(
    ("make", "name", "status"),
    [
        (rocky9, "Ops.Team", Status.PASS),
        (rocky9, "0815", Status.FAIL),
        (sles15, "Ops.Team", Status.PASS),
        (sles15, "1st", Status.FAIL),
        (arch, "Ops", Status.UNKNOWN),
        (alpine, "ops_1", Status.PASS),
    ],
)
def test_names_as_each_useradd_takes_them(make, name, status):
    guest = make({f"{CFG}.d/99.cfg": f"user: '{name}'\n".encode()})
    assert cloud_user.check(guest, SETTINGS).status is status
    assert (account_names.refused(guest, name) is None) is (status is Status.PASS)
