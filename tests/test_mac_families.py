"""mac-address beyond Debian: each family's own places."""

from __future__ import annotations

import pytest
from fake_guest import FakeGuest
from network_guest import FACTS

from remediations.mac_address import REQUIREMENT, check, plan
from remediations.vocabulary import PlanError, Settings, Status

SETTINGS = Settings()
MAC = b"52:54:00:12:34:56"
RULE = b'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{address}=="52:54:00:12:34:56", ATTR{type}=="1", '
RULE += b'KERNEL=="eth*", NAME="eth0"\n'
GENERATOR = b'ACTION!="add", GOTO="persistent_net_generator_end"\nIMPORT{program}="write_net_rules"\n'


@pytest.mark.parametrize(
    ("family", "path", "content", "after"),
    [
        ("el6", "/etc/udev/rules.d/70-persistent-net.rules", RULE, b""),
        ("el6", "/lib/udev/rules.d/75-persistent-net-generator.rules", GENERATOR, b""),
        ("sles11", "/etc/udev/rules.d/70-persistent-net.rules", RULE, b""),
        ("sles15", "/etc/sysconfig/network/ifcfg-eth0", b"BOOTPROTO='dhcp'\nLLADDR='" + MAC + b"'\n",
         b"BOOTPROTO='dhcp'\n"),
        ("el7", "/etc/sysconfig/network-scripts/ifcfg-eth0", b'HWADDR="' + MAC + b'"\nONBOOT=yes\n', b"ONBOOT=yes\n"),
        ("alpine", "/etc/network/interfaces", b"auto eth0\niface eth0 inet dhcp\n\thwaddress ether " + MAC + b"\n",
         b"auto eth0\niface eth0 inet dhcp\n"),
        ("alpine", "/etc/network/interfaces", b"iface eth0\n\tuse dhcp\n\thwaddress " + MAC + b"\n",
         b"iface eth0\n\tuse dhcp\n"),
        ("arch", "/etc/netctl/lan", b"Interface=br0\nConnection=bridge\nMACAddress=" + MAC + b"\n",
         b"Interface=br0\nConnection=bridge\n"),
    ],
)  # fmt: skip
def test_each_familys_places_are_cleaned(family: str, path: str, content: bytes, after: bytes) -> None:
    before = FakeGuest({path: content}, FACTS[family])
    assert check(before, SETTINGS).status is Status.FAIL
    planned = plan(before, SETTINGS)
    fixed = before.applied(planned)
    assert fixed.files[path] == after
    assert check(fixed, SETTINGS).status is Status.PASS
    assert plan(fixed, SETTINGS).steps == ()


@pytest.mark.parametrize(
    "word", ["ifname=eth0:52:54:00:12:34:56", "BOOTIF=01-52-54-00-12-34-56", "ip=:::::eth0:dhcp::52:54:00:12:34:56"]
)
def test_a_kernel_argument_ties_too(word: str) -> None:
    guest = FakeGuest({"/etc/default/grub": f'GRUB_CMDLINE_LINUX="quiet {word}"\n'.encode()}, FACTS["el9"])
    finding = check(guest, SETTINGS)
    assert finding.status is Status.FAIL
    assert finding.evidence[0].line == 1
    with pytest.raises(PlanError, match="by hand"):
        plan(guest, SETTINGS)


def test_other_arguments_do_not() -> None:
    guest = FakeGuest({"/etc/default/grub": b'GRUB_CMDLINE_LINUX="ip=dhcp net.ifnames=0 ifname=x"\n'}, FACTS["el9"])
    assert check(guest, SETTINGS).status is Status.PASS


@pytest.mark.parametrize("family", FACTS)
def test_every_family_is_known(family: str) -> None:
    assert FACTS[family].family in REQUIREMENT.complete_for
