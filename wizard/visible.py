"""The one door through which guest text reaches a terminal."""

from __future__ import annotations

import unicodedata

_CONTROL_PICTURES = 0x2400  # U+2400 SYMBOL FOR NULL and its successors picture the C0 controls


def visible(text: str | bytes) -> str:
    """``text`` with everything that could steer a terminal made visible; newlines and tabs too.

    C0 controls become their control pictures, DEL U+2421; other control, format (bidi marks, zero-width),
    surrogate, private and unassigned characters and line separators become ``<U+XXXX>``. Bytes are decoded as
    UTF-8, undecodable ones shown as ``<XX>``.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    # Python calls printable what is in none of the categories below; most lines are.
    return text if text.isprintable() else "".join(map(_visible_character, text))


def visible_lines(text: str | bytes) -> str:
    """Like :func:`visible`, for text of several lines: newlines stay, tabs become spaces."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    return "\n".join(visible(line.expandtabs(8)) for line in text.split("\n"))


def _visible_character(character: str) -> str:
    code = ord(character)
    if 0x20 <= code < 0x7F:
        return character
    if code < 0x20:
        return chr(_CONTROL_PICTURES + code)
    if code == 0x7F:
        return "\u2421"
    if 0xDC80 <= code <= 0xDCFF:
        return f"<{code - 0xDC00:02X}>"
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return f"<U+{code:04X}>"
    return character
