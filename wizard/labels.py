"""Gives what is new in an SELinux guest the label that its own policy names: the appliance gives none."""

from __future__ import annotations

from typing import Any, Protocol

from remediations.guest import FileKind, Guest, GuestError
from remediations.linux import selinux
from remediations.linux.selinux import FileContexts

ATTRIBUTE = "security.selinux"


class LabelledGuest(Guest, Protocol):
    """A guest whose labels can be read."""

    def label(self, path: str) -> str:
        """The label of what stands at a path, a link not followed; empty where it has none."""


class Labels:
    """One guest's labels. Its policy is read once, and again after :meth:`forget`."""

    def __init__(self, guest: LabelledGuest) -> None:
        self._guest = guest
        self._on: bool | None = None
        self._contexts: FileContexts | None = None

    def forget(self) -> None:
        """Packages have come in: the policy may be another."""
        self._on = self._contexts = None

    @property
    def on(self) -> bool:
        """Whether the guest is held to its labels."""
        if self._on is None:
            self._on = selinux.is_on(self._guest)
        return self._on

    def wanted(self, path: str, kind: FileKind) -> str | None:
        """The label for a path without links in it; None where SELinux is off or the policy gives none.

        GuestError where the policy cannot be asked: a file without its label could keep the guest from booting.
        """
        if not self.on:
            return None
        if self._contexts is None:
            self._contexts = selinux.file_contexts(self._guest)
        return self._contexts.label(path, kind)

    def give(self, g: Any, path: str) -> None:
        """Label what stands at a path without links in it, where it has no label yet."""
        found = self._guest.lstat(path) if self.on else None
        if found is None or self._guest.label(path):
            return
        try:
            wanted = self.wanted(path, found.kind)
        except GuestError as error:
            raise GuestError(
                f"{path}: the guest uses SELinux, and the label of a new file is not known: {error}"
            ) from error
        if wanted is not None:
            attach(g, path, wanted)


def attach(g: Any, path: str, label: str) -> None:
    """Set a label, as the kernel keeps it: with a zero byte at its end, which the C string that travels has anyway."""
    g.lsetxattr(ATTRIBUTE, label, len(label.encode()) + 1, path)
