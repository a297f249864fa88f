"""The lines at the top that always say which image this is, which guest, and whether it is being written."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from remediations.guest import GuestFacts
from screens.text import EMPTY, file_path, join, plain, size, stack
from wizard.image import Image
from wizard.report import Reader

_DEMO = Content(" demo copy ")
_FAST = " · fast reader"
_PADDING = 2  # of a text, left and right together


class Mode(StrEnum):
    """What may happen to the image while this shows."""

    READ_ONLY = "READ-ONLY"
    STAGED = "STAGED"
    WRITING = "WRITING"


class Banner(Vertical):
    """Image, mode, what is known of format and guest, and notices; notices have the whole width and are wrapped."""

    def __init__(self, path: Path, mode: Mode = Mode.READ_ONLY, demo: bool = False) -> None:
        super().__init__()
        self._path = path
        self._mode = mode
        self._demo = demo
        self._image: Image | None = None
        self._guest: GuestFacts | None = None
        self._notices: tuple[str, ...] = ()
        self._reader: Reader | None = None
        self._appliance: tuple[Content, ...] = ()

    def compose(self) -> ComposeResult:
        with Horizontal(id="banner-first"):
            yield Static(id="banner-image", markup=False)
            yield Static(id="banner-appliance", markup=False)
            yield Static(id="banner-demo", markup=False)
            yield Static(id="banner-mode", markup=False)
        yield Static(id="banner-facts", markup=False)
        yield Static(id="banner-reader", markup=False)
        yield Static(id="banner-notices", markup=False)

    def on_mount(self) -> None:
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def set_mode(self, mode: Mode) -> None:
        """Show another mode."""
        if mode is not self._mode:
            self._mode = mode
            self._draw()

    def set_facts(self, image: Image, guest: GuestFacts, notices: Sequence[str], reader: Reader | None = None) -> None:
        """Show what an opening found out, and who read it where that is to be said."""
        self._image, self._guest, self._notices, self._reader = image, guest, tuple(notices), reader
        self._draw()

    def set_appliance(self, phrases: tuple[Content, ...]) -> None:
        """Show how the appliance stands, in the longest phrase that leaves the image's name whole."""
        if phrases != self._appliance:
            self._appliance = phrases
            self._draw()

    def _draw(self) -> None:
        if not self.children:
            return
        self._draw_first()
        self.query_one("#banner-facts", Static).update(self._facts())
        reason = self._reader.reason if self._reader else ""
        reader = self.query_one("#banner-reader", Static)
        reader.display = bool(reason)
        reader.update(join("Read through the appliance: ", plain(reason)))
        notices = self.query_one("#banner-notices", Static)
        notices.display = bool(self._notices)
        notices.update(stack(*(join(Content("! "), plain(notice)) for notice in self._notices)))

    def _draw_first(self) -> None:
        name = plain(self._path.name or str(self._path), "bold")
        badge = Content(f" {self._mode.value} ")
        self.query_one("#banner-image", Static).update(name)
        demo = self.query_one("#banner-demo", Static)
        demo.display = self._demo
        demo.update(_DEMO)
        mode = self.query_one("#banner-mode", Static)
        mode.update(badge)
        for other in Mode:
            mode.set_class(other is self._mode, f"-{other.name.lower().replace('_', '-')}")
        taken = name.cell_length + badge.cell_length + (_DEMO.cell_length if self._demo else 0) + 2 * _PADDING
        fitting = [phrase for phrase in self._appliance if taken + phrase.cell_length <= self.size.width]
        appliance = self.query_one("#banner-appliance", Static)
        appliance.display = bool(fitting)
        appliance.update(fitting[0] if fitting else EMPTY)

    def _facts(self) -> Content:
        if self._image is None or self._guest is None:
            return Content(file_path(self._path))
        image, guest = self._image, self._guest
        facts = join(
            plain(image.format),
            f"{size(image.virtual_size)}, {size(image.actual_size)} on disk",
            plain(guest.product or guest.distro or "unknown system"),
            plain(guest.arch),
            separator=" · ",
        )
        if (
            self._reader
            and self._reader.name == "fast"
            and facts.cell_length + len(_FAST) <= self.size.width - _PADDING
        ):
            return facts + _FAST
        return facts
