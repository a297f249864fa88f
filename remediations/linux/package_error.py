"""What the readers of package databases say when a database is not as its own tools write it."""

from __future__ import annotations


class DatabaseError(ValueError):
    """A package database contradicts itself or its format. The message is a sentence without a full stop."""
