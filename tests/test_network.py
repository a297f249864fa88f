"""network: something brings the first interface up by DHCP; what does not, and what makes it."""

from __future__ import annotations

import pytest
from fake_guest import Entry, FakeGuest, Link
from network_guest import (
    DHCP_NETWORK,
    KERNEL_NAMES,
    SERVER,
    UBUNTU_NM,
    cloud,
    el6,
    guest,
    interfaces,
    manager,
    networkd,
    openrc,
    profile,
    service,
)

from remediations import mac_address
from remediations.linux.catch_all import NETWORKD
from remediations.network import check, plan
from remediations.vocabulary import InstallPackages, PlanError, Settings, Status

SETTINGS = Settings()
NETWORK = "/etc/systemd/network/10-lan.network"
KEYFILE = "/etc/NetworkManager/system-connections/lan.nmconnection"
SCRIPTS = "/etc/sysconfig/network-scripts"
NETPLAN = {"/usr/lib/netplan/generate": b"\x7fELF", "/usr/sbin/netplan": b"\x7fELF"}
INSTALLER = b"network:\n  ethernets:\n    ens3:\n      dhcp4: true\n  version: 2\n"
CLOUD_IMAGE = b'network:\n  version: 2\n  ethernets:\n    all-en:\n      match: {name: "en*"}\n      dhcp4: true\n'
ETH0 = "auto eth0\niface eth0 inet dhcp\n"
HELPER = {
    "/etc/udev/rules.d/75-cloud-ifupdown.rules": b'SUBSYSTEM=="net", ENV{IFUPDOWN}="1"\n',
    "/etc/network/cloud-ifupdown-helper": b"#!/bin/sh\n",
}
SUSE = "/etc/sysconfig/network/ifcfg-eth0"
WICKED = b"BOOTPROTO='dhcp'\nSTARTMODE='auto'\n"
SIX = b"DEVICE=eth0\nONBOOT=yes\nBOOTPROTO=dhcp\n"

