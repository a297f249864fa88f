"""XFS as mkfs.xfs and the kernel write it, and as a hostile image might."""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import signal
import stat
import struct
import subprocess
import time
import uuid
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("dissect.xfs")

from dissect.util.hash import crc32c

from wizard.fast.errors import StepAside
from wizard.fast.filesystem import FileSystem, Node
from wizard.fast.xfs import XfsFileSystem
from wizard.fast.xfs_log import require_clean_log

needs_mkfs = pytest.mark.skipif(shutil.which("mkfs.xfs") is None, reason="mkfs.xfs is not installed")
MIB = 1024 * 1024
SMALL = {"TEST_DIR": "x", "TEST_DEV": "x", "QA_CHECK_FS": "x"}
"""With these mkfs.xfs makes file systems, and journals, that are too small for use."""
INDEX_BLOCK = 0x800000
FEEDBABE = bytes.fromhex("feedbabe")

Tree = dict[str, Any]
"""Names to trees (directories) or to (type letter, permissions, uid, gid, content)."""


class Disk:
    """An image with patches laid over it, so that one image serves many tests."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self.size = path.stat().st_size
        self.patches: dict[int, bytes] = {}
        self.bytes_read = 0

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, length: int = -1, /) -> bytes:
        at = self.tell()
        data = bytearray(self._file.read(length))
        self.bytes_read += len(data)
        for offset, patch in self.patches.items():
            start, end = max(at, offset), min(at + len(data), offset + len(patch))
            if start < end:
                data[start - at : end - at] = patch[start - offset : end - offset]
        return bytes(data[: max(0, self.size - at)])

    def at(self, offset: int, length: int) -> bytes:
        self.seek(offset)
        return self.read(length)

    def patch(self, offset: int, data: bytes) -> None:
        self.patches[offset] = data

    def rewrite(self, offset: int, length: int, crc_at: int, edit: Callable[[bytearray], None]) -> None:
        """Edit a block and give it the right checksum again (in version 5)."""
        block = bytearray(self.at(offset, length))
        edit(block)
        if self.at(101, 1)[0] & 15 == 5:
            block[crc_at : crc_at + 4] = bytes(4)
            block[crc_at : crc_at + 4] = crc32c.crc32c(bytes(block)).to_bytes(4, "little")
        self.patch(offset, bytes(block))

    def number(self, offset: int, length: int) -> int:
        return int.from_bytes(self.at(offset, length))

    @property
    def block_size(self) -> int:
        return self.number(4, 4)

    @property
    def inode_size(self) -> int:
        return self.number(104, 2)

    def block(self, block: int) -> int:
        """The byte at which a file system block starts."""
        bits = self.at(124, 1)[0]
        return ((block >> bits) * self.number(84, 4) + (block & (1 << bits) - 1)) * self.block_size

    def inode(self, number: Hashable) -> int:
        """The byte at which an inode starts."""
        assert isinstance(number, int)
        bits = self.at(123, 1)[0]
        return self.block(number >> bits) + (number & (1 << bits) - 1) * self.inode_size

    def extents(self, number: Hashable) -> list[tuple[int, int]]:
        """The inline extents of an inode: block in the file, and byte on the disk."""
        inode = self.at(self.inode(number), self.inode_size)
        start = 176 if inode[4] == 3 else 100
        records = struct.iter_unpack(">QQ", inode[start : start + 16 * int.from_bytes(inode[76:80])])
        return [(first >> 9, self.block((first & 511) << 43 | second >> 21)) for first, second in records]

    def place(self, number: Hashable, block: int) -> int:
        """The byte at which a block of an inode with inline extents lies."""
        return next(
            at + (block - start) * self.block_size for start, at in reversed(self.extents(number)) if start <= block
        )

    @property
    def log(self) -> int:
        return self.block(self.number(48, 8))


def mkfs(path: Path, *options: str, tree: Tree | None = None, size: int = 300 * MIB, small: bool = False) -> Path:
    path.touch()
    os.truncate(path, size)
    proto = path.with_suffix(".proto")
    proto.write_text("/\n0 0\nd--755 0 0\n" + _proto(path.with_suffix(".files"), tree or {}) + "$\n")
    command = ["mkfs.xfs", "-q", "-f", "-p", str(proto), *options, str(path)]
    environment = {**os.environ, **(SMALL if small else {})}
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return path


def _proto(contents: Path, tree: Tree) -> str:
    contents.mkdir(exist_ok=True)
    lines = []
    for name, entry in tree.items():
        if isinstance(entry, dict):
            lines.append(f"{name} d--755 0 0\n{_proto(contents, entry)}$\n")
            continue
        kind, mode, uid, gid, content = entry
        if isinstance(content, bytes):
            data, content = content, contents / hashlib.sha256(content).hexdigest()
            content.write_bytes(data)
        flags = ("u" if mode & 0o4000 else "-") + ("g" if mode & 0o2000 else "-")
        lines.append(f"{name} {kind}{flags}{mode & 0o777:03o} {uid} {gid} {content}\n")
    return "".join(lines)


def many(count: int) -> Tree:
    return {f"file-{number:05}": ("b", 0o640, number, 7, "8 1") for number in range(count)}


TREE: Tree = {
    "etc": {
        "passwd": ("-", 0o644, 0, 0, b"root:x:0:0::/root:/bin/sh\n"),
        "shadow": ("-", 0o640, 0, 42, b""),
        "su": ("-", 0o4755, 1000, 100000, b"\x7fELF" + bytes(range(256)) * 200),
        "both": ("-", 0o6711, 65534, 4294967294, b"x" * 4096),
        "link": ("l", 0o777, 5, 6, "passwd"),
        "pipe": ("p", 0o600, 0, 0, ""),
        "console": ("c", 0o600, 0, 5, "5 1"),
    },
    "empty": {},
    "a" * 255: {"b" * 255: ("-", 0o644, 0, 0, b"deep")},
    "block": many(50),
    "leaf": many(300),
    "node": many(700),
    "tree": many(4000),
    "long-link": ("l", 0o777, 0, 0, "t" * 150),
}
LETTERS = {
    "-": stat.S_IFREG,
    "l": stat.S_IFLNK,
    "b": stat.S_IFBLK,
    "c": stat.S_IFCHR,
    "p": stat.S_IFIFO,
}
"""Types of a protofile's entries."""
Seen = dict[bytes, tuple[int, int, int, bytes]]
"""Paths to mode, owner, group and content."""


