"""Which system brings the network up: several at once, one that is not there, the smaller ones, and their odd files."""

from __future__ import annotations

from fake_guest import Link

from corpus.base import enabled, programs, unit
from corpus.faults import Change, Fault, both, by_guest, edited, unpackaged, without, wrote
from corpus.faults_network import CLOUD_OFF

_UNITS = "/usr/lib/systemd/system"
_WANTS = "/etc/systemd/system/multi-user.target.wants"
_INTERFACES = "/etc/network/interfaces"
_LOOPBACK = "auto lo\niface lo inet loopback\n"
_ETH0 = "\nauto eth0\niface eth0 inet dhcp\n"
_NETWORK = "/etc/systemd/network/80-dhcp.network"
_NOT_UP = {"network": "fail"}


def _service(name: str, command: str, units: str = _UNITS) -> Change:
    """A service that is installed and enabled, with its program."""
    table = {f"{units}/{name}.service": unit(command, "multi-user.target")} | programs(command.split()[0])
    table |= enabled(f"{name}.service", "multi-user.target", units)
    return both(*(wrote(path, entry) for path, entry in table.items()))


def _no_networkd(*more: Change) -> Change:
    return both(CLOUD_OFF, without(f"{_WANTS}/systemd-networkd.service"), *more)


def _matching(text: str) -> Change:
    return both(CLOUD_OFF, wrote(_NETWORK, text))


def _renderers(listed: str) -> Change:
    return wrote("/etc/cloud/cloud.cfg.d/95-renderer.cfg", f"system_info:\n  network:\n    renderers: [{listed}]\n")


_MANAGER = _service("NetworkManager", "/usr/sbin/NetworkManager --no-daemon", "/usr/lib/systemd/system")
_GLOBALLY = wrote("/usr/lib/NetworkManager/conf.d/10-globally-managed-devices.conf",
                  "[keyfile]\nunmanaged-devices=*,except:type:wifi,except:type:gsm,except:type:cdma\n")  # fmt: skip
_NAMES_ZERO = edited("/etc/default/grub", 'GRUB_CMDLINE_LINUX="', 'GRUB_CMDLINE_LINUX="net.ifnames=0 ')
_PASSED = edited("/boot/grub/grub.cfg", "console=tty0", "net.ifnames=0 console=tty0")

