"""Byte-exact edits of a YAML file: one scalar or one list item changes, every other byte stays.

The place is found with PyYAML's node marks, the bytes are replaced, and the result is parsed again: unless its value
is exactly the old one with the change meant, the edit is refused.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from typing import Any

import yaml

from remediations.linux.text import line_ending
from remediations.linux.yaml_document import Document, YamlError, parse
from remediations.vocabulary import PlanError

Keys = Sequence[str]


class YamlEditError(PlanError):
    """The file cannot be edited so that only what is meant changes."""


def set_scalar(content: bytes, keys: Keys, value: str | bool) -> bytes:
    """The scalar at a path of keys replaced by ``value``; unchanged where it is that already."""
    document = _parse(content)
    node = _node(document, keys)
    if not isinstance(node, yaml.ScalarNode):
        raise YamlEditError(f"{'.'.join(keys)} is no plain value")
    if _dig(document.value, keys) == value:
        return content

    def change(tree: Any) -> None:
        _dig(tree, keys[:-1])[keys[-1]] = value

    start, end = node.start_mark.index, node.end_mark.index
    if node.style in ("|", ">"):
        raise YamlEditError(f"{'.'.join(keys)} is a block of text")
    written = scalar(value)
    if start == end:  # ``key:`` without a value: the mark stands right behind the colon
        written = f" {written}"
    return _replace(document, [(start, end, written)], change)


def set_flow_list(content: bytes, keys: Keys, items: Sequence[str]) -> bytes:
    """The list at a path of keys written anew on one line, ``[a, b]``; unchanged where it stands so already."""
    document = _parse(content)
    node = _node(document, keys)
    start, end = node.start_mark.index, node.end_mark.index
    written = _flow_list(items)
    if document.text[start:end] == written:
        return content
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        # A block list ends where the next key begins: give back the blank lines and comments between them.
        last = node.value[-1]
        if isinstance(last, yaml.ScalarNode) and last.style not in ("|", ">"):
            end = last.end_mark.index
        else:
            raise YamlEditError(f"{'.'.join(keys)} holds more than plain values")
        colon = document.text.rindex(":", 0, start)
        if document.text[colon + 1 : start].strip():
            raise YamlEditError(f"a comment stands between {'.'.join(keys)} and its list")
        start, written = colon + 1, f" {written}"
    elif start == end:
        written = f" {written}"

    if "#" in document.text[start:end]:
        raise YamlEditError(f"comments stand inside {'.'.join(keys)}")

    def change(tree: Any) -> None:
        _dig(tree, keys[:-1])[keys[-1]] = list(items)

    return _replace(document, [(start, end, written)], change)


def insert_item(content: bytes, keys: Keys, item: str, before: int) -> bytes:
    """``item`` inserted into the list at a path of keys before the item at index ``before``; past the end: appended."""
    document = _parse(content)
    node = _node(document, keys)
    if not isinstance(node, yaml.SequenceNode):
        raise YamlEditError(f"{'.'.join(keys)} is no list")
    before = min(before, len(node.value))
    edit = _into_flow(node, item, before) if node.flow_style else _into_block(document.text, node, item, before)

    def change(tree: Any) -> None:
        _dig(tree, keys).insert(before, item)

    return _replace(document, [edit], change)


def remove_item(content: bytes, keys: Keys, index: int) -> bytes:
    """The item at ``index`` removed from a block list of plain values, with its line."""
    document = _parse(content)
    node = _node(document, keys)
    if not isinstance(node, yaml.SequenceNode) or node.flow_style or len(node.value) < 2:
        raise YamlEditError(f"{'.'.join(keys)} is no list of lines with an item to spare")
    start = document.text.rfind("\n", 0, node.value[index].start_mark.index) + 1
    end = document.text.find("\n", node.value[index].end_mark.index) + 1

    def change(tree: Any) -> None:
        del _dig(tree, keys)[index]

    return _replace(document, [(start, end or len(document.text), "")], change)


def append_setting(content: bytes, key: str, value: str | bool | list[str]) -> bytes:
    """A line ``key: value`` added at the end of a mapping's file; raises where the key is there already."""
    document = _parse(content)
    if not isinstance(document.value, dict | None) or key in (document.value or {}):
        raise YamlEditError(f"{key} cannot be added")
    ending = line_ending(content).decode()
    joint = "" if document.text.endswith("\n") or not document.text else ending
    written = _flow_list(value) if isinstance(value, list) else scalar(value)
    length = len(document.text)

    def change(tree: Any) -> None:
        tree[key] = value

    return _replace(document, [(length, length, f"{joint}{key}: {written}{ending}")], change)


