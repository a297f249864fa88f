"""cloud-init-state: what an earlier run left is found, counted and removed; seeds and scripts stay."""

from __future__ import annotations

import pytest
from fake_guest import Link, Special
from family_guests import EVERY
from hypothesis import given
from hypothesis import strategies as st
from linux_guest import debian

from remediations.cloud_init_state import check, plan
from remediations.guest import GuestError
from remediations.vocabulary import PlanError, RemoveDirectory, RemoveFile, Settings, Status

SETTINGS = Settings()
ROOT = "/var/lib/cloud"
LEFT = {
    f"{ROOT}/instance": Link(f"{ROOT}/instances/i-1"),
    f"{ROOT}/instances/i-1/obj.pkl": b"x",
    f"{ROOT}/instances/i-1/scripts": None,
    f"{ROOT}/instances/i-1/sem/config_ssh": b"",
    f"{ROOT}/data/instance-id": b"i-1\n",
    f"{ROOT}/sem/config_scripts_per_once.once": b"",
}
KEPT = {
    f"{ROOT}/seed/nocloud/user-data": b"#cloud-config\n",
    f"{ROOT}/scripts/per-boot/mine": b"#!/bin/sh\n",
    f"{ROOT}/handlers": None,
}


@pytest.mark.parametrize("make", [debian, *EVERY])
def test_what_was_left_goes_and_the_rest_stays(make):
    guest = make({**LEFT, **KEPT, "/var/log/cloud-init.log": b"x\n"})
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert "5 files" in found.summary
    assert found.evidence[-1].path == "/var/log/cloud-init.log"
    first = plan(guest, SETTINGS)
    assert first == plan(guest, SETTINGS)
    after = guest.applied(first)
    assert check(after, SETTINGS).status is Status.PASS
    assert not plan(after, SETTINGS).steps
    assert {path: after.files[path] for path in KEPT} == KEPT
    assert not [path for path in after.files if path.startswith(f"{ROOT}/instance")]


def test_a_folder_goes_after_what_is_in_it_and_a_link_is_not_followed():
    steps = plan(debian(LEFT), SETTINGS).steps
    assert RemoveFile(f"{ROOT}/instance") in steps
    assert steps.index(RemoveFile(f"{ROOT}/instances/i-1/sem/config_ssh")) < steps.index(
        RemoveDirectory(f"{ROOT}/instances/i-1/sem")
    )
    assert RemoveDirectory(f"{ROOT}/instances/i-1") in steps
    assert RemoveDirectory(f"{ROOT}/instances") not in steps


@pytest.mark.parametrize("files", [{}, {f"{ROOT}/instances": None, f"{ROOT}/sem/x": None}, KEPT])
def test_empty_folders_are_no_state(files):
    assert check(debian(files), SETTINGS).status is Status.PASS
    assert not plan(debian(files), SETTINGS).steps


def test_it_follows_the_folder_that_is_configured():
    late = {"/etc/cloud/cloud.cfg.d/9.cfg": b"system_info: {paths: {cloud_dir: /srv/cloud/}}\n"}
    assert check(debian({**LEFT, **late}), SETTINGS).status is Status.PASS
    assert check(debian({"/srv/cloud/sem/x": b"", **late}), SETTINGS).status is Status.FAIL
    with pytest.raises(GuestError):
        check(debian({"/etc/cloud/cloud.cfg.d/9.cfg": b"system_info: {paths: {cloud_dir: /}}\n"}), SETTINGS)


def test_without_cloud_init_it_is_skipped():
    guest = debian(LEFT, without=("/usr/bin/cloud-init",))
    assert check(guest, SETTINGS).status is Status.SKIPPED
    assert not plan(guest, SETTINGS).steps


def test_too_many_files_and_odd_ones_are_left_to_the_operator():
    many = debian({f"{ROOT}/data/{number}": b"" for number in range(2100)})
    assert "cloud-init clean" in plan(many, SETTINGS).obstacle
    with pytest.raises(PlanError):
        plan(debian({f"{ROOT}/data/pipe": Special()}), SETTINGS)


@given(
    st.dictionaries(
        st.sampled_from(["instance", "instances/a", "instances/b/c", "data/d", "sem/e/f", "seed/g", "scripts/h"]),
        st.sampled_from([b"", None, Link("/etc"), Link("..")]),
    )
)
def test_any_tree_is_cleaned_and_nothing_beside_it_is_touched(tree):
    guest = debian({f"{ROOT}/{name}": entry for name, entry in tree.items()})
    after = guest.applied(plan(guest, SETTINGS))
    assert check(after, SETTINGS).status is Status.PASS
    beside = {
        path: e for path, e in guest.files.items() if not path.startswith((f"{ROOT}/inst", f"{ROOT}/d", f"{ROOT}/sem"))
    }
    assert {path: after.files[path] for path in beside} == beside
