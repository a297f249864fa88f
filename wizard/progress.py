"""How far a run over many images is, on standard error: a bar on a terminal, a line for each image elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wizard.document import Outcome
from wizard.visible import visible


@contextmanager
def progress(total: int) -> Iterator[Callable[[Outcome], None]]:
    """A function to call with each outcome as it comes in."""
    if sys.stderr.isatty():
        with _bar(total) as advance:
            yield advance
        return
    begun = time.monotonic()
    done = 0

    def told(outcome: Outcome) -> None:
        nonlocal done
        done += 1
        with contextlib.suppress(OSError):  # whoever listened may be gone; the work goes on
            line = f"[{time.monotonic() - begun:4.0f} s] {done}/{total} {visible(outcome.path)}: {verdict(outcome)}"
            print(line, file=sys.stderr, flush=True)

    yield told


@contextmanager
def _bar(total: int) -> Iterator[Callable[[Outcome], None]]:
    # Slow to import, and only wanted here.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.text import Text

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[last]}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=total, last=Text(""))

        def advance(outcome: Outcome) -> None:
            shown.update(
                task, advance=1, last=Text(f"{visible(outcome.path)}: {verdict(outcome)}", overflow="ellipsis")
            )

        yield advance


def verdict(outcome: Outcome) -> str:
    """One image's outcome in some words."""
    if outcome.error is not None:
        return f"error ({outcome.error.code})"
    if outcome.report is None:
        return "nothing to tell"
    counts = {str(status): count for status, count in outcome.report.counts.items() if count}
    return ", ".join(f"{count} {status}" for status, count in counts.items())
