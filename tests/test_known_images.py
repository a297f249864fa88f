"""What is remembered of examined images, and what their first bytes say."""

from __future__ import annotations

import os
import sqlite3
import struct
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from fake_report import REPORT

from wizard.errors import OpenError
from wizard.known_images import MOST, KnownImages
from wizard.peek import peek


def test_a_verdict_is_remembered_until_the_image_is_written(tmp_path: Path) -> None:
    images = KnownImages(tmp_path / "known.db")
    image = tmp_path / "a.qcow2"
    image.write_bytes(b"x")
    images.remember(image, REPORT)
    (known,) = images.recent(5)
    assert (known.path, known.product, known.current) == (image, REPORT.facts.product, True)
    assert known.fail > 0
    assert images.inside(tmp_path) == {image: known}
    assert images.inside(tmp_path.parent) == {}
    image.write_bytes(b"xy")
    assert not images.recent(5)[0].current
    image.unlink()
    assert images.recent(5) == ()


def test_the_newest_come_first_and_the_oldest_go(tmp_path: Path) -> None:
    images = KnownImages(tmp_path / "known.db")
    for number in range(MOST + 2):
        image = tmp_path / f"{number}.raw"
        image.touch()
        images.remember(image, REPORT)
    assert [known.path.name for known in images.recent(2)] == [f"{MOST + 1}.raw", f"{MOST}.raw"]
    assert len(images.inside(tmp_path)) == MOST
    assert tmp_path / "1.raw" not in images.inside(tmp_path)


def test_a_memory_that_cannot_be_used_is_none(tmp_path: Path) -> None:
    image = tmp_path / "a.raw"
    image.touch()
    for file in (tmp_path / "no/such/folder/known.db", tmp_path):
        images = KnownImages(file)
        images.remember(image, REPORT)
        assert images.recent(5) == ()


@pytest.mark.parametrize("first", ["recent", "remember"])
@pytest.mark.parametrize("damage", ["no database", "page", "text", "version"])
def test_a_memory_that_is_spoilt_is_replaced(tmp_path: Path, damage: str, first: str) -> None:
    image, file = tmp_path / "a.raw", tmp_path / "known.db"
    image.touch()
    images = KnownImages(file)
    images.remember(image, REPORT)
    if damage == "no database":
        file.write_bytes(b"no database" * 1000)
    elif damage == "page":
        content = bytearray(file.read_bytes())
        content[100:] = b"\xff" * (len(content) - 100)
        file.write_bytes(content)
    else:
        with closing(sqlite3.connect(file)) as db, db:
            change = "UPDATE known SET product = CAST(x'ff' AS TEXT)" if damage == "text" else "DROP TABLE known"
            db.execute(change)
            db.execute("CREATE TABLE IF NOT EXISTS known (path BLOB PRIMARY KEY, product TEXT)")
    (tmp_path / "known.db-journal").touch()
    if first == "recent":
        assert images.recent(5) == ()
    images.remember(image, REPORT)
    assert [known.path for known in images.recent(5)] == [image]
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_memory_that_is_busy_is_kept(tmp_path: Path) -> None:
    image, file = tmp_path / "a.raw", tmp_path / "known.db"
    image.touch()
    images = KnownImages(file)
    images.remember(image, REPORT)
    with closing(sqlite3.connect(file)) as db:
        db.execute("BEGIN EXCLUSIVE")
        images.remember(image, REPORT)
        assert images.recent(5) == ()
        db.rollback()
    assert len(images.recent(5)) == 1


def test_names_of_any_bytes_are_remembered_in_a_file_of_ours_alone(tmp_path: Path) -> None:
    image = Path(os.fsdecode(bytes(tmp_path) + b"/\xff.raw"))
    image.touch()
    images = KnownImages(tmp_path / "known.db")
    images.remember(image, REPORT)
    assert images.recent(1)[0].path == image
    assert (tmp_path / "known.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("form", ["raw", "qcow2", "vmdk", "vdi", "vhdx", "vpc"])
def test_formats_and_sizes_are_those_of_qemu(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"disk.{'vhd' if form == 'vpc' else form}"
    size = 8 * 1024**2
    options = ("-o", "force_size=on") if form == "vpc" else ()
    subprocess.run(["qemu-img", "create", "-q", "-f", form, *options, str(path), str(size)], check=True)
    assert peek(path) == (form, None if form == "vhdx" else size)


def test_what_is_no_image_has_no_format(tmp_path: Path) -> None:
    text, short = tmp_path / "notes.txt", tmp_path / "short.img"
    text.write_bytes(b"QF")
    short.write_bytes(b"QFI\xfb" + struct.pack(">I", 3))
    assert peek(text) == ("", None)
    assert peek(short) == ("qcow2", 0)
    os.mkfifo(tmp_path / "fifo")
    for special in (tmp_path / "fifo", Path("/dev/null")):
        with pytest.raises(OSError, match="no ordinary file"):
            peek(special)
    with pytest.raises(OSError, match="No such file"):
        peek(tmp_path / "none")


def test_special_and_empty_files_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").touch()  # the kernel's own, some of which are used up by reading, have no size
    os.mkfifo(tmp_path / "fifo.img")
    monkeypatch.setattr("wizard.peek._at_once", lambda *_: pytest.fail("it was opened"))
    assert peek(tmp_path / "empty") == ("", None)
    with pytest.raises(OSError, match="no ordinary file"):
        peek(tmp_path / "fifo.img")


def test_nothing_that_a_guest_calls_itself_and_no_foreign_row_is_a_failure(tmp_path: Path) -> None:
    image, file = tmp_path / "a.raw", tmp_path / "known.db"
    image.touch()
    images = KnownImages(file)
    images.remember(image, replace(REPORT, facts=replace(REPORT.facts, product="De\udcff\x1bbian")))
    assert images.recent(1)[0].product == "De\\udcff\x1bbian"
    file.unlink()
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("CREATE TABLE known (path PRIMARY KEY, product, fail, unknown, passed, time, size, modified)")
        db.execute("INSERT INTO known VALUES (?, 1, 'x', 'y', 0, '2020-01-01', 1, 1)", (os.fsencode(image),))
        db.execute("INSERT INTO known VALUES (7, 1, 0, 0, 0, '2020-01-01', 1, 1)")
    assert images.recent(5) == ()
    assert images.inside(tmp_path) == {}


def test_a_host_without_a_home_of_ours_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Path:
        raise OpenError("home", "There is no home folder.", "Set HOME.")

    monkeypatch.setattr("wizard.known_images.log_folder", refuse)
    (tmp_path / "a.raw").touch()
    KnownImages().remember(tmp_path / "a.raw", REPORT)
    assert KnownImages().recent(5) == ()
