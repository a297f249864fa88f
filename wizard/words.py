"""Which words of a changed line changed, and which of the new lines an old one became; bounded like all matching."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import zip_longest

from wizard.matching import BoundedMatcher

Spans = list[tuple[int, int]]
"""Ranges of characters, end exclusive."""
Pair = tuple[int | None, int | None]

_WORD = re.compile(r"\w+|\s+|.", re.DOTALL)
_ALIKE = 0.35
"""The part of the letters that two lines must share to be read as one that changed."""
_TELLING = 8
"""Letters in common that tell something."""
_APART = 2
"""Letters in common that keep two changes of a line apart."""
_LONGEST = 2000
"""Characters of a line that are looked at word by word."""
_BUDGET = 100_000
_CELLS = 900
"""Old lines times new ones of a block that are all compared with each other."""


def changed_words(old: str, new: str) -> tuple[Spans, Spans]:
    """What to emphasise in each; nothing where the lines have little in common."""
    if not _alike(old, new):
        return [], []
    if max(len(old), len(new)) > _LONGEST:
        return _middle(old, new)
    words, words_new = _WORD.findall(old), _WORD.findall(new)
    starts, starts_new = _starts(words), _starts(words_new)
    spans: Spans = []
    spans_new: Spans = []
    merge = False
    for tag, low, high, low_new, high_new in BoundedMatcher(words, words_new, _BUDGET).get_opcodes():
        if tag == "equal":
            # A blank or a dash in common does not make two changes of one.
            merge = bool(spans) and len("".join(words[low:high]).strip()) < _APART
            continue
        start, start_new = (spans.pop()[0], spans_new.pop()[0]) if merge else (starts[low], starts_new[low_new])
        spans.append((start, starts[high]))
        spans_new.append((start_new, starts_new[high_new]))
    return [s for s in spans if s[0] < s[1]], [s for s in spans_new if s[0] < s[1]]


def paired(old: range, new: range, line: Callable[[int], str], new_line: Callable[[int], str]) -> list[Pair]:
    """The lines of a changed block side by side, in order; None where there is none beside.

    ``line`` and ``new_line`` give the text of a line before and after; in large blocks nobody asks for it.
    """
    if not compared(old, new):
        return list(zip_longest(old, new))
    pairs: list[Pair] = []
    start, start_new = old.start, new.start
    best = _best([line(index) for index in old], [new_line(index) for index in new])
    for index, index_new in [(old[a], new[b]) for a, b in best]:
        pairs += zip_longest(range(start, index), range(start_new, index_new))
        pairs.append((index, index_new))
        start, start_new = index + 1, index_new + 1
    return [*pairs, *zip_longest(range(start, old.stop), range(start_new, new.stop))]


def compared(old: range, new: range) -> int:
    """How many comparisons of lines :func:`paired` makes; none where the block is large, or a line on each side."""
    count = len(old) * len(new)
    return count if 1 < count <= _CELLS else 0


def _best(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The rising pairs whose likeness adds up to most."""
    counts, counts_new = [_letters(line) for line in old], [_letters(line) for line in new]
    likeness = [[_share(a, b) for b in counts_new] for a in counts]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            together = best[i + 1][j + 1] + likeness[i][j] if likeness[i][j] >= _ALIKE else 0.0
            best[i][j] = max(together, best[i + 1][j], best[i][j + 1])
    pairs = []
    i = j = 0
    while i < len(old) and j < len(new):
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            pairs.append((i, j))
            i, j = i + 1, j + 1
    return pairs


def _alike(old: str, new: str) -> bool:
    return _share(_letters(old), _letters(new)) >= _ALIKE


def _letters(line: str) -> Counter[str]:
    """How many letters each word of a line brings; blanks say nothing."""
    counts: Counter[str] = Counter()
    for word in _WORD.findall(line[:_LONGEST]):
        if not word.isspace():
            counts[word] += len(word)
    return counts


def _share(old: Counter[str], new: Counter[str]) -> float:
    """How much of two lines is the same; where that is more than a brace or two, the longer may add what it likes."""
    shared = (old & new).total()
    whole = min(old.total(), new.total()) if shared >= _TELLING else (old.total() + new.total()) / 2
    return shared / whole if whole else 0.0


def _starts(words: Sequence[str]) -> list[int]:
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word))
    return starts


def _middle(old: str, new: str) -> tuple[Spans, Spans]:
    """What is left when the same beginning and the same end are taken away."""
    shorter = min(len(old), len(new))
    head = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    rest = shorter - head
    tail = next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)
    spans = [(head, len(old) - tail)], [(head, len(new) - tail)]
    return [s for s in spans[0] if s[0] < s[1]], [s for s in spans[1] if s[0] < s[1]]
