"""ext2, ext3 and ext4 without a kernel: what mkfs put there, what a debugger wrote, and what is damaged."""

from __future__ import annotations

import os
import random
import stat
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard.fast.disk import HostFile
from wizard.fast.errors import StepAside
from wizard.fast.ext import ExtFileSystem
from wizard.fast.filesystem import Node

ENVIRONMENT = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
KINDS = {
    "ext4": "-b 4096", "ext4-1k": "-b 1024", "ext4-old": "-b 2048 -O ^metadata_csum,uninit_bg,^64bit",
    "ext3": "-t ext3 -b 1024",
    "ext2": "-t ext2 -b 4096 -I 128", "seed": "-O metadata_csum_seed -b 1024",
    "no-flex": "-O ^flex_bg,^has_journal",
}  # fmt: skip
UUID = "12345678-9abc-4def-8123-456789abcdef"


def run(*words: str | Path, feed: str | None = None) -> str:
    done = subprocess.run(
        list(map(str, words)), env=ENVIRONMENT, input=feed, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of all sizes, holes, links and a large directory."""
    top = tmp_path_factory.mktemp("tree")
    noise = random.Random(1)
    (top / "many").mkdir()
    for number in range(1500):
        (top / "many" / f"name-{number:04}{'x' * (number % 90)}").write_bytes(b"%d" % number)
    (top / "deep/er/still").mkdir(parents=True)
    (top / "large").write_bytes(noise.randbytes(3_000_001))
    with (top / "holes").open("wb") as holes:
        for at in (0, 500_000, 1_000_000, 5_000_000, 20_000_000):
            holes.seek(at)
            holes.write(noise.randbytes(7000))
    (top / "empty").write_bytes(b"")
    (top / "short").symlink_to("many/name-0000")
    (top / "long").symlink_to("x/" * 200 + "end")
    (top / "fifty-nine").symlink_to("a" * 59)
    (top / "sixty").symlink_to("a" * 60)
    os.mkfifo(top / "fifo")
    (top / "mode").write_bytes(b"")
    (top / "mode").chmod(0o4750)
    return top


def make(path: Path, tree: Path, kind: str) -> Path:
    with path.open("wb") as disk:
        disk.truncate(64 * 1024**2)
    run("mkfs.ext4", "-q", "-F", *KINDS[kind].split(), "-U", UUID, "-L", "the label", "-d", tree, path)
    return path


def opened(path: Path) -> ExtFileSystem:
    return ExtFileSystem(HostFile(path))


def walk(known: ExtFileSystem, folder: Node, real: Path) -> Iterator[str]:
    names = {name for name in known.entries(folder) if name != b"lost+found"}
    assert names == {os.fsencode(path.name) for path in real.iterdir()}
    for name in names:
        id = known.find(folder, name)
        assert id is not None
        node, path = known.node(id), real / os.fsdecode(name)
        expected = path.lstat()
        assert (node.mode, node.uid, node.gid) == (expected.st_mode, expected.st_uid, expected.st_gid), path
        yield str(path)
        if stat.S_ISDIR(node.mode):
            yield from walk(known, node, path)
        elif stat.S_ISLNK(node.mode):
            assert known.readlink(node) == os.fsencode(path.readlink())
        elif stat.S_ISREG(node.mode):
            assert node.size == expected.st_size
            assert known.read(node, node.size) == path.read_bytes(), path
            assert known.read(node, 100) == path.read_bytes()[:100]


@pytest.mark.parametrize("kind", KINDS)
def test_everything_is_read_as_it_was_written(tmp_path: Path, tree: Path, kind: str) -> None:
    known = opened(make(tmp_path / "disk", tree, kind))
    assert (known.type, known.uuid, known.label) == (kind[:4] if kind[:3] == "ext" else "ext4", UUID, "the label")
    assert known.size == 64 * 1024**2
    assert len(list(walk(known, known.root, tree))) > 1500
    assert known.find(known.root, b"nothing") is None


def test_space_that_was_reserved_and_never_written_reads_as_zeros(tmp_path: Path, tree: Path) -> None:
    """dissect.extfs 3.15 would lose the hole before it, and shift what follows."""
    path = make(tmp_path / "disk", tree, "ext4")
    noise = tmp_path / "noise"
    noise.write_bytes(b"\xee" * 400_000)
    commands = f"write {noise} old\nrm old\nwrite /dev/null new\nfallocate new 4 11\nsif new size 65536\n"
    run("debugfs", "-w", "-f", "-", path, feed=commands)
    known = opened(path)
    new = known.node(known.find(known.root, b"new"))
    assert known.read(new, new.size) == bytes(65536)


def test_the_last_inode_and_the_last_entry_of_a_block_are_seen(tmp_path: Path) -> None:
    """Both are passed over by dissect.extfs 3.15: a file that is there would be missing."""
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in ("a", "b", "c"):
        (tree / name).write_bytes(name.encode())
    disk = tmp_path / "disk"
    with disk.open("wb") as file:
        file.truncate(1024**2)
    run("mkfs.ext4", "-q", "-F", "-t", "ext2", "-b", "1024", "-N", "16", "-O", "^metadata_csum", "-d", tree, disk)
    known = opened(disk)
    last = known._super.inodes
    used = {known.node(id).id for id in known.entries(known.root).values()}
    free = next(number for number in range(12, last + 1) if number not in used)
    assert free <= last
    for number in range(free, last + 1):
        run("debugfs", "-w", "-R", f"write /dev/null f{number}", disk)
    names = opened(disk).entries(opened(disk).root)
    assert last in names.values()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("feature needs_recovery", "journal"),
        ("ssv last_orphan 12", "deleted files"),
        ("ssv state 2", "errors"),
        ("ssv state 0", "cleanly"),
        ("ssv feature_incompat 0x82c2", ""),
        ("ssv feature_incompat 0x10002c2", "features"),
        ("ssv feature_ro_compat 0x2046b", "features"),
    ],
)
def test_a_file_system_that_the_kernel_would_not_take_as_it_is(
    tmp_path: Path, tree: Path, change: str, reason: str
) -> None:
    path = make(tmp_path / "disk", tree, "ext4")
    run("debugfs", "-w", "-R", change, path)
    if not reason:
        assert opened(path).root.mode
        return
    with pytest.raises(StepAside, match=reason):
        opened(path)


def inline(path: Path) -> None:
    with path.open("wb") as disk:
        disk.truncate(16 * 1024**2)
    run("mkfs.ext4", "-q", "-F", "-O", "inline_data", "-I", "256", path)
    note = path.with_suffix(".note")
    note.write_bytes(b"tiny")
    run("debugfs", "-w", "-R", f"write {note} tiny", path)


def test_data_inside_an_inode_is_left_to_the_kernel(tmp_path: Path) -> None:
    inline(tmp_path / "disk")
    known = opened(tmp_path / "disk")
    with pytest.raises(StepAside, match="in its inode"):
        known.node(known.find(known.root, b"tiny"))


def test_a_flipped_bit_in_a_structure_is_noticed(tmp_path: Path, tree: Path) -> None:
    path = make(tmp_path / "disk", tree, "ext4")
    known = opened(path)
    folder = known.node(known.find(known.root, b"many"))
    table = known._super.inode_table(0) * 4096
    (leaf,) = struct.unpack_from("<I", known._inode(known.root.id).area, 20)
    places = {
        "superblock": 1024 + 0x90, "group": 4096 + 8, "inode": table + 256 + 4, "directory": leaf * 4096 + 20,
        "large directory": table + 256 * (folder.id - 1) + 44,
    }  # fmt: skip
    for offset in places.values():
        damaged = bytearray(path.read_bytes())
        damaged[offset] ^= 4
        copy = tmp_path / "copy"
        copy.write_bytes(damaged)
        with pytest.raises(StepAside, match="checksum"):
            list(walk(opened(copy), opened(copy).root, tree))


@pytest.mark.parametrize("depth", [0, 1, 5])
def test_extents_that_are_a_ring_end(tmp_path: Path, tree: Path, depth: int) -> None:
    path = make(tmp_path / "disk", tree, "ext4-old")
    known = opened(path)
    holes = known._inode(known.find(known.root, b"holes"))
    group, index = divmod(holes.number - 1, known._super.inodes_per_group)
    at = known._super.inode_table(group) * 2048 + index * known._super.inode_size
    block = 300
    node = struct.pack("<HHHHI", 0xF30A, 2, 4, depth, 0) + struct.pack("<IIHH", 0, block, 0, 0) * 2
    damaged = bytearray(path.read_bytes())
    damaged[at + 40 : at + 40 + len(node)] = node
    damaged[at + 4 : at + 8] = struct.pack("<I", 1 << 30)
    damaged[at + 108 : at + 112] = struct.pack("<I", 1 << 20)
    damaged[block * 2048 : block * 2048 + len(node)] = node
    path.write_bytes(damaged)
    known = opened(path)
    with pytest.raises(StepAside):
        known.read(known.node(holes.number), 1 << 50)
