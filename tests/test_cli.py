"""The command line: usage, exit codes, settings, JSON, and that headless never loads Textual."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from disks import disk

import wizard.cli
from remediations import REQUIREMENTS
from remediations.guest import GuestFacts
from wizard import config, headless, plain
from wizard.document import Outcome
from wizard.errors import OpenError, UsageError
from wizard.image import Image
from wizard.report import Reader, Report

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
        ["--frobnicate"],
    ],
)
def test_wrong_calls_end_with_2_and_say_why(words: list[str]) -> None:
    done = run(*words)
    assert done.returncode == 2, done
    assert done.stderr.strip()
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_help_fits_a_screen() -> None:
    help_text = run("--help").stdout
    assert "--apply-all" in help_text
    assert max(map(len, help_text.splitlines())) <= 80


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
