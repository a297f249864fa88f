"""Sessions over the journal: undo, interrupted undo, other people's folders; no appliance is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from disks import disk, overlay, sha256
from test_commit import commit_overlay

from remediations.vocabulary import Settings
from wizard import recovery, undo
from wizard.change import State
from wizard.errors import Cancelled, ChangeError, OpenError
from wizard.folders import state_folder
from wizard.image import probe
from wizard.journal import Journal
from wizard.session import Access, Session

ROOT = Path(__file__).parent.parent


@pytest.fixture
def twice(tmp_path: Path) -> tuple[Path, Journal, list[str]]:
    """A raw disk with two committed changes; its journal; its SHA-256 before, between and after."""
    image = disk(tmp_path / "disk.raw", "raw")
    journal = Journal(state_folder(image, None))
    sums = [sha256(image)]
    for number in (1, 2):
        commit_overlay(
            image, overlay(tmp_path / f"o{number}", image, "raw", f"write -P {number} {number}M 1M"), journal
        )
        sums.append(sha256(image))
    return image, journal, sums


def test_undo_newest_then_all(twice: tuple[Path, Journal, list[str]]) -> None:
    image, _journal, sums = twice
    assert [change.number for change in Session(image, Settings()).undo()] == [2]
    assert sha256(image) == sums[1]
    assert [change.number for change in Session(image, Settings()).undo(1)] == [1]
    assert sha256(image) == sums[0]


def test_undo_of_several_is_not_begun_when_one_cannot_be_undone(twice: tuple[Path, Journal, list[str]]) -> None:
    image, journal, sums = twice
    journal.undo_delta(1).unlink()
    session = Session(image, Settings())
    with pytest.raises(ChangeError) as caught:
        session.undo(1)
    assert caught.value.code == "undo-refused"
    assert session.taken_back == ()
    assert sha256(image) == sums[2]


def test_an_interrupted_undo_that_is_asked_for_again_takes_back_one_change(
    twice: tuple[Path, Journal, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    image, journal, sums = twice
    monkeypatch.setattr(undo, "put_back", lambda *words: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        undo.undo(probe(image), journal, 2, lambda line: None)
    monkeypatch.undo()
    assert journal.changes()[0].state is State.UNDOING
    session = Session(image, Settings())
    assert [change.number for change in session.undo()] == [2]
    assert "finished now" in session.notices[0]
    assert sha256(image) == sums[1]


def test_only_the_newest_change_is_undone_and_nothing_beside_an_unfinished_one(
    twice: tuple[Path, Journal, list[str]],
) -> None:
    image, journal, sums = twice
    with pytest.raises(ChangeError, match="not the newest"):
        undo.undo(probe(image), journal, 1, lambda line: None)
    journal.set_state(2, State.COMMITTING)
    with pytest.raises(ChangeError) as caught:
        undo.undo(probe(image), journal, 1, lambda line: None)
    assert caught.value.code == "unfinished"
    with pytest.raises(ChangeError) as caught:
        commit_overlay(image, overlay(image.with_name("o3"), image, "raw", "write -P 3 9M 1M"), journal)
    assert caught.value.code == "unfinished"
    assert sha256(image) == sums[2]


def test_a_cancelled_undo_is_not_begun(twice: tuple[Path, Journal, list[str]]) -> None:
    image, _journal, sums = twice
    session = Session(image, Settings())
    session.on_progress = lambda line: session.cancel()
    with pytest.raises(Cancelled):
        session.undo()
    assert sha256(image) == sums[2]


def test_one_image_has_one_journal_whatever_it_is_called(
    twice: tuple[Path, Journal, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, journal, _sums = twice
    link = tmp_path / "link.raw"
    link.symlink_to(image)
    monkeypatch.chdir(tmp_path)
    for name in (link, Path("disk.raw"), Path("../") / tmp_path.name / "link.raw"):
        assert state_folder(name, None) == journal.folder
        assert state_folder(name, tmp_path / "s") == state_folder(image, tmp_path / "s")
        assert len(Session(name, Settings()).history()) == 2


def test_somebody_elses_journal(twice: tuple[Path, Journal, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    image, journal, _sums = twice
    real = Path.stat

    def stat(self: Path, **options: bool) -> os.stat_result:
        if self.parent == journal.folder:
            raise PermissionError(13, "Permission denied")
        return real(self, **options)

    monkeypatch.setattr(Path, "stat", stat)
    with pytest.raises(OpenError) as caught:
        Session(image, Settings()).history()
    assert caught.value.code == "journal-unreadable"
    with pytest.raises(OpenError):
        Session(image, Settings(), access=Access.FIX)._prepare()
    session = Session(image, Settings(), access=Access.REPORT)
    session._prepare()
    assert "cannot be read" in session.notices[0]
    assert session.image.read_only_reason


@pytest.mark.parametrize("fault", ["link", "others may write"])
def test_a_state_folder_that_others_could_exchange_is_refused(tmp_path: Path, fault: str) -> None:
    image = disk(tmp_path / "disk.raw", "raw")
    before = sha256(image)
    folder = state_folder(image, None)
    if fault == "link":
        (tmp_path / "elsewhere").mkdir()
        folder.symlink_to(tmp_path / "elsewhere")
    else:
        folder.mkdir()
        folder.chmod(0o777)
    with pytest.raises(OpenError) as caught:
        commit_overlay(image, overlay(tmp_path / "o", image, "raw", "write -P 1 1M 1M"), Journal(folder))
    assert caught.value.code == "state-folder"
    assert sha256(image) == before


def test_a_reader_that_goes_away_does_not_stop_the_work(twice: tuple[Path, Journal, list[str]]) -> None:
    image, journal, sums = twice
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-P", "-m", "wizard", image, "--undo"]
        done = subprocess.run(words, env=environment, stderr=full, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0
    assert "undone" in done.stdout
    assert (sha256(image), journal.changes()[0].state) == (sums[1], State.UNDONE)


def test_leftovers_of_a_killed_run_are_swept(twice: tuple[Path, Journal, list[str]]) -> None:
    image, journal, _sums = twice
    for name in ("now.qcow2", "back.qcow2", "reserve", ".flat-x", "change-2.qcow2"):
        (journal.folder / name).write_bytes(b"left")
    assert recovery.recover(image, journal) == ()
    kept = {path.name for path in journal.folder.iterdir()}
    assert kept == {"journal.db", "lock", "undo-1.qcow2", "undo-2.qcow2"}
