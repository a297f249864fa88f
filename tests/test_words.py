"""Matching and the words that changed: right, ordered, and done in time whatever the lines are."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.matching import BoundedMatcher
from wizard.words import changed_words, paired

ITEMS = st.lists(st.sampled_from("abcde"), max_size=40)
LINES = st.lists(st.text("ab c=", max_size=12), max_size=12)


def marked(old: str, new: str) -> tuple[list[str], list[str]]:
    spans, spans_new = changed_words(old, new)
    return [old[a:b] for a, b in spans], [new[a:b] for a, b in spans_new]


@given(ITEMS, ITEMS)
def test_what_matches_is_equal_and_in_order(old: list[str], new: list[str]) -> None:
    rebuilt: list[str] = []
    place = place_new = 0
    for tag, low, high, low_new, high_new in BoundedMatcher(old, new).get_opcodes():
        assert (low, low_new) == (place, place_new)
        assert tag != "equal" or old[low:high] == new[low_new:high_new]
        rebuilt += new[low_new:high_new]
        place, place_new = high, high_new
    assert (place, rebuilt) == (len(old), new)


def test_a_moved_block_and_an_inserted_line_are_found() -> None:
    old = [str(number) for number in range(2000)]
    new = [*old[:500], "new", *old[500:]]
    codes = [code for code in BoundedMatcher(old, new).get_opcodes() if code[0] != "equal"]
    assert codes == [("insert", 500, 500, 500, 501)]


def sequences() -> list[tuple[list[str], list[str]]]:
    dice = random.Random(1)
    few = [[str(dice.randrange(20)) for _ in range(20_000)] for _ in range(2)]
    shuffled = [str(number) for number in range(20_000)]
    return [
        (few[0], few[1]),
        (shuffled, dice.sample(shuffled, len(shuffled))),
        (shuffled, shuffled[::-1]),
        (["a", "b"] * 10_000, ["b", "a", "a"] * 7_000),
        (["a"] * 50_000, ["a"] * 30_000 + ["b"]),
    ]


@pytest.mark.parametrize("number", range(5))
def test_no_sequences_take_long(number: int) -> None:
    old, new = sequences()[number]
    began = time.process_time()
    BoundedMatcher(old, new).get_opcodes()
    assert time.process_time() - began < 5, "difflib alone needs minutes to hours"


@pytest.mark.parametrize(
    ("old", "new", "gone", "come"),
    [
        ('GRUB=""', 'GRUB="a b"', [], ["a b"]),
        ("PermitRootLogin yes", "PermitRootLogin no", ["yes"], ["no"]),
        ("root=x ro quiet", "root=x ro console=ttyS0 quiet", [], ["console=ttyS0 "]),
        ("a-long-name x-y", "a-long-name p-q", ["x-y"], ["p-q"]),
        ("key  value", "key\tvalue", ["  "], ["\t"]),
        ("PermitRootLogin yes", "# managed by cloud-init", [], []),
        ("", "x", [], []),
        ("}", "menuentry 'Debian GNU/Linux' {}", [], []),
    ],
)
def test_changed_words(old: str, new: str, gone: list[str], come: list[str]) -> None:
    assert marked(old, new) == (gone, come)


def test_of_a_huge_line_the_middle_is_marked_at_once() -> None:
    began = time.process_time()
    assert marked("a b " * 50_000 + "x" + " c" * 9, "a b " * 50_000 + "y" + " c" * 9) == (["x"], ["y"])
    assert time.process_time() - began < 2


@given(st.text("ab =\t", max_size=60), st.text("ab =\t", max_size=60))
def test_what_is_not_marked_is_the_same(old: str, new: str) -> None:
    spans, spans_new = changed_words(old, new)

    def rest(text: str, spans: list[tuple[int, int]]) -> str:
        return "".join(c for i, c in enumerate(text) if not any(a <= i < b for a, b in spans))

    if spans or spans_new:
        assert len(rest(old, spans)) <= len(old)
        # A blank or dash between two changes is marked with them, on both sides.
        assert rest(old, spans) == rest(new, spans_new)


@given(LINES, LINES)
def test_pairs_name_every_line_once_and_in_order(old: list[str], new: list[str]) -> None:
    pairs = paired(range(5, 5 + len(old)), range(len(new)), lambda i: old[i - 5], lambda i: new[i])
    assert [a for a, _ in pairs if a is not None] == list(range(5, 5 + len(old)))
    assert [b for _, b in pairs if b is not None] == list(range(len(new)))


def test_a_line_is_paired_with_what_it_became() -> None:
    old, new = ["one two three", "x y z more"], ["# a comment", "one two four", "x y z less"]
    assert paired(range(2), range(3), old.__getitem__, new.__getitem__) == [(None, 0), (0, 1), (1, 2)]
