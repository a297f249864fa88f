"""/etc/os-release: what a guest calls itself (os-release(5))."""

from __future__ import annotations

import shlex


def values(content: bytes) -> dict[str, str]:
    """Every assignment of the file, unquoted; lines that are none are passed over."""
    found = {}
    for raw in content.split(b"\n"):
        name, equals, value = raw.decode("utf-8", "replace").strip().partition("=")
        if not equals or name.startswith("#"):
            continue
        try:
            found[name] = " ".join(shlex.split(value))
        except ValueError:
            continue  # a quote that does not end
    return found


def pretty_name(content: bytes) -> str:
    """``PRETTY_NAME``, or else ``NAME`` and ``VERSION_ID``; empty where the file says neither."""
    told = values(content)
    return told.get("PRETTY_NAME") or " ".join(filter(None, (told.get("NAME"), told.get("VERSION_ID"))))
