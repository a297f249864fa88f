"""A saved patch does what it says when git or patch applies it, whatever the guest named and wrote."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediations.guest import FileKind
from wizard.change import CommandResult, FileChange, FileState, PackageChange, Packages
from wizard.patch import patch

TOOLS = (("git", "apply"), ("patch", "-p1", "--batch", "-i"))


def state(content: bytes = b"", mode: int = 0o644, label: str = "", uid: int = 0) -> FileState:
    return FileState(FileKind.FILE, mode, uid, 0, content, None, label)


def link(target: str) -> FileState:
    return FileState(FileKind.LINK, 0o777, 0, 0, None, target)


def put(folder: Path, path: str, state: FileState | None) -> None:
    if state is None:
        return
    place = folder / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    if state.target is not None:
        place.symlink_to(state.target)
        return
    assert state.content is not None
    place.write_bytes(state.content)
    place.chmod(state.mode)


def stands(folder: Path, path: str) -> bytes | str | None:
    place = folder / path.lstrip("/")
    if place.is_symlink():
        return str(place.readlink())
    return place.read_bytes() if place.exists() else None


def apply(folder: Path, tool: tuple[str, ...], files: list[FileChange]) -> None:
    for file in files:
        put(folder, file.path, file.before)
    (folder / "the.patch").write_bytes(b"".join(patch("title", files)))
    environment = dict(os.environ, GIT_CEILING_DIRECTORIES=str(folder.parent), LC_ALL="C")
    done = subprocess.run([*tool, "the.patch"], cwd=folder, env=environment, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


LONG = b"".join(b"line %d\n" % number for number in range(60))
CASES = {
    "modified": ("/etc/x", state(b"a\nb\n"), state(b"a\nB\n")),
    "two places": ("/etc/x", state(LONG), state(LONG.replace(b"line 5\n", b"five\n").replace(b"line 50\n", b""))),
    "new": ("/etc/x", None, state(b"a\n")),
    "new empty": ("/etc/x", None, state(b"")),
    "removed": ("/etc/x", state(b"a\n"), None),
    "removed empty": ("/etc/x", state(b""), None),
    "emptied": ("/etc/x", state(b"a\nb\n"), state(b"")),
    "no last newline": ("/etc/x", state(b"a\nb"), state(b"a\nc\n")),
    "newline taken": ("/etc/x", state(b"a\nb\n"), state(b"a\nb")),
    "carriage returns": ("/etc/x", state(b"a\r\nb\r\n"), state(b"a\r\nB\r\n")),
    "not UTF-8": ("/etc/x", state(b"\xff\n\x1b[2J\n"), state(b"\xff\n\x1b[3J\xfe\n")),
    "looks like a patch": ("/etc/x", state(b"-- a/x\n@@ -1 +1 @@\nb\n"), state(b"-- a/x\n@@ -1 +1 @@\n++ b/y\n")),
    "link made": ("/etc/x", None, link("../y")),
    "link removed": ("/etc/x", link("../y"), None),
    "link turned": ("/etc/x", link("a"), link("/dev/null")),
    "file to link": ("/etc/x", state(b"a\n"), link("/dev/null")),
    "link to file": ("/etc/x", link("a"), state(b"a\n")),
    "blank in the name": ("/etc/x y", state(b"a\n"), state(b"b\n")),
    "odd name": ('/etc/\u00fc"\\\n\x1b', state(b"a\n"), state(b"b\n")),
    "surrogate in the name": ("/etc/\udcff", None, state(b"b\n")),
}


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool[0])
@pytest.mark.parametrize("case", CASES)
def test_it_applies(case: str, tool: tuple[str, ...], tmp_path: Path) -> None:
    path, before, after = CASES[case]
    apply(tmp_path, tool, [FileChange(path, before, after)])
    wanted = after and (after.target if after.target is not None else after.content)
    assert stands(tmp_path, path) == wanted


def test_modes_are_set_by_patch_and_the_executable_bit_by_git(tmp_path: Path) -> None:
    (tmp_path / "git").mkdir()
    change = FileChange("/etc/x", state(b"a\n"), state(b"a\n", 0o4700))
    apply(tmp_path, TOOLS[1], [FileChange("/etc/x", state(b"a\n"), state(b"a\n", 0o600))])
    assert (tmp_path / "etc/x").stat().st_mode & 0o777 == 0o600
    apply(tmp_path / "git", TOOLS[0], [change])
    assert (tmp_path / "git/etc/x").stat().st_mode & 0o100


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool[0])
def test_what_it_cannot_say_is_a_comment_and_the_rest_applies(tool: tuple[str, ...], tmp_path: Path) -> None:
    files = [
        FileChange("/bin/\nx", state(b"\0a"), state(b"\0bc"), generated=True),
        FileChange("/etc/d", None, FileState(FileKind.DIRECTORY, 0o755, 0, 0)),
        FileChange("/etc/owned", state(b"a\n"), state(b"a\n", uid=5, label="system_u:object_r:etc_t:s0")),
        FileChange("/etc/mode", state(b"a\n"), state(b"a\n", 0o755)),
        FileChange("/etc/new", None, state(b"")),
        FileChange("/etc/y", state(b"a\n"), state(b"b\n")),
    ]
    apply(tmp_path, tool, files)
    assert stands(tmp_path, "/etc/y") == b"b\n"
    assert stands(tmp_path, "/etc/new") == b""
    assert (tmp_path / "etc/mode").stat().st_mode & 0o111
    assert stands(tmp_path, "/bin/\nx") == b"\0a"
    text = b"".join(patch("title", files)).decode()
    assert "# /bin/␊x: modified, by a command of the guest\n" in text
    assert "#   -binary, 2 bytes, sha256 " in text
    assert "#   +directory\n" in text
    assert "#   owner 0:0 -> 5:0\n" in text
    assert "#   label - -> system_u:object_r:etc_t:s0\n" in text


def test_commands_packages_and_title_cannot_leave_their_comment() -> None:
    evil = "x\ndiff --git a/etc/passwd b/etc/passwd\n\x1b"
    packages = Packages((PackageChange(evil, None, evil),))
    lines = b"".join(patch(evil, (), (CommandResult((evil,), ""),), packages)).decode().split("\n")
    assert all(line.startswith("# ") for line in lines[:-1])
    assert len(lines) == 5


CONTENT = st.lists(st.sampled_from([b"a", b"b", b"\r", b"", b"-- ", b"\xff", b"@@ -1 +1 @@"])).map(b"\n".join)


@given(CONTENT, CONTENT)
def test_the_hunks_turn_one_content_into_the_other(before: bytes, after: bytes) -> None:
    change = FileChange("/x", state(before), state(after))
    difference = change.difference
    rebuilt: list[bytes] = []
    place = 0
    for hunk in difference.hunks:
        for block in hunk.blocks:
            rebuilt += difference.old.lines[place : block.old.start]
            rebuilt += difference.new.lines[block.new.start : block.new.stop]
            place = block.old.stop
            assert not block.same or (
                difference.old.lines[block.old.start : block.old.stop]
                == difference.new.lines[block.new.start : block.new.stop]
            )
    assert b"".join([*rebuilt, *difference.old.lines[place:]]) == after
