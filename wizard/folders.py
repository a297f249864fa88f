"""Where things are kept on the host: state beside the image, caches and logs under the XDG folders."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from wizard.errors import OpenError
from wizard.visible import visible


def real_path(path: Path) -> Path:
    """The absolute path with every link resolved: one image has one journal and one lock, whatever it is called."""
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:
        raise OpenError(
            "permission", f"{visible(str(path))} cannot be resolved: {visible(str(error))}.", "Check the path."
        ) from error


def cache_folder() -> Path:
    """``$XDG_CACHE_HOME/image-wizard``, made where absent."""
    return _private("XDG_CACHE_HOME", ".cache")


def log_folder() -> Path:
    """``$XDG_STATE_HOME/image-wizard``, made where absent: the appliance's logs."""
    return _private("XDG_STATE_HOME", ".local/state")


def scratch_parent() -> Path:
    """Where overlays live until they are confirmed: ``$TMPDIR`` or /var/tmp, which is a disk (/tmp may be memory)."""
    return Path(os.environ.get("TMPDIR") or "/var/tmp")  # noqa: S108 - a private folder is made in it


def state_folder(image: Path, state_dir: Path | None) -> Path:
    """Where an image's journal and undo data live: ``IMAGE.wizard``, or a folder of its own under ``state_dir``.

    Nothing is made. Two images of one name do not meet under ``state_dir``; links to an image are resolved.
    """
    image = real_path(image)
    if state_dir is None:
        return image.with_name(image.name + ".wizard")
    key = hashlib.sha256(os.fsencode(image)).hexdigest()[:12]
    return real_path(state_dir) / f"{image.name}-{key}.wizard"


def _private(variable: str, below_home: str) -> Path:
    """A folder of ours; in the temporary folder where the user has no home that can be written to (containers)."""
    try:
        folder = Path(os.environ.get(variable) or Path.home() / below_home) / "image-wizard"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        folder = Path(tempfile.gettempdir()) / f"image-wizard-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            raise OpenError(
                "home", f"There is no home folder, and {folder} belongs to somebody else.", "Set HOME."
            ) from None
    return folder
