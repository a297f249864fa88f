"""One YAML file of a guest: its value, and where in the bytes each part stands. Hostile files are refused, not chewed.

Source: YAML 1.1 as PyYAML reads it, which is what cloud-init uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from remediations.linux.text import decode, split_lines
from remediations.vocabulary import Evidence

SIZE_LIMIT = 256 * 1024
_ALIASES = 10
_DEPTH = 60
# What PyYAML raises, on top of its own errors, on scalars such as ``!!int ''``, ``!!bool x`` or 2001-99-99.
_SCALAR_ERRORS = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)


class YamlError(Exception):
    """The text is no YAML that can be read safely; the message says why, without the path.

    ``invalid``: it is no YAML to anyone, nothing that is only refused here.
    """

    def __init__(self, message: str, invalid: bool = False) -> None:
        super().__init__(message)
        self.invalid = invalid


@dataclass(frozen=True)
class Document:
    """A file with one YAML document. ``text`` is its content decoded, so that marks index into it."""

    path: str
    text: str
    node: yaml.Node | None
    value: Any

    def find(self, *keys: str) -> yaml.Node | None:
        """The node at a path of mapping keys; of a key given twice the last, as the loader has it. None: absent."""
        node = self.node
        for key in keys:
            if not isinstance(node, yaml.MappingNode):
                return None
            node = next((value for name, value in reversed(node.value) if name.value == key), None)
        return node

    def evidence(self, *keys: str) -> Evidence:
        """The line on which the key at the end of the path stands; the file alone where it has no line of its own."""
        parent = self.find(*keys[:-1])
        if isinstance(parent, yaml.MappingNode):
            for name, _ in reversed(parent.value):
                if name.value == keys[-1]:
                    return self._line(name.start_mark.index)
        return Evidence(self.path)

    def _line(self, index: int) -> Evidence:
        # PyYAML's own line numbers also count U+2028 and its kin; editors and this program do not.
        number = self.text.count("\n", 0, index) + 1
        return Evidence(self.path, number, self.text.split("\n")[number - 1].rstrip("\r"))


@lru_cache(maxsize=32)
def parse(path: str, content: bytes) -> Document:
    """Read a file's one document. Raises :class:`YamlError` for what is no YAML, too large, too deep or too clever.

    Several requirements read the same files, and PyYAML is slow: what was parsed last is kept. It is not to be changed.
    """
    if len(content) > SIZE_LIMIT:
        raise YamlError(f"larger than {SIZE_LIMIT} bytes")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise YamlError("not UTF-8") from error
    try:
        _bound(text)
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            value = None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {text.count(chr(10), 0, mark.index) + 1}" if mark is not None else ""
        raise YamlError(f"not valid YAML{where}: {error.problem}", invalid=True) from error
    except (yaml.YAMLError, *_SCALAR_ERRORS) as error:
        known = isinstance(error, yaml.YAMLError | ValueError | TypeError)
        raise YamlError(f"not valid YAML: {type(error).__name__}", invalid=known) from error
    return Document(path, text, node, value)


def first_line(content: bytes) -> str:
    """The first line as text, for the markers that cloud-init looks for there."""
    lines = split_lines(content[:200])
    return decode(lines[0]).strip() if lines else ""


def _bound(text: str) -> None:
    """Refuse aliases without end and nesting without end before anything is built from them."""
    aliases = 0
    opened: list[str | None] = []
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            opened.append(event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            opened.pop()
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
            if event.anchor in opened:
                raise YamlError("a part that contains itself")
        elif isinstance(event, yaml.ScalarEvent) and event.implicit[0] and len(event.value) > 4000:
            # Plain and as long as this, it may be a number that takes long to convert.
            raise YamlError("a plain value of more than 4000 characters")
        if len(opened) > _DEPTH:
            raise YamlError(f"nested deeper than {_DEPTH} levels")
        if aliases > _ALIASES:
            raise YamlError(f"more than {_ALIASES} aliases")
