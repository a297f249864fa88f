"""What the headless modes put into an outcome, over a session that follows a script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest
from fake_engine import FakeEngine, FakeHost
from fake_report import REPORT

from remediations.vocabulary import Settings
from wizard.change import Preview
from wizard.document import Outcome, document
from wizard.errors import ChangeError
from wizard.headless import ApplyAll, Job, Means, Revert
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
