"""Damaged images: bytes flipped, files cut off. A finding, *unknown* or a clear error; never a crash, never a hang."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import guests
import pytest
from disks import qemu

from remediations import REQUIREMENTS
from remediations.vocabulary import Settings
from wizard.errors import OpenError
from wizard.fast import reading
from wizard.fast.errors import StepAside
from wizard.image import probe

ROOT = Path(__file__).parent.parent
BUDGET = 6.0
"""Seconds of damage for each image; the damage is the same each time, until they are over."""
PAGE = 4096


def demo() -> Path:
    return ROOT / "wizard" / "demo.qcow2"


real = [pytest.mark.guestfs, pytest.mark.mirror]
EVERY = [demo, *(pytest.param(make, marks=real) for make in guests.ALL)]


def ask(path: Path) -> str:
    """What becomes of an image: a report, or the error's kind. The reading is bounded as it is for the operator."""
    try:
        report = reading.read(probe(path), Settings(), lambda child: None).report
    except StepAside as error:
        assert "longer than" not in error.reason, "it hung"  # noqa: PT017
        assert "without a result" not in error.reason, "it crashed"  # noqa: PT017
        return "stepped aside"
    except OpenError as error:
        return error.code
    assert len(report.assessments) == len(REQUIREMENTS)
    failed = [a.finding.summary for a in report.assessments if "of image-wizard's failed" in a.finding.summary]
    assert not failed, failed
    return "report"


def used_pages(path: Path) -> list[int]:
    """Where a file is not empty: damage elsewhere changes nothing."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        found, at = [], 0
        while at < size:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:
                break
            end = min(size, os.lseek(file.fileno(), at, os.SEEK_HOLE))
            for page in range(at - at % PAGE, end, PAGE):
                if any(os.pread(file.fileno(), PAGE, page)):
                    found.append(page)
            at = end
    return found


def flip(path: Path, noise: random.Random, pages: list[int]) -> dict[int, bytes]:
    """Damage some bytes in place; what stood there before."""
    undo: dict[int, bytes] = {}
    with path.open("r+b") as file:
        for _ in range(noise.choice((1, 1, 2, 8, 40))):
            at = noise.choice(pages) + noise.randrange(PAGE)
            damage = noise.choice((noise.randbytes(1), b"\xff" * 4, bytes(4), noise.randbytes(8), b"\xff" * 8))
            old = os.pread(file.fileno(), len(damage), at)
            undo.setdefault(at, old)
            os.pwrite(file.fileno(), damage[: len(old)], at)
    return undo


def mend(path: Path, undo: dict[int, bytes]) -> None:
    with path.open("r+b") as file:
        for at, old in reversed(undo.items()):
            os.pwrite(file.fileno(), old, at)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("make", EVERY)
@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
def test_damage_ends_in_an_answer_or_a_clear_error(tmp_path: Path, make: Callable[[], Path], image_format: str) -> None:
    path = tmp_path / "disk"
    qemu("qemu-img", "convert", "-f", "qcow2", "-O", image_format, make(), path)
    whole = path.stat().st_size
    pages = used_pages(path)
    noise = random.Random(f"{make.__name__} {image_format}")
    assert ask(path) == "report", "it can be read while it is whole"
    seen: dict[str, int] = {}
    until = time.monotonic() + BUDGET
    while time.monotonic() < until and sum(seen.values()) < 400:
        undo = flip(path, noise, pages)
        became = ask(path)
        seen[became] = seen.get(became, 0) + 1
        mend(path, undo)
    assert ask(path) == "report", "the damage was mended each time"
    for _ in range(4):
        os.truncate(path, noise.randrange(whole))
        became = ask(path)
        seen[f"cut: {became}"] = seen.get(f"cut: {became}", 0) + 1
        path.unlink()
        qemu("qemu-img", "convert", "-f", "qcow2", "-O", image_format, make(), path)
    assert sum(seen.values()) > 10, seen
