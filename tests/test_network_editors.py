"""The editors of the network's files: any bytes, only the lines meant, nothing the second time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remediations.linux.ifupdown_profiles import with_dhcp, without_interface
from remediations.linux.netplan_profiles import with_match
from remediations.linux.network_manager_profiles import without_interface_name
from remediations.linux.network_scripts import with_dhcp as ifcfg_with_dhcp
from remediations.linux.network_scripts import without_device
from remediations.linux.networkd_profiles import with_any_name
from remediations.linux.text import split_lines
from remediations.vocabulary import PlanError

LINES = st.sampled_from([
    b"auto lo ens3", b"allow-hotplug ens3", b"iface ens3 inet dhcp", b"  mtu 1400", b"iface lo inet loopback", b"",
    b"# ens3", b"[connection]", b"interface-name=ens3", b"[Match]", b"Name=ens3", b"DHCP=yes", b"DEVICE=ens3",
    b'DEVICE="ens3"', b"ONBOOT=no", b"BOOTPROTO=none", b"network:", b"  ethernets:", b"    ens3:", b"      dhcp4: true",
    b"  version: 2", b"    ens3: {dhcp4: true}", b"a \\", b"\xff\xfe", b"IPADDR=1.2.3.4",
])  # fmt: skip
CONTENT = st.one_of(
    st.lists(st.tuples(LINES, st.sampled_from([b"\n", b"\r\n"])), max_size=12).map(
        lambda parts: b"".join(a + b for a, b in parts)
    ),
    st.binary(max_size=60),
)
EDITORS: dict[str, Callable[[bytes], bytes]] = {
    "ifupdown": lambda content: without_interface(content, "ens3"),
    "keyfile": without_interface_name,
    "ifcfg": lambda content: without_device("/x", content),
    "networkd": lambda content: with_any_name("/x", content),
    "ifcfg by DHCP": lambda content: ifcfg_with_dhcp("/x", "eth0", content),
}


@pytest.mark.parametrize("name", EDITORS)
@given(content=CONTENT)
@settings(max_examples=60, deadline=None)
def test_an_editor_does_its_work_once(name: str, content: bytes) -> None:
    with suppress(PlanError):
        once = EDITORS[name](content)
        assert EDITORS[name](once) == once


@given(content=CONTENT)
@settings(max_examples=60, deadline=None)
def test_what_goes_are_whole_lines_of_the_interface(content: bytes) -> None:
    kept = split_lines(without_interface(content, "ens3"))
    before = split_lines(content)
    assert [line for line in before if line in kept or b"lo ens3" in line] or not kept
    assert all(line in before or line.rstrip() == b"auto lo" for line in kept)
    assert all(line in before for line in split_lines(without_interface_name(content)))


@given(content=CONTENT)
@settings(max_examples=60, deadline=None)
def test_a_match_adds_and_changes_nothing_else(content: bytes) -> None:
    with suppress(PlanError):
        after = with_match("/x", "ens3", content)
        assert len(after) > len(content)
        assert after.replace(b'match: {name: "e*"}', b"", 1).split() == content.split() or b", " in after


def test_an_interface_is_added_at_the_end() -> None:
    assert with_dhcp(b"auto lo", "eth0") == b"auto lo\n\nauto eth0\niface eth0 inet dhcp\n"
    assert with_dhcp(b"", "eth0") == b"auto eth0\niface eth0 inet dhcp\n"
