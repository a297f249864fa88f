"""Guest files as lines: bytes in, bytes out, every ending kept."""

from __future__ import annotations


def split_lines(content: bytes) -> list[bytes]:
    r"""The lines of a file, each with its ``\n``; the last has none where the file ends without one.

    Joining them gives the content back exactly. An empty file has no lines.
    """
    lines = content.split(b"\n")
    kept = [line + b"\n" for line in lines[:-1]]
    return [*kept, lines[-1]] if lines[-1] else kept


def decode(raw: bytes) -> str:
    """UTF-8 text; bytes that are none become lone surrogates, which :func:`encode` turns back."""
    return raw.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes that :func:`decode` made ``text`` from."""
    return text.encode("utf-8", "surrogateescape")


def numbered(content: bytes) -> list[tuple[int, str]]:
    r"""Line numbers from 1 with the decoded lines, without their ``\n`` or ``\r\n``: for reading and for evidence."""
    return [(number, decode(line).rstrip("\r\n")) for number, line in enumerate(split_lines(content), 1)]


def line_ending(content: bytes) -> bytes:
    r"""The ending that a line added to ``content`` should have: that of its first line, ``\n`` where there is none."""
    lines = split_lines(content)
    return b"\r\n" if lines and lines[0].endswith(b"\r\n") else b"\n"
