"""The command that gives an image its properties in Glance, ready to be pasted into a shell."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from wizard.visible import visible

# Glance keeps these as fields of the image, and the client has options of their own for them.
_FIELDS = {"min_disk": "--min-disk", "min_ram": "--min-ram"}


def command(path: Path, properties: Mapping[str, str]) -> str:
    """One ``openstack image set`` line; the image's name is taken from the file's. Safe to paste and to print."""
    words = ["openstack", "image", "set"]
    for name, value in sorted(properties.items()):
        words += [_FIELDS[name], value] if name in _FIELDS else ["--property", f"{name}={value}"]
    return shlex.join(
        [*map(visible, words), "--", visible(path.stem)]
        if path.stem.startswith("-")
        else [*map(visible, words), visible(path.stem)]
    )
