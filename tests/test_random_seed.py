"""random-seed: every place of a seed is seen, an empty file is none."""

from __future__ import annotations

import pytest
from fake_guest import Link, Special
from family_guest import EVERY, alpine
from linux_guest import debian

from remediations.random_seed import SEEDS, check, plan
from remediations.vocabulary import RemoveFile, Settings, Status

SETTINGS = Settings()


@pytest.mark.parametrize("path", [*SEEDS, "/var/lib/seedrng/seed.credit", "/var/lib/seedrng/seed.no-credit"])
@pytest.mark.parametrize("make", [debian, *EVERY])
def test_a_seed_is_removed(make, path):
    assert check(make(), SETTINGS).status is Status.PASS
    guest = make({path: b"\x01" * 512})
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert found.evidence[0].path == path
    first = plan(guest, SETTINGS)
    assert first.steps == (RemoveFile(path),)
    after = guest.applied(first)
    assert check(after, SETTINGS).status is Status.PASS
    assert not plan(after, SETTINGS).steps


def test_an_empty_file_holds_none():
    assert check(debian({SEEDS[0]: b""}), SETTINGS).status is Status.PASS


@pytest.mark.parametrize(
    ("conf", "line", "path"),
    [
        ("/etc/conf.d/urandom", b'urandom_seed="/srv/seed"\n', "/srv/seed"),
        ("/etc/conf.d/seedrng", b"seed_dir=/srv/seeds/\n", "/srv/seeds/seed.credit"),
    ],
)
def test_openrc_may_keep_it_elsewhere(conf, line, path):
    guest = alpine({conf: line, path: b"\x01" * 32})
    assert check(guest, SETTINGS).status is Status.FAIL
    assert plan(guest, SETTINGS).steps == (RemoveFile(path),)
    guest.files[conf] = b"#" + line
    assert check(guest, SETTINGS).status is Status.PASS


def test_a_link_is_removed_and_what_is_no_file_is_not():
    guest = debian({SEEDS[0]: Link("../seed"), "/var/lib/seed": b"\x01"})
    assert plan(guest, SETTINGS).steps == (RemoveFile(SEEDS[0]),)
    odd = debian({SEEDS[0]: Special()})
    assert check(odd, SETTINGS).status is Status.FAIL
    assert not plan(odd, SETTINGS).steps
    assert SEEDS[0] in plan(odd, SETTINGS).obstacle
