"""Byte-exact YAML edits."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from linux_guest import CLOUD_CFG

from remediations.linux.yaml_edit import (
    YamlEditError,
    append_setting,
    insert_item,
    remove_item,
    scalar,
    set_flow_list,
    set_scalar,
)

HEAD = "\ufeff# \u00e4\u20ac\r\n".encode()
NAME = ("system_info", "default_user", "name")


def test_a_scalar_changes_and_nothing_else():
    assert set_scalar(CLOUD_CFG, NAME, "admin") == CLOUD_CFG.replace(b"name: debian", b"name: admin")
    assert set_scalar(CLOUD_CFG, NAME, "debian") == CLOUD_CFG
    assert set_scalar(CLOUD_CFG, ("disable_root",), False) == CLOUD_CFG.replace(
        b"disable_root: true", b"disable_root: false"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"user: a", b"user: new"),
        (HEAD + b"user: a # c\r\nx: 1\r\n", HEAD + b"user: new # c\r\nx: 1\r\n"),
        (b'"user" : "a b"\n', b'"user" : new\n'),
        (b"{user: a, x: 1}\n", b"{user: new, x: 1}\n"),
        (b"user:\nx: 1\n", b"user: new\nx: 1\n"),
        (b"user: null\n", b"user: new\n"),
        (b"user: a\nx: |\n  user: a\nuser: b", b"user: a\nx: |\n  user: a\nuser: new"),
        (b"? user\n: a\n", b"? user\n: new\n"),
    ],
)  # fmt: skip
def test_scalars_in_many_spellings(before, after):
    assert set_scalar(before, ("user",), "new") == after
    assert set_scalar(after, ("user",), "new") == after


@pytest.mark.parametrize(
    "content",
    [
        b"user: &u a\nother: *u\n",
        b"base: &b {user: a}\n<<: *b\n",
        b"user: !!str a\n",
        b"user: |\n  a\n",
        b"user: [a]\n",
        b"user: {name: a}\n",
        b"x: 1\n",
        b"",
        b"[",
        b"\xff",
        b"- user\n",
    ],
)
def test_what_cannot_be_edited_is_refused(content):
    with pytest.raises(YamlEditError):
        set_scalar(content, ("user",), "new")


@pytest.mark.parametrize(
    ("before", "place", "after"),
    [
        (b"l:\n - a\n # c\n - b\nx: 1\n", 1, b"l:\n - a\n # c\n - new\n - b\nx: 1\n"),
        (b"l:\n - a\n - b # t\n\n# c\nx: 1\n", 9, b"l:\n - a\n - b # t\n - new\n\n# c\nx: 1\n"),
        (b"l:\r\n- a\r\n- b", 9, b"l:\r\n- a\r\n- b\r\n- new"),
        (b"l:\n  -   a\n", 0, b"l:\n  -   new\n  -   a\n"),
        (b"l: [a, b]\n", 1, b"l: [a, new, b]\n"),
        (b"l: [ a ] # c", 9, b"l: [ a, new ] # c"),
        (b"l: []\n", 0, b"l: [new]\n"),
        (b"l: [a,\n  b]\n", 9, b"l: [a,\n  b, new]\n"),
        (b"l:\n - {n: a}\n - [x, y]\n", 1, b"l:\n - {n: a}\n - new\n - [x, y]\n"),
        (b"l:\n - n: a\n   m: b\n\nx: 1\n", 0, b"l:\n - new\n - n: a\n   m: b\n\nx: 1\n"),
    ],
)
def test_items_are_inserted(before, place, after):
    assert insert_item(before, ("l",), "new", place) == after


@pytest.mark.parametrize("content", [b"l: a\n", b"l: &x [a]\n", b"l: {a: b}\n", b"l:\n", b"l:\n  -\n    a\n"])
def test_lists_that_are_none_are_refused(content):
    with pytest.raises(YamlEditError):
        insert_item(content, ("l",), "new", 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"l: [None]\n", b"l: [A, None]\n"),
        (b"l: [ None ] # c\r\n", b"l: [A, None] # c\r\n"),
        (b"l:\n  - x\n  - y\n\n# c\nz: 1", b"l: [A, None]\n\n# c\nz: 1"),
        (b"l: OpenStack\n", b"l: [A, None]\n"),
        (b"l: [a,\n b]\nx: 1\n", b"l: [A, None]\nx: 1\n"),
        (b"l:\nx: 1\n", b"l: [A, None]\nx: 1\n"),
    ],
)
def test_a_list_is_put_on_one_line(before, after):
    assert set_flow_list(before, ("l",), ["A", "None"]) == after
    assert set_flow_list(after, ("l",), ["A", "None"]) == after


@pytest.mark.parametrize("content", [b"l:\n - a # why\n - b\n", b"l: # why\n - a\n", b"l: [a, # why\n b]\n"])
def test_a_list_with_comments_in_it_is_refused(content):
    with pytest.raises(YamlEditError):
        set_flow_list(content, ("l",), ["A"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b"user: a\n"),
        (b"# c", b"# c\nuser: a\n"),
        (b"x: 1\r\n", b"x: 1\r\nuser: a\r\n"),
        (b"x: 1", b"x: 1\nuser: a\n"),
    ],
)
def test_a_setting_is_appended(before, after):
    assert append_setting(before, "user", "a") == after


@pytest.mark.parametrize("content", [b"user: b\n", b"- a\n", b"{x: 1}\n", b"x: 1\n...\n"])
def test_a_setting_that_cannot_be_appended(content):
    with pytest.raises(YamlEditError):
        append_setting(content, "user", "a")


def test_items_are_removed():
    assert remove_item(b"l:\n - a # x\n - b\n", ("l",), 0) == b"l:\n - b\n"
    assert remove_item(b"l:\n - a\n - b", ("l",), 1) == b"l:\n - a\n"
    with pytest.raises(YamlEditError):
        remove_item(b"l:\n - a\n", ("l",), 0)


@given(st.text(max_size=20))
def test_written_scalars_read_back(value):
    try:
        written = scalar(value)
    except YamlEditError:
        return
    assert "\n" not in written
    assert yaml.safe_load(f"a: {written}") == {"a": value}


TAIL = st.text("user: l-ab\n[]{}&*!|>'\"#,\t\r\u00e9")
WILD = st.binary() | TAIL.map(lambda text: ("user: x\nl:\n - a\n" + text).encode())


@given(WILD, st.sampled_from(["set", "insert", "flow", "append", "remove"]))
def test_any_bytes_are_edited_as_meant_or_refused(content, kind):
    edits = {
        "set": lambda raw: set_scalar(raw, ("user",), "new"),
        "insert": lambda raw: insert_item(raw, ("l",), "new", 0),
        "flow": lambda raw: set_flow_list(raw, ("l",), ["new"]),
        "append": lambda raw: append_setting(raw, "fresh", "new"),
        "remove": lambda raw: remove_item(raw, ("l",), 0),
    }
    try:
        after = edits[kind](content)
    except YamlEditError:
        return
    before, now = yaml.safe_load(content) or {}, yaml.safe_load(after)
    key = {"set": "user", "append": "fresh"}.get(kind, "l")
    assert {k: v for k, v in before.items() if k != key} == {k: v for k, v in now.items() if k != key}
    if kind in ("set", "flow"):
        assert edits[kind](after) == after
    if kind in ("set", "append"):
        assert now[key] == "new"
    if kind == "insert":
        assert now[key] == ["new", *before[key]]
