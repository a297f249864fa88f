"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def save(path: Path, pieces: Iterable[bytes], *, replace: bool) -> int:
    """Write a file that only its owner can read; the number of bytes. OSError; FileExistsError unless ``replace``."""
    if replace:
        number, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
        written = Path(name)
    else:
        number, written = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), path
    try:
        with os.fdopen(number, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(number)
            size = file.tell()
        if replace:
            written.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            written.unlink()
        raise
    return size
