"""A guest as it will be after a plan: the same answers as one that the plan has been carried out in."""

from __future__ import annotations

import pytest
from fake_guest import FakeGuest, Link

from remediations.guest import FileKind, GuestError
from remediations.linux.after import After
from remediations.vocabulary import (
    InstallPackages,
    MakeDirectory,
    MakeLink,
    Plan,
    RemoveDirectory,
    RemoveFile,
    RunCommand,
    SetMode,
    WriteFile,
)

UNITS = "/usr/lib/systemd/system"
GUEST = FakeGuest({
    "/lib": Link("usr/lib"),
    f"{UNITS}/a.service": b"[Service]\n",
    f"{UNITS}/b.service": b"[Service]\nExecStart=/bin/b\n",
    "/etc/b.service": Link("../lib/systemd/system/b.service"),
    "/etc/old/file": b"old\n",
    "/etc/empty": None,
})  # fmt: skip
COMMAND = RunCommand(("/bin/true",), "/etc/made", ("/etc/made",), lambda a, b: None, (WriteFile("/etc/made", b"x"),))
STEPS = (
    WriteFile("/lib/systemd/system/a.service", b"[Unit]\n", 0o600),
    WriteFile("/etc/new/deep/file", b"new\n", 0o600),
    RemoveFile("/etc/old/file"),
    RemoveDirectory("/etc/old"),
    MakeLink("/etc/a.service", "/lib/systemd/system/a.service"),
    MakeLink("/etc/b.service", "/dev/null"),
    MakeDirectory("/etc/made.d"),
    RemoveDirectory("/etc/empty"),
    SetMode("/lib/systemd/system/b.service", 0o755),
    COMMAND,
)
AFTER, APPLIED = After(GUEST, STEPS), GUEST.applied(Plan(STEPS))
PATHS = (
    f"{UNITS}/a.service", "/lib/systemd/system/b.service", "/etc/new/deep/file", "/etc/new", "/etc/old",
    "/etc/old/file", "/etc/a.service", "/etc/b.service", "/etc/made.d", "/etc/empty", "/etc/made", "/lib", "/",
    "/usr/lib/absent",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_what_stands_at_a_path(path: str) -> None:
    assert AFTER.stat(path) == APPLIED.stat(path)
    assert AFTER.exists(path) == APPLIED.exists(path)
    assert AFTER.listdir(path) == APPLIED.listdir(path)
    found, wanted = AFTER.lstat(path), APPLIED.lstat(path)
    assert (found and found.kind) == (wanted and wanted.kind)
    if found is not None and found.kind is FileKind.LINK:
        assert AFTER.readlink(path) == APPLIED.readlink(path)
    else:
        with pytest.raises(GuestError):
            AFTER.readlink(path)


@pytest.mark.parametrize("path", PATHS)
def test_what_is_in_a_file(path: str) -> None:
    found = APPLIED.stat(path)
    if found is not None and found.kind is FileKind.FILE:
        assert AFTER.read(path) == APPLIED.read(path)
        assert AFTER.head(path, 2) == APPLIED.head(path, 2)
    else:
        with pytest.raises(GuestError):
            AFTER.read(path)


@pytest.mark.parametrize("pattern", ["/etc/*", "/etc/*/*", "/lib/systemd/*/*.service", "/etc/new/*/file", "/etc/old/*"])
def test_what_matches_a_pattern(pattern: str) -> None:
    assert AFTER.glob(pattern) == APPLIED.glob(pattern)


def test_a_file_that_was_there_keeps_its_mode_and_a_new_one_has_its_own() -> None:
    modes = [found.mode for path in PATHS[:3] if (found := AFTER.stat(path))]
    assert modes == [0o644, 0o755, 0o600]


def test_facts_are_the_guests() -> None:
    after = After(GUEST, (InstallPackages(("x",)),))
    assert (after.packages, after.facts) == (GUEST.packages, GUEST.facts)
    assert (after.root_disk, after.filesystems) == (GUEST.root_disk, GUEST.filesystems)


def test_links_in_a_circle() -> None:
    after = After(FakeGuest({"/etc/loop": Link("loop")}), ())
    with pytest.raises(GuestError):
        after.stat("/etc/loop")
