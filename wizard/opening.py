"""How one image is opened: what is given for this run alone, and never kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wizard.errors import UsageError
from wizard.visible import visible

_LONGEST_KEY = 8192


@dataclass(frozen=True)
class Opening:
    """``root`` names the system to open where there are several (as inspection names it); ``key`` opens LUKS.

    ``given`` are the names of the settings that were given for this run: they outweigh what the journal remembers.
    """

    root: str | None = None
    key: str | None = None
    given: frozenset[str] = frozenset()

    @property
    def reason(self) -> str:
        """Why the appliance has to read the guest, a sentence without its full stop; empty where it need not."""
        if self.key is not None:
            return "The guest is encrypted"
        return "It is one of several systems" if self.root is not None else ""

    def __repr__(self) -> str:
        # It may come into a log, and the key must not.
        return f"Opening(root={self.root!r}, key={'given' if self.key else None}, given={sorted(self.given)})"


def read_key(path: Path) -> str:
    """A LUKS passphrase from a file; one newline at its end is not part of it. UsageError."""
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST_KEY + 1)
    except OSError as error:
        raise UsageError(
            "key-file", f"The key file {visible(str(path))} cannot be read: {error.strerror}.", "Name another one."
        ) from error
    try:
        key = content.removesuffix(b"\n").decode("utf-8")
    except UnicodeDecodeError:
        key = ""
    if not key or "\0" in key or len(content) > _LONGEST_KEY:
        raise UsageError(
            "key-file",
            f"The key file {visible(str(path))} holds no passphrase (text, up to {_LONGEST_KEY} bytes).",
            "Binary keys cannot be used: add a passphrase to the volume (cryptsetup luksAddKey).",
        )
    return key
