"""Who is in the corpus: each a conforming OpenStack image, and what it is known to hold of each requirement."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fake_guest import FakeGuest

from corpus import debian, redhat, redhat6, rolling, suse, ubuntu
from remediations import REQUIREMENTS

GUESTS: Mapping[str, Callable[[], FakeGuest]] = {
    "debian-8": debian.debian8,
    "debian-10": debian.debian10,
    "debian-12": debian.debian12,
    "debian-13": debian.debian13,
    "debian-13-arm64": debian.debian13_arm64,
    "debian-sid": debian.sid,
    "ubuntu-14.04": ubuntu.ubuntu1404,
    "ubuntu-16.04": ubuntu.ubuntu1604,
    "ubuntu-20.04": ubuntu.ubuntu2004,
    "ubuntu-24.04": ubuntu.ubuntu2404,
    "ubuntu-26.04": ubuntu.ubuntu2604,
    "centos-6": redhat6.centos6,
    "centos-7": redhat.centos7,
    "rocky-8": redhat.rocky8,
    "oracle-8": redhat.oracle8,
    "alma-9": redhat.alma9,
    "rhel-9-s390x": redhat.rhel9_s390x,
    "rhel-10": redhat.rhel10,
    "fedora-42": redhat.fedora42,
    "sles-11": suse.sles11,
    "sles-12": suse.sles12,
    "sles-15": suse.sles15,
    "leap-15": suse.leap15,
    "leap-15-ppc64le": suse.leap15_ppc64le,
    "tumbleweed": suse.tumbleweed,
    "arch": rolling.arch,
    "arch-systemd-boot": rolling.arch_boot,
    "alpine-3.20": rolling.alpine,
}

NOT_HEALTHY: Mapping[str, Mapping[str, str]] = {
    # Its kernel (3.0) cannot grow a partition in use, and SUSE had no growroot for its initial RAM disk.
    "sles-11": {"root-resize": "fail"},
}


def labels(name: str) -> dict[str, str]:
    """The status of every requirement that a healthy guest of the corpus is known to have."""
    expected = {requirement.id: "pass" for requirement in REQUIREMENTS}
    return expected | {"xen-kernel": "skipped"} | dict(NOT_HEALTHY.get(name, {}))
