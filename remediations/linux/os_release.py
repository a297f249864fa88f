"""/etc/os-release: what a guest calls itself (os-release(5))."""

from __future__ import annotations

import shlex


def pretty_name(content: bytes) -> str:
    """``PRETTY_NAME``, or else ``NAME`` and ``VERSION_ID``; empty where the file says neither."""
    values = {}
    for raw in content.split(b"\n"):
        name, equals, value = raw.decode("utf-8", "replace").strip().partition("=")
        if not equals or name.startswith("#"):
            continue
        try:
            values[name] = " ".join(shlex.split(value))
        except ValueError:
            continue  # a quote that does not end
    return values.get("PRETTY_NAME") or " ".join(filter(None, (values.get("NAME"), values.get("VERSION_ID"))))
