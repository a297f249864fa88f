"""The editors of network files: any bytes, only the lines meant, nothing the second time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fake_guest import FakeGuest
from hypothesis import given
from hypothesis import strategies as st

from remediations.linux import ifcfg, ifupdown, netplan, network_manager, networkd, udev_rules
from remediations.linux.text import split_lines
from remediations.mac_address import check
from remediations.vocabulary import PlanError, Settings, Status

SETTINGS = Settings()
MAC = b"52:54:00:12:34:56"
_WORDS = st.lists(
    st.sampled_from(
        [
            "HWADDR=",
            "hwaddress ether ",
            "MACAddress=",
            "mac-address=",
            "[Match]",
            "[Link]",
            "[ethernet]",
            "\n",
            "\r\n",
            "\\",
            'ATTR{address}=="',
            '", NAME="a"',
            MAC.decode(),
            "#",
            " ",
            '"',
            "random",
            "up ip link address ",
            "\x85",
            "\x0c",
        ]
    )
).map(lambda parts: "".join(parts).encode())
_EDITORS = [
    udev_rules.without_tying_rules,
    ifcfg.without_addresses,
    network_manager.without_addresses,
    networkd.without_addresses,
    ifupdown.without_addresses,
]


@pytest.mark.parametrize("edit", _EDITORS)
@given(st.binary() | _WORDS)
def test_editors_take_any_bytes_drop_whole_lines_and_do_nothing_twice(
    edit: Callable[[bytes], bytes], content: bytes
) -> None:
    try:
        after = edit(content)
    except PlanError:
        assert edit is ifupdown.without_addresses
        return
    assert edit(after) == after
    left = iter(split_lines(content))
    for line in split_lines(after):
        assert line in (b"Type=ether\n", b"Type=ether\r\n", b"Type=ether") or line in left


_YAML = st.recursive(
    st.sampled_from(["fa:16:3e:00:00:01", "x", True, None]),
    lambda inner: st.dictionaries(st.sampled_from(["network", "ethernets", "a", "match", "macaddress", "name"]), inner),
)


@given(st.binary() | _YAML.map(lambda data: repr(data).encode()))
def test_the_netplan_editor_takes_any_bytes_and_does_nothing_twice(content: bytes) -> None:
    guest = FakeGuest({"/etc/netplan/a.yaml": content})
    finding = check(guest, SETTINGS)
    if finding.status is not Status.FAIL:
        return
    try:
        after = netplan.without_addresses(content)
    except PlanError:
        return
    assert check(FakeGuest({"/etc/netplan/a.yaml": after}), SETTINGS).status is Status.PASS
