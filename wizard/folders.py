"""Where things are kept on the host: state beside the image, caches and logs under the XDG folders."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def cache_folder() -> Path:
    """``$XDG_CACHE_HOME/image-wizard``, made where absent."""
    return _private(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "image-wizard")


def log_folder() -> Path:
    """``$XDG_STATE_HOME/image-wizard``, made where absent: the appliance's logs."""
    return _private(Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "image-wizard")


def scratch_parent() -> Path:
    """Where overlays live until they are confirmed: ``$TMPDIR`` or /var/tmp, which is a disk (/tmp may be memory)."""
    return Path(os.environ.get("TMPDIR") or "/var/tmp")  # noqa: S108 - a private folder is made in it


def state_folder(image: Path, state_dir: Path | None) -> Path:
    """Where an image's journal and undo data live: ``IMAGE.wizard``, or a folder of its own under ``state_dir``.

    Nothing is made. Two images of one name do not meet under ``state_dir``.
    """
    image = image.absolute()
    if state_dir is None:
        return image.with_name(image.name + ".wizard")
    key = hashlib.sha256(os.fsencode(image.resolve())).hexdigest()[:12]
    return state_dir.absolute() / f"{image.name}-{key}.wizard"


def _private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
