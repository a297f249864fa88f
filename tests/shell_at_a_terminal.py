"""Real shells at a real terminal, for completion: keys go in, and what the command was given comes back.

Each shell finds the script where the README has it put.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Callable
from pathlib import Path

_READY = "READY> "
_TYPED = "typed"
"""The folder below the shell's home in which the command is typed."""


def given(shell: str, script: str, typed: str, home: Path) -> list[str]:
    """The words that a command gets when ``typed``, tabs in it, is entered in a shell that has the script.

    It is entered in the folder :func:`folder` of ``home``; what ``home`` holds else is the shell's own.
    """
    command = _PREPARED[shell](home, script)
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder(home))
        kept = {name: os.environ[name] for name in ("PATH",)}
        told = {"TERM": "xterm" if shell == "fish" else "dumb", "HOME": str(home), "ZDOTDIR": str(home)}
        os.execvpe(command[0], command, {**kept, **told, "LC_ALL": "C.UTF-8"})  # noqa: S606
    try:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 500, 0, 0))
        _until(terminal, _READY)
        # Ctrl+J enters the line even where a question of readline's would take a return.
        os.write(terminal, typed.encode() + b"\n")
        told_back = _until(terminal, "|}\r\n")
    finally:
        os.write(terminal, b"\x03\nexit\n")
        os.close(terminal)
        os.waitpid(child, 0)
    return re.findall(r"\{\|(.*?)\|\}", told_back)


def folder(home: Path) -> Path:
    """The folder in which the command is typed; made where absent."""
    made = home / _TYPED
    made.mkdir(exist_ok=True)
    return made


def _bash(home: Path, script: str) -> list[str]:
    command = "image-wizard() { printf '{|%s|}' \"$@\"; echo; }"
    start = home / "bashrc"
    start.write_text(
        f"PS1='{_READY}'\nbind 'set bell-style none' 'set show-all-if-ambiguous on'\n{script}\n{command}\n"
    )
    return ["bash", "--noprofile", "--rcfile", str(start), "-i"]


def _zsh(home: Path, script: str) -> list[str]:
    functions = home / ".zfunc"
    functions.mkdir()
    (functions / "_image-wizard").write_text(script)
    # -u and -D: who owns the folders of the system is not our matter, and nothing is kept for another time.
    (home / ".zshrc").write_text(
        f"PS1='{_READY}'\nunsetopt beep prompt_cr prompt_sp\nfpath=({functions} $fpath)\n"
        "autoload -Uz compinit && compinit -u -D\n"
        "image-wizard() { printf '{|%s|}' \"$@\"; echo; }\n"
    )
    return ["zsh", "-d", "-i"]


def _fish(home: Path, script: str) -> list[str]:
    configured = home / ".config" / "fish"
    (configured / "completions").mkdir(parents=True)
    (configured / "completions" / "image-wizard.fish").write_text(script)
    (configured / "config.fish").write_text(
        f"set -g fish_greeting\nset -g fish_autosuggestion_enabled 0\nfunction fish_prompt; printf '{_READY}'; end\n"
        "function image-wizard; printf '{|%s|}' $argv; echo; end\n"
    )
    return ["fish", "-i"]


_PREPARED: dict[str, Callable[[Path, str], list[str]]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}


def _until(terminal: int, text: str) -> str:
    seen = b""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 65536)
            if text.encode() in seen:
                return seen.decode()
    raise AssertionError(f"{text!r} did not come; the terminal shows {seen!r}")