def expected(tree: Tree, path: bytes = b"") -> Iterator[tuple[bytes, tuple[int, int, int, bytes]]]:
    for name, entry in tree.items():
        here = path + b"/" + name.encode()
        if isinstance(entry, dict):
            yield here, (stat.S_IFDIR | 0o755, 0, 0, b"")
            yield from expected(entry, here)
        else:
            kind, mode, uid, gid, content = entry
            content = content.encode() if kind == "l" else content if kind == "-" else b""
            yield here, (LETTERS[kind] | mode, uid, gid, content)


def walk(fs: FileSystem, folder: Node, path: bytes = b"") -> Iterator[tuple[bytes, tuple[int, int, int, bytes]]]:
    for name, id in fs.entries(folder).items():
        assert fs.find(folder, name) == id
        node = fs.node(id)
        content = b""
        if stat.S_ISREG(node.mode):
            content = fs.read(node, node.size + 1)
            assert len(content) == node.size
        elif stat.S_ISLNK(node.mode):
            content = fs.readlink(node)
            assert len(content) == node.size
        yield path + b"/" + name, (node.mode, node.uid, node.gid, content)
        if stat.S_ISDIR(node.mode):
            yield from walk(fs, node, path + b"/" + name)


def lookup(fs: FileSystem, path: bytes) -> Node:
    node = fs.root
    for name in path.split(b"/"):
        id = fs.find(node, name)
        assert id is not None, path
        node = fs.node(id)
    return node


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mkfs(tmp_path_factory.mktemp("xfs") / "v5.img", "-L", "root-fs", tree=TREE)


@pytest.fixture
def disk(image: Path) -> Disk:
    return Disk(image)


LAYOUTS = [
    "-b size=4096",
    "-b size=1024",
    "-b size=65536",
    "-n size=8192",
    "-n size=65536",
    "-i size=2048",
    "-i nrext64=1,sparse=0 -m rmapbt=1,bigtime=1,inobtcount=1",
    "-m finobt=0,reflink=0,bigtime=0,inobtcount=0",
    "-s size=4096 -l su=65536 -d agcount=3",
    "-m crc=0",
    "-m crc=0 -n ftype=1",
    "-m crc=0 -b size=1024 -i size=256 -l lazy-count=0",
    "-m crc=0 -b size=512 -l version=1",
    "-m crc=0 -n size=16384 -i attr=1",
]


@needs_mkfs
@pytest.mark.parametrize("options", LAYOUTS)
def test_reads_back_what_mkfs_put_in(tmp_path: Path, options: str) -> None:
    tree = dict(TREE)
    if "crc=0" in options:
        tree |= {f"remote-{length}": ("l", 0o777, 1, 2, "r" * length) for length in (500, 1000)}
    fs = XfsFileSystem(Disk(mkfs(tmp_path / "disk.img", *options.split(), tree=tree)))
    assert dict(walk(fs, fs.root)) == dict(expected(tree))
    assert stat.S_ISDIR(fs.root.mode)
    assert fs.find(fs.root, b"absent") is None
    assert fs.find(fs.root, b".") is None
    assert fs.find(lookup(fs, b"tree"), b"file-04000") is None


@needs_mkfs
def test_the_directories_have_every_form(disk: Disk) -> None:
    fs = XfsFileSystem(disk)
    forms = {}
    for name in (b"etc", b"block", b"leaf", b"node", b"tree"):
        number = lookup(fs, name).id
        format = disk.at(disk.inode(number) + 5, 1)[0]
        blocks = disk.extents(number) if format == 2 else []
        data = [disk.at(at, 4) for block, at in blocks if block == 0]
        forms[name] = format, data, [disk.number(at + 8, 2) for block, at in blocks if block == INDEX_BLOCK]
    assert forms == {
        b"etc": (1, [], []),
        b"block": (2, [b"XDB3"], []),
        b"leaf": (2, [b"XDD3"], [0x3DF1]),
        b"node": (2, [b"XDD3"], [0x3EBE]),
        b"tree": (3, [], []),
    }


@needs_mkfs
def test_names_itself_as_blkid_does(image: Path, disk: Disk) -> None:
    printed = subprocess.run(["/sbin/blkid", "-p", "-o", "export", image], capture_output=True, text=True, check=True)
    facts = dict(line.split("=", 1) for line in printed.stdout.splitlines())
    fs = XfsFileSystem(disk)
    assert (fs.type, fs.uuid, fs.label) == (facts["TYPE"], facts["UUID"], facts["LABEL"])
    assert fs.size == 300 * MIB


@needs_mkfs
def test_a_new_uuid(tmp_path: Path) -> None:
    path = mkfs(tmp_path / "disk.img", "-m", "crc=0", tree=TREE)
    new = "11112222-3333-4444-5555-666677778888"
    subprocess.run(["xfs_admin", "-U", new, path], check=True, capture_output=True)
    fs = XfsFileSystem(Disk(path))
    assert fs.uuid == new
    assert dict(walk(fs, fs.root)) == dict(expected(TREE))


