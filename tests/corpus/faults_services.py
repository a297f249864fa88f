"""Not yet."""

from __future__ import annotations

from corpus.faults import Fault

FAULTS: tuple[Fault, ...] = ()
