"""Profiles of NetworkManager, of ifcfg files and of wicked that do not bring an instance's card up, and odd ones."""

from __future__ import annotations

from corpus.faults import Change, Fault, both, edited, without, wrote
from corpus.faults_network import CLOUD_OFF

_NM = ("alma-9", "fedora-42", "tumbleweed")
_EIGHT = ("rocky-8", "oracle-8")
_WICKED = ("sles-12", "leap-15")
_SCRIPTS = "/etc/sysconfig/network-scripts"
_ETH0 = f"{_SCRIPTS}/ifcfg-eth0"
_SUSE = "/etc/sysconfig/network/ifcfg-eth0"
_METHOD = "[ipv4]\nmethod=auto\n"
_MANUAL = "[ipv4]\nmethod=manual\naddress1=192.168.10.20/24,192.168.10.1\n"
_STATIC = "IPADDR=192.168.10.20\nPREFIX=24\nGATEWAY=192.168.10.1\n"


def _keyfile(name: str, text: str, bits: int = 0o600) -> Change:
    path = f"/etc/NetworkManager/system-connections/{name}.nmconnection"
    return wrote(path, f"[connection]\nid={name}\ntype=ethernet\n{text}", bits)


def _configured(text: str) -> Change:
    return wrote("/etc/NetworkManager/conf.d/10-local.conf", text)


def _ifcfg(name: str, text: str) -> Change:
    return wrote(f"{_SCRIPTS}/ifcfg-{name}", f"TYPE=Ethernet\nNAME={name}\nDEVICE={name}\n{text}")


NO_AUTO = _configured("[main]\nno-auto-default=*\n")
_NOT_NM = {"network": "fail"}