PASSING = {
    "networkd, any card": guest("arch", networkd(True), {NETWORK: DHCP_NETWORK}),
    "networkd, by type": guest("arch", networkd(True), {NETWORK: b"[Match]\nType=ether\n[Network]\nDHCP=ipv4\n"}),
    "NetworkManager by itself": guest("el9", manager()),
    "NetworkManager of release 10": guest("el10", manager()),
    "NetworkManager, a profile": guest("el9", manager(), SERVER, {KEYFILE: profile()}),
    "NetworkManager on Tumbleweed": guest("tumbleweed", manager()),
    "an ifcfg file for any card": guest("el7", manager(), SERVER, {f"{SCRIPTS}/ifcfg-lan": SIX[12:]}),
    "eth0 of a cloud image": guest("el7", manager(), SERVER, KERNEL_NAMES, {f"{SCRIPTS}/ifcfg-eth0": SIX}),
    "netplan of a cloud image": guest(
        "debian", networkd(False), NETPLAN, {"/etc/netplan/90-default.yaml": CLOUD_IMAGE}
    ),
    "netplan for NetworkManager": guest(
        "ubuntu", manager(), UBUNTU_NM, NETPLAN, {"/etc/netplan/01.yaml": b"network: {renderer: NetworkManager}\n"}
    ),
    "ifupdown where names are the kernel's": guest("jessie", interfaces(ETH0)),
    "Debian's ifupdown helper": guest("debian", interfaces("source-directory /run/network/interfaces.d\n"), HELPER),
    "cloud-init through networkd": guest("sid", networkd(True), cloud(renderers="[netplan, eni, networkd]")),
    "cloud-init through ifupdown": guest("debian", interfaces("allow-hotplug ens3\niface ens3 inet dhcp\n"), cloud()),
    "cloud-init through netplan": guest("ubuntu", networkd(False), NETPLAN, cloud()),
    "cloud-init through wicked": guest("sles15", service("wicked"), cloud()),
    "wicked where names are the kernel's": guest("sles15", service("wicked"), KERNEL_NAMES, {SUSE: WICKED}),
    "dhcpcd": guest("arch", service("dhcpcd"), {"/etc/dhcpcd.conf": b"duid\npersistent\n"}),
    "ConnMan": guest("arch", service("connman")),
    "Alpine": openrc("auto lo\niface lo inet loopback\n\n" + ETH0),
    "the network service": el6({"eth0": SIX, "lo": b"DEVICE=lo\nONBOOT=yes\n"}),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_brings_the_network_up(name: str) -> None:
    finding = check(PASSING[name], SETTINGS)
    assert finding.status is Status.PASS, finding.summary
    assert finding.evidence
    assert plan(PASSING[name], SETTINGS).steps == ()


STATIC = "auto eth0\niface eth0 inet static\n  address 10.0.0.2/24\n"
FAILING = {
    "Debian sid: the renderer is off": guest("sid", networkd(False), cloud(renderers="[netplan, eni, networkd]")),
    "networkd without a profile": guest("arch", networkd(True)),
    "networkd for another card": guest("arch", networkd(True), {NETWORK: DHCP_NETWORK.replace(b"en* eth*", b"ens160")}),
    "a profile for one machine type": guest(
        "arch", networkd(True), {NETWORK: DHCP_NETWORK.replace(b"en* eth*", b"ens3")}
    ),
    "NetworkManager of a server": guest("el9", manager(), SERVER),
    "NetworkManager is off": guest("el9", manager(False)),
    "ONBOOT=no stands in the way": guest(
        "el9", manager(), KERNEL_NAMES, {f"{SCRIPTS}/ifcfg-eth0": SIX.replace(b"yes", b"no")}
    ),
    "NetworkManager leaves Ethernet alone": guest("ubuntu", manager(), UBUNTU_NM, networkd(False)),
    "netplan for one card": guest("ubuntu", networkd(True), NETPLAN, {"/etc/netplan/00-installer.yaml": INSTALLER}),
    "cloud-init's own configuration for one card": guest(
        "ubuntu", networkd(True), NETPLAN, cloud(INSTALLER.decode()), {"/etc/netplan/50-cloud-init.yaml": CLOUD_IMAGE}
    ),
    "cloud-init leaves the network alone": guest("debian", networkd(True), cloud("network: {config: disabled}\n")),
    "ifupdown for one card": guest("debian", interfaces("allow-hotplug ens3\niface ens3 inet dhcp\n"), networkd(False)),
    "ifupdown is off": guest("jessie", interfaces(ETH0, on=False)),
    "an old cloud-init": guest("jessie", interfaces(""), cloud()),
    "wicked without a file": guest("sles15", service("wicked"), KERNEL_NAMES),
    "Alpine without the service": openrc(ETH0, on=False),
    "Alpine without the interface": openrc("auto lo\niface lo inet loopback\n"),
    "the network service, ONBOOT=no": el6({"eth0": SIX.replace(b"yes", b"no")}),
    "the network service is off": el6({"eth0": SIX}, on=False),
    "the network service, no file": el6({}),
    "dhcpcd is off": guest("arch", service("dhcpcd", False)),
}


@pytest.mark.parametrize("name", FAILING)
def test_what_does_not_is_mended(name: str) -> None:
    before: FakeGuest = FAILING[name]
    finding = check(before, SETTINGS)
    assert finding.status is Status.FAIL, finding.summary
    assert finding.evidence
    planned = plan(before, SETTINGS)
    assert planned.steps, planned.obstacle
    assert plan(before, SETTINGS) == planned
    after = before.applied(planned)
    assert check(after, SETTINGS).status is Status.PASS, check(after, SETTINGS).summary
    assert plan(after, SETTINGS).steps == ()


def test_the_renderer_is_enabled_with_all_that_goes_with_it() -> None:
    before = FAILING["Debian sid: the renderer is off"]
    paths = {getattr(step, "path", "") for step in plan(before, SETTINGS).steps}
    assert "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service" in paths
    assert "/etc/systemd/system/sockets.target.wants/systemd-networkd.socket" in paths
    assert "/etc/systemd/system/network-online.target.wants/systemd-networkd-wait-online.service" in paths


def test_a_new_keyfile_is_for_root_alone() -> None:
    before = FAILING["NetworkManager of a server"]
    after = before.applied(plan(before, SETTINGS))
    assert after.modes["/etc/NetworkManager/system-connections/dhcp.nmconnection"] == 0o600


def test_networkd_takes_over_from_ifupdown() -> None:
    before = FAILING["ifupdown for one card"]
    after = before.applied(plan(before, SETTINGS)).files["/etc/network/interfaces"]
    assert isinstance(after, bytes)
    assert b"ens3" not in after
    assert b"iface lo inet loopback" in after


@pytest.mark.parametrize(
    ("before", "named"),
    [
        (guest("jessie", interfaces(STATIC)), "/etc/network/interfaces"),
        (guest("arch", networkd(True), {NETWORK: b"[Match]\nName=e*\n[Network]\nAddress=10.0.0.2/24\n"}), NETWORK),
        (guest("el9", manager(), {KEYFILE: profile(method="manual")}), KEYFILE),
        (openrc(STATIC), "/etc/network/interfaces"),
        (el6({"eth0": SIX.replace(b"dhcp", b"static") + b"IPADDR=10.0.0.2\n"}), "ifcfg-eth0"),
    ],
)
def test_a_fixed_address_is_left_to_the_operator(before: FakeGuest, named: str) -> None:
    finding = check(before, SETTINGS)
    assert finding.status is Status.FAIL
    assert named in finding.summary
    with pytest.raises(PlanError, match="by hand"):
        plan(before, SETTINGS)


def test_a_profile_that_others_may_read_does_not_count() -> None:
    table = {KEYFILE: profile()}
    assert check(guest("el9", manager(), SERVER, table, **{KEYFILE: 0o644}), SETTINGS).status is Status.FAIL


def test_ifupdown_needs_a_client() -> None:
    finding = check(guest("jessie", interfaces(ETH0, client=False)), SETTINGS)
    assert finding.status is Status.FAIL
    assert "no DHCP client" in finding.summary


@pytest.mark.parametrize(
    "before",
    [
        guest("sles15", service("wicked"), {SUSE: WICKED}),
        guest("arch", networkd(True), {NETWORK: b"[Match]\nPath=pci-0000:00:03.0\n[Network]\nDHCP=yes\n"}),
        guest("ubuntu", networkd(True), NETPLAN, {"/etc/netplan/1.yaml": b"network: [\n"}),
        guest("arch", networkd(True), cloud("disable_fallback_netcfg: true\n")),
    ],
)
def test_what_cannot_be_told_is_unknown(before: FakeGuest) -> None:
    assert check(before, SETTINGS).status is Status.UNKNOWN
    assert plan(before, SETTINGS).obstacle


def test_nothing_installed_asks_for_a_package() -> None:
    assert check(guest("el9"), SETTINGS).status is Status.FAIL
    assert plan(guest("el9"), SETTINGS).steps == (InstallPackages(("NetworkManager",)),)


def test_a_masked_service_is_off() -> None:
    mask = {"/etc/systemd/system/NetworkManager.service": Link("/dev/null")}
    assert check(guest("el9", manager(), mask), SETTINGS).status is Status.FAIL


def test_a_rule_that_keeps_eth0_for_another_card_comes_first() -> None:
    rule = b'SUBSYSTEM=="net", ATTR{address}=="52:54:00:12:34:56", ATTR{type}=="1", KERNEL=="eth*", NAME="eth0"\n'
    before = el6({"eth0": SIX})
    before.files["/etc/udev/rules.d/70-persistent-net.rules"] = rule
    before.files["/lib/udev/rules.d/75-persistent-net-generator.rules"] = (
        b'ACTION=="add", SUBSYSTEM=="net", IMPORT{program}="write_net_rules"\n'
    )
    assert check(before, SETTINGS).status is Status.FAIL
    with pytest.raises(PlanError, match="fix mac-address first"):
        plan(before, SETTINGS)
    after = before.applied(mac_address.plan(before, SETTINGS))
    assert check(after, SETTINGS).status is Status.PASS


def test_an_address_in_the_file_keeps_the_card_down() -> None:
    before = el6({"eth0": SIX + b'HWADDR="52:54:00:12:34:56"\n'})
    assert check(before, SETTINGS).status is Status.FAIL
    assert check(before.applied(plan(before, SETTINGS)), SETTINGS).status is Status.PASS


def test_a_bridge_above_the_card_is_not_judged() -> None:
    text = "auto eth0\niface eth0 inet manual\n\nauto br0\niface br0 inet dhcp\n  bridge_ports eth0\n"
    assert check(guest("jessie", interfaces(text)), SETTINGS).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ({"/etc/systemd/system/systemd-networkd.service": Link("/dev/null")}, "hands it to networkd"),
        ({"/etc/netplan/01.yaml": b"network: {renderer: NetworkManager}\n"}, "hands it to NetworkManager"),
        ({"/etc/netplan/01.yaml": INSTALLER.replace(b"dhcp4: true", b"addresses: [10.0.0.2/24]")}, "without DHCP"),
        ({"/etc/systemd/network/05.network": b"[Match]\nName=e*\n[Network]\nAddress=10.0.0.2/24\n"}, "without DHCP"),
    ],
)
def test_what_keeps_cloud_init_from_the_card(before: dict[str, Entry], why: str) -> None:
    enabled = guest("ubuntu", networkd(True), NETPLAN, cloud())
    assert check(enabled, SETTINGS).status is Status.PASS
    enabled.files.update(before)
    finding = check(enabled, SETTINGS)
    assert finding.status is Status.FAIL
    assert why in finding.summary


