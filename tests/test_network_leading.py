"""network: a fix is on offer where it leads onto the network, and not where something else is still in the way."""

from __future__ import annotations

import pytest
from fake_guest import FakeGuest, Link
from network_guest import DHCP_NETWORK, ETC, cloud, guest, manager, networkd

from remediations.network import check, plan
from remediations.vocabulary import PlanError, Settings, Status

SETTINGS = Settings()
STATIC = b"[Match]\nName=en*\n\n[Network]\nAddress=10.0.0.2/24\n"
EARLY = "/etc/systemd/network/05-static.network"
RENDERS = cloud(renderers="[networkd]")
MASKED = {f"{ETC}/systemd-networkd.service": Link("/dev/null")}
DROP_IN = "/etc/systemd/network/80-dhcp.network.d/static.conf"
IN_THE_WAY: dict[str, tuple[FakeGuest, str]] = {
    "networkd is off, and a static file comes first": (
        guest("sid", networkd(False), RENDERS, {EARLY: STATIC}),
        EARLY,
    ),
    "networkd is masked, and a static file comes first": (
        guest("sid", networkd(False), RENDERS, {EARLY: STATIC}, MASKED),
        EARLY,
    ),
    "a drop-in of the file that would be written": (
        guest("arch", networkd(True), {DROP_IN: b"[Network]\nDHCP=no\nAddress=10.0.0.2/24\n"}),
        "80-dhcp.network",
    ),
}


@pytest.mark.parametrize("name", IN_THE_WAY)
def test_no_fix_that_would_not_lead_onto_the_network(name: str) -> None:
    made, told = IN_THE_WAY[name]
    assert check(made, SETTINGS).status is Status.FAIL
    with pytest.raises(PlanError, match=told):
        plan(made, SETTINGS)


def test_another_system_serves_where_the_first_would_not() -> None:
    made = guest(
        "sid",
        networkd(False),
        RENDERS,
        manager(False),
        {EARLY: STATIC, "/etc/systemd/network/90.network": DHCP_NETWORK},
    )
    after = made.applied(plan(made, SETTINGS))
    assert check(after, SETTINGS).status is Status.PASS
    assert not plan(after, SETTINGS).steps
