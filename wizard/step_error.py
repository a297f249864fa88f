"""The error of a step that could not be carried out."""

from __future__ import annotations


class StepError(Exception):
    """A step could not be carried out; the stage must be dropped. The message may quote guest text."""
