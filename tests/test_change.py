"""Diffs: true to what changed, safe to print."""

from __future__ import annotations

import pytest

from remediations.guest import FileKind
from wizard.change import FileChange, FileState, Verb


def state(content: bytes = b"", mode: int = 0o644, label: str = "", uid: int = 0) -> FileState:
    return FileState(FileKind.FILE, mode, uid, 0, content, None, label)


def link(target: str) -> FileState:
    return FileState(FileKind.LINK, 0o777, 0, 0, None, target)


@pytest.mark.parametrize(
    ("before", "after", "verb"),
    [
        (None, state(b"a"), Verb.CREATED),
        (state(b"a"), None, Verb.REMOVED),
        (state(b"a"), state(b""), Verb.EMPTIED),
        (state(b"a"), state(b"b"), Verb.MODIFIED),
        (state(b"a"), state(b"a", 0o600), Verb.ATTRIBUTES),
        (link("x"), link("y"), Verb.MODIFIED),
    ],
)
def test_verbs(before: FileState | None, after: FileState | None, verb: Verb) -> None:
    assert FileChange("/etc/x", before, after).verb is verb


def test_diff_shows_the_line_and_what_else_changed() -> None:
    diff = FileChange("/etc/x", state(b"a\nb\r\nc"), state(b"a\nB\r\nc", 0o600, "system_u:object_r:etc_t:s0", 5)).diff
    assert "mode 0644 -> 0600" in diff
    assert "owner 0:0 -> 5:0" in diff
    assert "label - -> system_u:object_r:etc_t:s0" in diff
    assert "-b␍\n+B␍\n" in diff
    assert "\\ no newline at end" in diff


def test_diff_of_binary_and_hostile_content() -> None:
    diff = FileChange("/etc/\x1b[2J", state(b"\0a"), state(b"\0b")).diff
    assert "binary, 2 bytes, sha256" in diff
    assert "\x1b" not in diff
    assert "\x1b" not in FileChange("/x", None, state(b"\x1b]0;x\x07\n")).diff


def test_diff_of_a_link() -> None:
    assert "+link to /dev/null" in FileChange("/x", None, link("/dev/null")).diff
