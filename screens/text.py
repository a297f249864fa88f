"""Text on its way to the screen: guest and host strings made harmless, statuses and diffs given their look.

Everything here is ``Content`` made from plain text, never from markup.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import humanize
from textual.content import Content

from remediations.vocabulary import Status
from wizard.visible import visible, visible_lines

Clock = Callable[[], datetime]
"""The present, timezone-aware."""

DIFF_LINES = 4000
"""Lines of one diff that are drawn; more of them would make the screen slow and nobody reads them there."""

_LOOKS = {
    Status.PASS: ("✓", "$text-success"),
    Status.FAIL: ("✗", "$text-error"),
    Status.UNKNOWN: ("?", "$text-warning"),
    Status.SKIPPED: ("-", "$foreground-muted"),
}
EMPTY = Content("")


def present() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def plain(text: str | bytes, style: str = "") -> Content:
    """One line of any origin, made visible; ``style`` may name theme variables."""
    return Content.styled(visible(text), style) if style else Content(visible(text))


def plain_lines(text: str | bytes, style: str = "") -> Content:
    """Several lines of any origin, made visible."""
    return Content.styled(visible_lines(text), style) if style else Content(visible_lines(text))


def join(*parts: Content | str, separator: str = "") -> Content:
    """Parts one after the other; empty ones are left out."""
    return Content(separator).join([Content(part) if isinstance(part, str) else part for part in parts if len(part)])


def stack(*lines: Content | str) -> Content:
    """Parts one below the other; empty ones stay as empty lines."""
    return Content("\n").join([Content(line) if isinstance(line, str) else line for line in lines])


def status(value: Status, count: int | None = None) -> Content:
    """A status as symbol, word and colour; with ``count`` between symbol and word."""
    symbol, style = _LOOKS[value]
    word = value.value if count is None else f"{count} {value.value}"
    return Content.styled(f"{symbol} {word}", style)


def diff(text: str) -> Content:
    """A unified diff with its lines coloured by what they do; signs stay, so that colour is never the only mark."""
    lines = visible_lines(text.removesuffix("\n")).split("\n")
    coloured = [Content.styled(line, _diff_style(number, line)) for number, line in enumerate(lines[:DIFF_LINES])]
    if len(lines) > DIFF_LINES:
        coloured.append(Content.styled(f"… {len(lines) - DIFF_LINES} more lines", "$foreground-muted"))
    return stack(*coloured)


def diff_counts(text: str) -> tuple[int, int]:
    """Lines added and removed in a unified diff with its two header lines."""
    body = text.split("\n")[2:]
    return sum(line.startswith("+") for line in body), sum(line.startswith("-") for line in body)


def file_path(path: Path) -> str:
    """A path on the host as people write it, ``~`` for the home folder, made visible."""
    home = str(Path.home())
    text = str(path)
    return visible("~" + text[len(home) :] if text == home or text.startswith(home + "/") else text)


def size(count: int | None) -> str:
    """Bytes in binary units; empty for None."""
    return "" if count is None else humanize.naturalsize(count, binary=True)


def ago(moment: datetime, now: datetime) -> str:
    """How long ago a moment was; what a skewed clock puts into the future is *just now*."""
    return str(humanize.naturaltime(max(now - moment, timedelta()))).replace("now", "just now")


def seconds(span: timedelta) -> str:
    """Elapsed time: ``8 s``, ``2 min 05 s``."""
    whole = max(0, int(span.total_seconds()))
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02} s"


def _diff_style(number: int, line: str) -> str:
    if number < 2:
        return "bold"
    if line.startswith("@@"):
        return "$text-accent"
    if line.startswith("+"):
        return "$text-success"
    if line.startswith("-"):
        return "$text-error"
    return "" if line.startswith(" ") else "$text-warning"