@needs_mkfs
def test_a_new_uuid_is_told_from_that_of_the_metadata(disk: Disk) -> None:
    new = uuid.UUID("11112222-3333-4444-5555-666677778888")

    def edit(block: bytearray) -> None:
        block[248:264] = block[32:48]
        block[32:48] = new.bytes
        block[219] |= 4

    disk.rewrite(0, 512, 224, edit)
    with pytest.raises(StepAside, match="journal is that of another"):
        XfsFileSystem(disk)
    disk.patch(disk.log + 304, new.bytes)
    fs = XfsFileSystem(disk)
    assert fs.uuid == str(new)
    assert dict(walk(fs, fs.root)) == dict(expected(TREE))


@needs_mkfs
def test_reads_no_more_than_it_is_asked_for(disk: Disk) -> None:
    fs = XfsFileSystem(disk)
    node = lookup(fs, b"etc/su")
    fs.read(node, 10)
    before = disk.bytes_read
    assert fs.read(node, 10) == b"\x7fELF" + bytes(range(6))
    assert disk.bytes_read - before == 10
    assert fs.read(node, 0) == b""
    assert len(fs.read(node, 1 << 62)) == node.size


@needs_mkfs
def test_is_fast(image: Path) -> None:
    start = time.perf_counter()
    fs = XfsFileSystem(Disk(image))
    node = lookup(fs, b"tree")
    for number in range(300):
        assert fs.node(fs.find(node, b"file-%05d" % number)).uid == number
    assert time.perf_counter() - start < 0.5


@needs_mkfs
def test_what_a_node_is_not_is_not_answered(disk: Disk) -> None:
    fs = XfsFileSystem(disk)
    folder, file, link = (lookup(fs, path) for path in (b"etc", b"etc/passwd", b"etc/link"))
    for answer in (
        lambda: fs.entries(file),
        lambda: fs.find(link, b"x"),
        lambda: fs.read(folder, 1),
        lambda: fs.read(file, -1),
        lambda: fs.readlink(file),
        lambda: fs.node(b"etc"),
        lambda: fs.node(-1),
        lambda: fs.node(0),
        lambda: fs.node(disk.number(64, 8)),
        lambda: fs.node(1 << 64),
    ):
        with pytest.raises(StepAside):
            answer()


def put(at: int, data: bytes) -> Callable[[bytearray], None]:
    def edit(block: bytearray) -> None:
        block[at : at + len(data)] = data

    return edit


def both(*edits: Callable[[bytearray], None]) -> Callable[[bytearray], None]:
    def edit(block: bytearray) -> None:
        for part in edits:
            part(block)

    return edit


SUPERBLOCKS = {
    "magic": (put(0, b"XFSX"), "no XFS"),
    "block size": (put(4, (2048).to_bytes(4)), "contradict"),
    "block size of nothing": (put(4, bytes(4)), "contradict"),
    "larger than its device": (put(8, (76801).to_bytes(8)), "contradict|larger"),
    "realtime": (put(16, (1).to_bytes(8)), "realtime"),
    "external journal": (put(48, bytes(8)), "journal is on a device"),
    "root inode": (put(56, (1 << 63).to_bytes(8)), "outside"),
    "group size": (put(84, (33000).to_bytes(4)), "contradict"),
    "no groups": (put(88, bytes(4)), "contradict"),
    "too many groups": (put(88, (5).to_bytes(4)), "contradict"),
    "journal size": (put(96, (1 << 30).to_bytes(4)), "contradict"),
    "version 3": (put(100, (0xB4A3).to_bytes(2)), "version 3"),
    "version 6": (put(100, (0xB4A6).to_bytes(2)), "version 6"),
    "case-insensitive names": (put(100, (0xF4A5).to_bytes(2)), "features"),
    "shared": (put(100, (0xB6A5).to_bytes(2)), "features"),
    "sector size": (put(102, (4096).to_bytes(2)), "contradict"),
    "inode size": (put(104, (256).to_bytes(2)), "contradict"),
    "inodes per block": (put(106, (16).to_bytes(2)), "contradict"),
    "in progress": (put(126, b"\1"), "not finished"),
    "directory blocks": (put(192, b"\5"), "contradict"),
    "second features": (put(200, (0x38A).to_bytes(4)), "second word"),
    "read-only compatible feature": (put(212, (0x15).to_bytes(4)), "read-only compatible"),
    "needs repair": (put(216, (0x1B).to_bytes(4)), "xfs_repair"),
    "metadata directory": (put(216, (0x10B).to_bytes(4)), "incompatible"),
    "unknown feature": (put(216, (0x8000000B).to_bytes(4)), "incompatible"),
    "no file types": (put(216, (0xA).to_bytes(4)), "incompatible"),
    "journal feature": (put(220, (1).to_bytes(4)), "journal has features"),
    "ahead of the journal": (put(240, (9 << 32).to_bytes(8)), "newer than the journal"),
}


@needs_mkfs
@pytest.mark.parametrize("name", SUPERBLOCKS)
def test_a_superblock_that_is_not_understood(disk: Disk, name: str) -> None:
    edit, reason = SUPERBLOCKS[name]
    disk.rewrite(0, 512, 224, edit)
    with pytest.raises(StepAside, match=reason):
        XfsFileSystem(disk)


@needs_mkfs
@pytest.mark.parametrize("feature", [0x04, 0x40, 0x80])
def test_features_that_leave_reading_alone(disk: Disk, feature: int) -> None:
    def edit(block: bytearray) -> None:
        block[219] |= feature
        block[248:264] = block[32:48]

    disk.rewrite(0, 512, 224, edit)
    assert lookup(XfsFileSystem(disk), b"etc/passwd").mode == 0o100644


