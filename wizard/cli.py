"""The command line: the wizard by default, headless modes as options."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import sys
from pathlib import Path

from remediations import REQUIREMENTS
from remediations.pages import page
from wizard import choices, config, find_images, glance, headless, plain, reports
from wizard.appliance import log_file
from wizard.command_line import parser
from wizard.document import Outcome, document
from wizard.errors import UsageError, WizardError
from wizard.visible import visible


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = parser().parse_args(argv)
    try:
        return _run(options)
    except WizardError as error:
        _tell(error)
        return error.exit_code


def _run(options: argparse.Namespace) -> int:
    configured = config.load(options.config).over(options.theme, options.mouse)
    settings, opening, state_dir = choices.from_command_line(options, configured)
    _accept_reports(options)
    _log_to_file()
    if options.doctor:
        from wizard import doctor

        return doctor.run(as_json=options.json)
    if options.explain:
        return _explain(options.explain)
    means = headless.Means(settings, opening, state_dir, fast=options.reader == "auto", strict=options.strict)
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
        return _wizard(options, means, configured)
    if not options.images:
        raise UsageError("usage", "No image was given.", "Name at least one image file.")
    if isinstance(job, headless.Check):
        options.images = find_images.expand(options.images)
        _accept_reports(options)  # against what lies in a folder, too
        if len(options.images) > 1:
            jobs = options.jobs or len(os.sched_getaffinity(0))
            return _tell_all(headless.check_many(job, options.images, jobs), options)
    return _tell_all(headless.run(job, options.images), options)


def _tell_all(outcomes: list[Outcome], options: argparse.Namespace) -> int:
    worst = max(outcome.exit_code for outcome in outcomes)
    for file in options.report:
        try:
            reports.write(file, outcomes, strict=options.strict)
        except WizardError as error:  # what was done to the images is done, and told below
            _tell(error)
            worst = max(worst, error.exit_code)
    try:
        _print(outcomes, options)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
    return worst


def _drop_output() -> None:
    """The reader of our output went away (a pager was left): what was done is done, and its code stands."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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


def _accept_reports(options: argparse.Namespace) -> None:
    """Refuse, before any image is opened, what could only fail when all the work is done."""
    judges = options.check or options.apply_all or options.revert is not None or _properties_alone(options)
    if options.report and not judges:
        raise UsageError("usage", "--report goes with a mode.", "Add --check, --apply-all or --revert.")
    if options.strict and not judges:
        raise UsageError("usage", "--strict goes with --check or --apply-all.", "Add one of them.")
    for file in options.report:
        reports.accept(file, options.images)


def _properties_alone(options: argparse.Namespace) -> bool:
    """``--properties`` without a mode: the command is all that is printed."""
    mode = options.check or options.apply_all or options.journal or options.undo is not None
    return bool(options.properties and not mode and options.revert is None)


def _ids(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    named = tuple(word.strip() for word in text.split(",") if word.strip())
    known = [requirement.id for requirement in REQUIREMENTS]
    for name in named:
        if name not in known:
            raise UsageError("unknown-id", f"There is no requirement {visible(name)}.", f"Known: {', '.join(known)}.")
    return named


def _wizard(options: argparse.Namespace, means: headless.Means, configured: config.Config) -> int:
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

    return run_wizard(connect, start, demo=options.demo, config=configured)


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
    try:
        for requirement_id in _ids(name) or ():
            print(page(requirement_id).rstrip())
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
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
