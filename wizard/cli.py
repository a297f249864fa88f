"""The command line: the wizard by default, headless modes as options."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import sys
from pathlib import Path

import wizard
from remediations import REQUIREMENTS
from remediations.pages import page
from wizard import choices, find_images, glance, headless, plain
from wizard.appliance import log_file
from wizard.document import Outcome, document
from wizard.errors import UsageError, WizardError
from wizard.visible import visible

EXIT_CODES = """\
exit codes: 0 all required are pass or skipped, 1 some are not, 2 usage,
3 the image cannot be opened, 4 a fix, commit or undo failed and the image
is as it was, 130 interrupted; of several images, the worst"""


def parser() -> argparse.ArgumentParser:
    """The command line's definition."""
    made = argparse.ArgumentParser(
        prog="image-wizard",
        description="Check a VM image against the OpenStack image guide, fix it, take it back.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "images",
        metavar="IMAGE",
        nargs="*",
        type=Path,
        help="image file, or a folder; without a mode: the wizard",
    )
    modes = made.add_argument_group("modes").add_mutually_exclusive_group()
    modes.add_argument("--check", action="store_true", help="report only")
    modes.add_argument("--apply-all", action="store_true", help="apply every fix that is on offer")
    modes.add_argument(
        "--undo", nargs="?", const=0, type=int, metavar="N", help="take back the newest change, or N and all after"
    )
    modes.add_argument("--revert", type=int, metavar="N", help="take back change N alone, file by file")
    modes.add_argument("--journal", action="store_true", help="what was done to the image")
    modes.add_argument("--explain", metavar="ID", help="what a requirement means, and what its fix does")
    modes.add_argument("--doctor", action="store_true", help="what this host can do")
    made.add_argument("--demo", action="store_true", help="work on a fresh copy of the bundled demo image")
    made.add_argument("--only", metavar="ID,ID", help="with --apply-all: these fixes alone")
    made.add_argument("--skip", metavar="ID,ID", help="with --apply-all: not these fixes")
    made.add_argument("--dry-run", action="store_true", help="with --apply-all, --revert: diff only")
    made.add_argument("--jobs", type=_jobs, metavar="N", help="with --check: images at a time (one a processor)")
    made.add_argument("--properties", action="store_true", help="the openstack command for the matching properties")
    made.add_argument("--json", action="store_true", help="print one JSON document")
    settings = made.add_argument_group("settings")
    settings.add_argument("--user", metavar="NAME", help="the account that gets the key")
    settings.add_argument("--console", metavar="DEVICE", help="the kernel's console (ttyS0 on x86)")
    settings.add_argument("--hypervisor", choices=choices.HYPERVISORS, help="what the image is for (kvm)")
    settings.add_argument("--key-fetch", choices=choices.KEY_FETCHES, help="what fetches the ssh key (auto)")
    settings.add_argument(
        "--network", action=argparse.BooleanOptionalAction, help="install packages from the guest's repositories"
    )
    settings.add_argument("--packages", metavar="FOLDER", help="install packages from the files in this folder")
    settings.add_argument("--key-file", type=Path, metavar="FILE", help="a LUKS passphrase")
    settings.add_argument("--root", metavar="DEVICE", help="which of several systems in the image")
    settings.add_argument(
        "--state-dir", type=Path, metavar="DIR", help="where journals and undo data live (beside the image)"
    )
    settings.add_argument(
        "--reader",
        choices=("auto", "appliance"),
        default="auto",
        help="auto: no appliance where none is needed",
    )
    settings.add_argument("--config", type=Path, metavar="FILE", help="settings from this file")
    made.add_argument("--version", action="version", version=f"image-wizard {wizard.__version__}")
    return made


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = parser().parse_args(argv)
    try:
        return _run(options)
    except WizardError as error:
        _tell(error)
        return error.exit_code


def _run(options: argparse.Namespace) -> int:
    settings, opening, state_dir = choices.from_command_line(options)
    _log_to_file()
    if options.doctor:
        from wizard import doctor

        return doctor.run(as_json=options.json)
    if options.explain:
        return _explain(options.explain)
    means = headless.Means(settings, opening, state_dir, fast=options.reader == "auto")
    job = _job(options, means)
    if options.demo:
        if options.images:
            raise UsageError("usage", "--demo works on its own image.", "Leave the image out.")
        from wizard import demo

        options.images = [demo.fresh_copy()]
        if job is None and not _has_terminal():
            print("No terminal here: applying every fix to the demo image instead of the wizard.", file=sys.stderr)
            job = headless.ApplyAll(means)
    if job is None:
        return _wizard(options, means)
    if not options.images:
        raise UsageError("usage", "No image was given.", "Name at least one image file.")
    if isinstance(job, headless.Check):
        options.images = find_images.expand(options.images)
        if len(options.images) > 1:
            jobs = options.jobs or len(os.sched_getaffinity(0))
            return _tell_all(headless.check_many(job, options.images, jobs), options)
    return _tell_all(headless.run(job, options.images), options)


