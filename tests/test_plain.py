"""What the headless modes print: readable, within the terminal, and harmless whatever the guest says."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fake_report import hostile_report, make_change
from linux_guest import debian

import wizard.cli
from remediations.vocabulary import Settings
from wizard import plain
from wizard.change import Preview
from wizard.document import Outcome, document
from wizard.errors import ChangeError
from wizard.image import Image
from wizard.report import examine

IMAGE = Image(Path("/srv/disk.qcow2"), "qcow2", 2 * 1024**3, 1024**3, (), in_use=False, read_only_reason="")


def printed(outcome: Outcome, *, diffs: bool = True) -> str:
    return "\n".join(plain.lines(outcome, diffs=diffs))


def harmless(text: str) -> bool:
    return not [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")]


def test_a_report_names_every_requirement_and_its_evidence() -> None:
    report = examine(debian({"/etc/cloud/cloud-init.disabled": b""}), Settings())
    text = printed(Outcome("disk.qcow2", 1, IMAGE, report))
    for assessment in report.assessments:
        assert assessment.requirement.id in text
    assert "/etc/cloud/cloud-init.disabled" in text
    assert "fix: " in text


def test_hostile_text_is_harmless_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    report = hostile_report()
    change = make_change(1)
    evil = "\x1b]0;owned\x07\u202e"
    files = tuple(replace(file, path=file.path + evil) for file in change.files)
    preview = Preview(("firewall",), files, change.commands, report, report, (("ssh-key", evil),))
    outcome = Outcome("disk" + evil, 1, IMAGE, report, preview, notices=())
    assert harmless(printed(outcome))
    outcome.changes = (replace(change, files=files, who=evil, note=evil),)
    assert harmless(printed(outcome))
    outcome.journal = outcome.changes
    assert harmless(printed(outcome))
    assert document([outcome])["images"][0]["change"]["note"] == evil, "JSON keeps what was read, escaped by JSON"


def test_errors_are_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    wizard.cli._tell(ChangeError("x", "file \x1b[2J failed", "\x9bm next"))
    assert harmless(capsys.readouterr().err)


def test_undo_is_offered_with_a_command_that_can_be_pasted() -> None:
    change = replace(make_change(3), time=datetime(2026, 1, 2, tzinfo=UTC))
    text = printed(Outcome("my disk.qcow2", 0, IMAGE, None, None, (change,)))
    assert "image-wizard 'my disk.qcow2' --undo" in text
