"""StrictModes: the home, its .ssh and the file of keys, by mode and owner, as sshd looks at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import pytest
from fake_guest import BOOKWORM, FakeGuest

from remediations.guest import Stat
from remediations.linux import accounts, sshd_config, strict_modes
from remediations.linux.fault import Fault
from remediations.vocabulary import Plan, SetMode

HOME = "/home/ann"
ALMA = replace(BOOKWORM, distro="almalinux", version=(9, 4), package_format="rpm")


class Owned(FakeGuest):
    """A guest in which ``owners`` says who has what: ``(uid, gid)`` by path."""

    owners: Mapping[str, tuple[int, int]] = MappingProxyType({})

    def stat(self, path: str) -> Stat | None:
        found = super().stat(path)
        uid, gid = self.owners.get(path, (1000, 1000))
        return replace(found, uid=uid, gid=gid) if found else None


def guest(modes: dict[str, int], group: str = "ann:x:1000:", config: str = "", facts=BOOKWORM) -> Owned:
    files = {
        "/etc/passwd": b"root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n",
        "/etc/group": f"root:x:0:\n{group}\n".encode(),
        "/etc/ssh/sshd_config": config.encode(),
        f"{HOME}/.ssh/authorized_keys": b"",
    }
    return Owned(files, facts, modes=modes)


def found(made: FakeGuest) -> list[Fault]:
    return strict_modes.faults(made, sshd_config.load(made), accounts.find(made, "ann"))


@pytest.mark.parametrize("path", [HOME, f"{HOME}/.ssh", f"{HOME}/.ssh/authorized_keys"])
def test_what_everyone_may_write_to_is_closed(path):
    made = guest({path: 0o1757})
    (fault,) = found(made)
    assert fault.steps == (SetMode(path, 0o1755),)
    after = made.applied(Plan(fault.steps))
    assert not strict_modes.faults(after, sshd_config.load(after), accounts.find(after, "ann"))


def test_a_group_of_its_own_may_write_on_debian_alone():
    assert not found(guest({HOME: 0o775}))
    assert not found(guest({HOME: 0o775}, "ann:x:1000:ann"))
    assert found(guest({HOME: 0o775}, "ann:x:1000:bob"))
    assert found(guest({HOME: 0o775}, "ann:x:1000:ann,bob"))
    assert found(guest({HOME: 0o775}, "other:x:1001:"))
    assert found(guest({HOME: 0o775}, facts=ALMA))


def test_another_accounts_home_has_no_fix():
    made = guest({})
    made.owners = {HOME: (1001, 1001)}
    (fault,) = found(made)
    assert not fault.fixable
    assert "chown ann" in fault.obstacle
    made.owners = {HOME: (0, 0)}
    assert not found(made)


def test_nothing_is_wrong_where_sshd_does_not_look():
    assert not found(guest({HOME: 0o777}, config="StrictModes no\n"))
    assert not strict_modes.faults(guest({HOME: 0o777}), (), None)
