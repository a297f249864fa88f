"""The operator's folder of package files: brought into the appliance, where the guest's package manager reads it."""

from __future__ import annotations

from pathlib import Path

from wizard.enclosure import MIB, ROOM, TEMPORARY, Enclosure
from wizard.step_error import StepError
from wizard.visible import visible

_SPARE = 256 * MIB
_PLACE = f"{TEMPORARY}/packages"


def bring(enclosure: Enclosure, folder: Path, suffixes: tuple[str, ...]) -> None:
    """Copy the folder's files with these suffixes to where package_managers.FOLDER is; nothing where they are there."""
    if enclosure.ask(f"if [ -e {ROOM}/brought ]; then echo yes; fi").strip():
        return
    try:
        files = sorted(path for path in folder.iterdir() if path.name.endswith(suffixes) and path.is_file())
        size = sum(path.stat().st_size for path in files)
    except OSError as error:
        raise StepError(f"the folder {folder} cannot be read: {error.strerror}") from error
    if not files:
        raise StepError(f"the folder {folder} holds no {' or '.join(suffixes)} file")
    blocks, block = map(int, enclosure.ask(f"stat -f -c '%a %S' {ROOM}").split())
    if blocks * block < size + _SPARE:
        raise StepError(f"the packages in {folder} take {size // MIB} MiB: the appliance has no room for them")
    enclosure.ask(f"mkdir -p {_PLACE}")
    with enclosure.shown(_PLACE) as g:
        for path in files:
            _require_plain(path)
            g.upload(str(path), f"/tmp/{path.name}")  # noqa: S108 - what is shown there
    enclosure.ask(f"touch {ROOM}/brought")


def _require_plain(path: Path) -> None:
    try:
        path.name.encode()
    except UnicodeEncodeError:
        raise StepError(f"the name of {visible(str(path))} is not UTF-8") from None
