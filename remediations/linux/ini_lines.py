"""Files of ``[Section]`` and ``Key=value`` lines: systemd's (systemd.syntax(7)) and NetworkManager's (GKeyFile)."""

from __future__ import annotations

from dataclasses import dataclass

from remediations.linux.text import decode, split_lines


@dataclass(frozen=True)
class IniLine:
    """One physical line, ``number`` from 1. ``section`` is the one it stands in; ``key`` is empty for no setting."""

    number: int
    raw: bytes
    section: str
    key: str
    value: str

    @property
    def text(self) -> str:
        """The line as written, blanks around it removed."""
        return decode(self.raw).strip()


def ini_lines(content: bytes) -> list[IniLine]:
    """Every line of a file; a line that a backslash continues is no setting of its own."""
    found: list[IniLine] = []
    section, continued = "", False
    for number, raw in enumerate(split_lines(content), 1):
        text = decode(raw).strip()
        key, value = "", ""
        if not continued and text.startswith("[") and text.endswith("]"):
            section = text[1:-1].strip()
        elif not continued and text[:1] not in ("#", ";", "") and "=" in text:
            key, _, value = (part.strip() for part in text.partition("="))
        found.append(IniLine(number, raw, section, key, value))
        continued = text.endswith("\\") and not text.startswith(("#", ";"))
    return found
