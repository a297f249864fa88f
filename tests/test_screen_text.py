"""Text on its way to the screen: harmless, aligned, coloured by meaning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fake_report import HOSTILE, hostile_report, make_change
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from remediations.vocabulary import Status
from screens.change_text import change_text
from screens.diff_text import heading
from screens.requirement_text import describe, row
from screens.rows import columns
from screens.text import ago, file_path, plain, plain_lines, seconds, stack, status

NOW = datetime(2025, 3, 14, tzinfo=UTC)
ANY_TEXT = st.text(st.characters(codec=None)) | st.just(HOSTILE)


def harmless(content: Content) -> bool:
    """Nothing that steers a terminal, and no span that markup could have made."""
    bad = any((c < " " and c != "\n") or "\x7f" <= c < "\xa0" or 0xD800 <= ord(c) < 0xE000 for c in content.plain)
    spans = any("click" in str(span.style) or "link" in str(span.style) for span in content.spans)
    return not bad and not spans and "\u202e" not in content.plain


@given(ANY_TEXT)
def test_any_text_is_harmless_and_keeps_its_brackets(text: str) -> None:
    for content in (plain(text, "bold"), plain_lines(text)):
        assert harmless(content)
        assert content.plain.count("[") >= text.count("[")


def test_every_finding_and_change_is_harmless() -> None:
    for assessment in hostile_report().assessments:
        assert harmless(describe(assessment))
        assert harmless(row(assessment, True).draw(80))
    change = make_change(1, note=HOSTILE)
    assert harmless(change_text(change))
    assert harmless(stack(*heading(change.files[0])))


@given(st.lists(st.tuples(ANY_TEXT.map(plain), st.integers(0, 30)), min_size=1), st.integers(0, 200))
def test_a_row_fills_its_width(cells: list[tuple[Content, int]], width: int) -> None:
    drawn = columns(*cells)(width)
    wanted = sum(w for _, w in cells) + len(cells) - 1
    if all(w for _, w in cells):
        assert drawn.cell_length == wanted
    else:
        assert wanted <= drawn.cell_length <= max(width, wanted) or drawn.cell_length == wanted


@pytest.mark.parametrize(
    ("span", "text"),
    [(timedelta(seconds=8.9), "8 s"), (timedelta(seconds=125), "2 min 05 s"), (timedelta(seconds=-3), "0 s")],
)
def test_elapsed_time(span: timedelta, text: str) -> None:
    assert seconds(span) == text


@pytest.mark.parametrize(
    ("moment", "text"),
    [(NOW - timedelta(hours=2), "2 hours ago"), (NOW, "just now"), (NOW + timedelta(hours=2), "just now")],
)
def test_moments_are_never_in_the_future(moment: datetime, text: str) -> None:
    assert ago(moment, NOW) == text


def test_paths_are_written_as_people_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert file_path(Path("/home/ann/a.img")) == "~/a.img"
    assert file_path(Path("/home/anna/a.img")) == "/home/anna/a.img"


def test_a_status_is_symbol_and_word() -> None:
    assert [status(s).plain for s in Status] == ["✓ pass", "✗ fail", "? unknown", "- skipped"]
    assert status(Status.FAIL, 3).plain == "✗ 3 fail"
