"""Staging: fixes are planned on each other's results, and what does not verify is dropped, never committed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from disks import disk
from fake_guest import FakeGuest

from remediations.vocabulary import (
    Finding,
    Level,
    Plan,
    PlanError,
    Requirement,
    RunCommand,
    Settings,
    Status,
    Step,
    WriteFile,
)
from wizard import session as session_module
from wizard import staging
from wizard.change import FileChange, Packages
from wizard.errors import ChangeError
from wizard.report import examine
from wizard.session import Session
from wizard.writer import StepError


class FakeStage:
    """A stage over a FakeGuest, for the rules of staging alone; every launch begins from ``start``."""

    start: dict[str, bytes]
    launches = 0
    alive = True

    packages = Packages()

    def __init__(self, image: Any, *, writable: bool, settings: Settings) -> None:
        self.settings = settings
        self.guest = FakeGuest(dict(self.start))
        self.identity = image.identity
        self.warnings: tuple[str, ...] = ()
        self.commands: list[Any] = []

    def launch(self, on_progress: Any, *given: Any) -> None:
        type(self).launches += 1

    def serves(self, settings: Settings) -> bool:
        return True

    def apply(self, steps: tuple[Step, ...]) -> None:
        for step in steps:
            if isinstance(step, RunCommand):
                raise StepError("it cannot run")
            self.guest = self.guest.applied(Plan((step,)))

    def changes(self) -> tuple[FileChange, ...]:
        from remediations.guest import FileKind
        from wizard.change import FileState

        return tuple(
            FileChange(path, None, FileState(FileKind.FILE, 0o644, 0, 0, content))
            for path, content in self.guest.files.items()
            if isinstance(content, bytes) and self.start.get(path) != content
        )

    def drop(self) -> None: ...

    def cancel(self) -> None: ...


def wants(name: str, path: str, *, steps: tuple[Step, ...] | None = None, after: str | None = None) -> Requirement:
    """A requirement that a file exists; its plan can be made once ``after`` exists."""

    def check(guest: Any, settings: Settings) -> Finding:
        return Finding(Status.PASS if guest.exists(path) else Status.FAIL, f"{path} is looked for")

    def plan(guest: Any, settings: Settings) -> Plan:
        if guest.exists(path):
            return Plan()
        if after and not guest.exists(after):
            raise PlanError(f"{after} must be there first")
        return Plan(steps if steps is not None else (WriteFile(path, b"x"),), f"Makes {path}")

    return Requirement(name, name, Level.REQUIRED, "Disable firewall", check, plan)


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Open a session over fake stages with the given requirements."""

    def make(*requirements: Requirement) -> Session:
        FakeStage.start, FakeStage.launches = {"/etc/hostname": b"h\n"}, 0
        monkeypatch.setattr(session_module, "Stage", FakeStage)
        monkeypatch.setattr(session_module, "examine", lambda *words: examine(*words, requirements=requirements))
        monkeypatch.setattr(
            session_module, "carry_out", lambda *words: staging.carry_out(*words, requirements=requirements)
        )
        session = Session(disk(tmp_path / "disk.raw", "raw"), Settings())
        session.open()
        return session

    return make


def test_a_fix_that_rests_on_a_later_one_is_planned_again(opened: Any) -> None:
    session = opened(wants("first", "/a", after="/b"), wants("second", "/b"))
    preview = session.preview(["first", "second"])
    assert preview.fixes == ("first", "second")
    assert preview.failed == ()
    assert FakeStage.launches == 1


def test_what_the_others_make_possible_is_made_in_the_same_run(opened: Any) -> None:
    session = opened(wants("first", "/a", after="/b"), wants("second", "/b"), wants("never", "/c", after="/d"))
    preview = session.preview(["second"], ["first", "never"])
    assert preview.fixes == ("first", "second")
    assert preview.failed == (), "what was only hoped for has not failed"
    assert FakeStage.launches == 1


def test_what_was_hoped_for_and_does_not_verify_is_told_and_not_staged(opened: Any) -> None:
    idle = wants("idle", "/a", steps=(WriteFile("/elsewhere", b"x"),))
    session = opened(idle, wants("good", "/b"))
    preview = session.preview(["good"], ["idle"])
    assert preview.fixes == ("good",)
    assert dict(preview.failed).keys() == {"idle"}
    assert [file.path for file in preview.files] == ["/b"]


def test_a_fix_that_does_not_verify_is_not_staged(opened: Any) -> None:
    idle = wants("idle", "/a", steps=(WriteFile("/elsewhere", b"x"),))
    session = opened(idle, wants("good", "/b"))
    preview = session.preview(["idle", "good"])
    assert preview.fixes == ("good",)
    assert dict(preview.failed).keys() == {"idle"}
    assert "did not verify" in dict(preview.failed)["idle"]
    assert [file.path for file in preview.files] == ["/b"], "nothing of the failed fix is left"
    assert FakeStage.launches == 2, "the stage was begun again without it"


def test_a_step_that_fails_drops_only_its_fix(opened: Any) -> None:
    command = RunCommand(("/x",), "/out", (), lambda before, after: None)
    session = opened(wants("broken", "/a", steps=(WriteFile("/half", b"x"), command)), wants("good", "/b"))
    preview = session.preview(["broken", "good"])
    assert (preview.fixes, [file.path for file in preview.files]) == (("good",), ["/b"])


def test_fixes_that_break_another_requirement_are_not_staged(opened: Any) -> None:
    def check(guest: Any, settings: Settings) -> Finding:
        return Finding(Status.FAIL if guest.exists("/a") else Status.PASS, "no /a")

    hurt = Requirement("hurt", "hurt", Level.REQUIRED, "Disable firewall", check, lambda guest, settings: Plan())
    session = opened(wants("bad", "/a"), hurt)
    preview = session.preview(["bad"])
    assert preview.fixes == ()
    assert "hurt" in dict(preview.failed)["bad"]
    with pytest.raises(ChangeError) as caught:
        session.commit()
    assert caught.value.code == "nothing-staged"


def test_commit_without_a_preview_is_refused(opened: Any) -> None:
    session = opened(wants("good", "/b"))
    with pytest.raises(ChangeError):
        session.commit()
    session.preview(["good"])
    session.discard()
    with pytest.raises(ChangeError):
        session.commit()
    session.preview(["good"])
    assert FakeStage.launches == 2, "what was discarded is not built upon"


def test_an_unknown_id_is_refused(opened: Any) -> None:
    with pytest.raises(ChangeError) as caught:
        opened(wants("good", "/b")).preview(["nonsense"])
    assert caught.value.code == "unknown-id"
