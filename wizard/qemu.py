"""Runs qemu-img and qemu-io: the only programs that read or write image formats."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PROBE_SECONDS = 60
# An image is hostile input to qemu-img too: a forged header may ask for terabytes. The figures are OpenStack's own.
PROBE_LIMITS = ("prlimit", "--as=1073741824", "--cpu=30", "--core=0")
# Each of qemu's threads would reserve 64 MiB for its allocations: with a dozen a sound image ran into the limit.
_SMALL = {"MALLOC_ARENA_MAX": "1"}


class QemuError(Exception):
    """qemu-img or qemu-io failed; the message is its own (host and image names in it, unsanitised)."""

    @property
    def locked(self) -> bool:
        """Whether another process holds the image."""
        return "lock" in str(self) and "Failed to get" in str(self)

    @property
    def no_space(self) -> bool:
        """Whether the host's disk was full."""
        return "No space left" in str(self)


def run(
    *words: str | Path,
    feed: str | None = None,
    seconds: float | None = None,
    limited: bool = False,
    hold: Sequence[int] = (),
    accept: Sequence[int] = (0,),
) -> str:
    """Run one program to its end and return its standard output; QemuError where it fails or takes too long.

    ``hold`` lists file descriptors that stay open in the program: a lock in them outlives us if we are killed.
    The program is in a session of its own: an interrupt from the keyboard is ours to handle, not its.
    """
    argv = [*(PROBE_LIMITS if limited else ()), *map(str, words)]
    try:
        done = subprocess.run(
            argv,
            input=feed or "",
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=seconds,
            pass_fds=tuple(hold),
            start_new_session=True,
            check=False,
            env={**os.environ, "LC_ALL": "C", **(_SMALL if limited else {})},
        )
    except subprocess.TimeoutExpired as error:
        raise QemuError(f"{words[0]} took longer than {seconds:.0f} seconds") from error
    except OSError as error:
        raise QemuError(f"{argv[0]} could not be started: {error.strerror}") from error
    if done.returncode not in accept:
        lines = [line for line in done.stderr.split("\n") if line.strip()]
        raise QemuError("; ".join(lines[-3:]) or f"{words[0]} ended with status {done.returncode}")
    return done.stdout


def info(path: Path, *, force_share: bool = False) -> dict[str, Any]:
    """``qemu-img info`` of one file; its backing file is named in it, but not opened."""
    words = ["qemu-img", "info", "--output=json", *(["-U"] if force_share else [])]
    return dict(json.loads(run(*words, path, seconds=PROBE_SECONDS, limited=True)))


def check(path: Path, image_format: str) -> dict[str, Any]:
    """``qemu-img check``: what it counted; empty for a format that has nothing to check. QemuError where it cannot."""
    words = ("qemu-img", "check", "--output=json", "-f", image_format, path)
    # 2: corruptions, 3: leaked clusters (harmless), 63: the format has no check.
    output = run(*words, seconds=600, limited=True, accept=(0, 2, 3, 63))
    return dict(json.loads(output)) if output.strip() else {}
