"""Room is asked for before the first write, in the guest and on the host."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fake_guest import FakeGuest

from remediations.vocabulary import MakeLink, RemoveFile, RunCommand, Step, WriteFile
from wizard import room

MOUNTS = ("/", "/boot", "/boot/efi")


def appliance(free: dict[str, tuple[int, int]]) -> Any:
    """``free`` maps mount points to bytes and inodes; the others have plenty."""

    def statvfs(point: str) -> dict[str, int]:
        size, inodes = free.get(point, (2**30, 1000))
        return {"bfree": size // 1024, "frsize": 1024, "files": 0 if inodes < 0 else 5000, "ffree": inodes}

    return SimpleNamespace(statvfs=statvfs)


def require(free: dict[str, tuple[int, int]], *steps: Step, files: dict[str, bytes] | None = None) -> None:
    room.require(appliance(free), FakeGuest({**(files or {})}), MOUNTS, steps, Path("/"))


@pytest.mark.parametrize(
    ("path", "point"), [("/etc/x", "/"), ("/boot/x", "/boot"), ("/boot/efi/EFI/x", "/boot/efi"), ("/bootx/y", "/")]
)
def test_each_file_counts_where_it_lies(path: str, point: str) -> None:
    step = WriteFile(path, b"x" * 8192)
    require({other: (0, 0) for other in MOUNTS if other != point}, step)
    with pytest.raises(room.NoRoomError, match=rf"^{point} has 8 KiB free and 13 KiB"):
        require({point: (8192, 10)}, step)
    with pytest.raises(room.NoRoomError, match=rf"^{point} has 0 inodes free and 1 are"):
        require({point: (2**20, 0)}, step)
    require({point: (2**20, -1)}, step)


def test_what_is_replaced_gives_its_room_back_and_removing_needs_none() -> None:
    full = {"/": (4096, 1)}
    require(full, WriteFile("/etc/x", b"x" * 8192), files={"/etc/x": b"y" * 8000})
    require({"/": (0, 0)}, RemoveFile("/etc/x"))
    with pytest.raises(room.NoRoomError):
        require(full, WriteFile("/etc/x", b"x" * 8193), files={"/etc/x": b"y" * 8000})


def test_steps_add_up() -> None:
    steps = [MakeLink(f"/etc/{number}", "x") for number in range(10)]
    require({"/": (40960, 10)}, *steps)
    with pytest.raises(room.NoRoomError):
        require({"/": (40959, 10)}, *steps)
    with pytest.raises(room.NoRoomError, match="9 inodes"):
        require({"/": (40960, 9)}, *steps)
    command = RunCommand(("update-grub",), "/boot/grub/grub.cfg", ("/boot/grub",), lambda before, after: None)
    with pytest.raises(room.NoRoomError, match=r"^/boot has"):
        require({"/boot": (1000 * 1024, 10)}, command)


def test_a_full_host_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=room.HOST_BYTES))
    require({})
    with pytest.raises(room.NoRoomError, match="TMPDIR"):
        require({}, WriteFile("/etc/x", b"x"))
