"""What the wizard sends to a real terminal: no colours with NO_COLOR, nothing about a mouse that is not wanted."""

from __future__ import annotations

import os
import re

import pytest
from test_screen_terminal import Start, marker, start

__all__ = ["marker", "start"]

# SGR parameters that set a colour: 30-38, 40-48, 90-97, 100-107; 39 and 49 go back to the terminal's own.
COLOUR = re.compile(r"^(3[0-8]|4[0-8]|9[0-7]|10[0-7])$")
MOUSE = (b"\x1b[?1000h", b"\x1b[?1003h", b"\x1b[?1006h", b"\x1b[?1015h", b"\x1b[?1016h")


def colours(seen: bytes) -> set[str]:
    codes = (code for run in re.findall(r"\x1b\[([0-9;]*)m", seen.decode(errors="replace")) for code in run.split(";"))
    return {code for code in codes if COLOUR.match(code)}


def everywhere(start: Start) -> bytes:
    """What goes to the terminal from the list to the question before writing."""
    terminal = start()
    terminal.read_until(b"console-log")
    whole = terminal.seen
    for keys, shown in (("ap", b"STAGED"), ("w", b"Write this"), ("n", b"")):
        terminal.press(keys, shown)
        whole += terminal.seen
    os.write(terminal.master, b"q")
    terminal.drain()
    return whole + terminal.seen


def test_no_color_sends_none(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    seen = everywhere(start)
    assert colours(seen) == set()
    assert re.search(rb"\x1b\[(\d+;)*7(;\d+)*m", seen), "the cursor is reversed"


def test_otherwise_there_are_colours(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert colours(everywhere(start))


@pytest.mark.parametrize("wanted", [True, False])
def test_the_mouse_is_asked_for_only_where_it_is_wanted(start: Start, wanted: bool) -> None:
    terminal = start(*(() if wanted else ("no-mouse",)))
    terminal.read_until(b"console-log")
    assert any(code in terminal.seen for code in MOUSE) is wanted
