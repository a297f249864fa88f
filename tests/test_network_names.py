"""network-names: profiles for the build machine's card alone."""

from __future__ import annotations

import pytest
from fake_guest import FakeGuest
from network_guest import (
    DHCP_NETWORK,
    INTERFACES,
    KERNEL_NAMES,
    cloud,
    el6,
    guest,
    interfaces,
    manager,
    networkd,
    profile,
    service,
)

from remediations import network
from remediations.network_names import check, plan
from remediations.vocabulary import Settings, Status

SETTINGS = Settings()
KEYFILE = "/etc/NetworkManager/system-connections/ens160.nmconnection"
SCRIPTS = "/etc/sysconfig/network-scripts"
NETPLAN = {"/usr/lib/netplan/generate": b"\x7fELF"}
HOTPLUG = "allow-hotplug ens192\niface ens192 inet dhcp\n    mtu 1400\n"
IFCFG = b"TYPE=Ethernet\nBOOTPROTO=dhcp\nNAME=ens160\nDEVICE=ens160\nONBOOT=yes\n"
INSTALLER = b"# mine\nnetwork:\n  ethernets:\n    ens160:\n      dhcp4: true\n  version: 2\n"
WIDE = INSTALLER.replace(b"      dhcp4", b'      match: {name: "e*"}\n      dhcp4')
NETWORK = "/etc/systemd/network/1.network"
CLOUD_CFG = "/etc/cloud/cloud.cfg.d/90-more.cfg"


@pytest.mark.parametrize(
    ("before", "path", "content"),
    [
        (guest("el9", manager(), {KEYFILE: profile("ens160")}), KEYFILE, profile()),
        (guest("el7", manager(), {f"{SCRIPTS}/ifcfg-ens160": IFCFG}), f"{SCRIPTS}/ifcfg-ens160",
         IFCFG.replace(b"DEVICE=ens160\n", b"")),
        (guest("arch", networkd(True), {NETWORK: DHCP_NETWORK.replace(b"en* eth*", b"enp0s3")}), NETWORK, DHCP_NETWORK),
        (guest("ubuntu", networkd(True), NETPLAN, {"/etc/netplan/0.yaml": INSTALLER}), "/etc/netplan/0.yaml", WIDE),
        (guest("ubuntu", networkd(True), NETPLAN, cloud(INSTALLER.decode())), CLOUD_CFG, WIDE),
        (guest("debian", interfaces(HOTPLUG), cloud(), {"/etc/network/interfaces.d": None}), INTERFACES,
         interfaces("")[INTERFACES]),
        (el6({"eth1": b"DEVICE=eth1\nONBOOT=yes\nBOOTPROTO=dhcp\n"}), f"{SCRIPTS}/ifcfg-eth0",
         b"DEVICE=eth0\nONBOOT=yes\nBOOTPROTO=dhcp\n"),
        (guest("sles15", service("wicked"), KERNEL_NAMES,
               {"/etc/sysconfig/network/ifcfg-eth1": b"BOOTPROTO='dhcp'\nSTARTMODE='auto'\n"}),
         "/etc/sysconfig/network/ifcfg-eth0", b"BOOTPROTO='dhcp'\nSTARTMODE='auto'\n"),
    ],
)  # fmt: skip
def test_a_bound_profile_is_widened(before: FakeGuest, path: str, content: bytes) -> None:
    finding = check(before, SETTINGS)
    assert finding.status is Status.FAIL, finding.summary
    planned = plan(before, SETTINGS)
    assert planned.steps, planned.obstacle
    assert plan(before, SETTINGS) == planned
    after = before.applied(planned)
    assert after.files[path] == content
    assert check(after, SETTINGS).status is Status.PASS
    assert plan(after, SETTINGS).steps == ()
    assert network.check(after, SETTINGS).status is Status.PASS


@pytest.mark.parametrize(
    "before",
    [
        guest("el9", manager()),
        guest("el9", manager(False), {KEYFILE: profile("ens160")}),
        guest("el9", manager(), {KEYFILE: profile("ens160", extra="autoconnect=false\n")}),
        guest("el9", manager(), KERNEL_NAMES, {KEYFILE: profile("eth0")}),
        guest("arch", networkd(True), {"/etc/systemd/network/1.network": DHCP_NETWORK}),
        guest("ubuntu", networkd(True), NETPLAN, cloud(), {"/etc/netplan/50-cloud-init.yaml": INSTALLER}),
        el6({"eth0": b"DEVICE=eth0\nONBOOT=yes\nBOOTPROTO=dhcp\n"}),
    ],
)
def test_what_any_instance_has_passes(before: FakeGuest) -> None:
    finding = check(before, SETTINGS)
    assert finding.status is Status.PASS, finding.summary
    assert plan(before, SETTINGS).steps == ()


def test_several_profiles_are_left_to_the_operator() -> None:
    two = {KEYFILE: profile("ens160"), KEYFILE.replace("160", "192"): profile("ens192")}
    planned = plan(guest("el9", manager(), two), SETTINGS)
    assert not planned.steps
    assert "several" in planned.obstacle


def test_ifupdown_alone_waits_for_the_network_to_be_right() -> None:
    before = guest("debian", interfaces(HOTPLUG), networkd(False))
    assert "Fix network first" in plan(before, SETTINGS).obstacle
    after = before.applied(network.plan(before, SETTINGS))
    assert check(after, SETTINGS).status is Status.PASS


def test_a_name_that_may_be_right_is_unknown() -> None:
    eth0 = {"/etc/sysconfig/network/ifcfg-eth0": b"BOOTPROTO=dhcp\nSTARTMODE=auto\n"}
    assert check(guest("sles15", service("wicked"), eth0), SETTINGS).status is Status.UNKNOWN
