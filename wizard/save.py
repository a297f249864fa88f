"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path


def save(path: Path, pieces: Iterable[bytes], *, replace: bool, mode: int = 0o600) -> int:
    """Write a file, by default one that only its owner can read; the number of bytes.

    ``mode`` is what the umask makes of it. OSError; FileExistsError unless ``replace``.
    """
    written = path.with_name(f".{path.name[:40]}.{secrets.token_hex(6)}") if replace else path
    number = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
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
