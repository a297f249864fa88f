"""The headless modes: each opens one image, does its work, and says what became of it."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Protocol

from remediations.vocabulary import Settings
from wizard import overlays, parallel, recovery
from wizard.appliance import log_file
from wizard.change import State
from wizard.document import Outcome
from wizard.engine import Progress
from wizard.errors import ChangeError, WizardError
from wizard.exit_codes import UNFINISHED
from wizard.folders import state_folder
from wizard.image import Image, probe
from wizard.journal import Journal
from wizard.opening import Opening
from wizard.progress import progress
from wizard.report import Report
from wizard.session import Access, Session
from wizard.visible import visible

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Means:
    """How every image of a run is opened."""

    settings: Settings
    opening: Opening = field(default_factory=Opening)
    state_dir: Path | None = None
    fast: bool = True
    strict: bool = False

    def exit_code(self, report: Report) -> int:
        """0 where what counts is *pass* or *skipped*, else 1. Good practice counts where ``strict``."""
        return 0 if report.satisfied(strict=self.strict) else 1


class Job(Protocol):
    """One headless mode. ``work`` fills in the outcome; it raises WizardError where it cannot."""

    access: Access
    means: Means

    def work(self, session: Session, outcome: Outcome) -> None: ...


@dataclass
class Check:
    """Report only."""

    means: Means
    access = Access.REPORT

    def work(self, session: Session, outcome: Outcome) -> None:
        outcome.report = session.open()
        outcome.exit_code = self.means.exit_code(outcome.report)


@dataclass
class ApplyAll:
    """Every fix on offer, or those of ``only``, but not those of ``skip``; ``dry_run`` stages and discards."""

    means: Means
    only: tuple[str, ...] | None = None
    skip: tuple[str, ...] = ()
    dry_run: bool = False
    access = Access.FIX

    def work(self, session: Session, outcome: Outcome) -> None:
        outcome.report = report = session.open()
        wanted = [
            a.requirement.id
            for a in report.assessments
            if a.fix is not None
            and a.requirement.id not in self.skip
            and (a.fix.available if self.only is None else a.requirement.id in self.only)
        ]
        outcome.exit_code = self.means.exit_code(report)
        if not wanted:
            return
        apart = {*wanted, *self.skip}
        rest = [a.requirement.id for a in report.assessments if a.fix is not None and a.requirement.id not in apart]
        preview = session.preview(wanted, rest if self.only is None else ())
        outcome.preview = preview
        if not preview.fixes:
            reasons = "; ".join(f"{name}: {visible(reason)}" for name, reason in preview.failed)
            raise ChangeError("no-fix", f"No fix could be made ({reasons}). The image is as it was.", "See --check.")
        if not self.dry_run:
            outcome.changes = (session.commit(),)
        # Not before: where the commit fails, the image stands as it did.
        outcome.report, outcome.exit_code = preview.after, self.means.exit_code(preview.after)


@dataclass
class Undo:
    """The newest change, or ``number`` and all after it."""

    means: Means
    number: int | None = None
    access = Access.FIX

    def work(self, session: Session, outcome: Outcome) -> None:
        try:
            outcome.changes = session.undo(self.number)
        finally:
            outcome.changes = session.taken_back


@dataclass
class Revert:
    """Change ``number`` alone, file by file. The exit code is the report's, as after a fix."""

    means: Means
    number: int
    dry_run: bool = False
    access = Access.FIX

    def work(self, session: Session, outcome: Outcome) -> None:
        outcome.reverts = self.number
        preview = session.revert(self.number)
        outcome.preview, outcome.report = preview, preview.before
        if preview.failed and not preview.files:
            message = f"Nothing that change {self.number} did can be put back. The image is as it was."
            raise ChangeError("revert-refused", message, "Each path that is left alone is told with the reason.")
        if preview.files and not self.dry_run:
            outcome.changes = (session.commit(),)
        outcome.report = preview.after
        outcome.exit_code = 1 if preview.failed else self.means.exit_code(preview.after)


@dataclass
class ShowJournal:
    """What was done to the image."""

    means: Means
    access = Access.REPORT

    def work(self, session: Session, outcome: Outcome) -> None:
        outcome.journal = session.history()


