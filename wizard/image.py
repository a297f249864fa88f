"""The image file, as qemu-img sees it: probed once, before anything opens it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Image:
    """A probed image. Sizes in bytes; ``backing`` lists the backing chain's files, nearest first.

    ``read_only_reason`` is the sentence why fixes cannot be written to it, empty where they can.
    """

    path: Path
    format: str
    virtual_size: int
    actual_size: int
    backing: tuple[Path, ...]
    in_use: bool
    read_only_reason: str
