"""mac-address: interface names that are addresses, and the odder places of an address."""

from __future__ import annotations

import pytest
from fake_guest import FakeGuest

from remediations.mac_address import check, plan
from remediations.vocabulary import PlanError, Settings, Status

SETTINGS = Settings()
NAME = b"enx525400112233"
MAC = b"52:54:00:11:22:33"
NM = "/etc/NetworkManager/conf.d/a.conf"
RULES = "/etc/udev/rules.d/70-n.rules"
NETPLAN = "/etc/netplan/01.yaml"


@pytest.mark.parametrize(
    ("path", "content", "after"),
    [
        ("/etc/systemd/network/a.network", b"[Match]\nName=" + NAME + b"\n", b"[Match]\nType=ether\n"),
        ("/etc/NetworkManager/system-connections/a", b"[connection]\ninterface-name=" + NAME, b"[connection]\n"),
        (NM, b"[connection]\nethernet.cloned-mac-address=" + MAC + b"\n", b"[connection]\n"),
        (RULES, b'ENV{ID_NET_NAME_MAC}=="' + NAME + b'", NAME="lan0"\n#\n', b"#\n"),
        (RULES, b'ATTR{address}=="' + MAC + b'", RUN+="/sbin/ip link set %k name lan0"\n', b""),
    ],
)
def test_they_are_taken_out(path, content, after):
    guest = FakeGuest({path: content})
    assert check(guest, SETTINGS).status is Status.FAIL
    fixed = guest.applied(plan(guest, SETTINGS))
    assert fixed.files[path] == after
    assert check(fixed, SETTINGS).status is Status.PASS


@pytest.mark.parametrize(
    ("path", "content", "line"),
    [
        ("/etc/network/interfaces", b"auto lo\niface " + NAME + b" inet dhcp\n", 2),
        ("/etc/network/interfaces", b"iface br0 inet dhcp\n bridge_ports " + NAME + b"\n", 2),
        (NETPLAN, b"network:\n  ethernets:\n    " + NAME + b": {dhcp4: true}\n", 3),
        (NETPLAN, b"network:\n  ethernets:\n    a:\n      match: {name: " + NAME + b"}\n", 4),
        ("/etc/sysconfig/network-scripts/ifcfg-a", b"X=1\nDEVICE=" + NAME + b"\n", 2),
        ("/etc/sysconfig/network/ifcfg-enx525400112233", b"BOOTPROTO=dhcp\n", 1),
        (NM, b"[device]\nmatch-device=mac:" + MAC + b"\n", 2),
        (NM, b"[keyfile]\nunmanaged-devices=*,except:mac:" + MAC + b"\n", 2),
    ],
)
def test_what_has_no_certain_fix_names_its_line(path, content, line):
    guest = FakeGuest({path: content})
    assert check(guest, SETTINGS).status is Status.FAIL
    with pytest.raises(PlanError, match=f"{path} line {line}"):
        plan(guest, SETTINGS)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/etc/network/interfaces", b"# iface " + NAME + b" inet dhcp\n"),
        (NETPLAN, b"network:\n  ethernets:\n    " + NAME + b":\n      match: {name: 'e*'}\n"),
        ("/etc/systemd/network/a.network", b"[Match]\nName=!" + NAME + b"\n"),
        ("/etc/systemd/network/a.network", b"[Match]\nName=en* " + NAME + b"\n"),
        (NM, b"[keyfile]\nunmanaged-devices=mac:" + MAC + b"\n"),
        (NM, b"[connection]\nethernet.cloned-mac-address=stable\n"),
        (RULES, b'ATTR{address}=="' + MAC + b'", RUN+="/sbin/ethtool -K %k tso off"\n'),
    ],
)
def test_what_ties_nothing(path, content):
    assert check(FakeGuest({path: content}), SETTINGS).status is Status.PASS
