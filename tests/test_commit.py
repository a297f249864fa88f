"""Commit and undo on every format, without an appliance: real qemu-img, real files."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from disks import MIB, WRITES, content, disk, held, overlay, qemu, sha256

from wizard import commit, delta, recovery, undo
from wizard.change import Change, State
from wizard.errors import ChangeError, OpenError
from wizard.image import probe
from wizard.journal import Journal

FORMATS = ["raw", "qcow2", "vmdk", "vdi", "vhdx", "vpc"]


def quiet(_line: str) -> None:
    """Progress that nobody listens to."""


def commit_overlay(image_path: Path, over: Path, journal: Journal) -> Change:
    image = probe(image_path)
    return commit.commit(image, image.identity, over, journal, kind="fix", fixes=("firewall",), files=(),
                         commands=(), note="", on_step=quiet)  # fmt: skip


@pytest.mark.parametrize("image_format", FORMATS)
def test_commit_and_undo_are_exact(tmp_path: Path, image_format: str) -> None:
    image = disk(tmp_path / "disk", image_format)
    original, file_before = content(image, image_format), sha256(image)
    qemu("cp", image, tmp_path / "original")
    over = overlay(tmp_path / "over", image, image_format, *WRITES)
    wanted = content(over, "qcow2")
    journal = Journal(tmp_path / "disk.wizard")

    change = commit_overlay(image, over, journal)
    assert change.state is State.COMMITTED
    assert change.undo_bytes
    assert content(image, image_format) == wanted
    assert sorted(p.name for p in journal.folder.iterdir()) == ["journal.db", "lock", "undo-1.qcow2"]
    assert journal.folder.stat().st_mode & 0o777 == 0o700
    assert {p.stat().st_mode & 0o777 for p in journal.folder.iterdir()} == {0o600}

    assert undo.undo(probe(image), journal, 1, quiet).state is State.UNDONE
    assert content(image, image_format) == original
    qemu("qemu-img", "compare", "-f", image_format, "-F", image_format, image, tmp_path / "original")
    if image_format == "raw":
        assert sha256(image) == file_before
    assert not list(journal.folder.glob("*.qcow2"))


def test_compressed_clusters_and_backing_file(tmp_path: Path) -> None:
    base = disk(tmp_path / "base", "qcow2", "-c")
    base_before = sha256(base)
    image = tmp_path / "disk"
    qemu("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, image)
    original = content(image, "qcow2")
    over = overlay(tmp_path / "over", image, "qcow2", *WRITES)
    wanted = content(over, "qcow2")
    journal = Journal(tmp_path / "disk.wizard")
    commit_overlay(image, over, journal)
    assert content(image, "qcow2") == wanted
    undo.undo(probe(image), journal, 1, quiet)
    assert content(image, "qcow2") == original
    assert sha256(base) == base_before, "the backing file is not ours to write"


def test_two_changes_are_undone_one_by_one(tmp_path: Path) -> None:
    image = disk(tmp_path / "disk", "raw")
    journal = Journal(tmp_path / "disk.wizard")
    seen = [sha256(image)]
    for number in (1, 2):
        commit_overlay(
            image, overlay(tmp_path / f"o{number}", image, "raw", f"write -P {number} {number}M 2M"), journal
        )
        seen.append(sha256(image))
    with pytest.raises(ChangeError, match="cannot be undone exactly"):
        undo.undo(probe(image), journal, 1, quiet)
    undo.undo(probe(image), journal, 2, quiet)
    assert sha256(image) == seen[1]
    undo.undo(probe(image), journal, 1, quiet)
    assert sha256(image) == seen[0]


def test_undo_refuses_when_the_image_was_written_to_since(tmp_path: Path) -> None:
    image = disk(tmp_path / "disk", "qcow2")
    journal = Journal(tmp_path / "disk.wizard")
    commit_overlay(image, overlay(tmp_path / "over", image, "qcow2", *WRITES), journal)
    qemu("qemu-io", "-f", "qcow2", "-c", "write -P 0x77 41M 512", image)
    booted = content(image, "qcow2")
    with pytest.raises(ChangeError, match="booted or edited") as caught:
        undo.undo(probe(image), journal, 1, quiet)
    assert caught.value.code == "undo-refused"
    assert "--revert 1" in caught.value.next
    assert content(image, "qcow2") == booted
    assert journal.changes()[0].state is State.COMMITTED


def test_image_and_state_may_move_together(tmp_path: Path) -> None:
    image = disk(tmp_path / "disk", "raw")
    before = sha256(image)
    commit_overlay(image, overlay(tmp_path / "over", image, "raw", *WRITES), Journal(tmp_path / "disk.wizard"))
    (tmp_path / "else").mkdir()
    moved = image.rename(tmp_path / "else" / "disk")
    (tmp_path / "disk.wizard").rename(tmp_path / "else" / "disk.wizard")
    undo.undo(probe(moved), Journal(tmp_path / "else" / "disk.wizard"), 1, quiet)
    assert sha256(moved) == before


def test_refuses_an_image_that_changed_since_it_was_opened(tmp_path: Path) -> None:
    image_path = disk(tmp_path / "disk", "raw")
    over = overlay(tmp_path / "over", image_path, "raw", *WRITES)
    image = probe(image_path)
    identity = image.identity
    with image_path.open("r+b") as file:
        file.seek(MIB)
        file.write(b"elsewhere")
    os.utime(image_path, ns=(1, 1))
    now = sha256(image_path)
    with pytest.raises(ChangeError) as caught:
        commit.commit(image, identity, over, Journal(tmp_path / "s"), kind="fix", fixes=(), files=(), commands=(),
                      note="", on_step=quiet)  # fmt: skip
    assert caught.value.code == "image-changed"
    assert sha256(image_path) == now


def test_an_image_that_a_machine_holds_is_not_written(tmp_path: Path) -> None:
    image = disk(tmp_path / "disk", "qcow2")
    over = overlay(tmp_path / "over", image, "qcow2", *WRITES)
    before = content(image, "qcow2")
    probed, journal = probe(image), Journal(tmp_path / "s")
    with held(image, "qcow2"):
        identity = probed.identity
        with pytest.raises(ChangeError) as caught:
            commit.commit(probed, identity, over, journal, kind="fix", fixes=(), files=(), commands=(), note="",
                          on_step=quiet)  # fmt: skip
        assert caught.value.code == "in-use"
    assert content(image, "qcow2") == before
    assert journal.changes()[0].state is State.ROLLED_BACK


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB, full soon."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_full_disk_leaves_the_image_as_it_was(
    tmp_path: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = small_disk / "disk"
    qemu("cp", disk(tmp_path / "disk", "qcow2"), image)
    before = content(tmp_path / "disk", "qcow2")
    for counted in (True, False):
        if not counted:  # and where the room runs out in the middle, whatever was counted before
            monkeypatch.setattr(commit, "_require_room", lambda *_: None)
        over = overlay(tmp_path / f"over-{counted}", image, "qcow2", "write -P 0x33 20M 20M")
        journal = Journal(tmp_path / f"state-{counted}")
        with pytest.raises(ChangeError) as caught:
            commit_overlay(image, over, journal)
        assert caught.value.code == "no-room"
        assert "as it was" in caught.value.message
        assert journal.changes()[0].state is State.ROLLED_BACK
    qemu("cp", image, tmp_path / "now")
    assert content(tmp_path / "now", "qcow2") == before


@pytest.fixture
def interrupted(tmp_path: Path) -> tuple[Path, Journal, str]:
    """A raw disk whose change was interrupted in the middle, with something in its extents that neither had."""
    image = disk(tmp_path / "disk", "raw")
    journal = Journal(tmp_path / "s")
    commit_overlay(image, overlay(tmp_path / "over", image, "raw", *WRITES), journal)
    wanted, _, _ = journal.extents(1)
    delta.capture(image, "raw", wanted, journal.overlay(1))
    journal.set_state(1, State.COMMITTING)
    after = sha256(image)
    with image.open("r+b") as file:
        file.seek(41 * MIB)
        file.write(b"neither before nor after")
    return image, journal, after


def test_what_our_own_interrupted_write_left_is_finished(interrupted: tuple[Path, Journal, str]) -> None:
    """Between freeing a cluster and writing its table a qcow2 shows what was meant for another place."""
    image, journal, after = interrupted
    journal.heartbeat.touch()
    (said,) = recovery.recover(image, journal)
    assert "it is finished" in said
    assert sha256(image) == after
    assert not journal.heartbeat.exists()


@pytest.mark.parametrize("heartbeat", [True, False])
@pytest.mark.parametrize("overlay_lost", [True, False])
def test_interrupted_image_that_was_booted_since_is_left_alone(
    interrupted: tuple[Path, Journal, str], heartbeat: bool, overlay_lost: bool
) -> None:
    image, journal, _after = interrupted
    if overlay_lost:
        journal.overlay(1).unlink()
    if heartbeat:
        journal.heartbeat.touch()
        long_ago = image.stat().st_mtime - 60
        os.utime(journal.heartbeat, (long_ago, long_ago))
    now = sha256(image)
    with pytest.raises(OpenError) as caught:
        recovery.recover(image, journal)
    assert caught.value.code == "interrupted"
    assert sha256(image) == now
