"""What the process ends with: an interface that scripts rely on."""

from __future__ import annotations

EXIT_CODES = (
    (0, "all required are pass or skipped"),
    (1, "some are not"),
    (2, "usage or configuration"),
    (3, "the image cannot be opened"),
    (4, "a fix, commit or undo failed and the image is as it was"),
    (130, "interrupted, image as it was"),
)
"""Each code with its meaning; of several images, the worst counts."""
