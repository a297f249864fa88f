"""How a guest stands by other settings, on the real demo image: by both readers, beside a start, not by a stale one."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from remediations.vocabulary import Settings
from wizard.demo import BUNDLED
from wizard.errors import OpenError
from wizard.report import Report
from wizard.session import Session

OTHER = Settings(user="admin", hypervisor="xen")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return Path(shutil.copyfile(BUNDLED, tmp_path / "demo.qcow2"))


def findings(report: Report) -> list[tuple[object, ...]]:
    return [(a.requirement.id, a.finding, a.fix) for a in report.assessments]


def opened_by(image: Path, settings: Settings, fast: bool = True) -> Report:
    session = Session(image, settings, fast=fast)
    try:
        return session.open()
    finally:
        session.close()


def test_the_fast_reader_says_what_an_opening_by_those_settings_would(image: Path) -> None:
    session = Session(image, Settings())
    before = session.open()
    assert before.reader.name == "fast"
    considered = session.consider(OTHER)
    assert considered == opened_by(image, OTHER)
    assert findings(considered) != findings(before)
    assert session.settings == Settings(), "nothing is taken over"
    assert session.consider(Settings()) == before
    session.use(OTHER, considered)
    assert session.settings == OTHER
    assert session.launches == 0


def test_an_image_that_was_written_to_meanwhile_is_not_considered(image: Path) -> None:
    session = Session(image, Settings())
    session.open()
    os.utime(image, ns=(1, 1))
    with pytest.raises(OpenError, match="written to while it was read") as caught:
        session.consider(OTHER)
    assert caught.value.code == "not-considered"


def test_a_session_that_was_told_to_stop_still_considers(image: Path) -> None:
    session = Session(image, Settings())
    session.open()
    session.cancel()  # as when an appliance that was starting is given up
    assert session.consider(OTHER) == opened_by(image, OTHER)


@pytest.mark.guestfs
def test_the_appliance_agrees_and_the_fast_reader_answers_beside_its_start(image: Path) -> None:
    slow = Session(image, Settings(), fast=False)
    try:
        slow.open()
        considered = slow.consider(OTHER)
        assert slow.launches == 1
        assert slow.warm, "a preview can begin at once"
    finally:
        slow.close()
    session = Session(image, Settings())
    session.open()
    start = threading.Thread(target=session.warm_up)
    start.start()
    try:
        beside = session.consider(OTHER)
        assert start.is_alive(), "it waited for nothing"
        session.use(OTHER, beside)
    finally:
        start.join(120)
    assert findings(beside) == findings(considered)
    try:
        assert session.warm
        preview = session.preview(["cloud-user"])
        assert session.launches == 1, "the appliance that was started serves"
        contents = [file.after.content or b"" for file in preview.files if file.after is not None]
        assert any(b"admin" in content for content in contents)
    finally:
        session.close()
