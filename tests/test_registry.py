"""What holds for every requirement: ids, pages, purity, planning twice, and no check that an odd guest can crash."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from fake_guest import FakeGuest, Link, Special
from hypothesis import given, settings
from hypothesis import strategies as st
from linux_guest import debian, noble, trusty

import remediations
from remediations import REQUIREMENTS
from remediations.guest import Guest, GuestError
from remediations.vocabulary import Finding, Level, PlanError, Requirement, Settings, Status
from wizard.report import examine

PAGES = Path(remediations.__file__).parent
GUIDE_SECTIONS = {
    "Disk partitions and resize root partition on boot",
    "No hard-coded MAC address information",
    "Ensure ssh server runs",
    "Disable firewall",
    "Access instance by using ssh public key",
    "Use cloud-init to fetch the public key",
    "Process user data and other metadata",
    "Ensure image writes boot log to console",
    "Paravirtualized Xen support in the kernel",
}
REQUIRED = ["root-resize", "mac-address", "ssh-server", "firewall", "ssh-key", "cloud-user", "user-data",
            "console-log", "xen-kernel"]  # fmt: skip
each = pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.id)


def test_all_required_ids_are_there() -> None:
    assert [r.id for r in REQUIREMENTS if r.level is Level.REQUIRED] == REQUIRED
    assert {r.guide for r in REQUIREMENTS if r.level is Level.REQUIRED} <= GUIDE_SECTIONS
    assert {r.guide for r in REQUIREMENTS if r.level is Level.RECOMMENDED} <= {""}, "the guide does not name them"


@each
def test_each_has_a_title_a_module_and_a_page(requirement: Requirement) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", requirement.id)
    assert "\n" not in requirement.title
    assert not requirement.title.endswith(".")
    assert len(requirement.title) <= 43, "longer ones are cut at 80 columns"
    assert (PAGES / f"{requirement.id.replace('-', '_')}.py").exists()
    page = (PAGES / f"{requirement.id}.md").read_text()
    for word in ("What", "Why", "Before", "After"):
        assert re.search(rf"^#+ .*{word}", page, re.MULTILINE | re.IGNORECASE), word


@each
@pytest.mark.parametrize("make", [debian, noble, trusty], ids=lambda make: make.__name__)
def test_planning_is_pure_and_repeatable(requirement: Requirement, make: type) -> None:
    guest = make()
    files = dict(guest.files)
    try:
        first = requirement.plan(guest, Settings())
        assert requirement.plan(guest, Settings()) == first
    except PlanError:
        pass
    requirement.check(guest, Settings())
    assert guest.files == files


@each
def test_a_guest_of_another_family_never_passes(requirement: Requirement) -> None:
    guest = debian()
    guest.facts = replace(guest.facts, distro="gentoo")
    report = examine(guest, Settings(), requirements=[requirement])
    assert report.assessments[0].finding.status is not Status.PASS
    fix = report.assessments[0].fix
    assert fix is None or not fix.available


def test_an_empty_guest_passes_nothing_but_what_needs_nothing() -> None:
    report = examine(FakeGuest({}), Settings())
    passed = [a.requirement.id for a in report.assessments if a.finding.status is Status.PASS]
    assert passed == ["mac-address", "random-seed"]


_entry = st.one_of(
    st.binary(max_size=200),
    st.builds(Special),
    st.none(),
    st.sampled_from(["..", "/etc", "/", "/dev/null", "nowhere", "/etc/cloud/cloud.cfg"]).map(Link),
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_check_and_no_plan_raises_on_odd_guests(data: st.DataObject) -> None:
    guest = data.draw(st.sampled_from([debian, noble, trusty]))()
    for path in data.draw(st.lists(st.sampled_from(sorted(guest.files)), max_size=4)):
        guest.files[path] = data.draw(_entry)
    for requirement in REQUIREMENTS:
        for chosen in (Settings(), Settings(user="admin", hypervisor="xen")):
            try:
                requirement.check(guest, chosen)
                plan = requirement.plan(guest, chosen)
            except (GuestError, PlanError):
                continue
            if plan.steps and not plan.needs:
                after = guest.applied(plan)
                if requirement.check(after, chosen).status is Status.PASS:
                    assert requirement.plan(after, chosen).steps == (), requirement.id


def test_a_fault_of_ours_is_no_verdict() -> None:
    def fault(guest: Guest, settings: Settings) -> Finding:
        raise TypeError("ours")

    broken = replace(REQUIREMENTS[0], check=fault)
    (assessment,) = examine(debian(), Settings(), requirements=[broken]).assessments
    assert assessment.finding.status is Status.UNKNOWN
    assert "TypeError" in assessment.finding.summary
