"""What the headless modes put into an outcome, over a session that follows a script."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from disks import MIB, WRITES, disk, overlay
from fake_engine import FakeEngine, FakeHost
from fake_report import REPORT, clean_report

from remediations.vocabulary import Settings
from wizard import commit, delta, plain, recovery
from wizard.change import Preview
from wizard.document import Outcome, document
from wizard.errors import ChangeError
from wizard.exit_codes import UNFINISHED
from wizard.headless import ApplyAll, Job, Means, Revert, ShowJournal, run
from wizard.image import probe
from wizard.journal import Journal
from wizard.qemu import QemuError
from wizard.session import Access, Session

FULL = ChangeError("no-room", "There is no room. The image is as it was.", "Make room.")


class Scripted(FakeEngine):
    """A session by a script; the fixes that others may need besides are none of its."""

    def preview(self, ids: Sequence[str], _besides: Sequence[str] = ()) -> Preview:
        return super().preview(ids)


def work(job: Job, host: FakeHost) -> Outcome:
    outcome = Outcome("a.qcow2")
    session = Scripted(host)
    session.open()
    try:
        job.work(cast(Session, session), outcome)
    except ChangeError as error:
        outcome.error, outcome.exit_code = error, error.exit_code
    return outcome


def statuses(outcome: Outcome) -> dict[str, str]:
    return {r["id"]: r["status"] for r in document([outcome])["images"][0]["requirements"]}


BEFORE = {a.requirement.id: str(a.finding.status) for a in REPORT.assessments}


@pytest.mark.parametrize("job", [ApplyAll(Means(Settings())), Revert(Means(Settings()), 1)])
def test_after_a_commit_that_failed_the_guest_stands_as_it_did(job: Job) -> None:
    outcome = work(job, FakeHost(fail={"commit": FULL}))
    assert statuses(outcome) == BEFORE, "what was staged is gone, and is never told as pass"
    assert outcome.changes == ()
    assert outcome.exit_code == 4


def test_after_one_that_did_not_it_stands_as_it_does_now() -> None:
    outcome = work(ApplyAll(Means(Settings())), FakeHost())
    assert statuses(outcome) == BEFORE | {"mac-address": "pass", "console-log": "pass"}
    assert outcome.exit_code == 1, "two others stay"


def test_a_dry_run_tells_how_the_guest_would_stand() -> None:
    outcome = work(ApplyAll(Means(Settings()), dry_run=True), FakeHost())
    assert statuses(outcome)["console-log"] == "pass"
    assert document([outcome])["images"][0]["change"]["state"] == "discarded"


def test_a_backing_file_is_not_written_below_its_overlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base, overlay, alone = (tmp_path / name for name in ("base.qcow2", "overlay.qcow2", "alone.qcow2"))
    for words in ((base, "1M"), ("-b", base, "-F", "qcow2", overlay), (alone, "1M")):
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *map(str, words)], check=True)
    link = tmp_path / "link.qcow2"
    link.symlink_to(base)
    worked: list[str] = []

    def one(_job: Job, image: Path, _on_progress: object) -> Outcome:
        worked.append(image.name)
        return Outcome(str(image))

    monkeypatch.setattr("wizard.headless._one", one)
    job = ApplyAll(Means(Settings()))
    told = run(job, [link, overlay, alone, tmp_path / "none"])
    assert worked == ["overlay.qcow2", "alone.qcow2", "none"]
    assert [(outcome.exit_code, outcome.error and outcome.error.code) for outcome in told[:2]] == [
        (4, "backing-file"), (0, None)
    ]  # fmt: skip
    worked.clear()
    assert [outcome.exit_code for outcome in run(job, [base])] == [0], "alone it is the operator's to decide"
    assert worked == ["base.qcow2"]


class Reverting(Scripted):
    """A session whose revert finds no file to put back; ``left`` are the paths that it leaves alone."""

    def revert(self, number: int) -> Preview:
        found = super().revert(number)
        self._staged = replace(
            found, files=(), commands=(), before=self.host.report, after=self.host.report, failed=self.host.failed
        )
        return self._staged


def reverted(host: FakeHost, *, dry_run: bool) -> tuple[Outcome, str]:
    outcome, session = Outcome("a.qcow2"), Reverting(host)
    session.open()
    try:
        Revert(Means(Settings()), 7, dry_run).work(cast(Session, session), outcome)
    except ChangeError as error:
        outcome.error, outcome.exit_code = error, error.exit_code
    assert "commit" not in host.calls
    return outcome, "\n".join(plain.lines(outcome, diffs=dry_run))


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_revert_that_finds_nothing_to_put_back_says_so_and_ends_as_its_report_does(dry_run: bool) -> None:
    outcome, told = reverted(FakeHost(), dry_run=dry_run)
    assert outcome.exit_code == 1, "some that are required fail"
    assert outcome.error is None
    assert "Nothing to put back: every file of change 7 is as it was before that change." in told
    assert "fix on offer would" not in told
    outcome, _ = reverted(FakeHost(report=clean_report()), dry_run=dry_run)
    assert outcome.exit_code == 0


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_revert_that_may_put_nothing_back_is_an_error_with_each_reason(dry_run: bool) -> None:
    outcome, told = reverted(FakeHost(failed=(("/etc/fstab", "it was changed since"),)), dry_run=dry_run)
    assert outcome.exit_code == 4
    assert "Left alone: /etc/fstab: it was changed since" in told
    assert "Nothing to put back" not in told
    (image,) = document([outcome])["images"]
    assert image["error"]["code"] == "revert-refused"
    assert image["change"]["failed"] == [{"id": "/etc/fstab", "reason": "it was changed since"}]
    assert statuses(outcome) == BEFORE


def test_a_revert_ends_as_its_report_does() -> None:
    outcome = work(Revert(Means(Settings()), 1), FakeHost())
    assert outcome.exit_code == 1, "others that are required fail"
    outcome = work(Revert(Means(Settings()), 1), FakeHost(report=clean_report()))
    assert (outcome.exit_code, len(outcome.changes)) == (0, 1)


class Writing:
    """A job that commits an overlay which was made beforehand."""

    access = Access.FIX

    def __init__(self, over: Path, journal: Journal) -> None:
        self.means = Means(Settings())
        self._over, self._journal = over, journal

    def work(self, session: Session, _outcome: Outcome) -> None:
        image = probe(session.path)
        commit.commit(image, image.identity, self._over, self._journal, kind="fix", fixes=("firewall",), files=(),
                      commands=(), note="", on_step=print)  # fmt: skip


def test_a_half_written_image_is_told_from_a_whole_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = disk(tmp_path / "disk", "raw")
    journal = Journal(tmp_path / "disk.wizard")
    write_back = delta.write_back

    def failing(times: int) -> None:
        calls = []

        def once(*words: object) -> None:
            calls.append(words)
            if len(calls) <= times:
                if len(calls) == 1:  # half of it lands
                    with path.open("r+b") as file:
                        file.seek(20 * MIB)
                        file.write(b"\x09" * 32768)
                raise QemuError("No space left on device")
            write_back(*words)  # type: ignore[arg-type]

        monkeypatch.setattr(delta, "write_back", once)

    def wrote(times: int) -> dict[str, object]:
        failing(times)
        (outcome,) = run(
            Writing(overlay(tmp_path / "over", path, "raw", *WRITES, "write -P 9 20M 64k"), journal), [path]
        )
        assert outcome.exit_code == 4, "both are a commit that failed"
        (told,) = document([outcome])["images"]
        assert (UNFINISHED in told["warnings"]) is told["needs_recovery"]
        return {"code": told["error"]["code"], "needs_recovery": told["needs_recovery"]}

    before = path.read_bytes()
    assert wrote(1) == {"code": "no-room", "needs_recovery": False}, "it was put back at once"
    assert path.read_bytes() == before
    assert wrote(2) == {"code": "half-written", "needs_recovery": True}
    assert path.read_bytes() != before
    failing(0)
    (listed,) = run(ShowJournal(Means(Settings())), [path])
    assert listed.needs_recovery, "listing the journal recovers nothing"
    assert recovery.recover(path, journal)
    (listed,) = run(ShowJournal(Means(Settings())), [path])
    assert listed.needs_recovery is False


def test_where_the_journal_cannot_be_read_nobody_can_tell(tmp_path: Path) -> None:
    path = disk(tmp_path / "disk", "raw")
    (tmp_path / "disk.wizard").mkdir()
    (tmp_path / "disk.wizard" / "journal.db").write_bytes(b"no database" * 100)
    (outcome,) = run(ShowJournal(Means(Settings())), [path])
    assert document([outcome])["images"][0]["needs_recovery"] is None
