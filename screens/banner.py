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
from screens.text import file_path, join, plain, size, stack
from wizard.image import Image


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

    def compose(self) -> ComposeResult:
        with Horizontal(id="banner-first"):
            yield Static(id="banner-image", markup=False)
            yield Static(id="banner-demo", markup=False)
            yield Static(id="banner-mode", markup=False)
        yield Static(id="banner-facts", markup=False)
        yield Static(id="banner-notices", markup=False)

    def on_mount(self) -> None:
        self._draw()

    def set_mode(self, mode: Mode) -> None:
        """Show another mode."""
        if mode is not self._mode:
            self._mode = mode
            self._draw()

    def set_facts(self, image: Image, guest: GuestFacts, notices: Sequence[str]) -> None:
        """Show what an opening found out."""
        self._image, self._guest, self._notices = image, guest, tuple(notices)
        self._draw()

    def _draw(self) -> None:
        if not self.children:
            return
        name = self._path.name or str(self._path)
        self.query_one("#banner-image", Static).update(plain(name, "bold"))
        demo = self.query_one("#banner-demo", Static)
        demo.display = self._demo
        demo.update(Content(" demo copy "))
        mode = self.query_one("#banner-mode", Static)
        mode.update(Content(f" {self._mode.value} "))
        for other in Mode:
            mode.set_class(other is self._mode, f"-{other.name.lower().replace('_', '-')}")
        facts = self.query_one("#banner-facts", Static)
        facts.update(self._facts())
        notices = self.query_one("#banner-notices", Static)
        notices.display = bool(self._notices)
        notices.update(stack(*(join(Content("! "), plain(notice)) for notice in self._notices)))

    def _facts(self) -> Content:
        if self._image is None or self._guest is None:
            return Content(file_path(self._path))
        image, guest = self._image, self._guest
        return join(
            plain(image.format),
            f"{size(image.virtual_size)}, {size(image.actual_size)} on disk",
            plain(guest.product or guest.distro or "unknown system"),
            plain(guest.arch),
            separator=" · ",
        )