def scalar(value: str | bool) -> str:
    """``value`` as YAML writes it on one line: plain where that reads back the same, else in quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", value) and yaml.safe_load(value) == value:
        return value
    if not value.isprintable():
        raise YamlEditError("a value with control characters")
    return "'" + value.replace("'", "''") + "'"


def _flow_list(items: Sequence[str]) -> str:
    return "[" + ", ".join(scalar(item) for item in items) + "]"


def _parse(content: bytes) -> Document:
    try:
        return parse("", content)
    except YamlError as error:
        raise YamlEditError(str(error)) from error


def _node(document: Document, keys: Keys) -> yaml.Node:
    node = document.find(*keys)
    if node is None:
        raise YamlEditError(f"{'.'.join(keys)} does not stand in the file in its own right")
    # An anchor or tag would be replaced with the value; an alias leads to the node of another key, which has an anchor.
    if document.text[node.start_mark.index : node.start_mark.index + 1] in ("&", "!"):
        raise YamlEditError(f"{'.'.join(keys)} has an anchor, alias or tag")
    return node


def _into_flow(node: yaml.SequenceNode, item: str, before: int) -> tuple[int, int, str]:
    if not node.value:
        place = node.start_mark.index + 1
        return place, place, scalar(item)
    if before < len(node.value):
        place = node.value[before].start_mark.index
        return place, place, f"{scalar(item)}, "
    place = node.value[-1].end_mark.index
    return place, place, f", {scalar(item)}"


def _into_block(text: str, node: yaml.SequenceNode, item: str, before: int) -> tuple[int, int, str]:
    neighbour = node.value[min(before, len(node.value) - 1)]
    line = text.rfind("\n", 0, neighbour.start_mark.index) + 1
    dash = re.match(r"[ ]*-[ ]+", text[line : neighbour.start_mark.index])
    if dash is None or dash.end() != neighbour.start_mark.index - line:
        raise YamlEditError("the list's items do not stand on lines of their own")
    ending = "\r\n" if "\r\n" in text else "\n"
    if before < len(node.value):
        return line, line, f"{dash[0]}{scalar(item)}{ending}"
    end = text.find("\n", neighbour.end_mark.index - (neighbour.start_mark.index != neighbour.end_mark.index))
    if end < 0:
        return len(text), len(text), f"{ending}{dash[0]}{scalar(item)}"
    return end + 1, end + 1, f"{dash[0]}{scalar(item)}{ending}"


def _replace(document: Document, edits: list[tuple[int, int, str]], change: Callable[[Any], None]) -> bytes:
    text = document.text
    for start, end, written in sorted(edits, reverse=True):
        text = text[:start] + written + text[end:]
    content = text.encode()
    expected = copy.deepcopy(document.value) if document.value is not None else {}
    try:
        change(expected)
        result = parse("", content).value
    except (YamlError, KeyError, TypeError, IndexError) as error:
        raise YamlEditError(f"the edited file could not be read back: {error}") from error
    if repr(result) != repr(expected):  # unlike ``==``, this tells 1 from true
        raise YamlEditError("the edit would change more than is meant")
    return content


def _dig(tree: Any, keys: Keys) -> Any:
    for key in keys:
        tree = tree[key]
    return tree
