"""Text on its way to the screen: guest and host strings made harmless, statuses given their look.

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
    told = str(humanize.naturaltime(max(now - moment, timedelta()))).replace("now", "just now")
    years, comma, _ = told.partition(",")  # "1 year, 1 month ago": the month tells nobody anything
    return f"{years} ago" if comma else told


def seconds(span: timedelta) -> str:
    """Elapsed time: ``8 s``, ``2 min 05 s``."""
    whole = max(0, int(span.total_seconds()))
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02} s"
