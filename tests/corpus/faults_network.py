"""What keeps an instance off the network: nothing that runs, nothing that asks by DHCP, a name that it has not."""

from __future__ import annotations

from fake_guest import Link

from corpus.faults import Change, Fault, both, by_guest, edited, mode, without, wrote

_UNITS = "/etc/systemd/system"
_NETPLAN = ("ubuntu-20.04", "ubuntu-24.04", "debian-13")
_NM = ("rocky-8", "rhel-9-s390x", "rhel-10", "fedora-42", "tumbleweed")
_WICKED = ("sles-12", "sles-15", "leap-15-ppc64le")
_IFUPDOWN = ("debian-12", "ubuntu-16.04")
_NETWORKD = ("debian-sid", "arch*")
_SILENT = (*_IFUPDOWN, *_NETPLAN, "debian-sid")
"""Those with nothing but what cloud-init writes at an instance's first boot."""
_OWN = ("debian-8", "ubuntu-14.04", "centos-*", *_NM, *_WICKED, "arch*", "alpine-*")
"""Those with a profile of their own, or with NetworkManager, which needs none."""

CLOUD_OFF = wrote("/etc/cloud/cloud.cfg.d/99-disable-network-config.cfg", "network: {config: disabled}\n")


def _disabled(*names: str) -> Change:
    return without(*(f"{_UNITS}/*.wants/{name}" for name in names))


def _masked(name: str) -> Change:
    return wrote(f"{_UNITS}/{name}", Link("/dev/null"))


def _netplan(name: str, text: str) -> Change:
    return wrote(f"/etc/netplan/{name}.yaml", f"network:\n  version: 2\n{text}", 0o600)


_ENS160 = "  ethernets:\n    ens160:\n      dhcp4: true\n"
_STATIC = "      addresses: [192.168.10.20/24]\n      routes: [{to: default, via: 192.168.10.1}]\n"

