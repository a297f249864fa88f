"""cloud-init's effective configuration: cloud.cfg and cloud.cfg.d merged as cloud-init merges its base configuration.

Source: cloud-init's ``read_conf_with_confd``, ``load_yaml`` and ``mergemanydict``: later files win, mappings merge,
lists and scalars replace; a file that is no YAML mapping is passed over with a warning. What an instance's own user
data adds is no part of the image.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from remediations.guest import FileKind, Guest, GuestError
from remediations.linux.yaml_document import Document, YamlError, first_line, parse
from remediations.vocabulary import Evidence

CONFIG = "/etc/cloud/cloud.cfg"
_MISSING = object()
_JINJA = re.compile(rb"\{[{%#]")
_UNICODE = b"!!python/unicode"
"""The one tag that cloud-init's loader takes and ours does not."""


@dataclass(frozen=True)
class CloudConfig:
    """The merged configuration. ``documents`` are the files it came from, the one that wins first.

    ``ignored`` are the files that cloud-init passes over, each with the reason.
    """

    values: dict[str, Any]
    documents: tuple[Document, ...]
    ignored: tuple[Evidence, ...] = ()

    def has(self, *keys: str) -> bool:
        """Whether any file gives the setting, be it null."""
        return _dig(self.values, keys) is not _MISSING

    def get(self, *keys: str) -> Any:
        """The effective value at a path of keys; None where nothing gives it."""
        value = _dig(self.values, keys)
        return None if value is _MISSING else value

    def flag(self, key: str, default: bool) -> bool:
        """A top-level switch as cloud-init reads it (``true``, ``1``, ``on`` and ``yes`` are true)."""
        if not self.has(key):
            return default
        return str(self.get(key)).strip().lower() in ("true", "1", "on", "yes")

    def document(self, *keys: str) -> Document | None:
        """The file whose value is the effective one at a path of keys; for a mapping, the first of those merged."""
        return next((document for document in self.documents if _dig(document.value, keys) is not _MISSING), None)

    def evidence(self, *keys: str) -> tuple[Evidence, ...]:
        """The line that gives the effective value; empty where nothing does."""
        document = self.document(*keys)
        return () if document is None else (document.evidence(*keys),)

    def node(self, *keys: str) -> yaml.Node | None:
        """Where the effective value stands in its file; None where nothing gives it, or a YAML merge key does."""
        document = self.document(*keys)
        return None if document is None else document.find(*keys)

    def modules(self, stage: str) -> tuple[str, ...]:
        """The modules of ``init``, ``config`` or ``final``, spelled with underscores and without ``cc_``."""
        listed = self.get(f"cloud_{stage}_modules")
        return tuple(name for item in listed if (name := module_name(item))) if isinstance(listed, list) else ()


def module_name(item: object) -> str:
    """A module list's item (a name, ``[name, frequency]`` or a mapping with ``name``) as a plain module name."""
    if isinstance(item, list):
        item = item[0] if item else ""
    elif isinstance(item, dict):
        item = item.get("name", "")
    name = str(item).strip().replace("-", "_").removesuffix(".py")
    return name.removeprefix("cc_")


def load(guest: Guest) -> CloudConfig:
    """Read and merge the configuration; an absent file counts as empty.

    Raises GuestError, naming the file, for what cloud-init would treat in a way that is not followed here (Jinja
    templates, ``merge_how``, mixed types) and for what is not read at all (too large, too deep).
    """
    ignored: list[Evidence] = []
    main = _read(guest, CONFIG, ignored) if guest.exists(CONFIG) else None
    folder = f"{CONFIG}.d"
    if main is not None and "conf_d" in main.value:
        folder = main.value["conf_d"]
        if not isinstance(folder, str) or not folder.strip().startswith("/"):
            raise GuestError(f"{CONFIG}: conf_d is not a folder's path")
        folder = folder.strip()
    documents = []
    for name in reversed(guest.listdir(folder)):
        found = guest.stat(f"{folder}/{name}") if name.endswith(".cfg") else None
        if found is not None and found.kind is FileKind.FILE:
            documents.append(_read(guest, f"{folder}/{name}", ignored))
    if main is not None:
        documents.append(main)
    values: dict[str, Any] = {}
    for document in documents:
        values = _merge(values, document.value, document.path)
    return CloudConfig(values, tuple(documents), tuple(ignored))


def _read(guest: Guest, path: str, ignored: list[Evidence]) -> Document:
    content = guest.read(path)
    if first_line(content).replace(" ", "").lower() == "##template:jinja" and _JINJA.search(content):
        raise GuestError(f"{path}: a Jinja template, which only the instance's own data fills")
    try:
        document = parse(path, content)
    except YamlError as error:
        if not error.invalid or _UNICODE in content:
            raise GuestError(f"{path}: {error}") from error
        ignored.append(Evidence(path, text=f"{error}, so cloud-init ignores the file"))
        return Document(path, "", None, {})
    if document.value is None:
        return Document(path, document.text, document.node, {})
    if not isinstance(document.value, dict):
        ignored.append(Evidence(path, text="no mapping of settings, so cloud-init ignores the file"))
        return Document(path, document.text, None, {})
    if {"merge_how", "merge_type"} & document.value.keys():
        raise GuestError(f"{path}: asks for another way of merging (merge_how)")
    return document


def _merge(strong: dict[str, Any], weak: dict[str, Any], path: str) -> dict[str, Any]:
    merged = dict(strong)
    for key, value in weak.items():
        if key not in merged:
            merged[key] = value
        elif isinstance(value, dict):
            if isinstance(merged[key], dict):
                merged[key] = _merge(merged[key], value, path)
            elif merged[key] is not None:
                raise GuestError(f"{path}: {key} is a mapping here and something else in a later file")
    return merged


def _dig(value: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return _MISSING
        value = value[key]
    return value
