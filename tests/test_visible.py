"""The one door through which guest text reaches a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.visible import visible, visible_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [/x] text", "plain [/x] text"),
        ("\x1b[2J", "␛[2J"),
        ("a\x00b\r\n\tc\x7f", "a␀b␍␊␉c␡"),
        ("\u202eevil", "<U+202E>evil"),
        ("\x9b1m", "<U+009B>1m"),
        ("\ud800", "<U+D800>"),
        (b"\xff caf\xc3\xa9", "<FF> café"),
        ("line\u2028line", "line<U+2028>line"),
    ],
)
def test_examples(text: str | bytes, shown: str) -> None:
    assert visible(text) == shown


@given(st.text() | st.binary())
def test_nothing_that_steers_a_terminal_is_left(text: str | bytes) -> None:
    shown = visible_lines(text)
    assert not [c for c in shown if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")]
    shown.encode("utf-8")
