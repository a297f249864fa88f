"""The corpus of labelled guests: every verdict on each of them, healthy or broken, is the known one.

``pytest -s tests/test_corpus.py`` prints the tables of right and wrong verdicts.
"""

from __future__ import annotations

import pytest
from corpus.all_faults import FAULTS
from corpus.faults import unmatched
from corpus.guests import GUESTS, labels
from corpus.judging import mended, table, unmended, verdicts

from remediations.vocabulary import InstallPackages, Settings


def test_every_fault_is_tried() -> None:
    assert not unmatched(FAULTS)
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("name", GUESTS)
def test_verdicts_are_the_known_ones(name: str) -> None:
    healthy = GUESTS[name]()
    said = verdicts("healthy", healthy, labels(name), Settings())
    for fault in FAULTS:
        if fault.applies(name):
            broken = fault.change(healthy)
            assert broken != healthy, fault.name
            said += verdicts(fault.name, broken, labels(name) | dict(fault.expected), Settings(**fault.settings))
    shown = f"{name}\n{table(said)}"
    print(shown)
    assert not any(verdict.false_pass for verdict in said), shown
    assert all(verdict.right for verdict in said), shown


@pytest.mark.parametrize("name", GUESTS)
def test_fixes_mend_what_is_broken_and_nothing_else(name: str) -> None:
    healthy = GUESTS[name]()
    wrong = []
    for fault in FAULTS:
        if not fault.applies(name):
            continue
        guest, settings = fault.change(healthy), Settings(**fault.settings)
        before = labels(name) | dict(fault.expected)
        for id, status in fault.expected.items():
            if status != "fail" or not fault.fixable:
                continue
            if fault.packages:
                _, plan = mended(id, guest, settings)
                if not any(isinstance(step, InstallPackages) for step in plan.steps):
                    wrong.append(f"{fault.name}: {id}: no installation is planned: {plan.obstacle}")
            else:
                wrong += [f"{fault.name}: {sentence}" for sentence in unmended(id, guest, before, settings)]
    assert not wrong, "\n".join(wrong)
