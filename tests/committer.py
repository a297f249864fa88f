"""Run as a process of its own by test_kill.py: commits (or undoes), and dies by SIGKILL at the point it is told.

    python committer.py IMAGE OVERLAY FOLDER {commit|undo|recover} POINT

POINT is ``WHERE:before`` or ``WHERE:after``, where WHERE names a function that the engine calls; or ``never``.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wizard import commit, delta, qemu, recovery, undo
from wizard.image import probe
from wizard.journal import Journal

WHERES: dict[str, tuple[Any, str]] = {
    "begin": (Journal, "begin"),
    "rebase": (delta, "rebase"),
    "capture": (delta, "capture"),
    "digests": (delta, "digests"),
    "set_extents": (Journal, "set_extents"),
    "write_back": (delta, "write_back"),
    "set_state": (Journal, "set_state"),
    "unlink": (Path, "unlink"),
    "create": (Journal, "create"),
    "run": (qemu, "run"),
}


def arm(point: str) -> None:
    """Replace the named function by one that kills this process before or after doing its work."""
    where, _, when = point.partition(":")
    owner, name = WHERES[where]
    real: Callable[..., Any] = getattr(owner, name)

    def deadly(*words: Any, **options: Any) -> Any:
        if when == "after":
            real(*words, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, deadly)


def main() -> None:
    image_path, overlay, folder = map(Path, sys.argv[1:4])
    action, point = sys.argv[4:6]
    image, journal = probe(image_path), Journal(folder)
    if point != "never":
        arm(point)
    if action == "commit":
        commit.commit(image, image.identity, overlay, journal, kind="fix", fixes=("firewall",), files=(), commands=(),
                      note="", on_step=lambda line: None)  # fmt: skip
    elif action == "undo":
        undo.undo(image, journal, 1, lambda line: None)
    else:
        print("\n".join(recovery.recover(image_path, journal)))


if __name__ == "__main__":
    main()
