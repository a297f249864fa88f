"""What is remembered of examined images, and what their first bytes say."""

from __future__ import annotations

import os
import struct
import subprocess
from pathlib import Path

import pytest
from fake_report import REPORT

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
    broken = tmp_path / "known.db"
    broken.write_bytes(b"no database" * 1000)
    images = KnownImages(broken)
    images.remember(image, REPORT)
    assert images.recent(5) == ()
    assert images.inside(tmp_path) == {}


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
    with pytest.raises(OSError, match="seek"):
        peek(tmp_path / "fifo")
    with pytest.raises(OSError, match="No such file"):
        peek(tmp_path / "none")
