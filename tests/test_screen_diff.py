"""A long difference: laid out without comparing every line of it with every other."""

from __future__ import annotations

import pytest

import wizard.words
from screens.diff_rows import _COMPARED, DiffRow, Kind, diff_rows
from wizard.difference import Difference, text_side


def changed(blocks: int, lines: int) -> Difference:
    """Blocks of lines that changed, with a new one before them, between lines that stay."""
    old, new = [], []
    for block in range(blocks):
        old += [f"same {block} {line}\n" for line in range(8)]
        new += old[-8:]
        names = [f"option{block}x{line}" for line in range(lines)]
        old += [f"{name} = the value that {name} had before\n" for name in names]
        new += [f"first{block} = 1\n", *(f"{name} = the value that {name} has now\n" for name in names)]
    return Difference(text_side("".join(old).encode()), text_side("".join(new).encode()))


@pytest.mark.parametrize("split", [False, True])
def test_a_long_difference_compares_no_more_lines_than_a_short_one(
    split: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0
    share = wizard.words._share

    def counted(*args: object) -> float:
        nonlocal calls
        calls += 1
        return share(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(wizard.words, "_share", counted)
    rows = list(diff_rows(changed(blocks=400, lines=20), split))
    assert calls <= _COMPARED
    assert calls > _COMPARED // 2
    told = [row.old for row in rows if row.kind in (Kind.REMOVED, Kind.BESIDE, Kind.SAME) and row.old is not None]
    come = [row.new for row in rows if row.kind in (Kind.ADDED, Kind.BESIDE, Kind.SAME) and row.new is not None]
    # Each line of the blocks is there, once and in order.
    assert told == sorted(set(told))
    assert come == sorted(set(come))
    assert len(set(range(400 * 28)) - set(told)) <= 400 * 8


def test_lines_that_became_others_are_beside_them_at_the_beginning_and_in_their_order_far_behind() -> None:
    rows = [row for row in diff_rows(changed(blocks=400, lines=20), split=True) if row.kind is Kind.BESIDE]
    assert rows[0] == DiffRow(Kind.BESIDE, None, 8)
    assert rows[1] == DiffRow(Kind.BESIDE, 8, 9)
    assert rows[-1].old is None
    assert rows[-21].old is not None
