"""The host's room under a stage: watched until the overlay is whole, and never while the image is written."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from disks import disk

from wizard import stage as stages
from wizard.errors import WizardError
from wizard.image import probe
from wizard.stage import Stage


class FakeAppliance:
    """Notes why it was killed."""

    def __init__(self, *_words: object, **_options: object) -> None:
        self.why: WizardError | None = None

    def kill(self, why: WizardError) -> None:
        self.why = why

    def shutdown(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set, the host's disk is full."""
    full = threading.Event()
    monkeypatch.setattr(stages, "Appliance", FakeAppliance)
    monkeypatch.setattr(stages, "_TICK", 0.01)
    monkeypatch.setattr(stages.room, "is_full", lambda folder: full.is_set())
    return full


@pytest.fixture
def stage(tmp_path: Path, full: threading.Event) -> Iterator[Stage]:
    stage = Stage(probe(disk(tmp_path / "disk.raw", "raw")), writable=True)
    yield stage
    stage.drop()


def test_a_full_disk_ends_the_appliance_while_it_writes(stage: Stage, full: threading.Event) -> None:
    full.set()
    stage._watch.join(10)
    why = stage._appliance.why
    assert why is not None
    assert why.code == "no-room"


def test_a_full_disk_ends_nothing_once_the_image_is_written(stage: Stage, full: threading.Event) -> None:
    stage.finish()
    full.set()
    time.sleep(0.2)
    assert stage._appliance.why is None, "it would end the program that writes the image, too"
    assert not stage._watch.is_alive()
