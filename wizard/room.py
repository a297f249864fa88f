"""Whether there is room for what is about to be written, in the guest and on the host, asked before the first write."""

from __future__ import annotations

import os
import posixpath
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from remediations.guest import Guest, GuestError
from remediations.vocabulary import MakeDirectory, MakeLink, RunCommand, Step, WriteFile
from wizard.visible import visible

COMMAND_BYTES = 1024 * 1024
"""What a program of the guest's is given beyond the file that it generates: its temporary files, its log."""
HOST_BYTES = 64 * 1024 * 1024
"""What the host keeps free beyond what is written: the overlay grows in clusters, and by the guest's own journal."""

_LEAST = 4 * 1024 * 1024


class NoRoomError(Exception):
    """There is not enough room; the message says where, and how much is missing."""


@dataclass
class _Need:
    size: int = 0
    inodes: int = 0


def require(g: Any, guest: Guest, mounts: Iterable[str], steps: Iterable[Step], host: Path) -> None:
    """NoRoomError where a file system of the guest's, or the host's folder for the overlay, is too full for steps.

    ``g`` is asked for ``statvfs``; what a package manager needs is asked when the packages are known.
    """
    needs = _needs(guest, tuple(mounts), steps)
    for point, need in needs.items():
        told = g.statvfs(point)
        # Who writes is root, whom the blocks that ext4 reserves are there for.
        free = int(told["bfree"]) * int(told["frsize"])
        if free < need.size:
            raise NoRoomError(
                f"{visible(point)} has {free // 1024} KiB free and {need.size // 1024 + 1} KiB are needed; make room"
            )
        if int(told["files"]) and int(told["ffree"]) < need.inodes:
            raise NoRoomError(
                f"{visible(point)} has {told['ffree']} inodes free and {need.inodes} are needed; make room"
            )
    require_host(host, sum(need.size for need in needs.values()))


def is_full(folder: Path) -> bool:
    """Whether the next thing that the overlay takes in may find no room on the host."""
    found = os.statvfs(folder)
    blocks = found.f_bavail if os.geteuid() else found.f_bfree  # what is reserved is for root, and so for its qemu
    return blocks * found.f_frsize < _LEAST


def require_host(folder: Path, size: int) -> None:
    """NoRoomError where the overlay could not grow by ``size`` bytes."""
    free = shutil.disk_usage(folder).free
    if free < size + HOST_BYTES:
        mib = 1024 * 1024
        raise NoRoomError(
            f"the host's {visible(str(folder.parent))} has {free // mib} MiB free and {(size + HOST_BYTES) // mib} MiB "
            "are needed; make room, or name another folder in TMPDIR"
        )


def _needs(guest: Guest, mounts: tuple[str, ...], steps: Iterable[Step]) -> Mapping[str, _Need]:
    needs: dict[str, _Need] = {}

    def add(path: str, size: int) -> None:
        folder = posixpath.dirname(path)
        point = max((m for m in mounts if m == "/" or f"{folder}/".startswith(f"{m}/")), key=len, default="/")
        need = needs.setdefault(point, _Need())
        need.size += size
        need.inodes += 1

    for step in steps:
        if isinstance(step, WriteFile):
            add(step.path, _growth(guest, step.path, len(step.content)))
        elif isinstance(step, MakeLink | MakeDirectory):
            add(step.path, _BLOCK)
        elif isinstance(step, RunCommand):
            add(step.output, COMMAND_BYTES)
    return needs


_BLOCK = 4096


def _growth(guest: Guest, path: str, size: int) -> int:
    """Bytes that a file takes more than now, in whole blocks, and one for its folder."""
    try:
        found = guest.stat(path)
    except GuestError:
        found = None
    now = found.size if found is not None else 0
    return max(0, _blocks(size) - _blocks(now)) * _BLOCK + _BLOCK


def _blocks(size: int) -> int:
    return -(-size // _BLOCK)
