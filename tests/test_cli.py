"""The command line: usage, exit codes, settings, JSON, and that headless never loads Textual."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from disks import disk

import wizard.cli
from remediations import REQUIREMENTS
from remediations.guest import GuestFacts
from remediations.vocabulary import Finding, Level, Settings, Status
from wizard import config, headless, plain
from wizard.document import Outcome
from wizard.errors import OpenError, UsageError
from wizard.image import Image
from wizard.report import Assessment, Reader, Report

ROOT = Path(__file__).parent.parent


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "wizard", *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False,
                          stdin=subprocess.DEVNULL)  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ["--check"],
        ["x.qcow2"],  # the wizard, without a terminal
        ["x.qcow2", "--json"],
        ["x.qcow2", "--check", "--apply-all"],
        ["x.qcow2", "--check", "--only", "firewall"],
        ["x.qcow2", "--apply-all", "--only", "no-such-id"],
        ["x.qcow2", "--check", "--dry-run"],
        ["x.qcow2", "--apply-all", "--jobs", "2"],
        ["x.qcow2", "--check", "--jobs", "0"],
        ["x.qcow2", "--check", "--reader", "clairvoyant"],
        ["x.qcow2", "--check", "--user", "Root Toor"],
        ["x.qcow2", "--check", "--console", "../tty"],
        ["x.qcow2", "--check", "--config", "/nonexistent/config.yaml"],
        ["x.qcow2", "--demo", "--check"],
        ["x.qcow2", "--check", "--report", "x.pdf"],
        ["x.qcow2", "--check", "--report", "/nonexistent/x.html"],
        ["x.qcow2", "--check", "--report", "x.html", "--report", "x"],
        ["x.qcow2", "--journal", "--report", "x.html"],
        ["x.qcow2", "--report", "x.html"],
        ["x.qcow2", "--undo", "--strict"],
        ["--frobnicate"],
    ],
)
def test_wrong_calls_end_with_2_and_say_why(words: list[str]) -> None:
    done = run(*words)
    assert done.returncode == 2, done
    assert done.stderr.strip()
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_one_bad_image_does_not_stop_the_others(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no image\n")
    (tmp_path / "ring").symlink_to(tmp_path / "ring")
    done = run(tmp_path / "absent", tmp_path / "ring", text, "--check", "--json")
    assert done.returncode == 3
    told = json.loads(done.stdout)
    assert told["schema"] == 1
    assert [image["error"]["code"] for image in told["images"]] == ["not-found", "permission", "not-an-image"]
    assert "What" not in done.stdout


def test_journal_of_an_image_without_one(tmp_path: Path) -> None:
    image = disk(tmp_path / "disk.raw", "raw")
    done = run(image, "--journal")
    assert done.returncode == 0
    assert "no change was ever made" in done.stdout
    assert list(tmp_path.iterdir()) == [image]


def test_undo_without_a_change(tmp_path: Path) -> None:
    image = disk(tmp_path / "disk.raw", "raw")
    done = run(image, "--undo", "--json")
    assert done.returncode == 4
    assert json.loads(done.stdout)["images"][0]["error"]["code"] == "nothing-to-undo"
    assert list(tmp_path.iterdir()) == [image]


def test_headless_never_imports_textual(tmp_path: Path) -> None:
    code = (
        "import sys, wizard.cli\n"
        f"wizard.cli.main([{str(tmp_path / 'absent')!r}, '--check'])\n"
        "sys.exit('textual' in sys.modules or 'screens' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0


@pytest.mark.parametrize(
    ("text", "why"),
    [("user: a\nfrob: b\n", ":2: unknown setting 'frob'"), ("- a\n", "not a mapping"), ("user: [a]\n", "one word"),
     ("user: [", "expected")],
)  # fmt: skip
def test_configuration_that_is_wrong(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(UsageError, match=why):
        config.load(file)


def test_worst_exit_code_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    codes = {"a": 0, "b": 3, "c": 1}
    monkeypatch.setattr(headless, "_one", lambda job, image, said: Outcome(str(image), codes[image.name]))
    monkeypatch.setattr(wizard.cli, "_log_to_file", lambda: None)
    assert wizard.cli.main(["a", "b", "c", "--check"]) == 3
    assert wizard.cli.main(["a", "b", "c", "--journal"]) == 3


def test_an_error_names_its_image_among_several(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = Outcome("b.raw", 3, error=OpenError("not-found", "There is no file b.raw.", "Check the path."))
    wizard.cli._print([outcome], wizard.cli.parser().parse_args(["b.raw", "--check"]))
    assert "There is no file b.raw." in capsys.readouterr().err


def test_every_requirement_can_be_named() -> None:
    assert wizard.cli._ids("firewall, ssh-key") == ("firewall", "ssh-key")
    ids = [requirement.id for requirement in REQUIREMENTS]
    assert wizard.cli._ids(",".join(ids)) == tuple(ids)


def test_lines_are_cut_to_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert len(plain._cut("x" * 200)) == 80


def test_a_folder_is_checked_in_parallel_and_one_bad_image_stops_nothing(tmp_path: Path) -> None:
    demo = (ROOT / "wizard" / "demo.qcow2").read_bytes()
    for name in ("a.qcow2", "c.qcow2", "d.qcow2"):
        (tmp_path / name).write_bytes(demo)
    (tmp_path / "b.qcow2").write_bytes(b"no image at all")
    done = run(tmp_path, "--check", "--json", "--jobs", "3")
    assert done.returncode == 3
    told = json.loads(done.stdout)["images"]
    assert [Path(image["image"]).name for image in told] == ["a.qcow2", "b.qcow2", "c.qcow2", "d.qcow2"]
    assert [image["reader"] for image in told] == ["fast", None, "fast", "fast"]
    assert told[1]["error"]["code"] == "not-an-image"
    failed = [[r["id"] for r in image["requirements"] if (r["level"], r["status"]) == ("required", "fail")]
              for image in told if image["requirements"]]  # fmt: skip
    assert [len(ids) for ids in failed] == [6, 6, 6]
    lines = [line for line in done.stderr.split("\n") if "/4 " in line]
    assert len(lines) == 4, "one line for each image on what is no terminal"
    assert any("b.qcow2: error (not-an-image)" in line for line in lines)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.qcow2", "b.qcow2", "c.qcow2", "d.qcow2"]


def test_why_the_appliance_was_asked_is_told() -> None:
    facts = GuestFacts("debian", "Debian", (12, 0), "x86_64", "deb", "/dev/sda1")
    report = Report(facts, (), reader=Reader("appliance", "The ext4 journal has \x1b[31mchanges to replay"))
    image = Image(Path("x"), "raw", 1024, 1024, (), False, "")
    outcome = Outcome("x", image=image, report=report)
    shown = "\n".join(plain.lines(outcome, diffs=False))
    assert "Read through the appliance: The ext4 journal has" in shown
    assert "\x1b" not in shown
    told = wizard.cli.document([outcome])["images"][0]
    assert (told["reader"], told["reader_reason"]) == ("appliance", report.reader.reason)


def test_reports_tell_of_every_image_and_the_good_ones_are_listed(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    (images / "a.qcow2").write_bytes((ROOT / "wizard" / "demo.qcow2").read_bytes())
    (images / "b.qcow2").write_bytes(b"no image at all")
    names = [tmp_path / f"r{suffix}" for suffix in (".json", ".md", ".html", ".xml", ".junit")]
    done = run(images, "--check", "--json", *(word for name in names for word in ("--report", name)))
    assert done.returncode == 3
    assert json.loads(names[0].read_text()) == json.loads(done.stdout)
    for name in names:
        assert "not-an-image" in name.read_text()
        assert "console-log" in name.read_text()
    assert names[3].read_text().count("<testsuite ") == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["images", *(name.name for name in names)])
    assert sorted(path.name for path in images.iterdir()) == ["a.qcow2", "b.qcow2"]


def test_an_unknown_suffix_is_named_before_anything_is_opened(tmp_path: Path) -> None:
    done = run(tmp_path / "absent.qcow2", "--check", "--report", tmp_path / "r.html", "--report", tmp_path / "r.pdf")
    assert done.returncode == 2, "the absent image would be 3"
    assert "r.pdf" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_image_in_a_folder_is_never_taken_for_a_report_to_replace(tmp_path: Path) -> None:
    image = tmp_path / "image.xml"
    image.write_bytes((ROOT / "wizard" / "demo.qcow2").read_bytes())
    before = image.read_bytes()
    done = run(tmp_path, "--check", "--report", image)
    assert done.returncode == 2
    assert "is the image itself" in done.stderr
    assert image.read_bytes() == before


def test_a_report_that_cannot_be_written_changes_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    codes = {"a": 0, "b": 1}
    monkeypatch.setattr(headless, "_one", lambda job, image, said: Outcome(str(image), codes[image.name]))
    monkeypatch.setattr(wizard.cli, "_log_to_file", lambda: None)
    report = str(tmp_path / "r.md")
    assert wizard.cli.main(["a", "--check", "--report", report]) == 0
    monkeypatch.setattr(os, "fsync", full)
    assert wizard.cli.main(["a", "--check", "--json", "--report", report]) == 2
    told = capsys.readouterr()
    assert "No space left on device" in told.err
    assert json.loads(told.out)["images"][0]["image"] == "a"


def test_good_practice_counts_when_strict() -> None:
    means = headless.Means(Settings())
    facts = GuestFacts("debian", "Debian", (12, 0), "x86_64", "deb", "/dev/sda1")
    practice = next(one for one in REQUIREMENTS if one.level is Level.RECOMMENDED)
    report = Report(facts, (Assessment(practice, Finding(Status.FAIL, "It is not so"), None),))
    assert means.exit_code(report) == 0
    assert replace(means, strict=True).exit_code(report) == 1
