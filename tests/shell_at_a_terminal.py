"""A real bash at a real terminal, for completion: keys go in, and what the command was given comes back."""

from __future__ import annotations

import os
import pty
import re
import select
import time
from pathlib import Path

_COMMAND = "image-wizard() { printf '{%s}' \"$@\"; echo; }"


def given(script: str, typed: str, folder: Path) -> list[str]:
    """The words that a command gets when ``typed``, tabs in it, is entered in a bash that has read ``script``."""
    start = folder / "bashrc"
    start.write_text(
        f"PS1='READY> '\nbind 'set bell-style none' 'set show-all-if-ambiguous on'\n{script}\n{_COMMAND}\n"
    )
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        environment = {**os.environ, "TERM": "dumb", "COLUMNS": "500", "LC_ALL": "C.UTF-8"}
        os.execvpe("bash", ["bash", "--noprofile", "--rcfile", str(start), "-i"], environment)  # noqa: S606
    try:
        _until(terminal, "READY> ")
        # Ctrl+J enters the line even where a question of readline's would take a return.
        os.write(terminal, typed.encode() + b"\n")
        told = _until(terminal, "}\r\n")
    finally:
        os.write(terminal, b"\x03\nexit\n")
        os.close(terminal)
        os.waitpid(child, 0)
    return re.findall(r"\{(.*?)\}", told)


def _until(terminal: int, text: str) -> str:
    seen = b""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 65536)
            if text.encode() in seen:
                return seen.decode()
    raise AssertionError(f"{text!r} did not come; the terminal shows {seen!r}")
