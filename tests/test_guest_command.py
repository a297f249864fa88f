"""A guest's command: every file that it changes is in the diff, or its result is not used."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from fake_guest import FakeGuest, Link

from remediations.guest import Stat
from remediations.vocabulary import RunCommand, WriteFile
from wizard.change import Verb
from wizard.writer import StepError, Writer

OUTPUT = "/boot/grub/grub.cfg"
Files = dict[str, Any]


class Guest(FakeGuest):
    """A FakeGuest with what the writer asks of the real one."""

    def forget(self) -> None: ...

    def label(self, _path: str) -> str:
        return ""

    def realpath(self, path: str) -> str:
        return self._resolve(path)

    def stat(self, path: str) -> Stat | None:
        return super().stat(path)


class Handle:
    """Stands for libguestfs: ``program`` changes the files as the guest's command would."""

    def __init__(self, guest: Guest, program: Callable[[Files], None], fails: bool = False) -> None:
        self.guest, self.program, self.fails = guest, program, fails
        self.changed: list[str] = []
        self.printed, self.times = "", 1

    def debug(self, _command: str, words: list[str]) -> str:
        script = words[0]
        if script == "uname":
            return "x86_64\n"
        if "setsid unshare" in script:
            self._start()
        if "tail -c" in script:
            printed, self.printed = self.printed, ""
            return f"{1 if self.fails else 0}\n{printed}"
        return "".join(f"/sysroot{path}\n" for path in self.changed) if "find" in script else ""

    def _start(self) -> None:
        self.printed = "Generating\n"
        before = dict(self.guest.files)
        self.program(self.guest.files)
        now = self.guest.files
        self.changed = [path for path in now if now[path] != before.get(path)]
        self.printed *= self.times

    def write(self, path: str, content: bytes) -> None:
        self.guest.files[path] = content

    def rm(self, path: str) -> None:
        del self.guest.files[path]

    def is_ready(self) -> bool:
        return True

    def __getattr__(self, _name: str) -> Any:
        return lambda *words: None


class Appliance:
    def __init__(self, g: Handle) -> None:
        self.g = g

    def limited(self, _seconds: float) -> Any:
        return nullcontext()


def run(program: Callable[[Files], None], *, accept: str | None = None, fails: bool = False, **more: Any) -> Writer:
    files: Files = {"/usr/sbin/update-grub": b"#!", OUTPUT: b"old", "/boot/grub/fonts/big": b"x" * 300_000,
                    "/boot/grub/env": b"e", "/etc/x": b"x"}  # fmt: skip
    files |= dict.fromkeys(("/tmp", "/proc", "/dev", "/sys"))
    guest = Guest(files, modes={"/usr/sbin/update-grub": 0o755})
    on_line = more.get("on_line", lambda line: None)
    handle = Handle(guest, program, fails)
    handle.times = more.get("times", 1)
    writer = Writer(Appliance(handle), guest, None, on_line)  # type: ignore[arg-type]
    otherwise = more.get("otherwise", (WriteFile(OUTPUT, b"edited"),))
    may_change = ("/boot/grub",)
    writer.carry_out(RunCommand(("/usr/sbin/update-grub",), OUTPUT, may_change, lambda b, a: accept, otherwise))
    return writer


def changes(writer: Writer) -> dict[str, Verb]:
    return {change.path: change.verb for change in writer.changes()}


def test_what_it_changes_makes_and_removes_is_in_the_diff() -> None:
    def program(files: Files) -> None:
        files[OUTPUT] = b"new"
        files["/boot/grub/new.mod"] = b"m"
        del files["/boot/grub/env"]

    writer = run(program)
    assert changes(writer) == {OUTPUT: Verb.MODIFIED, "/boot/grub/new.mod": Verb.CREATED,
                               "/boot/grub/env": Verb.REMOVED}  # fmt: skip
    assert [change.generated for change in writer.changes() if change.path == OUTPUT] == [True]
    assert writer.commands[0].note == ""


@pytest.mark.parametrize("path", ["/etc/x", "/etc/new", "/boot/grub/fonts/big"])
def test_what_it_should_not_touch_or_cannot_be_shown_fails_the_fix(path: str) -> None:
    with pytest.raises(StepError, match="should not"):
        run(lambda files: files.update({path: b"other"}))


def test_what_it_prints_is_told_as_it_comes() -> None:
    told: list[str] = []
    run(lambda files: files.update({OUTPUT: b"new"}), on_line=told.append)
    assert told == ["Generating"]


def test_of_a_flood_only_the_end_is_told() -> None:
    told: list[str] = []
    run(lambda files: files.update({OUTPUT: b"new"}), on_line=told.append, times=50_000)
    assert told == ["Generating"] * 100


def test_a_program_that_prints_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.enclosure._PRINTED_LIMIT", 1000)
    with pytest.raises(StepError, match=r"update-grub failed|did not end: it printed more than"):
        run(lambda files: files.update({OUTPUT: b"new"}), times=1000, otherwise=())


def test_a_large_file_that_vanishes_fails_the_fix() -> None:
    with pytest.raises(StepError, match="big"):
        run(lambda files: files.pop("/boot/grub/fonts/big"))


@pytest.mark.parametrize("how", [{"accept": "it lost an entry"}, {"fails": True}])
def test_a_result_that_is_not_used_is_put_back_and_edited_instead(how: dict[str, Any]) -> None:
    writer = run(lambda files: files.update({OUTPUT: b"wrong", "/boot/grub/half": b"x", "/boot/grub/env": b""}), **how)
    (change,) = writer.changes()
    assert (change.before and change.before.content, change.after and change.after.content) == (b"old", b"edited")
    assert not change.generated
    assert "edited directly" in writer.commands[0].note


def test_without_another_way_it_fails() -> None:
    with pytest.raises(StepError, match="lost"):
        run(lambda files: None, accept="it lost an entry", otherwise=())


def test_restoring_a_file_does_not_write_through_a_link() -> None:
    guest = Guest({"/etc/unit": b"own", "/usr/lib/unit": b"packaged"})
    handle = Handle(guest, lambda files: None)
    writer = Writer(Appliance(handle), guest)  # type: ignore[arg-type]
    own = writer.state("/etc/unit")
    guest.files["/etc/unit"] = Link("/usr/lib/unit")
    writer.restore("/etc/unit", own)
    assert guest.files == {"/etc/unit": b"own", "/usr/lib/unit": b"packaged"}
