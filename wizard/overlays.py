"""Images that rest on one another: writing to a backing file would break every overlay above it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from wizard.image import Image


def above(images: Iterable[tuple[Path, Image | None]]) -> dict[str, Path]:
    """For each backing file of the images, by its real path, an image that rests on it; None was not probed."""
    return {os.path.realpath(file): path for path, image in images if image is not None for file in image.backing}
