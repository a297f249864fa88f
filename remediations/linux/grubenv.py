"""GRUB's environment block (``grubenv``): 1024 bytes of ``NAME=value`` lines, padded with ``#`` (GRUB manual)."""

from __future__ import annotations

import re

from remediations.linux.text import decode, encode
from remediations.vocabulary import PlanError

_HEADER = b"# GRUB Environment Block\n"
_SIZE = 1024


def parse(content: bytes) -> dict[str, tuple[int, str]]:
    """The variables: name to (line, value). Empty where this is no environment block."""
    found: dict[str, tuple[int, str]] = {}
    if not content.startswith(_HEADER):
        return found
    for number, line in enumerate(content.split(b"\n"), 1):
        name, equals, value = decode(line).partition("=")
        if equals and not name.startswith("#"):
            found[name] = (number, re.sub(r"\\(.)", r"\1", value))
    return found


def with_words(content: bytes, name: str, words: str) -> bytes:
    """The block with words added at the end of a variable that is there; PlanError where it cannot hold them."""
    if not content.startswith(_HEADER) or len(content) != _SIZE or not content.rstrip(b"#").endswith(b"\n"):
        raise PlanError("the GRUB environment block is damaged: make it anew with grub2-editenv")
    lines = content.split(b"\n")
    for index, line in enumerate(lines):
        if line.startswith(encode(name) + b"=") and not line.endswith((b"\\", b"#")):
            space = b"" if line.endswith((b"=", b" ")) else b" "
            lines[index] = line + space + encode(words)
            break
    else:
        raise PlanError(f"the GRUB environment block has no {name}")
    text = b"\n".join(lines).rstrip(b"#")
    if len(text) > _SIZE:
        raise PlanError(f"the GRUB environment block has no room for {words}")
    return text.ljust(_SIZE, b"#")
