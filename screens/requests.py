"""What the operator may want next, at the list of requirements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PreviewFixes:
    """The operator wants to see what these fixes do."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class ShowJournal:
    """The operator wants to see what was done to the image."""


@dataclass(frozen=True)
class Reopen:
    """The operator wants the image opened and examined anew."""


@dataclass(frozen=True)
class LeaveImage:
    """The operator wants another image."""


Request = PreviewFixes | ShowJournal | Reopen | LeaveImage

REQUESTS: Mapping[str, Request] = {
    "journal": ShowJournal(),
    "reopen": Reopen(),
    "other": LeaveImage(),
}
"""What a key alone asks for."""
