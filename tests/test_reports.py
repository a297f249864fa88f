"""Reports: what each format holds, and how a file is refused, written and replaced."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fake_report import REPORT, file_state
from report_outcomes import BROKEN, CHECKED, DRY, FIXED, NOW, PREVIEW, case, counted, junit, run_of

from remediations.vocabulary import Level, Status
from wizard import plain, reports
from wizard.change import FileChange
from wizard.document import Outcome, document
from wizard.errors import ChangeError, UsageError
from wizard.reports import as_html, as_json, as_junit, as_markdown
from wizard.reports.run import Run


def good_practice(status: Status) -> Outcome:
    """One required that passes, one recommended that stands at ``status``."""
    first, second = REPORT.assessments[0], REPORT.assessments[1]
    recommended = replace(second.requirement, level=Level.RECOMMENDED)
    second = replace(second, requirement=recommended, finding=replace(second.finding, status=status))
    return replace(CHECKED, report=replace(REPORT, assessments=(first, second)))


def test_junit_has_a_suite_an_image_and_a_case_a_requirement() -> None:
    suites = junit(CHECKED, BROKEN)
    first, second = suites.findall("testsuite")
    assert counted(suites) == (10, 3, 2, 1)
    assert counted(first) == (9, 3, 1, 1)
    assert counted(second) == (1, 0, 1, 0)
    assert first.get("name") == "a.qcow2"
    assert first.get("timestamp") == "2025-03-14T09:30:00"


def test_junit_tells_failure_error_skipped_and_pass_apart() -> None:
    suites = junit(CHECKED)
    failure = case(suites, "console-log").find("failure")
    assert failure is not None
    assert failure.get("message") == "2 of 2 boot entries do not pass console=ttyS0"
    assert '/etc/default/grub:9  GRUB_CMDLINE_LINUX=""' in (failure.text or "")
    assert "Fix: Add console=tty0" in (failure.text or "")
    assert case(suites, "user-data").find("error") is not None
    assert case(suites, "xen-kernel").find("skipped") is not None
    assert [child.tag for child in case(suites, "firewall")] == ["system-out"]


def test_junit_says_why_an_image_could_not_be_judged() -> None:
    error = junit(BROKEN).find("testsuite/testcase/error")
    assert error is not None
    assert (error.get("type"), error.get("message"), error.text) == (
        "not-found",
        "There is no file b.raw.",
        "Check the path.",
    )


@pytest.mark.parametrize("status", [Status.FAIL, Status.UNKNOWN])
def test_good_practice_fails_no_pipeline_unless_asked(status: Status) -> None:
    outcome = good_practice(status)
    assert outcome.report is not None
    assert counted(junit(outcome)) == (2, 0, 0, 1)
    skipped = case(junit(outcome), "mac-address").find("skipped")
    assert skipped is not None
    assert (skipped.get("message") or "").startswith(f"good practice, {status}: eth0 is tied")
    assert outcome.report.satisfied()
    failed = (1, 0) if status is Status.FAIL else (0, 1)
    assert counted(junit(outcome, strict=True)) == (2, *failed, 0)
    assert not outcome.report.satisfied(strict=True)


def test_json_is_the_document_of_the_command_line() -> None:
    assert json.loads(as_json.text(run_of(FIXED, BROKEN))) == document([FIXED, BROKEN])


@pytest.mark.parametrize("made", [as_markdown.text, as_html.text, as_junit.text])
def test_what_was_done_and_how_to_take_it_back(made: Callable[[Run], str]) -> None:
    told = made(run_of(FIXED))
    assert "Change 1 committed" in told
    assert "image-wizard a.qcow2 --undo" in told
    assert "(was fail)" in told
    dry = made(run_of(DRY))
    assert "Dry run: 3 files would change; the image is as it was." in dry.replace("`", "")
    assert "--undo" not in dry
    assert "Change" not in made(run_of(CHECKED)).replace("Change 0", "")


@pytest.mark.parametrize("made", [as_markdown.text, as_html.text, as_junit.text])
def test_a_commit_that_failed_is_no_dry_run(made: Callable[[Run], str]) -> None:
    error = ChangeError("no-room", "There is no room. The image is as it was.", "Make room.")
    told = made(run_of(replace(DRY, report=REPORT, error=error, exit_code=4)))
    assert "no-room" in told
    assert "Dry run" not in told
    assert "(was" not in told
    assert "2 of 2 boot entries do not pass" in told


@pytest.mark.parametrize("made", [as_markdown.text, as_html.text])
def test_a_fix_that_could_not_be_made_says_so(made: Callable[[Run], str]) -> None:
    told = made(run_of(replace(FIXED, preview=replace(PREVIEW, failed=(("ssh-server", "apt is locked"),)))))
    assert "Not fixed:" in told
    assert "apt is locked" in told


@pytest.mark.parametrize("made", [as_markdown.text, as_html.text])
def test_a_file_that_only_root_may_read_is_not_published(made: Callable[[Run], str]) -> None:
    shadow = FileChange(
        "/etc/shadow",
        replace(file_state(b"root:$6$secret:1::::::\n"), mode=0o640),
        replace(file_state(b"root:!$6$secret:1::::::\n"), mode=0o640),
    )
    told = made(run_of(replace(DRY, preview=replace(PREVIEW, files=(shadow,)))))
    assert "/etc/shadow" in told
    assert "secret" not in told
    assert "not everybody may read" in told


@pytest.mark.parametrize("made", [as_markdown.text, as_html.text])
def test_a_very_long_diff_is_cut_and_says_so(made: Callable[[Run], str]) -> None:
    long = FileChange("/etc/long", None, file_state(b"x\n" * 5000))
    told = made(run_of(replace(DRY, preview=replace(PREVIEW, files=(long,)))))
    assert told.count("+x") < 2001
    assert re.search(r"\(300\d more lines", told)


@pytest.mark.parametrize("name", ["report", "report.txt", "report.html.gz", "html", ".html"])
def test_a_suffix_that_is_no_format_is_refused_by_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=re.escape(name)) as raised:
        reports.accept(tmp_path / name)
    assert ".junit" in raised.value.next
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "kind"), [("a.json", "JSON"), ("a.MD", "Markdown"), ("a.Html", "HTML"),
                                            ("a.xml", "JUnit XML"), ("junit.xml.junit", "JUnit XML")])  # fmt: skip
def test_the_suffix_chooses_the_format(name: str, kind: str) -> None:
    assert reports.format_of(Path(name)).name == kind


def test_what_can_only_fail_later_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "image.xml").write_text("an image")
    (tmp_path / "ring.md").symlink_to(tmp_path / "ring.md")
    (tmp_path / "same.json").symlink_to(tmp_path / "image.xml")
    (tmp_path / "base.qcow2").touch()
    (tmp_path / "base.html").symlink_to("base.qcow2")
    os.mkfifo(tmp_path / "pipe.json")
    for name, why in (
        ("none/a.html", "no such folder"),
        ("folder.html", "no ordinary file"),
        ("pipe.json", "no ordinary file"),
        ("ring.md", "leads nowhere"),
        ("\ud800.md", "no name that a file can have"),
        ("image.xml", "the image itself"),
        ("same.json", "the image itself"),
        ("base.html", "link to base.qcow2, which is no report"),
    ):
        with pytest.raises(UsageError, match=why):
            reports.accept(tmp_path / name, [tmp_path / "absent", tmp_path / "image.xml"])
    reports.accept(tmp_path / "new.html", [tmp_path / "image.xml"])


def test_an_older_file_is_replaced_at_once_and_a_link_stays(tmp_path: Path) -> None:
    old = tmp_path / "report.json"
    old.write_text("old")
    (tmp_path / "latest.json").symlink_to("report.json")
    reports.write(tmp_path / "latest.json", [CHECKED], now=NOW)
    assert (tmp_path / "latest.json").is_symlink()
    assert json.loads(old.read_text())["schema"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest.json", "report.json"]
    umask = os.umask(0o022)
    os.umask(umask)
    assert old.stat().st_mode & 0o777 == 0o666 & ~umask


def test_where_it_cannot_be_written_the_older_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    old = tmp_path / "report.md"
    old.write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="No space left on device"):
        reports.write(old, [CHECKED])
    assert old.read_text() == "old"
    assert list(tmp_path.iterdir()) == [old]


def test_a_name_as_long_as_names_may_be_can_be_written(tmp_path: Path) -> None:
    reports.write(tmp_path / ("r" * 250 + ".html"), [CHECKED])
    assert len(list(tmp_path.iterdir())) == 1


def test_the_terminal_says_the_same_of_what_was_done() -> None:
    assert list(plain.done(FIXED)) == ["Change 1 committed: mac-address, console-log; 3 files."]
    assert plain.undo_command(FIXED) == "image-wizard a.qcow2 --undo"
    assert plain.undo_command(DRY) == ""