def test_a_renderer_in_what_cloud_init_wrote_before_does_not_count() -> None:
    before = guest("ubuntu", networkd(True), NETPLAN, cloud())
    before.files["/etc/netplan/50-cloud-init.yaml"] = b"network: {renderer: NetworkManager}\n"
    assert check(before, SETTINGS).status is Status.PASS


def test_a_netplan_file_that_cannot_be_read_leaves_cloud_init_in_doubt() -> None:
    before = guest("ubuntu", networkd(True), NETPLAN, cloud(), {"/etc/netplan/1.yaml": b"network: [\n"})
    assert check(before, SETTINGS).status is Status.UNKNOWN


@pytest.mark.parametrize("word", ["true", '"yes"', "on", "y", "'True'"])
def test_netplans_words_for_true(word: str) -> None:
    text = CLOUD_IMAGE.replace(b"true", word.encode())
    assert (
        check(guest("ubuntu", networkd(True), NETPLAN, {"/etc/netplan/1.yaml": text}), SETTINGS).status is Status.PASS
    )


@pytest.mark.parametrize(
    "text",
    [
        CLOUD_IMAGE + b"      activation-mode: manual\n",
        CLOUD_IMAGE.replace(b"all-en:", b"renderer: NetworkManager\n    all-en:"),
    ],
)
def test_a_netplan_card_that_nothing_brings_up(text: bytes) -> None:
    assert (
        check(guest("ubuntu", networkd(True), NETPLAN, {"/etc/netplan/1.yaml": text}), SETTINGS).status is Status.FAIL
    )


