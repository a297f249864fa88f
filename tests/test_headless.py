"""What the headless modes put into an outcome, over a session that follows a script."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
from fake_engine import FakeEngine, FakeHost
from fake_report import REPORT

from remediations.vocabulary import Settings
from wizard.change import Preview
from wizard.document import Outcome, document
from wizard.errors import ChangeError
from wizard.headless import ApplyAll, Job, Means, Revert, run
from wizard.session import Session

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