INODES = {
    "magic": (put(0, b"IM"), "magic"),
    "free": (put(2, bytes(2)), "free"),
    "of no kind": (put(2, (0o070644).to_bytes(2)), "mode 70644"),
    "version": (put(4, b"\2"), "version"),
    "local": (put(5, b"\1"), "format 1"),
    "device": (put(5, b"\0"), "format 0"),
    "extent tree": (put(5, b"\3"), "impossible root"),
    "unknown format": (put(5, b"\5"), "format 5"),
    "no links": (put(16, bytes(4)), "free"),
    "huge": (put(56, (1 << 60).to_bytes(8)), "size"),
    "negative size": (put(56, b"\xff" * 8), "size"),
    "more extents than blocks": (put(76, (14).to_bytes(4)), "more extents"),
    "more extents than fit": (put(64, bytes(7) + b"\xff" + bytes(4) + (99).to_bytes(4)), "fit"),
    "attributes outside": (put(82, b"\x2a"), "attributes"),
    "realtime": (put(90, (1).to_bytes(2)), "flags"),
    "unknown flag": (put(90, (0x8000).to_bytes(2)), "flags"),
    "metadata": (put(120, (0x28).to_bytes(8)), "flags"),
    "large counts": (put(120, (0x18).to_bytes(8)), "flags"),
    "of another number": (put(152, (1).to_bytes(8)), "elsewhere"),
    "of another file system": (put(160, b"other"), "elsewhere"),
    "empty extent": (put(176, struct.pack(">QQ", 0, 99 << 21)), "outside"),
    "extent outside": (put(176, struct.pack(">QQ", 511, 13)), "outside"),
    "extent over the end of a group": (put(176, struct.pack(">QQ", 0, 19195 << 21 | 13)), "outside"),
    "no second extent": (put(76, (2).to_bytes(4)), "overlap|outside"),
    "overlap": (
        both(put(76, (2).to_bytes(4)), put(176, struct.pack(">QQQQ", 0, 50 << 21 | 4, 512 * 3, 90 << 21 | 9))),
        "overlap",
    ),
}


@needs_mkfs
@pytest.mark.parametrize("name", INODES)
def test_an_inode_that_is_not_understood(disk: Disk, name: str) -> None:
    edit, reason = INODES[name]
    number = lookup(XfsFileSystem(disk), b"etc/su").id
    disk.rewrite(disk.inode(number), 512, 100, edit)
    fs = XfsFileSystem(disk)
    with pytest.raises(StepAside, match=reason):
        fs.read(fs.node(number), 100000)
    with pytest.raises(StepAside, match=reason):
        fs.read(lookup(fs, b"etc/su"), 100000)


TREES = {
    "magic": (put(0, b"BMAP"), "contradicts"),
    "level": (put(4, b"\0\1"), "contradicts"),
    "too few": (put(6, b"\0\1"), "instead of"),
    "none": (put(6, b"\0\0"), "contradicts"),
    "over the end": (put(6, b"\xff\xff"), "contradicts"),
    "left": (put(8, bytes(8)), "contradicts"),
    "right": (put(16, bytes(8)), "contradicts"),
    "of another place": (put(24, bytes(8)), "elsewhere"),
    "of another inode": (put(56, bytes(8)), "elsewhere"),
    "key": (put(72, b"\x80"), "pieces"),
    "other key": (put(72, b"\0\0\1"), "contradicts"),
    "pointer": (put(80, b"\0\xff"), "outside"),
}


