"""Hostile text in a report stays text, in every format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from fake_report import HOSTILE, REPORT
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from report_outcomes import BROKEN, CHECKED, FIXED, case, counted, hostile, junit, run_of

from wizard.reports import as_html, as_markdown
from wizard.visible import visible

ATTACKS = [
    HOSTILE,
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\"'><a href=javascript:alert(1)>x</a>&lt;&#60;</pre></style>",
    "]]> <!-- --> <!DOCTYPE x> &x; \x00\x0b\ufffe\uffff\ud800",
    "[x](javascript:a) ![i](http://evil/p.png) https://evil.example www.evil.example <http://e> @everyone #1 a@b.cc",
    "# head\n- list\n```\nfence\n```\n~~~\n> quote\n| a | b |\n|---|---|\n    code\n===\n---\n/close",
    "*e* _e_ **s** __s__ ~~d~~ `c` ``c`` ` \\ $x$ :tada: 1. x",
    "1. one",
    "`",
    "",
    " ",
]


class Page(HTMLParser):
    """Every tag and attribute of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str | None] = set()
        self.shown = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value for name, value in attrs if name in ("href", "src")}

    def handle_data(self, data: str) -> None:
        self.shown += data


TAGS = set(
    re.findall(
        r"\w+",
        """
    html head meta title style body section h1 h2 h3 p div span strong a code pre
    table thead tbody tr th td dl dt dd details summary
""",
    )
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_html_shows_hostile_text_and_obeys_none_of_it(attack: str) -> None:
    told = as_html.text(run_of(hostile(attack), hostile(attack)))
    page = Page(told)
    assert page.tags <= TAGS
    assert page.attributes <= {"lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "open"}
    assert page.links == {"#image-1", "#image-2"}
    assert visible(attack).strip() in page.shown
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e\ud800]", told)
    assert told.encode("utf-8")


def test_html_needs_nothing_from_elsewhere_and_has_both_lights() -> None:
    told = as_html.text(run_of(FIXED, BROKEN, CHECKED))
    assert "http://" not in told
    assert "https://" not in told
    assert "url(" not in told
    assert "@import" not in told
    assert "default-src &#x27;none&#x27;" in told
    assert "prefers-color-scheme: dark" in told


@pytest.mark.parametrize("attack", ATTACKS)
def test_junit_stays_xml_and_shows_hostile_text(attack: str) -> None:
    suites = junit(hostile(attack))
    assert {element.tag for element in suites.iter()} <= {
        "testsuites", "testsuite", "testcase", "failure", "error", "skipped", "properties", "property", "system-out",
    }  # fmt: skip
    failure = case(suites, "console-log").find("failure")
    assert failure is not None
    assert failure.get("message") == visible(attack)
    assert counted(suites)[0] == len(REPORT.assessments)


def tokens(told: str) -> Iterator[Token]:
    for token in MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(told):
        yield token
        yield from token.children or ()


@pytest.mark.parametrize("attack", ATTACKS)
def test_markdown_shows_hostile_text_in_code_and_as_no_markup(attack: str) -> None:
    harmless = {(t.type, t.tag) for t in tokens(as_markdown.text(run_of(hostile("word"), hostile("word"))))}
    found = list(tokens(as_markdown.text(run_of(hostile(attack), hostile(attack)))))
    assert {(t.type, t.tag) for t in found} <= harmless | {("code_inline", "code"), ("text_special", "")}
    outside = "".join(t.content for t in found if t.type == "text")
    assert not re.search(r"@|://|www\.|#1|:tada:|[\x00-\x08\x0b-\x1f\u202e\ud800]", outside)


@given(st.text(max_size=60))
def test_no_text_breaks_a_report(text: str) -> None:
    outcome = hostile(text)
    assert junit(outcome).tag == "testsuites"
    assert Page(as_html.text(run_of(outcome))).tags <= TAGS
    blocks = [t.type for t in MarkdownIt("gfm-like", {"linkify": False}).parse(as_markdown.text(run_of(outcome)))]
    expected = MarkdownIt("gfm-like", {"linkify": False}).parse(as_markdown.text(run_of(hostile("word"))))
    assert [b for b in blocks if b in ("heading_open", "html_block", "fence")] == [
        t.type for t in expected if t.type in ("heading_open", "html_block", "fence")
    ]