# fmt: off
FAULTS: tuple[Fault, ...] = (
    # cloud-init's renderers.
    Fault("cloud-init may write for netplan alone, which is not there", ("debian-12",), _renderers("netplan"), _NOT_UP),
    Fault("cloud-init writes for networkd, which is off", ("debian-12",), _renderers("networkd"), _NOT_UP),
    Fault("cloud-init writes for NetworkManager, which runs", ("alma-9",), _renderers("network-manager"), {}),
    Fault("cloud-init's own network for NetworkManager, which is not there", ("ubuntu-24.04",),
          wrote("/etc/cloud/cloud.cfg.d/90-installer-network.cfg",
                "network:\n  version: 2\n  renderer: NetworkManager\n  ethernets:\n    zz-all:\n"
                "      match: {name: 'e*'}\n      dhcp4: true\n"), _NOT_UP),
    # Desktops.
    Fault("a desktop's netplan and NetworkManager", ("ubuntu-24.04",),
          both(_MANAGER, _GLOBALLY, wrote("/etc/netplan/01-network-manager-all.yaml",
                                          "network:\n  version: 2\n  renderer: NetworkManager\n", 0o600)), {}),
    Fault("a desktop's netplan without cloud-init", ("ubuntu-24.04",),
          both(CLOUD_OFF, _MANAGER, _GLOBALLY, wrote("/etc/netplan/01-network-manager-all.yaml",
                                                     "network:\n  version: 2\n  renderer: NetworkManager\n", 0o600)),
          {}),
    Fault("NetworkManager that a server's netplan hands nothing to", ("ubuntu-24.04",),
          both(CLOUD_OFF, _MANAGER, _GLOBALLY), _NOT_UP),
    Fault("NetworkManager beside ifupdown, which names no card", ("debian-12",),
          both(CLOUD_OFF, _MANAGER,
               wrote("/etc/NetworkManager/NetworkManager.conf", "[main]\nplugins=ifupdown,keyfile\n\n"
                     "[ifupdown]\nmanaged=false\n")), {}),
    Fault("NetworkManager and cloud-init through ifupdown", ("debian-12",), _MANAGER, {}),
    Fault("networkd beside NetworkManager", ("fedora-42",),
          both(_service("systemd-networkd", "/usr/lib/systemd/systemd-networkd"),
               wrote(_NETWORK, "[Match]\nName=en*\n\n[Network]\nDHCP=yes\n")), {}),
    # Names.
    Fault("net.ifnames=0 in the defaults and not yet in the menu", ("debian-12",),
          both(CLOUD_OFF, _NAMES_ZERO, wrote(_INTERFACES, _LOOPBACK + _ETH0)),
          {"network": "fail", "network-names": "fail"}, fixable=False),
    Fault("net.ifnames=0 in both", ("debian-12",),
          both(CLOUD_OFF, _NAMES_ZERO, _PASSED, wrote(_INTERFACES, _LOOPBACK + _ETH0)), {}),
    Fault("eth0 without net.ifnames=0", ("debian-12",), both(CLOUD_OFF, wrote(_INTERFACES, _LOOPBACK + _ETH0)),
          {"network": "fail", "network-names": "fail"}, fixable=False),
    Fault("eth0 where the default link file is masked", ("debian-12",),
          both(CLOUD_OFF, wrote("/etc/systemd/network/99-default.link", Link("/dev/null")),
               wrote(_INTERFACES, _LOOPBACK + _ETH0)), {}),
    # ifupdown's files.
    Fault("the stanza is in a folder that nothing takes in", ("debian-8", "ubuntu-14.04"),
          wrote(_INTERFACES, _LOOPBACK), _NOT_UP),
    Fault("the stanza's file has not the ending that is taken in", ("ubuntu-14.04",),
          both(without("/etc/network/interfaces.d/eth0.cfg"), wrote("/etc/network/interfaces.d/eth0.old", _ETH0)),
          _NOT_UP),
    Fault("the folder is taken in by a relative path", ("debian-8", "ubuntu-14.04"),
          wrote(_INTERFACES, f"{_LOOPBACK}source interfaces.d/*.cfg\n"), {}),
    Fault("files of an ending alone are taken in", ("debian-10", "debian-12"),
          wrote(_INTERFACES, f"{_LOOPBACK}source /etc/network/interfaces.d/*.cfg\n"), _NOT_UP),
    Fault("the folder is taken in whole", ("debian-12",),
          wrote(_INTERFACES, f"{_LOOPBACK}source-directory /etc/network/interfaces.d\n"), {}),
    Fault("the folder is taken in by a comment", ("debian-12",),
          wrote(_INTERFACES, f"{_LOOPBACK}#source /etc/network/interfaces.d/*\n"), _NOT_UP),
    Fault("a stanza that no boot brings up", ("ubuntu-14.04", "alpine-*"),
          both(CLOUD_OFF, by_guest({
              "ubuntu-*": wrote("/etc/network/interfaces.d/eth0.cfg", "#auto eth0\niface eth0 inet dhcp\n"),
              "alpine-*": edited(_INTERFACES, "auto eth0", "#auto eth0")})), _NOT_UP),
    Fault("a stanza of IPv6 alone", ("ubuntu-14.04",),
          wrote("/etc/network/interfaces.d/eth0.cfg", "auto eth0\niface eth0 inet6 auto\n"), _NOT_UP),
    Fault("a stanza that is plugged in", ("ubuntu-14.04", "debian-8"),
          wrote("/etc/network/interfaces.d/eth0.cfg", "allow-hotplug eth0\niface eth0 inet dhcp\n\tmetric 5\n"), {}),
    Fault("a pattern of cards for one stanza", ("debian-12",),
          both(CLOUD_OFF, wrote(_INTERFACES, f"{_LOOPBACK}\nauto /en*=card\niface card inet dhcp\n")), {}),
    Fault("ifupdown is gone, and cloud-init writes for networkd, which is off", ("debian-12",),
          without("/usr/sbin/if*", "/usr/lib/systemd/system/networking.service", "*.wants/networking.service"),
          _NOT_UP),
    Fault("NetworkManager is gone", ("alma-9", "rhel-10"),
          both(without("*/NetworkManager*"), unpackaged("NetworkManager")), _NOT_UP, packages=True),
    # networkd's matches.
    Fault("a match by type", ("arch",), _matching("[Match]\nType=ether\n\n[Network]\nDHCP=ipv4\n"), {}),
    Fault("a match of all but some", ("arch",), _matching("[Match]\nName=!veth* !docker*\n\n[Network]\nDHCP=true\n"),
          {}),
    Fault("a match of VMware's driver", ("arch",), _matching("[Match]\nDriver=vmxnet3\n\n[Network]\nDHCP=yes\n"),
          _NOT_UP),
    Fault("a match of VMware's machines", ("arch",),
          _matching("[Match]\nName=en*\nVirtualization=vmware\n\n[Network]\nDHCP=yes\n"), _NOT_UP),
    Fault("a match of Wi-Fi", ("arch",), _matching("[Match]\nType=wlan\n\n[Network]\nDHCP=yes\n"), _NOT_UP),
    Fault("DHCP for IPv6 alone", ("arch",), _matching("[Match]\nName=en*\n\n[Network]\nDHCP=ipv6\n"), _NOT_UP,
          fixable=False),
    Fault("a drop-in takes DHCP away", ("arch",),
          both(CLOUD_OFF, wrote(f"{_NETWORK}.d/static.conf", "[Network]\nDHCP=no\nAddress=192.168.10.20/24\n")),
          _NOT_UP,
          fixable=False),
    Fault("networkd's file is masked", ("arch",), both(CLOUD_OFF, wrote(_NETWORK, Link("/dev/null"))), _NOT_UP),
    Fault("the kernel's names alone", ("arch",), _matching("[Match]\nName=eth0\n\n[Network]\nDHCP=yes\n"),
          {"network": "fail", "network-names": "fail"}),
    # The smaller ones.
    Fault("dhcpcd", ("arch",), _no_networkd(_service("dhcpcd", "/usr/bin/dhcpcd -q -b")), {}),
    Fault("dhcpcd told of another card", ("arch",),
          _no_networkd(_service("dhcpcd", "/usr/bin/dhcpcd -q -b"), wrote("/etc/dhcpcd.conf",
          "allowinterfaces enp0s31f6\n")),
          _NOT_UP),
    Fault("dhcpcd told of a static address", ("arch",),
          _no_networkd(_service("dhcpcd", "/usr/bin/dhcpcd -q -b"),
                       wrote("/etc/dhcpcd.conf", "duid\n\ninterface ens3\nstatic ip_address=192.168.10.20/24\n")),
          _NOT_UP),
    Fault("dhcpcd told in a comment", ("arch",),
          _no_networkd(_service("dhcpcd", "/usr/bin/dhcpcd -q -b"),
                       wrote("/etc/dhcpcd.conf", "duid\npersistent\n#static ip_address=192.168.0.10/24\n")), {}),
    Fault("dhcpcd on Alpine", ("alpine-*",),
          both(CLOUD_OFF, wrote(_INTERFACES, _LOOPBACK),
               wrote("/etc/init.d/dhcpcd", '#!/sbin/openrc-run\n\ncommand="/sbin/dhcpcd"\n', 0o755),
               wrote("/etc/runlevels/default/dhcpcd", Link("/etc/init.d/dhcpcd"))), {}),
    Fault("ConnMan", ("arch",), _no_networkd(_service("connman", "/usr/bin/connmand -n")), {}),
    Fault("nothing runs", ("arch",), _no_networkd(), _NOT_UP),
    Fault("netctl for a card of old", ("arch",),
          _no_networkd(wrote("/etc/netctl/home", "Interface=enp0s31f6\nConnection=ethernet\nIP=dhcp\n"),
                       wrote("/usr/bin/netctl", b"\x7fELF"),
                       wrote(f"{_WANTS}/netctl@home.service", Link(f"{_UNITS}/netctl@.service"))),
          {"network": "fail", "network-names": "fail"}, fixable=False),
)
# fmt: on
