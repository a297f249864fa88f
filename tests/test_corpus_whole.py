"""Whole images of the corpus: all their fixes together lead to the end that is known, and none undoes another's."""

from __future__ import annotations

import pytest
from corpus.faults_combined import END, FAULTS
from corpus.guests import GUESTS, labels
from corpus.judging import table, verdicts
from corpus.sealing import left, sealed, undone

from remediations import REQUIREMENTS
from remediations.vocabulary import Settings

WHOLE = [(fault, name) for fault in FAULTS for name in GUESTS if fault.applies(name)]
ORDERS = {"in order": REQUIREMENTS, "backwards": REQUIREMENTS[::-1]}


def test_every_end_is_of_an_image() -> None:
    assert {*END} <= {fault.name for fault in FAULTS}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("fault", "name"), WHOLE, ids=[fault.name for fault, _ in WHOLE])
def test_all_fixes_together_with_packages(fault, name, order):
    healthy = GUESTS[name]()
    settings = Settings(network=True, **fault.settings)
    after = sealed(fault.change(healthy), healthy, settings, ORDERS[order])
    said = verdicts(fault.name, after, labels(name) | dict(END.get(fault.name, {})), settings)
    assert all(verdict.right for verdict in said), table(said)
    assert not left(after, settings)


@pytest.mark.parametrize(("fault", "name"), WHOLE, ids=[fault.name for fault, _ in WHOLE])
def test_no_fix_undoes_another(fault, name):
    healthy = GUESTS[name]()
    assert not undone(fault.change(healthy), healthy, Settings(network=True, **fault.settings))


@pytest.mark.parametrize(("fault", "name"), WHOLE, ids=[fault.name for fault, _ in WHOLE])
def test_without_packages_nothing_gets_worse(fault, name):
    healthy = GUESTS[name]()
    settings = Settings(key_fetch="rc.local", **fault.settings)
    broken = fault.change(healthy)
    assert not undone(broken, healthy, settings)
    assert not left(sealed(broken, healthy, settings), settings)
