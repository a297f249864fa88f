"""The search for garbage leaves out what is there to stay, and never looks long at the same things twice."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator

import pytest

from screens import pauses


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    threshold, callbacks = gc.get_threshold(), list(gc.callbacks)
    yield
    gc.callbacks[:] = callbacks
    gc.set_threshold(*threshold)
    gc.unfreeze()


def test_what_is_there_when_it_starts_and_when_it_has_settled_is_left_out() -> None:
    usual = gc.get_threshold()
    pauses.starting()
    first = gc.get_freeze_count()
    assert first > 1000
    assert gc.get_threshold()[2] > usual[2]
    later = [[] for _ in range(1000)]
    pauses.settled()
    assert gc.get_freeze_count() >= first + len(later) - 100
    assert gc.get_threshold() == usual


def test_after_a_long_search_what_it_found_is_left_out_and_after_a_short_one_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses.settled()
    later = [[] for _ in range(1000)]
    monkeypatch.setattr(pauses, "LONG", 1000)
    frozen = gc.get_freeze_count()
    gc.collect()
    assert gc.get_freeze_count() <= frozen
    monkeypatch.setattr(pauses, "LONG", 0)
    gc.collect()
    assert gc.get_freeze_count() >= frozen + len(later)


def test_time_that_others_took_from_it_does_not_make_a_search_long() -> None:
    pauses.settled()
    watch = gc.callbacks[-1]
    frozen = gc.get_freeze_count()
    watch("start", {"generation": 2})
    time.sleep(2 * pauses.LONG)
    watch("stop", {"generation": 2})
    assert gc.get_freeze_count() <= frozen