@pytest.mark.parametrize("link", [b"[Link]\nUnmanaged=yes\n", b"[Link]\nActivationPolicy=manual\n"])
def test_networkd_leaves_a_card_as_it_is_told(link: bytes) -> None:
    table = {NETWORK: DHCP_NETWORK + link, "/etc/systemd/network/90-all.network": DHCP_NETWORK}
    assert check(guest("arch", networkd(True), table), SETTINGS).status is Status.FAIL


def test_networkd_reads_no_file_for_root_alone() -> None:
    before = guest("arch", networkd(True), {NETWORKD: DHCP_NETWORK}, **{NETWORKD: 0o600})
    assert check(before, SETTINGS).status is Status.FAIL
    after = before.applied(plan(before, SETTINGS))
    assert after.modes[NETWORKD] == 0o644
    assert check(after, SETTINGS).status is Status.PASS


@pytest.mark.parametrize("switch", [None, b"NETWORKING=no\n"])
def test_the_network_service_asks_a_file_first(switch: bytes | None) -> None:
    before = el6({"eth0": SIX})
    del before.files["/etc/sysconfig/network"]
    if switch:
        before.files["/etc/sysconfig/network"] = switch
    assert check(before, SETTINGS).status is Status.FAIL


def test_ifupdown_told_to_configure_nothing() -> None:
    before = guest("jessie", interfaces(ETH0), {"/etc/default/networking": b"CONFIGURE_INTERFACES=no\n"})
    assert "CONFIGURE_INTERFACES=no" in check(before, SETTINGS).summary


def test_ifupdown_reads_what_its_main_file_takes_in() -> None:
    more = {"/etc/network/interfaces.d/eth0": ETH0.encode()}
    before = guest("jessie", interfaces(""), more)
    assert check(before, SETTINGS).status is Status.PASS
    for taken, status in ((b"", Status.FAIL), (b"source interfaces.d/*.cfg\n", Status.FAIL),
                          (b"source interfaces.d/*\n", Status.PASS)):  # fmt: skip
        before.files["/etc/network/interfaces"] = b"auto lo\niface lo inet loopback\n" + taken
        assert check(before, SETTINGS).status is status, taken


def test_cloud_inits_own_static_profile_wins_over_what_networkmanager_would_do() -> None:
    own = "network:\n  version: 2\n  ethernets:\n    all:\n      match: {name: 'e*'}\n      addresses: [10.0.0.2/24]\n"
    assert check(guest("el9", manager(), cloud(own)), SETTINGS).status is Status.FAIL


def test_a_keyfile_of_one_user_or_another_driver_does_not_count() -> None:
    for extra in ("permissions=user:joe:;\n", "[match]\ndriver=vmxnet3;\n"):
        table = {KEYFILE: profile(extra=extra)}
        assert check(guest("el9", manager(), SERVER, table), SETTINGS).status is Status.FAIL, extra


def test_what_comes_first_is_left_to_the_operator() -> None:
    manual = CLOUD_IMAGE + b"      activation-mode: manual\n"
    for before in (
        guest("arch", networkd(True), {NETWORK: DHCP_NETWORK + b"[Link]\nUnmanaged=yes\n"}),
        guest("ubuntu", networkd(True), NETPLAN, {"/etc/netplan/1.yaml": manual}),
    ):
        with pytest.raises(PlanError, match="by hand"):
            plan(before, SETTINGS)


def test_a_mask_gives_way_to_the_file_of_its_name() -> None:
    before = guest("arch", networkd(True), {NETWORKD: Link("/dev/null")})
    assert check(before.applied(plan(before, SETTINGS)), SETTINGS).status is Status.PASS