def _tell_all(outcomes: list[Outcome], options: argparse.Namespace) -> int:
    try:
        _print(outcomes, options)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of our output went away (a pager was left): what was done is done, and its code stands.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return max(outcome.exit_code for outcome in outcomes)


def _job(options: argparse.Namespace, means: headless.Means) -> headless.Job | None:
    """The headless mode that was asked for; None for the wizard."""
    if (options.only or options.skip) and not options.apply_all:
        raise UsageError("usage", "--only and --skip narrow --apply-all.", "Add --apply-all.")
    if options.dry_run and not (options.apply_all or options.revert is not None):
        raise UsageError("usage", "--dry-run goes with --apply-all or --revert.", "Add one of them.")
    if options.jobs and not options.check:
        raise UsageError("usage", "--jobs goes with --check.", "Add --check.")
    if options.check or _properties_alone(options):
        return headless.Check(means)
    if options.apply_all:
        only, skip = _ids(options.only), _ids(options.skip) or ()
        return headless.ApplyAll(means, only, skip, options.dry_run)
    if options.undo is not None:
        return headless.Undo(means, options.undo or None)
    if options.revert is not None:
        return headless.Revert(means, options.revert, options.dry_run)
    if options.journal:
        return headless.ShowJournal(means)
    if options.json:
        raise UsageError("usage", "--json goes with a mode.", "Add --check or --apply-all.")
    return None


def _properties_alone(options: argparse.Namespace) -> bool:
    """``--properties`` without a mode: the command is all that is printed."""
    mode = options.check or options.apply_all or options.journal or options.undo is not None
    return bool(options.properties and not mode and options.revert is None)


def _jobs(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 1024:
        raise argparse.ArgumentTypeError("from 1 to 1024")
    return number


def _ids(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    named = tuple(word.strip() for word in text.split(",") if word.strip())
    known = [requirement.id for requirement in REQUIREMENTS]
    for name in named:
        if name not in known:
            raise UsageError("unknown-id", f"There is no requirement {visible(name)}.", f"Known: {', '.join(known)}.")
    return named


def _wizard(options: argparse.Namespace, means: headless.Means) -> int:
    if len(options.images) > 1:
        raise UsageError("usage", "The wizard opens one image.", "Add --check or --apply-all for several.")
    if not _has_terminal():
        raise UsageError("usage", "The wizard needs a terminal.", "Use --check or --apply-all without one.")
    # Here and nowhere else: the headless modes must not wait for Textual, nor need it.
    from screens.app import run_wizard
    from wizard.session import Session

    start = options.images[0] if options.images else None

    def connect(path: Path) -> Session:
        return Session(path, means.settings, means.state_dir, fast=means.fast, opening=means.opening)

    return run_wizard(connect, start, demo=options.demo)


def _has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _print(outcomes: list[Outcome], options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps(document(outcomes), indent=2))
    for outcome in outcomes:
        if outcome.error is not None:
            _tell(outcome.error)
        if options.json:
            continue
        if not _properties_alone(options):
            for line in plain.lines(outcome, diffs=options.dry_run):
                print(line)
        if options.properties and outcome.report is not None:
            print(glance.command(Path(outcome.path), outcome.report.properties))


def _explain(name: str) -> int:
    for requirement_id in _ids(name) or ():
        print(page(requirement_id).rstrip())
    return 0


def _tell(error: WizardError) -> None:
    with contextlib.suppress(OSError):
        print(f"image-wizard: {visible(error.message)}\n  {visible(error.next)}", file=sys.stderr)


def _log_to_file() -> None:
    """libguestfs' and our own records go to a file: on the terminal they would spoil the screens and the data."""
    try:
        handler = logging.FileHandler(log_file(), mode="w", encoding="utf-8", errors="backslashreplace")
    except OSError:
        return  # a log is not worth failing for
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger("wizard")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
