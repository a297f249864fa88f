"""A scripted engine for the screens: nine findings, and any call can fail, wait, or be in the middle of writing."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fake_report import COMMAND, FILES, FIXED, IMAGE, REPORT, FakeClock, make_change

from remediations.vocabulary import Finding, Settings, Status
from wizard.change import Change, CommandResult, FileChange, Preview, State
from wizard.engine import OUTPUT, Progress
from wizard.errors import Cancelled
from wizard.image import Image, probe, require_same
from wizard.opening import Opening
from wizard.report import Reader, Report


@dataclass
class FakeHost:
    """The world that engines made by :meth:`connect` share.

    ``fail`` names a call and the error it raises (once); ``hold`` the calls that wait for :attr:`release` or
    cancelling. ``warm`` is whether an opening leaves the appliance up, as it does where the fast reader stepped aside.
    While the image is ``gone``, a call that would need it raises what the real engine does.
    """

    report: Report = REPORT
    image: Image = IMAGE
    notices: tuple[str, ...] = ()
    warm: bool = True
    journal: list[Change] = field(default_factory=list)
    fail: dict[str, Exception] = field(default_factory=dict)
    hold: set[str] = field(default_factory=set)
    gone: bool = False
    clock: FakeClock = field(default_factory=FakeClock)
    calls: list[str] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)
    made: int = 0
    engines: list[FakeEngine] = field(default_factory=list)
    failed: tuple[tuple[str, str], ...] = ()
    files: dict[str, tuple[FileChange, ...]] = field(default_factory=lambda: dict(FILES))
    command: CommandResult = COMMAND
    printed: tuple[str, ...] = ()
    otherwise: dict[Settings, Report] = field(default_factory=dict)
    release: threading.Event = field(default_factory=threading.Event)
    held: threading.Event = field(default_factory=threading.Event)

    def by_settings(self, settings: Settings) -> Report:
        return self.otherwise.get(settings, self.report)

    def connect(self, path: Path) -> FakeEngine:
        self.made += 1
        self.image = replace(self.image, path=path)
        self.engines.append(FakeEngine(self))
        return self.engines[-1]


def fast_host(**more: Any) -> FakeHost:
    """A host whose images the fast reader can read: no appliance is up when they are open."""
    return FakeHost(report=replace(REPORT, reader=Reader("fast")), warm=False, **more)


class FakeEngine:
    """Follows the script of its host; refuses to be called when closed, and all but the journal twice at once."""

    def __init__(self, host: FakeHost) -> None:
        self.settings = Settings()
        self.opening = Opening()
        self.on_progress: Progress = lambda line: None
        self.host = host
        self._busy = threading.Lock()
        self._cancelled = threading.Event()
        self._writing = False
        self._open = False
        self._warm = False
        self._closed = False
        self._staged: Preview | None = None

    @property
    def image(self) -> Image:
        return self.host.image

    @property
    def notices(self) -> tuple[str, ...]:
        return self.host.notices

    @property
    def writing(self) -> bool:
        return self._writing

    @property
    def warm(self) -> bool:
        return self._warm

    def open(self) -> Report:
        launched = (("Launching the appliance", 8), ("Inspecting the guest", 6))
        read = (("Reading the guest", 0.5),)
        with self._call("open", ("Probing the image", 1), *(launched if self.host.warm else read)):
            self._open, self._warm = True, self.host.warm
            return self.host.report

    def consider(self, settings: Settings) -> Report:
        assert self._open, "consider on an image that is not open"
        self.host.calls.append("consider")
        if "consider" in self.host.fail:
            raise self.host.fail.pop("consider")
        return self.host.by_settings(settings)

    def use(self, settings: Settings, report: Report) -> None:
        assert self._open, "use on an image that is not open"
        self.host.calls.append("use")
        self.settings, self.host.report = settings, report

    def warm_up(self) -> None:
        with self._call("warm_up", ("Starting the appliance (emulation)", 7)):
            assert self._open, "warm_up on an image that is not open"
            self._step("Looking for the operating system", 6)
            self._warm = True

    def preview(self, ids: Sequence[str]) -> Preview:
        printed = [(OUTPUT + line, 1.0) for line in self.host.printed]
        with self._call("preview", ("Staging the changes", 2), *printed, ("Examining the staged guest", 4)):
            assert self._open, "preview on an image that is not open"
            self._warm = False
            return self._stage(tuple(ids))

    def revert(self, number: int) -> Preview:
        with self._call("revert", ("Staging the revert", 2)):
            assert self._open, "revert on an image that is not open"
            self._warm = False
            return self._stage(("console-log",))

    def discard(self) -> None:
        with self._call("discard"):
            self._staged = None

    def commit(self) -> Change:
        with self._call("commit", ("Saving what undo needs", 1), ("Writing the image", 1), writing=True):
            assert self._staged is not None, "commit with nothing staged"
            staged, self._staged, self._open, self._warm = self._staged, None, False, False
            change = replace(make_change(len(self.host.journal) + 1, hours=0), fixes=staged.fixes, files=staged.files)
            self.host.journal.insert(0, change)
            self.host.report = staged.after
            return change

    def history(self) -> tuple[Change, ...]:
        assert not self._closed, "history on a closed engine"
        self.host.calls.append("history")
        if "history" in self.host.fail:
            raise self.host.fail.pop("history")
        return tuple(self.host.journal)

    def undo(self, number: int | None = None) -> tuple[Change, ...]:
        with self._call("undo", ("Checking what the change wrote", 1), ("Writing the image", 1), writing=True):
            self._open = self._warm = False
            undone = replace(self.host.journal[0], state=State.UNDONE, undo_bytes=None)
            self.host.journal[0] = undone
            self.host.report = REPORT
            return (undone,)

    def cancel(self) -> None:
        # On a loaded host the screens may have to say it twice.
        if self.host.calls[-1:] != ["cancel"]:
            self.host.calls.append("cancel")
        if not self._writing:
            self._cancelled.set()

    def close(self) -> None:
        assert self._busy.acquire(blocking=False), "close while another call runs"
        self.host.calls.append("close")
        self._open = self._warm = False
        self._closed = True
        self._busy.release()

    @contextmanager
    def _call(self, name: str, *steps: tuple[str, float], writing: bool = False) -> Iterator[None]:
        assert not self._closed, f"{name} on a closed engine"
        assert self._busy.acquire(blocking=False), f"{name} while another call runs"
        self.host.threads.add(threading.get_ident())
        self.host.calls.append(name)
        self._cancelled.clear()
        try:
            for line, duration in steps[:-1]:
                self._step(line, duration)
            self._writing = writing
            for line, duration in steps[-1:]:
                self._step(line, duration)
            if name in self.host.hold:
                self._wait()
            if name in self.host.fail:
                raise self.host.fail.pop(name)
            if self.host.gone:
                self._miss(name)
            yield
        finally:
            self._writing = False
            self._busy.release()

    def _miss(self, name: str) -> None:
        if name in ("open", "undo"):
            probe(self.image.path)
        elif name in ("commit", "warm_up") or (name in ("preview", "revert") and not self._warm):
            require_same(replace(self.image, files=(self.image.path,)), None, "it was checked")

    def _step(self, line: str, seconds: float) -> None:
        self.on_progress(line)
        self.host.clock.tick(seconds)

    def _wait(self) -> None:
        self.host.held.set()
        for _ in range(2000):
            if self.host.release.wait(0.01):
                return
            if self._cancelled.is_set():
                raise Cancelled
        raise AssertionError("held for 20 s: neither released nor cancelled")

    def _stage(self, ids: tuple[str, ...]) -> Preview:
        files = tuple(file for i in ids for file in self.host.files.get(i, ()))
        after = tuple(
            replace(a, finding=Finding(Status.PASS, FIXED.get(a.requirement.id, "It is as asked")), fix=None)
            if a.requirement.id in ids
            else a
            for a in self.host.report.assessments
        )
        commands = (self.host.command,) if "console-log" in ids else ()
        report = replace(self.host.report, assessments=after)
        self._staged = Preview(ids, files, commands, self.host.report, report, self.host.failed)
        return self._staged
