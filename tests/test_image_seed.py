"""A NoCloud seed in the image: cloud-init would take it before it asks OpenStack."""

from __future__ import annotations

import pytest
from linux_guest import CLOUD_CFG, debian

from remediations import ssh_key, user_data
from remediations.vocabulary import Settings, Status

SETTINGS = Settings()
LATE = "/etc/cloud/cloud.cfg.d/99-installer.cfg"
SEED = {f"/var/lib/cloud/seed/nocloud-net/{name}": b"x: 1\n" for name in ("user-data", "meta-data")}
GIVEN = b"datasource:\n  NoCloud: {user-data: x, meta-data: {instance-id: y}}\n"
THREE = b"datasource_list: [ConfigDrive, OpenStack, None]\n"


@pytest.mark.parametrize(
    ("changes", "path", "after"),
    [
        (SEED, "/etc/cloud/cloud.cfg", CLOUD_CFG + THREE),
        ({LATE: GIVEN}, "/etc/cloud/cloud.cfg", CLOUD_CFG + THREE),
        ({LATE: b"datasource: {NoCloud: {seedfrom: /x/}}\n"}, "/etc/cloud/cloud.cfg", CLOUD_CFG + THREE),
        ({**SEED, LATE: b"datasource_list: [NoCloud, OpenStack]\n"}, LATE, THREE),
        ({**SEED, LATE: b"datasource_list: [NoCloud, None]\n"}, LATE, THREE),
    ],
)
def test_a_seed_is_a_fault_and_its_datasource_goes(changes, path, after):
    for requirement in (user_data, ssh_key):
        guest = debian(changes)
        found = requirement.check(guest, SETTINGS)
        assert found.status is Status.FAIL
        assert "NoCloud" in found.summary or "OpenStack" in found.summary
        fixed = guest.applied(requirement.plan(guest, SETTINGS))
        assert fixed.files[path] == after
        assert requirement.check(fixed, SETTINGS).status is Status.PASS
        assert not requirement.plan(fixed, SETTINGS).steps


@pytest.mark.parametrize(
    "changes",
    [
        {**SEED, LATE: b"datasource_list: [OpenStack, ConfigDrive]\n"},
        {"/var/lib/cloud/seed/nocloud/meta-data": b""},
        {LATE: b"datasource: {NoCloud: {user-data: x}, Ec2: {}}\n"},
    ],
)
def test_what_cloud_init_does_not_take_for_a_seed(changes):
    assert user_data.check(debian(changes), SETTINGS).status is Status.PASS