@needs_mkfs
@pytest.mark.parametrize("name", TREES)
def test_an_extent_tree_that_is_not_understood(disk: Disk, name: str) -> None:
    edit, reason = TREES[name]
    number = lookup(XfsFileSystem(disk), b"tree").id
    fork = disk.at(disk.inode(number) + 176, 512 - 176)
    assert fork[:2] == b"\0\1"
    leaf = disk.block(int.from_bytes(fork[4 + (len(fork) - 4) // 16 * 8 :][:8]))
    disk.rewrite(leaf, 4096, 64, edit)
    fs = XfsFileSystem(disk)
    with pytest.raises(StepAside, match=reason):
        fs.entries(fs.node(number))


@needs_mkfs
def test_holes_and_unwritten_extents_are_zeros(disk: Disk) -> None:
    node = lookup(XfsFileSystem(disk), b"etc/su")
    at = disk.inode(node.id)
    first, second = struct.unpack(">QQ", disk.at(at + 176, 16))
    block = second >> 21
    records = [
        (1 << 9 | first, block << 21 | 1),
        (1 << 63 | 2 << 9 | first, (block + 1) << 21 | 3),
        (6 << 9 | first, (block + 4) << 21 | 1),
    ]

    def edit(inode: bytearray) -> None:
        inode[76:80] = (3).to_bytes(4)
        inode[176 : 176 + 48] = b"".join(struct.pack(">QQ", *record) for record in records)

    disk.rewrite(at, 512, 100, edit)
    fs = XfsFileSystem(disk)
    data = TREE["etc"]["su"][4]
    want = bytes(4096) + data[:4096] + bytes(4 * 4096) + data[4 * 4096 : 5 * 4096] + bytes(6 * 4096)
    assert fs.read(fs.node(node.id), 1 << 20) == want[: len(data)]
    assert fs.read(fs.node(node.id), 6 * 4096 + 7) == want[: 6 * 4096 + 7]


@needs_mkfs
@pytest.mark.parametrize("byte", [9, 60, 300, 511])
@pytest.mark.parametrize("path", [b"etc/passwd", b"etc", b"etc/link"])
def test_a_damaged_inode(disk: Disk, path: bytes, byte: int) -> None:
    at = disk.inode(lookup(XfsFileSystem(disk), path).id) + byte
    disk.patch(at, bytes([disk.at(at, 1)[0] ^ 0x10]))
    with pytest.raises(StepAside, match="checksum"):
        lookup(XfsFileSystem(disk), path)


@needs_mkfs
@pytest.mark.parametrize("byte", [4, 20, 50, 70, 4000])
@pytest.mark.parametrize("folder", [b"block", b"leaf", b"node"])
@pytest.mark.parametrize("extent", [0, -1])
def test_a_damaged_directory_block(disk: Disk, folder: bytes, extent: int, byte: int) -> None:
    fs = XfsFileSystem(disk)
    blocks = [at for block, at in disk.extents(lookup(fs, folder).id) if block <= INDEX_BLOCK]
    at = blocks[extent] + byte
    disk.patch(at, bytes([disk.at(at, 1)[0] ^ 0x10]))
    with pytest.raises(StepAside, match="checksum"):
        fs.entries(lookup(XfsFileSystem(disk), folder))


@needs_mkfs
def test_a_damaged_superblock(disk: Disk) -> None:
    disk.patch(110, b"other")
    with pytest.raises(StepAside, match="checksum of the XFS superblock"):
        XfsFileSystem(disk)


# In a version 5 directory block the head has 64 bytes, "." 16 bytes, ".." 16, and "file-00000" 24 (tag at 22).
FOLDERS = {
    "magic": (put(0, b"XDX3"), "unknown kind"),
    "of another place": (put(8, (64).to_bytes(8)), "elsewhere"),
    "of the future": (put(16, (9 << 32).to_bytes(8)), "elsewhere"),
    "of another file system": (put(24, bytes(16)), "elsewhere"),
    "of another directory": (put(40, (128).to_bytes(8)), "elsewhere"),
    "not itself": (put(64, (128).to_bytes(8)), "itself"),
    "inode outside": (put(96, b"\x7f" + bytes(7)), "outside"),
    "no name": (put(104, b"\0"), "damaged"),
    "longer name": (put(104, b"\x0e"), "damaged"),
    "other name": (put(105, b"g"), "index"),
    "slash": (put(105, b"/"), "index|no file"),
    "same name": (put(114, b"1"), "index|twice"),
    "file type": (put(115, b"\x09"), "damaged"),
    "tag": (put(118, b"\1\1"), "damaged"),
    "free": (put(96, b"\xff\xff\0\x18"), "index"),
    "free but of no length": (put(96, b"\xff\xff\0\0"), "damaged"),
    "free over the end": (put(96, b"\xff\xff\xff\xf8"), "damaged"),
    "free and not whole": (put(96, b"\xff\xff\0\x11"), "damaged"),
}


@needs_mkfs
@pytest.mark.parametrize("folder", [b"block", b"leaf", b"node"])
@pytest.mark.parametrize("name", FOLDERS)
def test_a_directory_block_that_is_not_understood(disk: Disk, name: str, folder: bytes) -> None:
    edit, reason = FOLDERS[name]
    number = lookup(XfsFileSystem(disk), folder).id
    disk.rewrite(disk.extents(number)[0][1], 4096, 4, edit)
    fs = XfsFileSystem(disk)
    with pytest.raises(StepAside, match=reason):
        fs.entries(fs.node(number))


INDEXES = {
    "magic": (put(8, b"\0\0"), "contradicts"),
    "other kind": (put(8, b"\x3d\xff"), "agree|contradicts"),
    "of another place": (put(16, bytes(8)), "elsewhere"),
    "of another directory": (put(48, bytes(8)), "elsewhere"),
    "empty": (put(56, bytes(2)), "contradicts"),
    "over its end": (put(56, b"\xff\xff"), "contradicts"),
    "hash": (put(64, b"\0\0\0\1"), "agree|contradicts"),
    "address": (put(68, b"\0\0\x10\0"), "agree|contradicts"),
}


@needs_mkfs
@pytest.mark.parametrize("folder", [b"leaf", b"node"])
@pytest.mark.parametrize("name", INDEXES)
def test_an_index_that_is_not_understood(disk: Disk, name: str, folder: bytes) -> None:
    edit, reason = INDEXES[name]
    number = lookup(XfsFileSystem(disk), folder).id
    at = dict(disk.extents(number))[INDEX_BLOCK]
    disk.rewrite(at, 4096, 12, edit)
    fs = XfsFileSystem(disk)
    with pytest.raises(StepAside, match=reason):
        fs.entries(fs.node(number))


@needs_mkfs
@pytest.mark.parametrize("at", [0, 1, 2, 6, 16])
def test_a_short_directory_that_is_not_understood(disk: Disk, at: int) -> None:
    number = lookup(XfsFileSystem(disk), b"etc").id
    disk.rewrite(disk.inode(number), 512, 100, put(176 + at, b"\xfe"))
    fs = XfsFileSystem(disk)
    with pytest.raises(StepAside):
        fs.entries(fs.node(number))


@needs_mkfs
def test_a_short_directory_with_needlessly_long_numbers(disk: Disk) -> None:
    number = lookup(XfsFileSystem(disk), b"empty").id
    parent = disk.number(disk.inode(number) + 178, 4)
    edit = put(176, bytes([0, 1]) + parent.to_bytes(8))
    disk.rewrite(disk.inode(number), 512, 100, both(edit, put(56, (10).to_bytes(8))))
    fs = XfsFileSystem(disk)
    with pytest.raises(StepAside, match="damaged"):
        fs.entries(fs.node(number))


@needs_mkfs
def test_a_directory_with_blocks_beyond_its_size(disk: Disk) -> None:
    number = lookup(XfsFileSystem(disk), b"leaf").id
    last = max(index for index, (block, _at) in enumerate(disk.extents(number)) if block < INDEX_BLOCK)
    count = disk.inode(number) + 176 + 16 * last + 15
    edit = put(count - disk.inode(number), bytes([disk.at(count, 1)[0] + 1]))
    disk.rewrite(disk.inode(number), 512, 100, edit)
    fs = XfsFileSystem(disk)
    with pytest.raises(StepAside, match="beyond its size"):
        fs.entries(fs.node(number))


@needs_mkfs
@pytest.mark.parametrize("at", [0, 4])
def test_an_index_whose_leaves_are_not_chained(disk: Disk, at: int) -> None:
    number = lookup(XfsFileSystem(disk), b"node").id
    leaf = disk.place(number, disk.number(disk.place(number, INDEX_BLOCK) + 68, 4))
    disk.rewrite(leaf, 4096, 12, put(at, b"\0\x80\0\7"))
    fs = XfsFileSystem(disk)
    with pytest.raises(StepAside, match="contradicts"):
        fs.entries(fs.node(number))


@needs_mkfs
def test_a_link_in_a_block_of_its_own(tmp_path: Path) -> None:
    """mkfs.xfs 6.1 forgets the head of such a block, so it is written here."""
    target = b"0123456789" * 90
    disk = Disk(mkfs(tmp_path / "disk.img", tree={"link": ("l", 0o777, 0, 0, target.decode())}))
    number = lookup(XfsFileSystem(disk), b"link").id
    assert isinstance(number, int)
    at = disk.extents(number)[0][1]

    def answer(magic: bytes = b"XSLM", offset: int = 0, length: int = 900, owner: int = number) -> bytes:
        head = struct.pack(">4sIII16sQQQ", magic, offset, length, 0, disk.at(32, 16), owner, at // 512, 0)
        disk.rewrite(at, 4096, 12, put(0, head + target))
        fs = XfsFileSystem(disk)
        return fs.readlink(fs.node(number))

    assert answer() == target
    for wrong in ({"magic": b"XSLN"}, {"offset": 1}, {"length": 899}, {"owner": 128}):
        with pytest.raises(StepAside):
            answer(**wrong)  # type: ignore[arg-type]
    disk.patch(at + 500, b"x")
    with pytest.raises(StepAside, match="checksum"):
        XfsFileSystem(disk).readlink(lookup(XfsFileSystem(disk), b"link"))


@needs_mkfs
def test_a_directory_that_claims_to_be_huge(disk: Disk) -> None:
    number = lookup(XfsFileSystem(disk), b"block").id
    disk.rewrite(disk.inode(number), 512, 100, put(56, (1 << 34).to_bytes(8)))
    fs = XfsFileSystem(disk)
    with pytest.raises(StepAside, match="size"):
        fs.entries(fs.node(number))


JOURNALS = {
    "no unmount": (512 + 9, b"\0", "replay"),
    "a commit": (512 + 9, b"\2", "replay"),
    "two operations": (40, (2).to_bytes(4), "replay"),
    "longer": (12, (1024).to_bytes(4), "replay"),
    "of another position": (16, (1 << 32 | 4).to_bytes(8), "replay"),
    "of another file system": (304, bytes(16), "another file system"),
    "begun anew": (1024, FEEDBABE + (1).to_bytes(4), "another file system"),
    "torn": (512, bytes(4), "replay"),
    "all zeros": (0, bytes(1024), "empty"),
    "no header": (0, (1).to_bytes(4), "replay"),
    "other cycle": (4, (3).to_bytes(4), "replay"),
}


@needs_mkfs
@pytest.mark.parametrize("name", JOURNALS)
def test_a_journal_that_is_not_clean(disk: Disk, name: str) -> None:
    offset, data, reason = JOURNALS[name]
    disk.patch(disk.log + offset, data)
    with pytest.raises(StepAside, match=reason):
        XfsFileSystem(disk)


class Log:
    """A journal in the making: records of random length, on and on around its blocks."""

    def __init__(self, blocks: int, uuid: bytes, cycle: int, start: int) -> None:
        self.uuid = uuid
        self.cycle, self.head = cycle, start
        self.blocks = [(cycle if block < start else cycle - 1).to_bytes(4) + bytes(508) for block in range(blocks)]

    def record(self, length: int, operations: int, flags: int, size: int = 32 * 1024) -> None:
        """A record with ``length`` blocks of data; the first operation has these flags."""
        header = FEEDBABE + struct.pack(">IIIQQ", self.cycle, 2, length * 512, self.cycle << 32 | self.head, 0)
        header = header.ljust(40, b"\0") + operations.to_bytes(4)
        header = (header.ljust(300, b"\0") + (1).to_bytes(4) + self.uuid + size.to_bytes(4)).ljust(512, b"\0")
        self._write(header, stamp=False)
        for _ in range(-(-size // 32768) - 1):
            self._write(bytes(512))
        for number in range(length):
            self._write((bytes(8) + b"\xaa" + bytes([flags])).ljust(512, b"\0") if number == 0 else bytes(512))

    def _write(self, block: bytes, stamp: bool = True) -> None:
        self.blocks[self.head] = self.cycle.to_bytes(4) + block[4:] if stamp else block
        self.head += 1
        if self.head == len(self.blocks):
            self.head = 0
            self.cycle += 1

    def read(self, block: int, count: int) -> bytes:
        assert block >= 0
        assert block + count <= len(self.blocks)
        return b"".join(self.blocks[block : block + count])

    def is_clean(self) -> bool:
        try:
            position = require_clean_log(self.read, len(self.blocks), self.uuid, True, 0)
        except StepAside as aside:
            assert aside.reason == "The XFS journal has changes to replay"  # noqa: PT017
            return False
        assert position == (self.cycle << 32 | self.head)
        return True


@pytest.mark.parametrize("size", [32 * 1024, 256 * 1024])
@pytest.mark.parametrize("start", [0, 1, 100, 4095, 4096, 5980, 5989, 5997, 5998, 5999])
@pytest.mark.parametrize("cycle", [1, 7])
def test_a_journal_ends_anywhere(cycle: int, start: int, size: int) -> None:
    log = Log(6000, bytes(range(16)), cycle, start)
    log.record(60, 5, 1, size)
    assert not log.is_clean()
    log.record(1, 1, 0x20, size)
    assert log.is_clean()
    log.record(3, 2, 0, size)
    assert not log.is_clean()


@needs_mkfs
@pytest.mark.skipif(shutil.which("xfs_logprint") is None, reason="xfs_logprint is not installed")
def test_a_journal_called_clean_is_clean_to_xfsprogs(tmp_path: Path) -> None:
    path = mkfs(tmp_path / "disk.img", "-l", "size=6m", size=64 * MIB, small=True)
    disk = Disk(path)
    count = disk.number(96, 4) * 8
    dice = random.Random(7)
    verdicts = []
    for turn in range(40):
        log = Log(count, disk.at(32, 16), dice.choice((1, 2, 9)), dice.choice((0, 1, 50, count - 3, count - 70)))
        for _ in range(dice.randrange(1, 4)):
            log.record(dice.randrange(1, 40), dice.randrange(2, 9), 1)
        if dice.random() < 0.8:
            log.record(1, 1, 0x20)
        damaged = turn % 2 == 1
        if damaged:
            at, other = (log.head - dice.randrange(1, 90)) % count, dice.randrange(count)
            log.blocks[at] = dice.choice((log.blocks[other], bytes(512)))
        with path.open("r+b") as file:
            file.seek(disk.log)
            file.write(b"".join(log.blocks))
        printed = subprocess.run(["xfs_logprint", "-t", path], capture_output=True, check=False, timeout=60).stdout
        clean = b"<CLEAN>" in printed
        try:
            XfsFileSystem(Disk(path))
            ours = True
        except StepAside:
            ours = False
        assert clean or not ours
        assert damaged or clean == ours
        verdicts.append((damaged, ours))
    assert len(set(verdicts)) == 4


@pytest.fixture(scope="module", params=["-m crc=1", "-m crc=0"])
def plain(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    options = request.param.split()
    return mkfs(tmp_path_factory.mktemp("xfs") / "plain.img", *options, tree=TREE)


@needs_mkfs
@pytest.mark.parametrize("mended", [False, True])
def test_no_damage_makes_it_guess(plain: Path, mended: bool) -> None:
    """A flipped byte is an answer as before or none; one under a right checksum, or without any, no other error."""
    disk = Disk(plain)
    right = {path: entry for path, entry in expected(TREE) if path.count(b"/") == 1 or b"/etc" in path}
    targets = list(_metadata(disk))
    certain = disk.at(101, 1)[0] & 15 == 5 and not mended
    dice = random.Random(3 + mended)
    aside = 0
    for _ in range(100):
        disk.patches.clear()
        offset, length, crc_at = dice.choice(targets)
        at, value = dice.randrange(length if dice.random() < 0.3 else min(length, 256)), dice.choice((0, 1, 0x7F, 0xFF))

        def edit(block: bytearray, at: int = at, value: int = value) -> None:
            block[at] = value if block[at] != value else value ^ 0x55

        if mended:
            disk.rewrite(offset, length, crc_at, edit)
        else:
            block = bytearray(disk.at(offset, length))
            edit(block)
            disk.patch(offset, bytes(block))
        start = time.perf_counter()
        found, asides = _answers(disk, list(right))
        assert time.perf_counter() - start < 2
        aside += asides > 0
        if certain:
            assert found.items() <= right.items()
    assert aside > 20


@needs_mkfs
def test_a_cut_image_gives_no_answer(disk: Disk) -> None:
    for size in (0, 100, 512, 1024, 4096, 1 * MIB, 150 * MIB, 300 * MIB - 1):
        disk.size = size
        with pytest.raises(StepAside):
            XfsFileSystem(disk)


def _metadata(disk: Disk) -> Iterator[tuple[int, int, int]]:
    """Offset, length and place of the checksum of what the paths asked for depend on."""
    fs = XfsFileSystem(disk)
    version_4 = disk.at(101, 1)[0] & 15 == 4
    yield 0, 512, 224
    yield disk.log, 1024, 32
    for path in (b"etc", b"etc/passwd", b"etc/su", b"etc/link", b"block", b"leaf", b"node", b"long-link"):
        node = lookup(fs, path)
        yield disk.inode(node.id), disk.inode_size, 100
        if stat.S_ISDIR(node.mode) and path != b"etc":
            for block, at in disk.extents(node.id):
                yield at, 4096, 4 if block < INDEX_BLOCK else 12
    root = disk.inode(fs.root.id)
    assert disk.at(root, 2) == b"IN"
    assert (disk.at(root + 4, 1) == b"\2") == version_4
    yield root, disk.inode_size, 100


def _answers(disk: Disk, paths: list[bytes]) -> tuple[Seen, int]:
    found: Seen = {}
    asides = 0
    try:
        fs = XfsFileSystem(disk)
    except StepAside:
        return found, 1
    for path in paths:
        try:
            node = lookup(fs, path[1:])
            content = b""
            if stat.S_ISREG(node.mode):
                content = fs.read(node, 1 << 20)
            elif stat.S_ISLNK(node.mode):
                content = fs.readlink(node)
            elif stat.S_ISDIR(node.mode):
                fs.entries(node)
            found[path] = node.mode, node.uid, node.gid, content
        except StepAside:
            asides += 1
        except AssertionError:
            found[path] = 0, 0, 0, b""
    return found, asides


KERNEL_IMAGES = {
    "v5": "-m rmapbt=1,reflink=1 -l size=16m",
    "v5-1k": "-b size=1024",
    "v5-dirs": "-n size=16384",
    "v4-1k": "-m crc=0 -b size=1024",
    "wrapped": "-l size=6m",
    "dirty": "-l size=6m",
}


@needs_mkfs
@pytest.mark.guestfs
@pytest.mark.timeout(300)
def test_reads_what_the_kernel_wrote(tmp_path: Path) -> None:
    guestfs = pytest.importorskip("guestfs")
    g = guestfs.GuestFS(python_return_dict=True)
    g.set_backend("direct")
    g.set_backend_setting("force_tcg", "1")
    paths = {
        name: mkfs(tmp_path / f"{name}.img", *options.split(), size=128 * MIB, small=True)
        for name, options in KERNEL_IMAGES.items()
    }
    for path in paths.values():
        g.add_drive_opts(str(path), format="raw")
    g.launch()
    devices = dict(zip(paths, g.list_devices(), strict=True))
    wanted = {}
    for name in ("v5", "v5-1k", "v5-dirs", "v4-1k"):
        g.mount(devices[name], "/")
        wanted[name] = _populate(g)
        g.umount_all()
    g.mount(devices["wrapped"], "/")
    for _ in range(11):
        _shell(
            g, "mkdir many; cd many; i=0; while [ $i -lt 2000 ]; do : > f-$i; i=$((i+1)); done; sync; cd ..; rm -r many"
        )
    g.write("/last", "written")
    g.umount_all()
    g.mount(devices["dirty"], "/")
    g.write("/file", "content")
    g.sync()
    os.kill(g.get_pid(), signal.SIGKILL)
    with pytest.raises(RuntimeError):
        g.sync()
    g.close()

    with pytest.raises(StepAside, match=re.escape("The XFS journal has changes to replay")):
        XfsFileSystem(Disk(paths["dirty"]))
    wrapped = Disk(paths["wrapped"])
    cycle = wrapped.number(wrapped.log, 4)
    assert (wrapped.number(wrapped.log + 4, 4) if cycle == 0xFEEDBABE else cycle) > 1
    fs = XfsFileSystem(wrapped)
    assert fs.read(lookup(fs, b"last"), 100) == b"written"
    for name, (tree, formats) in wanted.items():
        disk = Disk(paths[name])
        fs = XfsFileSystem(disk)
        assert dict(walk(fs, fs.root)) == tree, name
        for path, format in formats.items():
            number = lookup(fs, path).id
            assert disk.at(disk.inode(number) + 5, 1)[0] == format, (name, path)
        if name == "v5-1k":
            assert disk.number(disk.inode(lookup(fs, b"scattered-more").id) + 176, 2) == 2, "levels of the extent tree"


def _shell(g: Any, script: str) -> None:
    """Run a script in the appliance, in the mounted file system; the exit code is checked by its last word."""
    assert g.debug("sh", [f"cd /sysroot && ({script}) >&2 && echo done"]).endswith("done")


def _populate(g: Any) -> tuple[Seen, dict[bytes, int]]:
    """What the kernel can do and mkfs cannot; returns what must be read back, and the data formats of some inodes."""
    tree: Seen = {}

    def folder(path: bytes) -> None:
        tree[path] = stat.S_IFDIR | 0o755, 0, 0, b""

    def file(path: bytes, content: bytes, mode: int = 0o644, uid: int = 0, gid: int = 0) -> None:
        tree[path] = stat.S_IFREG | mode, uid, gid, content

    g.write("/unwritten", b"")
    g.fallocate64("/unwritten", 300_000)
    g.pwrite("/unwritten", b"middle", 150_000)
    file(b"/unwritten", bytes(150_000) + b"middle" + bytes(300_000 - 150_006))
    g.write("/hole", b"start")
    g.truncate_size("/hole", 5_000_000)
    g.pwrite("/hole", b"later", 4_000_000)
    file(b"/hole", b"start" + bytes(3_999_995) + b"later" + bytes(999_995))
    for path, pieces in ((b"/scattered", 300), (b"/scattered-more", 1300)):
        scattered = bytearray(pieces * 8192)
        g.write(path.decode(), b"")
        for number in range(pieces):
            at = number * 8192 + number % 3
            scattered[at : at + 6] = b"%06d" % number
            g.pwrite(path.decode(), b"%06d" % number, at)
        g.truncate_size(path.decode(), len(scattered))
        file(path, bytes(scattered))
    g.write("/preallocated", b"kept beyond its end")
    _shell(g, "fallocate --keep-size --length 1000000 preallocated")
    file(b"/preallocated", b"kept beyond its end")

    folder(b"/many")
    _shell(
        g,
        "mkdir many; cd many; i=0; while [ $i -lt 3000 ]; do : > name-$i; i=$((i+1)); done",
    )
    for number in range(3000):
        file(b"/many/name-%d" % number, b"")
    folder(b"/fewer")
    _shell(
        g,
        "mkdir fewer; cd fewer; i=0; while [ $i -lt 3000 ]; do : > file-with-a-longer-name-$i; i=$((i+1)); done; sync; "
        "rm file-with-a-longer-name-1???; rm file-with-a-longer-name-*7",
    )
    for number in range(3000):
        if not 1000 <= number < 2000 and number % 10 != 7:
            file(b"/fewer/file-with-a-longer-name-%d" % number, b"")
    folder(b"/emptied")
    _shell(
        g,
        "mkdir emptied; cd emptied; i=0; while [ $i -lt 900 ]; do : > file-$i; i=$((i+1)); done; sync; rm *; : > last",
    )
    file(b"/emptied/last", b"")

    for length in (1, 100, 400, 900, 1023):
        g.ln_s("t" * length, f"/link-{length}")
        tree[b"/link-%d" % length] = stat.S_IFLNK | 0o777, 0, 0, b"t" * length
    g.mknod(stat.S_IFBLK | 0o640, 8, 1, "/device")
    g.chown(12, 34, "/device")
    tree[b"/device"] = stat.S_IFBLK | 0o640, 12, 34, b""
    g.write("/attributes", b"text")
    g.chmod(0o2710, "/attributes")
    g.chown(2_000_000_000, 65534, "/attributes")
    g.chmod(0o2710, "/attributes")
    for number in range(20):
        g.setxattr(f"user.number-{number}", "v" * 200, 200, "/attributes")
    file(b"/attributes", b"text", 0o2710, 2_000_000_000, 65534)
    folder(b"/attributes-too")
    g.mkdir("/attributes-too")
    g.setxattr("user.small", "value", 5, "/attributes-too")
    g.ln("/attributes", "/attributes-too/hard-link")
    tree[b"/attributes-too/hard-link"] = tree[b"/attributes"]
    return tree, {
        b"scattered-more": 3,
        b"scattered": 3,
        b"hole": 2,
        b"link-1": 1,
        b"link-1023": 2,
        b"attributes-too": 1,
    }
