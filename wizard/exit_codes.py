"""What the process ends with: an interface that scripts rely on."""

from __future__ import annotations

EXIT_CODES = (
    (0, "all required are pass or skipped"),
    (1, "some are not"),
    (2, "usage or configuration"),
    (3, "the image cannot be opened"),
    (4, "a fix, commit or undo failed and the image is as it was, unless it is said to need recovery"),
    (130, "interrupted, image as it was"),
)
"""Each code with its meaning; of several images, the worst counts."""

RECOVERY = "needs_recovery"
"""The field of JSON's image that tells for certain whether one of its changes is unfinished, whatever the code."""
UNFINISHED = (
    "The image needs recovery: a change of it is unfinished. Do not boot or copy it. Opening it again, as --check "
    "does, finishes that change or rolls it back."
)
"""What is told of such an image, beside the error."""