def run(job: Job, images: Sequence[Path]) -> list[Outcome]:
    """Do the job on each image; an image that fails does not stop the next, an interrupt does."""
    outcomes = []
    resting = _resting(images) if job.access is Access.FIX and len(images) > 1 else {}
    for image in images:
        if other := resting.get(os.path.realpath(image)):
            outcomes.append(_below(image, other))
            continue
        outcome = _one(job, image, _narrator(f"{visible(image.name)}: " if len(images) > 1 else ""))
        outcomes.append(outcome)
        if outcome.exit_code == 130:
            break
    return outcomes


def _resting(images: Sequence[Path]) -> dict[str, Path]:
    """See :func:`wizard.overlays.above`; an image that cannot be probed is told when its turn comes."""
    probed: list[tuple[Path, Image | None]] = []
    for path in images:
        with contextlib.suppress(WizardError):
            probed.append((path, probe(path)))
    return overlays.above(probed)


def _below(image: Path, other: Path) -> Outcome:
    name, overlay = visible(str(image)), visible(str(other))
    message = f"{overlay} rests on {name}, and would hold nonsense once that is written. {name} is as it was."
    error = ChangeError("backing-file", message, "Work on one of them; a copy made with qemu-img convert stands alone.")
    return Outcome(str(image), exit_code=error.exit_code, error=error)


def check_many(job: Check, images: Sequence[Path], jobs: int) -> list[Outcome]:
    """Check each image in a process of its own, ``jobs`` at a time, with a progress bar where there is a terminal."""
    _preload()
    with progress(len(images)) as done:
        return parallel.run(lambda image: _one(job, image, _silent), images, jobs, done)


def _preload() -> None:
    """Import once, here, what every process would otherwise import for itself."""
    with contextlib.suppress(ImportError):
        import wizard.fast.ext
        import wizard.fast.fast_guest
        import wizard.fast.formats  # noqa: F401


def _silent(_line: str) -> None:
    """Several at once would talk over each other."""


def _one(job: Job, image: Path, on_progress: Progress) -> Outcome:
    outcome = Outcome(str(image))
    try:
        means = job.means
        session = Session(image, means.settings, means.state_dir, job.access, means.fast, means.opening)
    except WizardError as error:  # a path that leads nowhere; the next image may be well
        outcome.error, outcome.exit_code = error, error.exit_code
        return outcome
    session.on_progress = on_progress
    # In a thread of its own: a call into libguestfs would hold back a signal until it returns.
    with ThreadPoolExecutor(max_workers=1) as worker, _interruptible(session):
        try:
            worker.submit(job.work, session, outcome).result()
        except WizardError as error:
            outcome.error, outcome.exit_code = error, error.exit_code
        except Exception as error:
            log.exception("headless")
            told = f"A fault of image-wizard's own: {type(error).__name__}: {error}."
            outcome.error = ChangeError("internal", told, f"Please report it with the log, {log_file()}.")
            outcome.exit_code = outcome.error.exit_code
        finally:
            worker.submit(session.close).result()
    outcome.notices = session.notices
    outcome.image = session.image if session.probed else None
    outcome.needs_recovery = _unfinished(image, means.state_dir)
    if outcome.needs_recovery:
        outcome.notices += (UNFINISHED,)
    return outcome


def _unfinished(image: Path, state_dir: Path | None) -> bool | None:
    """Whether the image may be half written now, however the work ended; None where nobody can tell."""
    try:
        changes = recovery.interrupted(Journal(state_folder(image, state_dir)))
        return any(change.state is not State.PREPARING for change in changes)
    except (WizardError, OSError):
        return None


@contextmanager
def _interruptible(session: Session) -> Iterator[None]:
    """Interrupt and termination cancel the session; while the image is written they wait until it is whole."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if session.writing:
            session.on_progress("Interrupted while writing the image: finishing that first")
        session.cancel()

    # What is ignored already (nohup) stays so.
    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    numbers = [number for number in wanted if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _narrator(prefix: str) -> Progress:
    begun = time.monotonic()

    def narrate(line: str) -> None:
        with contextlib.suppress(OSError):  # whoever listened may be gone; the work goes on
            print(f"[{time.monotonic() - begun:4.0f} s] {prefix}{line}", file=sys.stderr, flush=True)

    return narrate
