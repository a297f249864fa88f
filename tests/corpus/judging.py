"""What image-wizard says of a guest of the corpus, and the table of right and wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from fake_guest import FakeGuest

from remediations import REQUIREMENTS
from remediations.guest import GuestError
from remediations.vocabulary import InstallPackages, Plan, PlanError, Settings
from wizard.report import find

ROUNDS = 4
_BY_ID = {requirement.id: requirement for requirement in REQUIREMENTS}


@dataclass(frozen=True)
class Verdict:
    """One requirement of one broken guest: what is known of it, and what was said."""

    fault: str
    id: str
    expected: str
    said: str
    why: str

    @property
    def right(self) -> bool:
        return self.expected == self.said

    @property
    def false_pass(self) -> bool:
        return not self.right and self.said == "pass"

    def __str__(self) -> str:
        grade = "right" if self.right else "FALSE PASS" if self.false_pass else "wrong"
        return f"{grade:10} {self.fault}: {self.id} is {self.expected}, said {self.said}: {self.why}"


def verdicts(fault: str, guest: FakeGuest, expected: Mapping[str, str], settings: Settings) -> list[Verdict]:
    """The verdict of every requirement beside the expected one."""
    found = {requirement.id: find(requirement, guest, settings) for requirement in REQUIREMENTS}
    return [Verdict(fault, id, expected[id], finding.status.value, finding.summary) for id, finding in found.items()]


def table(said: list[Verdict]) -> str:
    """A row a requirement: how many verdicts were right, wrong (no pass) and false passes; then the wrong ones."""
    grades = Counter((v.id, "right" if v.right else "pass" if v.false_pass else "wrong") for v in said)
    rows = [f"{id:18}{grades[id, 'right']:6}{grades[id, 'wrong']:6}{grades[id, 'pass']:12}" for id in _BY_ID]
    head = f"{'requirement':18}{'right':>6}{'wrong':>6}{'false pass':>12}"
    return "\n".join((head, *rows, *(str(verdict) for verdict in said if not verdict.right)))


def mended(id: str, guest: FakeGuest, settings: Settings) -> tuple[FakeGuest, Plan]:
    """The guest after the fix of one requirement, planned again until nothing is left, and the last plan.

    A plan that installs packages ends it: what they would bring is not here. PlanError and GuestError pass through.
    """
    plan = Plan()
    for _ in range(ROUNDS):
        plan = _BY_ID[id].plan(guest, settings)
        if not plan.steps or any(isinstance(step, InstallPackages) for step in plan.steps):
            break
        guest = guest.applied(plan)
    return guest, plan


def unmended(id: str, guest: FakeGuest, before: Mapping[str, str], settings: Settings) -> list[str]:
    """What is wrong with a fix: sentences, none where the id passes afterwards and nothing else got worse."""
    try:
        after, plan = mended(id, guest, settings)
    except (PlanError, GuestError) as error:
        return [f"{id}: no fix: {error}"]
    if plan.steps:
        return [f"{id}: still planned after {ROUNDS} rounds: {plan.summary}"]
    if plan.obstacle:
        return [f"{id}: no fix: {plan.obstacle}"]
    wrong = []
    for requirement in REQUIREMENTS:
        finding = find(requirement, after, settings)
        if requirement.id == id:
            if finding.status.value != "pass":
                wrong.append(f"{id}: {finding.status.value} after its fix: {finding.summary}")
        elif finding.status.value != before[requirement.id] and finding.status.value not in ("pass", "skipped"):
            wrong.append(f"{id}: its fix makes {requirement.id} {finding.status.value}: {finding.summary}")
    return wrong
