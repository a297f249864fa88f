"""One image from opening to closing: the single way in for the wizard's screens and the headless modes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import TypeVar

from remediations.vocabulary import Settings
from wizard import choices, recovery
from wizard import commit as committing
from wizard import undo as undoing
from wizard.change import Change, Preview, State
from wizard.engine import Progress
from wizard.errors import Cancelled, ChangeError, OpenError, WizardError
from wizard.fast.errors import StepAside
from wizard.fast.reading import FastReader
from wizard.folders import state_folder
from wizard.image import Image, require_same
from wizard.inspection import Layout
from wizard.journal import Journal
from wizard.known_images import KnownImages
from wizard.opening import Opening
from wizard.prepare import prepare
from wizard.qemu import QemuError
from wizard.report import Reader, Report, examine
from wizard.revert import put_back
from wizard.stage import Stage
from wizard.staging import Staged, carry_out
from wizard.visible import visible
from wizard.writer import StepError

T = TypeVar("T")


class Access(Enum):
    """What a session is for: a report alone, fixes (refused at once where nothing can be written), or either."""

    REPORT = auto()
    FIX = auto()
    EITHER = auto()


class Session:
    """The real :class:`Engine`.

    ``launches`` counts the appliances that it started; ``taken_back`` are the changes that :meth:`undo` has undone,
    also where it failed before the last. Without ``fast`` every reading goes through the appliance.
    """

    def __init__(
        self,
        path: Path,
        settings: Settings,
        state_dir: Path | None = None,
        access: Access = Access.EITHER,
        fast: bool = True,
        opening: Opening | None = None,
    ) -> None:
        self.path = path
        self.settings = settings
        self.opening = opening or Opening()
        self.on_progress: Progress = lambda line: None
        self.launches = 0
        self.taken_back: tuple[Change, ...] = ()
        self._access = access
        self._fast = fast
        self._fast_reader = FastReader()
        self._layout: Layout | None = None
        self._journal = Journal(state_folder(path, state_dir))
        self._image: Image | None = None
        self._notices: tuple[str, ...] = ()
        self._stage: Stage | None = None
        self._report: Report | None = None
        self._identity: object = None
        self._preview: Preview | None = None
        self._kind, self._note = "fix", ""
        self._fresh = True
        self._warm = False
        self._cancelled = False
        self._writing = False

    @property
    def image(self) -> Image:
        """The probed image; valid once :meth:`open` (or :meth:`undo`) has begun."""
        assert self._image is not None, "the session is not open"  # noqa: S101
        return self._image

    @property
    def probed(self) -> bool:
        """Whether :attr:`image` is there."""
        return self._image is not None

    @property
    def notices(self) -> tuple[str, ...]:
        """See :class:`Engine`."""
        return self._notices

    @property
    def writing(self) -> bool:
        """See :class:`Engine`."""
        return self._writing

    def open(self) -> Report:
        """See :class:`Engine`."""
        self._cancelled = False
        self._drop_stage()
        self._prepare()
        image = self.image
        if self._access is Access.FIX:
            self._require_writable()
        if image.in_use:
            self._notices += ("The image is in use: what is read from it now may be inconsistent.",)
        reason = self.opening.reason or ("" if self._fast else "It was asked for")
        self._report = self._read_through_appliance(reason) if reason else self._read_fast()
        KnownImages().remember(image.path, self._report)
        return self._report

    def _read_fast(self) -> Report:
        self.on_progress("Reading the guest")
        try:
            reading = self._fast_reader.read(self.image, self.settings, self._identity, lambda: self._cancelled)
        except StepAside as error:
            return self._read_through_appliance(error.reason)
        self._layout = reading.layout
        return reading.report

    def _read_through_appliance(self, reason: str) -> Report:
        self._layout = None
        stage = self._launch()
        self.on_progress("Checking the requirements")
        report = self._guarded(lambda: examine(stage.guest, self.settings, stage.warnings))
        return replace(report, reader=Reader("appliance", reason))

    def consider(self, settings: Settings) -> Report:
        """See :class:`Engine`."""
        before = self._require_report()
        if before.reader.name == "fast":
            try:
                return self._fast_reader.read(self.image, settings, self._identity).report
            except StepAside as error:
                message = f"What these settings change could not be read ({error.reason}). The image is as it was."
                raise OpenError("not-considered", message, "Leave the settings and open the image again.") from error
        self._cancelled = False
        stage = self._clean_stage()
        self.on_progress("Checking the requirements")
        report = self._guarded(lambda: examine(stage.guest, settings, stage.warnings))
        return replace(report, reader=before.reader)

    def use(self, settings: Settings, report: Report) -> None:
        """See :class:`Engine`."""
        self.settings, self._report = settings, report
        KnownImages().remember(self.image.path, report)

    @property
    def warm(self) -> bool:
        """See :class:`Engine`."""
        return self._warm and self._fresh

    def warm_up(self) -> None:
        """See :class:`Engine`."""
        self._cancelled = False
        self._require_report()
        if not self.warm and not self.image.read_only_reason:
            self._clean_stage()

    def preview(self, ids: Sequence[str], also: Sequence[str] = ()) -> Preview:
        """See :class:`Engine`. ``also`` are fixes that are not on offer yet, and may be once the others are made."""
        self._cancelled = False
        before = self._require_report()
        self._require_writable()
        self._require_known(before, ids)
        self._kind, self._note = "fix", ""
        failed: dict[str, str] = {}
        while True:
            stage = self._clean_stage()
            self._fresh = False
            self.on_progress("Staging the fixes")
            wanted, hoped = ([name for name in names if name not in failed] for names in (ids, also))
            staged = self._guarded(partial(carry_out, stage, before, wanted, self.settings, hoped))
            failed |= staged.failed
            if not staged.dirty:
                break
            # Something of a failed fix is in the overlay: begin again without it.
            if all(name in failed for name in ids):
                self._drop_stage()
                return Preview((), (), (), before, before, tuple(failed.items()))
        return self._show(stage, staged, failed, before)

    def discard(self) -> None:
        """See :class:`Engine`."""
        self._preview = None
        if not self._fresh:
            self._drop_stage()

    def commit(self) -> Change:
        """See :class:`Engine`."""
        preview, stage = self._preview, self._stage
        if preview is None or stage is None or not (preview.files or preview.commands or preview.packages.changes):
            raise ChangeError("nothing-staged", "Nothing is staged. The image is as it was.", "Preview a fix first.")
        self._writing = True
        try:
            if self._cancelled:
                raise Cancelled
            self.on_progress("Closing the stage")
            stage.finish()
            change = committing.commit(
                self.image,
                stage.identity,
                stage.overlay,
                self._journal,
                kind=self._kind,
                fixes=preview.fixes,
                files=preview.files,
                commands=preview.commands,
                packages=preview.packages,
                note=self._note,
                settings=choices.to_keep(self.settings),
                on_step=self.on_progress,
            )
            self._report, self._identity = preview.after, self.image.identity
            KnownImages().remember(self.image.path, preview.after)
            return change
        finally:
            self._drop_stage()
            self._writing = False

    def history(self) -> tuple[Change, ...]:
        """See :class:`Engine`."""
        return self._journal.changes()

    def undo(self, number: int | None = None) -> tuple[Change, ...]:
        """See :class:`Engine`."""
        self._cancelled = False
        self.taken_back = ()
        self._drop_stage()
        waiting = {change.number for change in recovery.interrupted(self._journal)}
        self._prepare()
        self._require_writable()
        changes = self._journal.changes()
        ended = (State.UNDONE, State.ROLLED_BACK)
        self.taken_back = tuple(c for c in changes if c.number in waiting and c.state in ended)
        if self.taken_back and number is None:
            return self.taken_back  # the undo that was interrupted is the one that is asked for again
        wanted = undoing.chosen(changes, number)
        undoing.require_undo_data(self.image, self._journal, wanted)
        self._report = None
        self._writing = True
        try:
            if self._cancelled:
                raise Cancelled
            for one in wanted:
                self.taken_back += (undoing.undo(self.image, self._journal, one, self.on_progress),)
        finally:
            self._writing = False
        return self.taken_back

    def revert(self, number: int) -> Preview:
        """See :class:`Engine`."""
        self._cancelled = False
        before = self._require_report()
        self._require_writable()
        change = next((c for c in self._journal.changes() if c.number == number), None)
        if change is None or change.state is not State.COMMITTED:
            raise ChangeError("no-such-change", f"There is no change {number} to revert.", "See --journal.")
        stage = self._clean_stage()
        self._fresh = False
        self.on_progress("Staging the files as they were")
        try:
            failed = self._guarded(lambda: put_back(stage, change))
        except StepError as error:
            message = f"Change {number} cannot be reverted: {visible(str(error))}. The image is as it was."
            raise ChangeError("revert-failed", message, "Look at the file named.") from error
        after = self._guarded(lambda: examine(stage.guest, self.settings, stage.warnings))
        left = "".join(f" {path}: {reason}." for path, reason in failed.items())
        self._kind, self._note = "revert", f"Reverts change {number}.{' Left alone:' + left if left else ''}"
        return self._show(stage, Staged((), failed, dirty=False, after=after), failed, before)

    def cancel(self) -> None:
        """See :class:`Engine`."""
        if self._writing:
            return
        self._cancelled = True
        stage = self._stage
        self._fast_reader.cancel()
        if stage is not None:
            stage.cancel()

    def close(self) -> None:
        """See :class:`Engine`."""
        self._drop_stage()

    def _prepare(self) -> None:
        self.on_progress("Looking at the image")
        self._image, self._notices = prepare(self.path, self._journal, fixing=self._access is Access.FIX)
        self._identity = self._image.identity
        self._remember()

    def _remember(self) -> None:
        """Take over what an earlier change of this image was told, save for what was given for this run."""
        try:
            kept = self._journal.kept_settings()
        except OpenError:
            return  # the opening has said so already, and a report needs no journal
        self.settings, said = choices.remembered(self.settings, self.opening.given, kept)
        if said:
            self._notices += (said,)

    def _launch(self) -> Stage:
        """A fresh stage; read-only where nothing can be written to the image anyway."""
        writable = self._access is not Access.REPORT and not self.image.read_only_reason
        try:
            stage = Stage(self.image, writable=writable, settings=self.settings)
        except (QemuError, OSError) as error:
            raise OpenError(
                "stage",
                f"The stage could not be made: {visible(str(error))}. The image is as it was.",
                "Make room in the temporary folder, or name another one in TMPDIR.",
            ) from error
        self._stage = stage
        self._fresh = True
        self.launches += 1

        def start() -> Stage:
            # The stage lasts, and who listens may be another one by then.
            stage.launch(lambda line: self.on_progress(line), self._layout, self.opening)
            return stage

        self._guarded(start)
        self._warm = True
        return stage

    def _clean_stage(self) -> Stage:
        stage = self._stage
        if stage is None or not self._fresh or not stage.alive or not stage.serves(self.settings):
            self._drop_stage()
            require_same(self.image, self._identity, "it was checked")
            self._launch()
        assert self._stage is not None  # noqa: S101
        return self._stage

    def _guarded(self, work: Callable[[], T]) -> T:
        """Run a step on the stage; whatever stops it, the stage goes, and a cancel is told as one."""
        if self._cancelled:
            self._drop_stage()
            raise Cancelled
        try:
            return work()
        except WizardError:
            self._drop_stage()
            if self._cancelled:
                raise Cancelled from None
            raise
        except BaseException:
            self._drop_stage()
            raise

    def _show(self, stage: Stage, staged: Staged, failed: dict[str, str], before: Report) -> Preview:
        self.on_progress("Taking the diff")
        try:
            files = self._guarded(stage.changes)
        except StepError as error:
            message = f"The diff could not be taken: {visible(str(error))}. The image is as it was."
            raise ChangeError("diff", message, "Fix fewer things at once, or look at the file named.") from error
        self._preview = Preview(
            staged.fixes,
            files,
            tuple(stage.commands),
            before,
            staged.after,
            tuple(failed.items()),
            stage.packages,
        )
        return self._preview

    def _require_report(self) -> Report:
        return self._report if self._report is not None else self.open()

    def _require_writable(self) -> None:
        if self.image.read_only_reason:
            code = "in-use" if self.image.in_use else "read-only"
            raise OpenError(
                code, f"The image cannot be written to: {self.image.read_only_reason}.", "--check works as it is."
            )

    def _require_known(self, report: Report, ids: Sequence[str]) -> None:
        known = {a.requirement.id for a in report.assessments}
        unknown = [name for name in ids if name not in known]
        if unknown:
            raise ChangeError("unknown-id", f"There is no requirement {unknown[0]}.", "See the list of --check.")

    def _drop_stage(self) -> None:
        stage, self._stage = self._stage, None
        self._preview, self._warm = None, False
        if stage is not None:
            stage.drop()