# fmt: off
FAULTS: tuple[Fault, ...] = (
    Fault("NetworkManager makes no profile and cloud-init does", _NM, NO_AUTO, {}),
    Fault("NetworkManager makes no profile and nobody does", _NM, both(CLOUD_OFF, NO_AUTO), _NOT_NM),
    Fault("no-auto-default taken back", ("alma-9",),
          both(CLOUD_OFF, wrote("/usr/lib/NetworkManager/conf.d/00-server.conf", "[main]\nno-auto-default=*\n"),
               _configured("[main]\nno-auto-default=\n")), {}),
    Fault("no-auto-default in a comment", ("fedora-42",), both(CLOUD_OFF,
          _configured("[main]\n#no-auto-default=*\n")), {}),
    Fault("NetworkManager leaves Ethernet alone", _NM,
          _configured("[keyfile]\nunmanaged-devices=type:ethernet\n"), _NOT_NM, fixable=False),
    Fault("NetworkManager leaves containers' cards alone", _NM,
          both(CLOUD_OFF, _configured("[keyfile]\nunmanaged-devices=interface-name:veth*;interface-name:docker0;"
                                      "mac:52:54:00:12:34:56\n")), {}),
    Fault("NetworkManager leaves the kernel's names alone", ("fedora-42",),
          both(CLOUD_OFF, _configured("[keyfile]\nunmanaged-devices=interface-name:eth*\n")), {}),
    Fault("a keyfile that others may read", ("alma-9",),
          both(CLOUD_OFF, NO_AUTO, _keyfile("lan", _METHOD, 0o644)), _NOT_NM),
    Fault("a keyfile for any card", ("alma-9",), both(CLOUD_OFF, NO_AUTO, _keyfile("lan", _METHOD)), {}),
    Fault("a keyfile that does not connect by itself", _NM,
          both(CLOUD_OFF, _keyfile("lan", "autoconnect=false\n" + _METHOD)), _NOT_NM),
    Fault("a keyfile of one user", ("alma-9", "fedora-42"),
          both(CLOUD_OFF, _keyfile("lan", "permissions=user:joe:;\n" + _METHOD)), _NOT_NM),
    Fault("a keyfile that matches another driver", ("alma-9",),
          both(CLOUD_OFF, NO_AUTO, _keyfile("lan", "[match]\ndriver=vmxnet3;\n" + _METHOD)), _NOT_NM),
    Fault("a keyfile that matches names", ("alma-9",),
          both(CLOUD_OFF, NO_AUTO, _keyfile("lan", "[match]\ninterface-name=e*;\n" + _METHOD)), {}),
    Fault("a static keyfile for any card and no cloud-init", ("alma-9", "rhel-10"),
          both(CLOUD_OFF, _keyfile("lan", _MANUAL)), _NOT_NM, fixable=False),
    Fault("a static keyfile beside cloud-init's, which comes first", ("rhel-10",), _keyfile("lan", _MANUAL), {}),
    Fault("anaconda's keyfile for ens192", _NM, _keyfile("ens192", "interface-name=ens192\n\n" + _METHOD),
          {"network-names": "fail"}),
    Fault("anaconda's static keyfile for enp1s0", ("alma-9", "rhel-10"),
          _keyfile("enp1s0", "interface-name=enp1s0\n\n" + _MANUAL), {"network-names": "fail"}, fixable=False),
    Fault("a keyfile for eth0 where names are the kernel's", ("alma-9", "rhel-10"),
          _keyfile("eth0", "interface-name=eth0\n\n" + _METHOD), {}),
    Fault("a keyfile for eth0 where names are by slot", ("fedora-42",),
          _keyfile("eth0", "interface-name=eth0\n\n" + _METHOD), {"network-names": "fail"}),
    Fault("a keyfile of a backup", ("alma-9",),
          wrote("/etc/NetworkManager/system-connections/ens192.nmconnection~",
                "[connection]\nid=ens192\ntype=ethernet\ninterface-name=ens192\n", 0o600), {}),
    # ifcfg files of Red Hat's.
    Fault("an ifcfg file for ens192 beside a good one", (*_EIGHT, "centos-7"), _ifcfg("ens192",
          "ONBOOT=yes\nBOOTPROTO=dhcp\n"), {}),
    Fault("an ifcfg file for ens192 where none is read", ("rhel-10", "fedora-42"),
          _ifcfg("ens192", "ONBOOT=yes\nBOOTPROTO=dhcp\n"), {}),
    Fault("ONBOOT=no that cloud-init writes over", ("rocky-8", "centos-7"), edited(_ETH0, "ONBOOT=", "ONBOOT=no #"),
          {}),
    Fault("ONBOOT=no", ("rocky-8", "centos-7"), both(CLOUD_OFF, wrote(_ETH0,
          "DEVICE=eth0\nONBOOT=no\nBOOTPROTO=dhcp\n")),
          _NOT_NM),
    Fault("ONBOOT='no' and a cloud-init of old", ("centos-6",), edited(_ETH0, '"yes"\nTYPE', "'no'\nTYPE"), _NOT_NM),
    Fault("ifcfg-eth0 of a static address", ("centos-6",),
          wrote(_ETH0, f"DEVICE=eth0\nONBOOT=yes\nBOOTPROTO=none\n{_STATIC}"), _NOT_NM, fixable=False),
    Fault("ifcfg-eth0 of a static address and no cloud-init", ("rocky-8", "centos-7"),
          both(CLOUD_OFF, wrote(_ETH0, f"DEVICE=eth0\nONBOOT=yes\nBOOTPROTO=static\n{_STATIC}")),
          _NOT_NM, fixable=False),
    Fault("ifcfg-eth0 of a static address that cloud-init writes over", ("rocky-8", "centos-7"),
          wrote(_ETH0, f"DEVICE=eth0\nONBOOT=yes\nBOOTPROTO=static\n{_STATIC}"), {}),
    Fault("ifcfg-eth0 is gone", ("centos-6",), without(_ETH0), _NOT_NM),
    Fault("ifcfg-eth0 is gone and NetworkManager makes one", _EIGHT, both(CLOUD_OFF, without(_ETH0)), {}),
    Fault("NM_CONTROLLED=no without the network service", ("rocky-8",),
          both(CLOUD_OFF, wrote(_ETH0, "DEVICE=eth0\nONBOOT=yes\nBOOTPROTO=dhcp\nNM_CONTROLLED=no\n")), _NOT_NM,
          fixable=False),
    Fault("NM_CONTROLLED=no and the network service", ("centos-7",),
          both(CLOUD_OFF, wrote(_ETH0, "DEVICE=eth0\nONBOOT=yes\nBOOTPROTO=dhcp\nNM_CONTROLLED=no\n")), {}),
    Fault("ifcfg-ens192 alone on a system of old", ("centos-6",),
          both(without(_ETH0), _ifcfg("ens192", "ONBOOT=yes\nBOOTPROTO=dhcp\n")),
          {"network": "fail", "network-names": "fail"}),
    Fault("BOOTPROTO in quotes and with a comment", ("centos-6",),
          edited(_ETH0, 'BOOTPROTO="dhcp"', "BOOTPROTO='dhcp' # as it was"), {}),
    Fault("a static address in a comment", ("centos-6",),
          edited(_ETH0, 'TYPE="Ethernet"\n', f'TYPE="Ethernet"\n#BOOTPROTO=static\n#{_STATIC}'.replace("\nP", "\n#P")
                 .replace("\nG", "\n#G")), {}),
    # SUSE's.
    Fault("STARTMODE=manual that cloud-init writes over", _WICKED, edited(_SUSE, "'auto'", "'manual'"), {}),
    Fault("STARTMODE=manual", _WICKED, both(CLOUD_OFF, edited(_SUSE, "'auto'", "'manual'")), _NOT_NM, fixable=False),
    Fault("STARTMODE=off before cloud-init did networks", ("sles-11",), edited(_SUSE, "'auto'", "'off'"), _NOT_NM,
          fixable=False),
    Fault("STARTMODE=ifplugd", ("sles-15", "leap-15*"), both(CLOUD_OFF, edited(_SUSE, "'auto'", "'ifplugd'")), {}),
    Fault("BOOTPROTO=static with an address", ("sles-15",),
          both(CLOUD_OFF, wrote(_SUSE, "BOOTPROTO='static'\nSTARTMODE='auto'\nIPADDR='192.168.10.20/24'\n")), _NOT_NM,
          fixable=False),
    Fault("YaST's file for a second card", ("sles-15", "leap-15"),
          wrote("/etc/sysconfig/network/ifcfg-eth1", "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n"), {}),
    Fault("YaST's file for a second card alone", ("sles-15", "leap-15"),
          both(without(_SUSE), wrote("/etc/sysconfig/network/ifcfg-eth1", "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n")),
          {"network-names": "fail"}),
    Fault("an ifcfg file for ens192 alone", _EIGHT,
          both(without(_ETH0), _ifcfg("ens192", "ONBOOT=yes\nBOOTPROTO=dhcp\n")), {"network-names": "fail"}),
)
# fmt: on
