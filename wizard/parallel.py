"""Works on many images at once, each in a process of its own: whatever becomes of one does not touch the others."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType

from wizard.child import Child, ChildError
from wizard.document import Outcome
from wizard.errors import Cancelled, OpenError

_TICK = 0.2


def run(
    work: Callable[[Path], Outcome], images: Sequence[Path], jobs: int, on_done: Callable[[Outcome], None]
) -> list[Outcome]:
    """The outcomes in the order of the images; ``on_done`` is called as each comes in.

    An interrupt ends those that run (they say so themselves) and starts no more; the first of the rest stands for it.
    """
    outcomes: dict[int, Outcome] = {}
    running: dict[Child[Outcome], int] = {}
    waiting = iter(enumerate(images))
    with _interrupts() as interrupted:
        told = 0
        while True:
            if len(interrupted) > told:
                told = len(interrupted)
                _terminate(running)
            while not interrupted and len(running) < jobs and (following := next(waiting, None)):
                number, image = following
                running[Child(partial(work, image))] = number
            if not running:
                break
            for child in select.select(list(running), [], [], _TICK)[0]:
                if child.feed():
                    number = running.pop(child)
                    outcomes[number] = _outcome(child, images[number])
                    on_done(outcomes[number])
    begun = [outcomes[number] for number in sorted(outcomes)]
    # One word of the interrupt is enough for all that were never begun.
    return begun + [_failed(image, Cancelled()) for image in images[len(begun) : len(begun) + 1]]


def _terminate(running: Iterable[Child[Outcome]]) -> None:
    for child in running:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGTERM)


def _outcome(child: Child[Outcome], image: Path) -> Outcome:
    try:
        return child.collect()
    except ChildError as error:
        message = f"The process that worked on the image failed: {error}. The image is as it was."
        return _failed(image, OpenError("process", message, "Check the image alone; the host may be short of memory."))


def _failed(image: Path, error: OpenError | Cancelled) -> Outcome:
    return Outcome(str(image), exit_code=error.exit_code, error=error)


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """The signals that asked us to stop, as they come."""
    caught: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        caught.append(number)

    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {n: signal.signal(n, note) for n in wanted if signal.getsignal(n) is not signal.SIG_IGN}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
