"""What two sequences have in common, found in bounded time however the guest made them up."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)
BUDGET = 4_000_000
"""Comparisons that all searches of one matching may take together: about a second."""

_Gap = tuple[int, int, int, int]


class BoundedMatcher(difflib.SequenceMatcher[Item]):
    """difflib's matcher without its cubic worst case.

    What is the same at both ends, and what stands once on each side in the same order, is matched first; difflib
    searches what lies between, as long as the budget lasts. What is left when it is spent counts as different.
    """

    def __init__(self, old: Sequence[Item], new: Sequence[Item], budget: int = BUDGET) -> None:
        super().__init__(None, (), (), autojunk=False)
        self._old, self._new, self._budget = old, new, budget
        self._found: list[difflib.Match] | None = None

    def get_matching_blocks(self) -> list[difflib.Match]:
        """Runs that are equal, in order, with difflib's empty one at the end."""
        if self._found is None:
            pairs = sorted(self._pairs((0, len(self._old), 0, len(self._new))))
            self._found = [*_runs(pairs), difflib.Match(len(self._old), len(self._new), 0)]
        return self._found

    def _pairs(self, gap: _Gap) -> Iterator[tuple[int, int]]:
        """The pairs of equal items in a gap."""
        low, high, low_new, high_new = gap
        while low < high and low_new < high_new and self._old[low] == self._new[low_new]:
            yield low, low_new
            low, low_new = low + 1, low_new + 1
        while low < high and low_new < high_new and self._old[high - 1] == self._new[high_new - 1]:
            high, high_new = high - 1, high_new - 1
            yield high, high_new
        anchors = _anchors(self._old[low:high], self._new[low_new:high_new])
        start = (low, low_new)
        for old, new in [*((low + o, low_new + n) for o, n in anchors), (high, high_new)]:
            yield from self._between((start[0], old, start[1], new))
            if (old, new) != (high, high_new):
                yield old, new
            start = (old + 1, new + 1)

    def _between(self, gap: _Gap) -> Iterator[tuple[int, int]]:
        low, high, low_new, high_new = gap
        old, new = self._old[low:high], self._new[low_new:high_new]
        if not old or not new:
            return
        there = Counter(new)
        # Each search of difflib looks at every pair of equal items, and there can be one for each item.
        cost = (len(old) + sum(there[item] for item in old)) * min(len(old), len(new))
        if cost > self._budget:
            return
        self._budget -= cost
        for start, start_new, size in difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
            yield from ((low + start + i, low_new + start_new + i) for i in range(size))


def _anchors(old: Sequence[Item], new: Sequence[Item]) -> list[tuple[int, int]]:
    """The longest rising sequence of items that stand once on each side (patience sorting)."""
    counts, counts_new = Counter(old), Counter(new)
    places = {item: index for index, item in enumerate(new) if counts_new[item] == 1}
    pairs = [(index, places[item]) for index, item in enumerate(old) if counts[item] == 1 and item in places]
    tops: list[int] = []
    piles: list[int] = []
    behind: list[int] = []
    for number, (_, place) in enumerate(pairs):
        pile = bisect_left(tops, place)
        behind.append(piles[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [place]
        piles[pile : pile + 1] = [number]
    chain = []
    number = piles[-1] if piles else -1
    while number >= 0:
        chain.append(pairs[number])
        number = behind[number]
    return chain[::-1]


def _runs(pairs: Sequence[tuple[int, int]]) -> Iterator[difflib.Match]:
    start = length = 0
    for index, (old, new) in enumerate(pairs):
        length += 1
        following = pairs[index + 1] if index + 1 < len(pairs) else None
        if following != (old + 1, new + 1):
            yield difflib.Match(pairs[start][0], pairs[start][1], length)
            start, length = index + 1, 0