# fmt: off
FAULTS: tuple[Fault, ...] = (
    # What starts the network, or does not.
    Fault("networkd not enabled", ("debian-sid",), _disabled("systemd-networkd*"), {"network": "fail"}),
    Fault("networkd not enabled, and netplan starts it", ("ubuntu-2*", "debian-13"),
          _disabled("systemd-networkd*"), {}),
    Fault("networkd masked", (*_NETPLAN, *_NETWORKD), _masked("systemd-networkd.service"), {"network": "fail"}),
    Fault("NetworkManager disabled", _NM, _disabled("NetworkManager*.service"), {"network": "fail"}),
    Fault("NetworkManager masked", _NM, _masked("NetworkManager.service"), {"network": "fail"}),
    Fault("NetworkManager disabled beside the network service", ("centos-7",), _disabled("NetworkManager*.service"),
          {}),
    Fault("the network service off beside NetworkManager", ("centos-7",), without("/etc/rc.d/rc?.d/S10network"), {}),
    Fault("NetworkManager and the network service off", ("centos-7",),
          both(_disabled("NetworkManager*.service"), without("/etc/rc.d/rc?.d/S10network")), {"network": "fail"}),
    Fault("the network service off", ("centos-6", "sles-11"),
          by_guest({"centos-6": without("/etc/rc.d/rc?.d/S10network"),
                    "sles-11": without("/etc/init.d/rc?.d/S05network")}), {"network": "fail"}),
    Fault("networking disabled", ("debian-8", *_IFUPDOWN), _disabled("networking.service"), {"network": "fail"}),
    Fault("networking masked", _IFUPDOWN, _masked("networking.service"), {"network": "fail"}),
    Fault("networking told to configure nothing", ("debian-12",),
          wrote("/etc/default/networking", "CONFIGURE_INTERFACES=no\n"), {"network": "fail"}),
    Fault("networking's defaults as they come", ("debian-12",),
          wrote("/etc/default/networking", "#CONFIGURE_INTERFACES=no\n#EXCLUDE_INTERFACES=\nVERBOSE=no\n"), {}),
    Fault("networking in no runlevel", ("alpine-*",), without("/etc/runlevels/boot/networking"), {"network": "fail"}),
    Fault("networking in the default runlevel", ("alpine-*",),
          both(without("/etc/runlevels/boot/networking"),
               wrote("/etc/runlevels/default/networking", Link("/etc/init.d/networking"))), {}),
    Fault("wicked disabled", _WICKED, _disabled("wicked.service"), {"network": "fail"}),
    Fault("NETWORKING=no", ("centos-6",), wrote("/etc/sysconfig/network", "NETWORKING=no\n"), {"network": "fail"},
          fixable=False),
    Fault("/etc/sysconfig/network is gone", ("centos-6",), without("/etc/sysconfig/network"), {"network": "fail"},
          fixable=False),
    Fault("no preset keeps NetworkManager", ("fedora-42", "rhel-10"),
          edited("/usr/lib/systemd/system-preset/90-default.preset", "enable NetworkManager.service\n", ""),
          {"network": "fail"}),
    Fault("no DHCP client", _IFUPDOWN, without("*/sbin/dhclient"), {"network": "fail"}),
    # cloud-init told to leave the network alone.
    Fault("cloud-init leaves the network", _SILENT, CLOUD_OFF, {"network": "fail"}),
    Fault("cloud-init leaves the network to another profile", _OWN, CLOUD_OFF, {}),
    Fault("subiquity's profile for ens160", _NETPLAN,
          both(wrote("/etc/cloud/cloud.cfg.d/subiquity-disable-cloudinit-networking.cfg",
                     "network: {config: disabled}\n"), _netplan("00-installer-config", _ENS160)),
          {"network": "fail", "network-names": "fail"}),
    Fault("subiquity's network in cloud.cfg.d", _NETPLAN,
          wrote("/etc/cloud/cloud.cfg.d/90-installer-network.cfg",
                "# This is the network config written by 'subiquity'\nnetwork:\n  ethernets:\n    ens160:\n"
                "      dhcp4: true\n  version: 2\n"), {"network": "fail", "network-names": "fail"}),
    Fault("a profile for any card and no cloud-init", _NETPLAN,
          both(CLOUD_OFF, _netplan("01-netcfg", '  ethernets:\n    all:\n      match: {name: "e*"}\n'
                                   "      dhcp4: true\n")), {}),
    Fault("quoted words for booleans in netplan", _NETPLAN,
          both(CLOUD_OFF, _netplan("01-netcfg", '  ethernets:\n    all:\n      match: {name: "e*"}\n'
                                   '      dhcp4: "yes"\n')), {}),
    # netplan.
    Fault("netplan hands all to a NetworkManager that is not there", _NETPLAN,
          _netplan("01-network-manager-all", "  renderer: NetworkManager\n"), {"network": "fail"}),
    Fault("netplan's renderer for Ethernet not there", ("ubuntu-24.04",),
          both(CLOUD_OFF, _netplan("01-netcfg", "  ethernets:\n    renderer: NetworkManager\n    all:\n"
                                   '      match: {name: "e*"}\n      dhcp4: true\n')), {"network": "fail"}),
    Fault("netplan's card that is not brought up", ("ubuntu-24.04", "ubuntu-26.04"),
          both(CLOUD_OFF, _netplan("01-netcfg", '  ethernets:\n    all:\n      match: {name: "e*"}\n'
                                   "      dhcp4: true\n      activation-mode: manual\n")), {"network": "fail"},
          fixable=False),
    Fault("netplan's file is no YAML", _NETPLAN, _netplan("01-netcfg", "  ethernets:\n\tens3:\n\t\tdhcp4: true\n"),
          {"network": "unknown", "network-names": "unknown", "mac-address": "unknown"}),
    Fault("netplan's file of another ending", _NETPLAN,
          wrote("/etc/netplan/01-netcfg.yaml.bak", "network:\n  renderer: NetworkManager\n"), {}),
    Fault("a static address in netplan", _NETPLAN,
          _netplan("01-netcfg", f"  ethernets:\n    ens3:\n{_STATIC}"),
          {"network": "fail", "network-names": "fail"}, fixable=False),
    Fault("a static address of another card in netplan", _NETPLAN,
          _netplan("01-netcfg", f"  ethernets:\n    ens160:\n{_STATIC}"), {"network-names": "fail"}, fixable=False),
    # ifupdown.
    Fault("a static address in interfaces", _IFUPDOWN,
          wrote("/etc/network/interfaces", "source /etc/network/interfaces.d/*\nauto lo\niface lo inet loopback\n\n"
                "auto ens3\niface ens3 inet static\n    address 192.168.10.20/24\n    gateway 192.168.10.1\n"),
          {"network": "fail", "network-names": "fail"}, fixable=False),
    Fault("a static address that cloud-init writes over", ("alpine-*",),
          wrote("/etc/network/interfaces", "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet static\n"
                "\taddress 192.168.10.20/24\n\tgateway 192.168.10.1\n"), {}),
    Fault("busybox's ifupdown, which cloud-init writes nothing for", ("alpine-*",), without("/sbin/ifquery"), {}),
    Fault("the same with a static address", ("alpine-*",),
          both(without("/sbin/ifquery"), wrote("/etc/network/interfaces", "auto lo\niface lo inet loopback\n\n"
                                               "auto eth0\niface eth0 inet static\n\taddress 192.168.10.20/24\n")),
          {"network": "fail"}, fixable=False),
    Fault("ifupdown-ng's way of asking for DHCP", ("alpine-*",),
          both(CLOUD_OFF, wrote("/etc/network/interfaces", "auto lo\niface lo\n\tuse loopback\n\nauto eth0\n"
                                "iface eth0\n\tuse dhcp\n")), {}),
    Fault("a static address and no cloud-init for it", ("ubuntu-14.04", "alpine-*"),
          both(CLOUD_OFF, by_guest({
              "ubuntu-*": wrote("/etc/network/interfaces.d/eth0.cfg",
                                "auto eth0\niface eth0 inet static\n\taddress 192.168.10.20\n"),
              "alpine-*": wrote("/etc/network/interfaces", "auto lo\niface lo inet loopback\n\nauto eth0\n"
                                "iface eth0 inet static\n\taddress 192.168.10.20/24\n")})),
          {"network": "fail"}, fixable=False),
    Fault("debian-installer's stanza", _IFUPDOWN,
          wrote("/etc/network/interfaces", "source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n\n"
                "# The primary network interface\nallow-hotplug ens192\niface ens192 inet dhcp\n"),
          {"network-names": "fail"}),
    Fault("interfaces takes nothing in", ("debian-12",),
          wrote("/etc/network/interfaces", "auto lo\niface lo inet loopback\n"), {"network": "fail"}),
    Fault("what an earlier cloud-init wrote for ifupdown", ("debian-12",),
          wrote("/etc/network/interfaces.d/50-cloud-init", "auto ens192\niface ens192 inet dhcp\n"), {}),
    # networkd.
    Fault("a static address before cloud-init's file", _NETWORKD,
          wrote("/etc/systemd/network/05-static.network",
                "[Match]\nName=en*\n\n[Network]\nAddress=192.168.10.20/24\nGateway=192.168.10.1\n"),
          {"network": "fail"}, fixable=False),
    Fault("a static address behind cloud-init's file", ("debian-sid",),
          wrote("/etc/systemd/network/20-wired.network",
                "[Match]\nName=en*\n\n[Network]\nAddress=192.168.10.20/24\nGateway=192.168.10.1\n"), {}),
    Fault("networkd's file for enp0s* alone", ("debian-sid",),
          both(CLOUD_OFF, wrote("/etc/systemd/network/20-wired.network",
                                "[Match]\nName=enp0s*\n\n[Network]\nDHCP=yes\n")),
          {"network": "fail"}),
    Fault("networkd's file that networkd may not read", ("arch*",),
          both(CLOUD_OFF, mode("/etc/systemd/network/80-dhcp.network", 0o600)), {"network": "fail"}),
    Fault("networkd's card that is not brought up", ("arch*",),
          both(CLOUD_OFF, edited("/etc/systemd/network/80-dhcp.network", "[Link]\n",
          "[Link]\nActivationPolicy=manual\n")),
          {"network": "fail"}),
    Fault("networkd's card that is not managed", ("arch*",),
          both(CLOUD_OFF, edited("/etc/systemd/network/80-dhcp.network", "[Link]\n", "[Link]\nUnmanaged=yes\n")),
          {"network": "fail"}),
)
# fmt: on
