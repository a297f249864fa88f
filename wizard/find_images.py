"""Finds image files in a folder, for checking all of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from wizard import disk_header
from wizard.errors import OpenError, UsageError
from wizard.visible import visible

IMAGE_SUFFIXES = frozenset((".qcow2", ".qcow", ".img", ".raw", ".vmdk", ".vdi", ".vhd", ".vhdx", ".vpc", ".qed"))
_FORMATS = ((0, b"QFI\xfb"), (0, b"KDMV"), (0, b"# Disk Descriptor"), (0x40, b"\x7f\x10\xda\xbe"), (0, b"vhdxfile"),
            (0, b"conectix"))  # fmt: skip
# What a vmdk's descriptor names as its parts is no image of its own.
_VMDK_PART = re.compile(r"(.+)-(?:flat|delta|ctk|[sf]\d{3}|\d{6}-(?:delta|flat))(\.vmdk)", re.IGNORECASE)


def expand(paths: list[Path]) -> list[Path]:
    """Each folder replaced by the images in it. UsageError for one that has none, OpenError for an unreadable one."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(_images(path))
        if not inside:
            name = visible(str(path))
            raise UsageError("no-images", f"There is no image in the folder {name}.", "Name the image files.")
        found += inside
    return found


def _images(folder: Path) -> Iterator[Path]:
    """Image files below a folder; links to folders are not followed, hidden ones and our own are passed over."""

    def refuse(error: OSError) -> None:
        name = visible(str(error.filename))
        message = f"The folder {name} cannot be read: {error.strerror}."
        raise OpenError("permission", message, "Ask its owner for access, or name the image files.") from error

    for place, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".") and not name.endswith(".wizard")]
        yield from (Path(place, name) for name in files if not name.startswith(".") and _is_image(Path(place, name)))


def _is_image(path: Path) -> bool:
    part = _VMDK_PART.fullmatch(path.name)
    if not path.is_file() or (part and path.with_name(part[1] + part[2]).exists()):
        return False
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return True
    try:
        with path.open("rb") as file:
            head = file.read(0x100)
        if any(head[offset : offset + len(magic)] == magic for offset, magic in _FORMATS):
            return True
        # Image stores name raw images by their id alone.
        return not path.suffix and disk_header.looks_like_disk(path)
    except OSError:
        return False
