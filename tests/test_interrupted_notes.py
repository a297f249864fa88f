"""What the journal keeps of an interruption: what happened, what was done about it, and why it could not be yet."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from disks import WRITES, disk, overlay

from wizard import commit, delta, recovery
from wizard.change import Change, State
from wizard.errors import OpenError
from wizard.image import probe
from wizard.journal import Journal

REVERTS = "Reverts change 3."


def interrupted(tmp_path: Path, state: State) -> tuple[Path, Journal]:
    """A raw disk with a revert that was killed while it was written, or while it was undone."""
    path = disk(tmp_path / "disk", "raw")
    journal = Journal(tmp_path / "s")
    image, over = probe(path), overlay(tmp_path / "over", path, "raw", *WRITES)
    commit.commit(image, image.identity, over, journal, kind="revert", fixes=(), files=(), commands=(),
                  note=REVERTS, on_step=lambda line: None)  # fmt: skip
    wanted, _, _ = journal.extents(1)
    delta.capture(path, "raw", wanted, journal.overlay(1))
    journal.set_state(1, state)
    return path, journal


def newest(journal: Journal) -> Change:
    return journal.changes()[0]


def test_a_change_that_was_finished_says_so_beside_its_own_note(tmp_path: Path) -> None:
    path, journal = interrupted(tmp_path, State.COMMITTING)
    recovery.recover(path, journal)
    assert newest(journal).state is State.COMMITTED
    assert newest(journal).note == f"{REVERTS} Interrupted while it was written; finished at the next opening."


def test_an_undo_that_was_finished_says_so(tmp_path: Path) -> None:
    path, journal = interrupted(tmp_path, State.UNDOING)
    recovery.recover(path, journal)
    assert newest(journal).state is State.UNDONE
    assert newest(journal).note.endswith("Interrupted while it was undone; the undo was finished at the next opening.")


def test_a_change_whose_overlay_is_lost_says_that_it_was_rolled_back(tmp_path: Path) -> None:
    path, journal = interrupted(tmp_path, State.COMMITTING)
    journal.overlay(1).unlink()
    journal.heartbeat.touch()
    recovery.recover(path, journal)
    assert newest(journal).state is State.ROLLED_BACK
    assert newest(journal).note == f"{REVERTS} Interrupted while it was written; rolled back at the next opening."


def test_a_change_that_was_never_begun_says_so(tmp_path: Path) -> None:
    path, journal = interrupted(tmp_path, State.PREPARING)
    recovery.recover(path, journal)
    assert newest(journal).state is State.ROLLED_BACK
    assert newest(journal).note.startswith(f"{REVERTS} Interrupted before the image was touched")


def test_why_it_could_not_be_finished_is_kept_until_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, journal = interrupted(tmp_path, State.COMMITTING)
    with monkeypatch.context() as patched:
        real = os.access
        patched.setattr("os.access", lambda where, mode: real(where, mode) and (where, mode) != (path, os.W_OK))
        for _opening in range(2):
            with pytest.raises(OpenError, match="cannot be written to now"):
                recovery.recover(path, journal)
    assert newest(journal).state is State.COMMITTING
    assert newest(journal).note == f"{REVERTS} Not finished at the last opening: the image cannot be written to now."
    recovery.recover(path, journal)
    assert newest(journal).note == f"{REVERTS} Interrupted while it was written; finished at the next opening."
