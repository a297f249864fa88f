"""A whole report by the fast reader, made in a process of its own, within bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from remediations.guest import GuestError
from remediations.vocabulary import Settings
from wizard.child import Child, ChildError
from wizard.fast.errors import StepAside
from wizard.image import Image
from wizard.inspection import Layout
from wizard.report import Reader, Report, examine

SECONDS = 20.0
"""The longest that it may take. An ordinary image takes a quarter of one; the appliance is up after ten."""
MEMORY = 512 * 1024 * 1024


@dataclass(frozen=True)
class Reading:
    """A report, and where the system lies, for the appliance to mount it without looking for it."""

    report: Report
    layout: Layout


def read(image: Image, settings: Settings, on_start: Callable[[Child[Reading]], None]) -> Reading:
    """Read and examine the guest. StepAside with the reason where that is not certain, or not done within bounds.

    ``on_start`` gets the process, so that somebody can cancel it (then this raises Cancelled).
    """
    if image.in_use:
        raise StepAside("Another program holds the image")
    child = Child(lambda: _read(image, settings), seconds=SECONDS, memory=MEMORY)
    on_start(child)
    try:
        return child.result()
    except ChildError as error:
        raise StepAside(f"The fast reader gave up: {error}") from error


class FastReader:
    """Readings of one image that can be cancelled; several may run at a time, in threads of their own."""

    def __init__(self) -> None:
        self._running: set[Child[Reading]] = set()

    def read(
        self, image: Image, settings: Settings, identity: object, stopped: Callable[[], bool] = lambda: False
    ) -> Reading:
        """:func:`read`, of an image that is still the one of ``identity`` afterwards; StepAside where it is not."""
        started: list[Child[Reading]] = []

        def on_start(child: Child[Reading]) -> None:
            started.append(child)
            self._running.add(child)
            if stopped():
                child.cancel()

        try:
            reading = read(image, settings, on_start)
        finally:
            self._running.difference_update(started)
        if image.identity != identity:
            raise StepAside("The image was written to while it was read")
        return reading

    def cancel(self) -> None:
        """From any thread: end the readings that run; they raise Cancelled."""
        for child in tuple(self._running):
            child.cancel()


def _read(image: Image, settings: Settings) -> Reading:
    from wizard.fast.fast_guest import certain, open_guest

    guest = open_guest(image)
    try:
        with certain():
            report = examine(guest, settings)
    except GuestError as error:
        raise StepAside(str(error)) from error
    except RecursionError as error:
        raise StepAside("The guest's structures are too deep") from error
    return Reading(replace(report, reader=Reader("fast")), Layout(guest.facts.root, guest.system.mounts))
