"""btrfs as mkfs.btrfs and the kernel write it, and as a hostile image might."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
import stat
import subprocess
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("dissect.util.hash")

from wizard.fast.btrfs import BtrfsFileSystem, BtrfsVolume
from wizard.fast.btrfs_unpack import lzo_segment, unpack
from wizard.fast.checksum import crc32c
from wizard.fast.errors import StepAside
from wizard.fast.filesystem import Node

needs_mkfs = pytest.mark.skipif(shutil.which("mkfs.btrfs") is None, reason="mkfs.btrfs is not installed")
MIB = 1024 * 1024
SUPER = 65536
WHOLE = 8 * MIB
Facts = dict[str, tuple[Any, ...]]
"""Paths to mode, owner, group, size and, for files and links, the content's sha256 or the target."""


class Disk:
    """An image with patches laid over it, which notes what was read."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self.size = path.stat().st_size
        self.patches: dict[int, bytes] = {}
        self.reads: set[tuple[int, int]] = set()

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, length: int = -1, /) -> bytes:
        at = self.tell()
        data = bytearray(self._file.read(length))
        self.reads.add((at, len(data)))
        for offset, patch in self.patches.items():
            start, end = max(at, offset), min(at + len(data), offset + len(patch))
            if start < end:
                data[start - at : end - at] = patch[start - offset : end - offset]
        return bytes(data[: max(0, self.size - at)])

    def at(self, offset: int, length: int) -> bytes:
        self.seek(offset)
        return self.read(length)

    def edit(self, offset: int, length: int, change: Callable[[bytearray], object], seal: bool = True) -> None:
        """Change a block; with ``seal`` its checksum is right again."""
        block = bytearray(self.at(offset, length))
        change(block)
        if seal:
            block[:4] = (crc32c(bytes(block[32:])) ^ 0xFFFFFFFF).to_bytes(4, "little")
        self.patches[offset] = bytes(block)

    def super(self, offset: int, value: bytes, seal: bool = True) -> None:
        def change(block: bytearray) -> None:
            block[offset : offset + len(value)] = value

        self.edit(SUPER, 4096, change, seal)

    @property
    def nodes(self) -> list[int]:
        """Where the nodes lie that have been read."""
        return sorted(at for at, length in list(self.reads) if length == 16384 and self.at(at, 100)[32:48] == self.fsid)

    @property
    def fsid(self) -> bytes:
        return self.at(SUPER + 32, 16)


def mkfs(path: Path, *options: str, size: int = 128 * MIB) -> Path:
    path.touch()
    os.truncate(path, size)
    subprocess.run(["mkfs.btrfs", "-q", "-f", *options, str(path)], check=True, capture_output=True)
    return path


def facts(filesystem: BtrfsFileSystem, most: int = 10**9) -> Facts:
    """All that a file system answers, walked from the root; StepAside for what is an empty place is noted."""
    found: Facts = {}
    left: list[tuple[str, Node]] = [("", filesystem.root)]
    while left and len(found) < most:
        path, node = left.pop()
        found[path or "/"] = _facts(filesystem, node)
        if stat.S_ISDIR(node.mode):
            for name, id in filesystem.entries(node).items():
                left.append((f"{path}/{name.decode()}", filesystem.node(id)))
    return found


def _facts(filesystem: BtrfsFileSystem, node: Node) -> tuple[Any, ...]:
    known = (node.mode, node.uid, node.gid, node.size)
    if stat.S_ISREG(node.mode):
        return (*known, hashlib.sha256(filesystem.read(node, WHOLE)).hexdigest())
    if stat.S_ISLNK(node.mode):
        return (*known, filesystem.readlink(node).decode())
    return known


def found(filesystem: BtrfsFileSystem, path: str) -> Node | None:
    node = filesystem.root
    for part in filter(None, path.encode().split(b"/")):
        id = filesystem.find(node, part)
        if id is None:
            return None
        node = filesystem.node(id)
    return node


def content(filesystem: BtrfsFileSystem, path: str, length: int = WHOLE) -> bytes:
    node = found(filesystem, path)
    assert node is not None
    return filesystem.read(node, length)


def numbers(count: int, seed: int = 0) -> bytes:
    """Text that compresses, but not to nothing."""
    source = random.Random(seed)
    return b"".join(b"%d line %d\n" % (source.randrange(10**6), line) for line in range(count))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with what a guest's root has."""
    top = tmp_path_factory.mktemp("tree") / "top"
    (top / "etc/deep/deeper").mkdir(parents=True)
    (top / "etc/fstab").write_bytes(b"UUID=x / btrfs defaults 0 0\n")
    (top / "etc/empty").touch()
    (top / "etc/exact").write_bytes(b"x" * 4096)
    (top / "etc/sectors").write_bytes(numbers(20000))
    (top / "etc/sparse").write_bytes(b"")
    os.truncate(top / "etc/sparse", 3 * MIB + 5)
    (top / "etc/run").touch()
    (top / "etc/run").chmod(0o4755)
    (top / "etc/link").symlink_to("../usr/lib/os-release")
    (top / "etc/deep/deeper" / ("n" * 255)).write_bytes(b"long")
    (top / "etc/ünï").write_bytes("ü".encode())
    os.link(top / "etc/fstab", top / "etc/deep/fstab")
    (top / "many").mkdir()
    for number in range(3000):
        (top / "many" / f"file-{number}").write_bytes(b"%d\n" % number)
    return top


def written(top: Path) -> Facts:
    """What :func:`facts` should say of a directory on the host."""
    known: Facts = {}
    for path in [top, *top.rglob("*")]:
        status = path.lstat()
        entry: tuple[Any, ...] = (status.st_mode, status.st_uid, status.st_gid)
        if path.is_symlink():
            entry += (status.st_size, str(path.readlink()))
        elif path.is_file():
            entry += (status.st_size, hashlib.sha256(path.read_bytes()).hexdigest())
        known["/" + str(path.relative_to(top)).removeprefix(".")] = entry
    return known


def without_directory_sizes(known: Facts) -> Facts:
    return {path: entry[:3] if stat.S_ISDIR(entry[0]) else entry for path, entry in known.items()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, tree: Path) -> Path:
    if shutil.which("mkfs.btrfs") is None:
        pytest.skip("mkfs.btrfs is not installed")
    return mkfs(tmp_path_factory.mktemp("made") / "disk", "-L", "a label", "--rootdir", str(tree))


def blkid(path: Path, tag: str) -> str:
    done = subprocess.run(
        ["blkid", "-p", "-o", "value", "-s", tag, str(path)], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def test_all_that_mkfs_wrote_is_read(made: Path, tree: Path) -> None:
    volume = BtrfsVolume(Disk(made))
    assert without_directory_sizes(facts(volume.filesystem(None))) == written(tree)
    assert (volume.subvolumes(), volume.default) == ((), "")
    assert volume.filesystem("").root == volume.filesystem("/").root == volume.filesystem(None).root


def test_identity_is_what_blkid_prints(made: Path) -> None:
    filesystem = BtrfsVolume(Disk(made)).filesystem(None)
    assert filesystem.uuid == blkid(made, "UUID") != ""
    assert (filesystem.type, filesystem.label, filesystem.size) == ("btrfs", "a label", made.stat().st_size)


def test_names_that_are_not_there(made: Path) -> None:
    filesystem = BtrfsVolume(Disk(made)).filesystem(None)
    assert [found(filesystem, path) for path in ("/nothing", "/etc/FSTAB", "/etc/fstab.", "/" + "x" * 300)] == [
        None
    ] * 4
    filesystem.entries(filesystem.root)
    assert found(filesystem, "/nothing") is None
    for name in (b"", b".", b".."):
        with pytest.raises(StepAside):
            filesystem.find(filesystem.root, name)


def test_hard_links_are_one_inode(made: Path) -> None:
    filesystem = BtrfsVolume(Disk(made)).filesystem(None)
    assert found(filesystem, "/etc/fstab") == found(filesystem, "/etc/deep/fstab")


def test_what_is_no_file_is_not_read(made: Path) -> None:
    filesystem = BtrfsVolume(Disk(made)).filesystem(None)
    link, folder = found(filesystem, "/etc/link"), found(filesystem, "/etc")
    assert link is not None
    assert folder is not None
    for wrong in (
        lambda: filesystem.read(link, 10),
        lambda: filesystem.read(folder, 10),
        lambda: filesystem.readlink(folder),
        lambda: filesystem.entries(link),
        lambda: filesystem.find(link, b"x"),
        lambda: filesystem.node((5, 999999)),
        lambda: filesystem.node((99, 256)),
        lambda: filesystem.node("x"),
        lambda: filesystem.node((5, "x")),
    ):
        with pytest.raises(StepAside):
            wrong()


def test_the_beginning_costs_the_beginning_only(made: Path, tree: Path) -> None:
    disk = Disk(made)
    filesystem = BtrfsVolume(disk).filesystem(None)
    node = found(filesystem, "/etc/sectors")
    assert node is not None
    filesystem.read(node, 1)
    disk.reads.clear()
    assert filesystem.read(node, 5000) == (tree / "etc/sectors").read_bytes()[:5000]
    assert disk.reads == {(at, 8192) for at, _ in disk.reads}
    assert filesystem.read(node, 0) == b""


def test_opening_and_looking_up_are_quick(made: Path) -> None:
    started = time.perf_counter()
    filesystem = BtrfsVolume(Disk(made)).filesystem(None)
    for number in range(0, 3000, 10):
        assert content(filesystem, f"/many/file-{number}") == b"%d\n" % number
    assert time.perf_counter() - started < 1


@needs_mkfs
@pytest.mark.parametrize("csum", ["sha256", "blake2"])
@pytest.mark.parametrize("nodesize", ["4096", "65536"])
def test_other_checksums_and_node_sizes(csum: str, nodesize: str, tree: Path, tmp_path: Path) -> None:
    path = mkfs(tmp_path / "disk", "--csum", csum, "-n", nodesize, "--rootdir", str(tree))
    assert without_directory_sizes(facts(BtrfsVolume(Disk(path)).filesystem(None))) == written(tree)
    disk = Disk(path)
    disk.super(299, b"L", seal=False)
    with pytest.raises(StepAside, match="checksum"):
        BtrfsVolume(disk)


@needs_mkfs
def test_a_metadata_uuid_is_not_the_one_that_is_seen(tree: Path, tmp_path: Path) -> None:
    path = mkfs(tmp_path / "disk", "--rootdir", str(tree / "etc"))
    other = "12345678-1234-1234-1234-123456789abc"
    subprocess.run(["btrfstune", "-M", other, str(path)], check=True, capture_output=True)
    volume = BtrfsVolume(Disk(path))
    assert volume.uuid == blkid(path, "UUID") == other
    assert content(volume.filesystem(None), "/empty") == b""


@needs_mkfs
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--csum", "xxhash"), "checksums are of a kind"),
        (("-m", "dup", "-d", "dup"), None),
        (("-M",), None),
        (("-O", "^no-holes,^extref,^skinny-metadata"), None),
    ],
)
def test_options_of_mkfs(options: tuple[str, ...], reason: str | None, tmp_path: Path, tree: Path) -> None:
    path = mkfs(tmp_path / "disk", *options, "--rootdir", str(tree), size=256 * MIB)
    if reason is None:
        assert without_directory_sizes(facts(BtrfsVolume(Disk(path)).filesystem(None))) == written(tree)
    else:
        with pytest.raises(StepAside, match=reason):
            BtrfsVolume(Disk(path))


@needs_mkfs
def test_several_devices_are_left_alone(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for path in (one, other):
        path.touch()
        os.truncate(path, 128 * MIB)
    subprocess.run(["mkfs.btrfs", "-q", "-f", "-d", "single", "-m", "raid1", str(one), str(other)], check=True)
    for path in (one, other):
        with pytest.raises(StepAside, match="spans 2 devices"):
            BtrfsVolume(Disk(path))


@pytest.mark.parametrize(
    ("offset", "value", "reason"),
    [
        (96, (30408704).to_bytes(8, "little"), "log tree has changes to replay"),
        (136, (2).to_bytes(8, "little"), "spans 2 devices"),
        (48, (65537).to_bytes(8, "little"), "contradict"),
        (64, b"_BHRfS_N", "no btrfs superblock"),
        (144, (8192).to_bytes(4, "little"), "contradict"),
        (148, (12288).to_bytes(4, "little"), "contradict"),
        (160, (5000).to_bytes(4, "little"), "contradict"),
        (188, (0x2361).to_bytes(8, "little"), r"incompat 0x2000"),
        (188, (0x4361).to_bytes(8, "little"), r"incompat 0x4000"),
        (188, (0x1361).to_bytes(8, "little"), r"incompat 0x1000"),
        (188, (0x3E1).to_bytes(8, "little"), r"incompat 0x80"),
        (188, (0x10361).to_bytes(8, "little"), r"incompat 0x10000"),
        (180, (0x10).to_bytes(8, "little"), r"compat_ro 0x10"),
        (196, (9).to_bytes(2, "little"), "kind that is not known"),
        (198, b"\x09", "contradict"),
        (56, (1 | 1 << 35).to_bytes(8, "little"), "flags that are not known"),
        (32, bytes(16), "contradict"),
        (299, b"\xff\xfe", "no UTF-8"),
        (80, (4096).to_bytes(8, "little"), "no chunk"),
        (209, (10**12).to_bytes(8, "little"), "bytes long"),
    ],
)
def test_superblocks_that_are_not_understood(made: Path, offset: int, value: bytes, reason: str) -> None:
    disk = Disk(made)
    disk.super(offset, value)
    with pytest.raises(StepAside, match=reason):
        facts(BtrfsVolume(disk).filesystem(None))


def test_a_device_that_is_cut_off(made: Path) -> None:
    disk = Disk(made)
    disk.size -= 4096
    with pytest.raises(StepAside, match="bytes long"):
        BtrfsVolume(disk)
    disk.size = 1000
    with pytest.raises(StepAside, match="outside"):
        BtrfsVolume(disk)


def test_a_changed_byte_in_any_node_is_seen(made: Path) -> None:
    disk = Disk(made)
    facts(BtrfsVolume(disk).filesystem(None))
    nodes = disk.nodes
    assert len(nodes) > 10
    for node in nodes:
        disk.patches = {node + 8000: bytes([disk.at(node + 8000, 1)[0] ^ 1])}
        with pytest.raises(StepAside, match="checksum of a btrfs node"):
            facts(BtrfsVolume(disk).filesystem(None))
        disk.patches = {}


def test_a_changed_byte_in_the_data_is_seen(made: Path) -> None:
    disk = Disk(made)
    filesystem = BtrfsVolume(disk).filesystem(None)
    disk.reads.clear()
    whole = content(filesystem, "/etc/sectors")
    ((at, _),) = [read for read in disk.reads if read[1] not in (16384, 4096)]
    disk.patches = {at + 100_000: bytes([disk.at(at + 100_000, 1)[0] ^ 1])}
    with pytest.raises(StepAside, match="checksum of the btrfs data"):
        content(filesystem, "/etc/sectors")
    assert content(filesystem, "/etc/sectors", 90_000) == whole[:90_000]


def node_of(disk: Disk, owner: int, level: int) -> int:
    """Where a node of a tree lies."""
    return next(
        node
        for node in disk.nodes
        if disk.at(node + 100, 1)[0] == level and int.from_bytes(disk.at(node + 88, 8), "little") == owner
    )


@pytest.mark.parametrize(
    ("level", "offset", "value", "reason"),
    [
        (1, 101 + 17, None, "belongs elsewhere|not the one|contradict|overlap|no chunk|no node|not those"),
        (1, 96, bytes(4), "impossible number"),
        (1, 96, (5000).to_bytes(4, "little"), "impossible number"),
        (0, 96, (5000).to_bytes(4, "little"), "impossible number"),
        (0, 96, bytes(4), "not those|impossible number"),
        (0, 100, b"\x01", "not the one|out of order|impossible|no node"),
        (0, 80, (1).to_bytes(8, "little"), "not the one"),
        (0, 88, (7).to_bytes(8, "little"), "not the one"),
        (0, 48, (4096).to_bytes(8, "little"), "belongs elsewhere"),
        (0, 32, bytes(16), "belongs elsewhere"),
        (0, 101 + 17, (0).to_bytes(4, "little"), "out of place"),
        (0, 101 + 21, (2**32 - 1).to_bytes(4, "little"), "out of place"),
        (0, 101, (2**64 - 1).to_bytes(8, "little"), "out of order"),
    ],
)
def test_nodes_that_contradict_themselves(
    made: Path, level: int, offset: int, value: bytes | None, reason: str
) -> None:
    disk = Disk(made)
    facts(BtrfsVolume(disk).filesystem(None))
    node = node_of(disk, 5, level)
    new = disk.at(node + 48, 8) if value is None else value  # None: the first child is the node itself
    disk.edit(node, 16384, lambda block: block.__setitem__(slice(offset, offset + len(new)), new))
    with pytest.raises(StepAside, match=reason):
        facts(BtrfsVolume(disk).filesystem(None))


def item_edit(made: Path, key_type: int, change: Callable[[bytearray, int, int], None]) -> Disk:
    """The disk with every item of a type changed in the file tree, checksums right."""
    disk = Disk(made)
    facts(BtrfsVolume(disk).filesystem(None))

    def edit(block: bytearray) -> None:
        for index in range(int.from_bytes(block[96:100], "little")):
            at = 101 + index * 25
            if block[at + 8] == key_type:
                offset, size = (int.from_bytes(block[at + skip : at + skip + 4], "little") for skip in (17, 21))
                change(block, 101 + offset, size)

    for node in disk.nodes:
        if disk.at(node + 100, 1) == b"\0" and disk.at(node + 88, 8) == (5).to_bytes(8, "little"):
            disk.edit(node, 16384, edit)
    return disk


def put(at_in_item: int, value: bytes) -> Callable[[bytearray, int, int], None]:
    def change(block: bytearray, start: int, size: int) -> None:
        if at_in_item + len(value) <= size:
            block[start + at_in_item : start + at_in_item + len(value)] = value

    return change


@pytest.mark.parametrize(
    ("key_type", "at", "value", "reason"),
    [
        (84, 30, b"/", "damaged"),
        (84, 25, b"\x01\0", "damaged"),
        (84, 27, b"\xff\xff", "damaged|cut off"),
        (84, 29, b"\x09", "type that is not known"),
        (84, 0, (300).to_bytes(8, "little"), "type of btrfs inode|not certain|no inode"),
        (84, 8, b"\x05", "not understood"),
        (96, 0, (300).to_bytes(8, "little"), "not certain"),
        (96, 29, b"\x02", "not certain"),
        (1, 52, (0o170000).to_bytes(4, "little"), "kind that is not known"),
        (1, 40, bytes(4), "kind that is not known"),
        (1, 64, (1 << 40).to_bytes(8, "little"), "flags or a size"),
        (1, 23, b"\xff", "flags or a size"),
        (108, 17, b"\x01", "encoding"),
        (108, 18, b"\x01", "encoding"),
        (108, 16, b"\x04", "compression|longer|larger|shorter"),
        (108, 20, b"\x03", "kind that is not known"),
        (108, 8, (10**6).to_bytes(8, "little"), "impossible length|whole sectors"),
        (108, 21, (4096).to_bytes(8, "little"), "no chunk|checksum|impossible|contradict"),
        (108, 45, (2**63).to_bytes(8, "little"), "shorter"),
    ],
)
def test_items_that_contradict_themselves(made: Path, key_type: int, at: int, value: bytes, reason: str) -> None:
    disk = item_edit(made, key_type, put(at, value))
    with pytest.raises(StepAside, match=reason):
        _look_up_and_walk(BtrfsVolume(disk).filesystem(None))


def _look_up_and_walk(filesystem: BtrfsFileSystem) -> None:
    found(filesystem, "/etc/fstab")
    facts(filesystem)


def test_a_look_up_believes_the_type_of_no_entry(made: Path) -> None:
    disk = item_edit(made, 84, put(29, b"\x07"))
    filesystem = BtrfsVolume(disk).filesystem(None)
    with pytest.raises(StepAside, match="type of btrfs inode"):
        found(filesystem, "/etc")


def test_any_byte_changed_gives_the_right_answer_or_none(made: Path) -> None:
    disk = Disk(made)
    expected = facts(BtrfsVolume(disk).filesystem(None))
    places = [(SUPER, 4096), *((node, 16384) for node in disk.nodes)]
    source = random.Random(1)
    asides = 0
    for _ in range(300):
        at, length = source.choice(places)
        offset = at + source.randrange(length)
        disk.patches = {offset: bytes([disk.at(offset, 1)[0] ^ 1 << source.randrange(8)])}
        try:
            assert facts(BtrfsVolume(disk).filesystem(None), most=200) == dict(list(expected.items())[:200])
        except StepAside:
            asides += 1
        disk.patches = {}
    assert asides > 20


@pytest.mark.timeout(200)
def test_hostile_bytes_with_right_checksums_end_in_an_answer_or_in_none(made: Path) -> None:
    disk = Disk(made)
    facts(BtrfsVolume(disk).filesystem(None))
    places = [(SUPER, 4096), *((node, 16384) for node in disk.nodes)]
    source = random.Random(2)
    asides = 0
    for _ in range(300):
        at, length = source.choice(places)
        count = int.from_bytes(disk.at(at + 96, 4), "little") if length > 4096 else 0
        disk.edit(at, length, lambda block, count=count: _spoil(block, source, count))
        try:
            volume = BtrfsVolume(disk)
            volume.subvolumes()
            facts(volume.filesystem(None), most=1500)
        except StepAside:
            asides += 1
        disk.patches = {}
    assert asides > 100


def _spoil(block: bytearray, source: random.Random, count: int) -> None:
    """Change one to three bytes, mostly where structures are: the header, the table of items, the items."""
    for _ in range(source.randrange(1, 4)):
        where = source.choice([(32, 101), (101, 101 + 25 * count + 1), (12000, len(block)), (32, len(block))])
        at = source.randrange(where[0], min(max(where[1], where[0] + 1), len(block))) if where[0] < len(block) else 500
        block[at] = source.choice([0, 1, 0x7F, 0x80, 0xFF, source.randrange(256)])


def test_lzo_streams_that_are_damaged() -> None:
    for packed in (
        b"", b"\x11\0\0", b"\xff\xff", b"\x12aaa", b"\x15abcd\x40\x40\x11\0\0", b"\x15abcd", b"\x15abcd\x11\0\0x",
        b"\x00" * 5000, b"\x15abcd\x20" + b"\0" * 100 + b"\x01\0\0\x11\0\0", b"\x15abcd\x12\0\0", b"\x00\x01",
    ):  # fmt: skip
        with pytest.raises(StepAside):
            lzo_segment(packed)
    assert lzo_segment(b"\x15abcd\x11\0\0") == b"abcd"
    assert lzo_segment(b"\x15abcd\x2c\x0c\0\x11\0\0") == b"abcd" + b"abcd" * 3 + b"ab"
    source = random.Random(3)
    for _ in range(2000):
        packed = b"\x15abcd" + source.randbytes(source.randrange(40))
        with contextlib.suppress(StepAside):
            assert len(lzo_segment(packed)) <= 4096


def test_packed_extents_that_are_damaged() -> None:
    text = numbers(300)[:4096]
    zstd = pytest.importorskip("backports.zstd")
    source = random.Random(4)
    for kind, whole in ((1, zlib.compress(text)), (3, zstd.compress(text))):
        assert unpack(kind, whole, len(text), True) == text
        for _ in range(500):
            packed = bytearray(whole[: source.randrange(1, len(whole) + 1)])
            packed[source.randrange(len(packed))] = source.randrange(256)
            with contextlib.suppress(StepAside):
                assert len(unpack(kind, bytes(packed), len(text), True)) == len(text)


def test_a_bomb_is_unpacked_as_far_as_it_is_asked_for() -> None:
    bomb = zlib.compress(bytes(50 * MIB))
    assert len(bomb) < 128 * 1024
    assert unpack(1, bomb, 4096, False) == bytes(4096)
    for kind, packed, length in ((1, b"x", 10), (2, b"x", 10), (3, b"x", 10), (4, b"x", 10), (1, bomb, 10**9)):
        with pytest.raises(StepAside):
            unpack(kind, packed, length, False)
    with pytest.raises(StepAside, match="shorter"):
        unpack(1, zlib.compress(b"short"), 4096, False)


@dataclass
class Kernel:
    """What the kernel said of the disks that it wrote. ``expected`` is by disk and subvolume."""

    main: Path
    doubled: Path
    logged: Path
    expected: dict[tuple[str, str], Facts] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    listed: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Kernel:
    """Two file systems written by the appliance's kernel, and a copy of one in the middle of the work."""
    guestfs = pytest.importorskip("guestfs")
    folder = tmp_path_factory.mktemp("kernel")
    known = Kernel(folder / "main", folder / "doubled", folder / "logged")
    mkfs(known.main, size=700 * MIB)
    mkfs(known.doubled, "-M", "-m", "dup", "-d", "dup", "--csum", "sha256", size=200 * MIB)
    g = guestfs.GuestFS(python_return_dict=True)
    g.set_backend("direct")
    g.set_backend_setting("force_tcg", "1")
    for path in (known.main, known.doubled):
        g.add_drive_opts(str(path), format="raw")
    g.launch()
    _write_main(g)
    known.listed = [found["btrfssubvolume_path"] for found in g.btrfs_subvolume_list("/")]
    known.expected["main", "@"] = _ask(g, folder)
    known.sizes["main"] = _size(g)
    g.umount_all()
    g.mount_options("subvolid=5", "/dev/sda", "/")
    known.listed = [found["btrfssubvolume_path"] for found in g.btrfs_subvolume_list("/")]
    known.expected["main", ""] = _ask(g, folder)
    g.umount_all()
    _write_doubled(g)
    known.expected["doubled", ""] = _ask(g, folder)
    known.sizes["doubled"] = _size(g)
    g.umount_all()
    shutil.copy(known.main, known.logged)
    g.mount_options("subvolid=5", "/dev/sda", "/")
    g.debug("sh", ["echo logged > /sysroot/logged && sync /sysroot/logged"])
    shutil.copy(known.main, known.logged)
    g.rm("/logged")
    g.shutdown()
    g.close()
    return known


def _write_main(g: Any) -> None:
    g.mount_options("", "/dev/sda", "/")
    g.btrfs_subvolume_create("/@")
    g.btrfs_subvolume_create("/@/var")
    g.mkdir_p("/@/srv/below")
    g.btrfs_subvolume_create("/@/srv/below/data")
    g.btrfs_subvolume_create("/gone")
    g.write("/@/var/log", b"nested\n")
    g.write("/@/srv/below/data/x", b"below\n")
    g.mkdir("/@/etc")
    g.write("/@/etc/fstab", b"small\n")
    g.write("/@/etc/big", numbers(60000))
    g.write("/@/etc/odd", random.Random(5).randbytes(333_333))
    g.chown(1000, 65537, "/@/etc/odd")
    g.chmod(0o6711, "/@/etc/odd")
    g.ln_s("../var/log", "/@/etc/link")
    g.ln_s("x" * 3000, "/@/etc/long-link")
    g.ln("/@/etc/fstab", "/@/etc/hard")
    g.mkfifo(0o600, "/@/etc/fifo")
    g.mknod_c(0o600, 1, 3, "/@/etc/null")
    g.fallocate64("/@/etc/allocated", 300_000)
    g.pwrite("/@/etc/allocated", b"in the middle", 100_000)
    g.truncate_size("/@/etc/allocated", 250_001)
    g.touch("/@/etc/holes")
    g.truncate_size("/@/etc/holes", 5 * MIB + 1)
    g.pwrite("/@/etc/holes", b"first", 40_960)
    g.pwrite("/@/etc/holes", b"second", 3 * MIB - 3)
    g.mkdir("/@/many")
    g.debug("sh", ["cd /sysroot/@/many && i=0; while [ $i -lt 3000 ]; do echo $i > name-$i; i=$((i+1)); done; sync"])
    g.debug("sh", ["cp --reflink=always /sysroot/@/etc/big /sysroot/@/etc/clone"])
    g.pwrite("/@/etc/clone", b"changed", 200_000)
    g.debug("sh", ["cp /sysroot/@/etc/big /sysroot/@/etc/nocow.tmp; touch /sysroot/@/etc/nocow; "
                   "chattr +C /sysroot/@/etc/nocow; cat /sysroot/@/etc/nocow.tmp > /sysroot/@/etc/nocow"])  # fmt: skip
    g.btrfs_subvolume_delete("/gone")
    g.umount_all()
    for kind in ("zlib", "lzo", "zstd"):
        g.mount_options(f"compress-force={kind}", "/dev/sda", "/")
        g.mkdir(f"/{kind}")
        _write_packed(g, kind)
        g.umount_all()
    g.mount_options("", "/dev/sda", "/")
    g.btrfs_subvolume_snapshot("/@", "/@snapshot", ro=True)
    default = next(one["btrfssubvolume_id"] for one in g.btrfs_subvolume_list("/") if one["btrfssubvolume_path"] == "@")
    g.btrfs_subvolume_set_default(default, "/")
    g.umount_all()
    g.mount_options("", "/dev/sda", "/")


def _write_packed(g: Any, kind: str) -> None:
    g.write(f"/{kind}/small", b"tiny and inline, inline, inline, inline, inline\n" * 20)
    g.write(f"/{kind}/text", numbers(60000, 1))
    g.write(f"/{kind}/zeros", bytes(1_000_001))
    g.write(f"/{kind}/random", random.Random(6).randbytes(300_000))
    g.write(f"/{kind}/mixed", b"".join(random.Random(n).randbytes(3000) + b"abcdefg" * 700 for n in range(100)))
    g.sync()
    g.debug("sh", [f"cp --reflink=always /sysroot/{kind}/text /sysroot/{kind}/clone; sync"])
    g.pwrite(f"/{kind}/clone", b"changed inside of a packed extent", 70_000)
    g.truncate_size(f"/{kind}/clone", 500_001)


def _write_doubled(g: Any) -> None:
    g.mount_options("compress-force=lzo", "/dev/sdb", "/")
    g.write("/text", numbers(30000))
    g.write("/random", random.Random(7).randbytes(100_000))
    g.mkdir("/folder")
    g.write("/folder/small", b"small\n")


def _size(g: Any) -> int:
    status = g.statvfs("/")
    return int(status["blocks"] * status["frsize"])


def _ask(g: Any, folder: Path) -> Facts:
    """What the kernel says of all that is mounted."""
    paths = ["/", *sorted("/" + name for name in g.find("/"))]
    statuses = {"/": g.lstatns("/")}
    for parent in {path.rpartition("/")[0] for path in paths[1:]}:
        names = [path.rpartition("/")[2] for path in paths[1:] if path.rpartition("/")[0] == parent]
        found = g.lstatnslist(parent or "/", names)
        statuses |= {f"{parent}/{name}": status for name, status in zip(names, found, strict=True)}
    sums = folder / "sums"
    g.checksums_out("sha256", "/", str(sums))
    digests = dict(reversed(line.split("  ./", 1)) for line in sums.read_text().splitlines())
    known: Facts = {}
    for path in paths:
        status = statuses[path]
        mode = status["st_mode"]
        entry: tuple[Any, ...] = (mode, status["st_uid"], status["st_gid"], status["st_size"])
        if stat.S_ISREG(mode):
            entry += (digests[path[1:]],)
        if stat.S_ISLNK(mode):
            entry += (g.readlink(path),)
        known[path] = entry
    return known


@needs_mkfs
@pytest.mark.guestfs
@pytest.mark.timeout(300)
def test_the_kernel_wrote_what_is_to_be_read(kernel: Kernel) -> None:
    command = ["btrfs", "inspect-internal", "dump-tree", str(kernel.main)]
    dump = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for kind in ("1 (zlib)", "2 (lzo)", "3 (zstd)"):
        assert f"extent compression {kind}" in dump
    for kind in ("inline", "regular", "prealloc"):
        assert f"({kind})" in dump
    assert "NODATASUM|NODATACOW" in dump


@needs_mkfs
@pytest.mark.guestfs
@pytest.mark.timeout(300)
def test_the_kernel_reads_the_same(kernel: Kernel) -> None:
    volume = BtrfsVolume(Disk(kernel.main))
    default = volume.filesystem(None)
    assert facts(default) == kernel.expected["main", "@"]
    assert default.size == kernel.sizes["main"]
    assert facts(volume.filesystem("/@")) == kernel.expected["main", "@"]
    assert volume.default == "@"
    assert content(volume.filesystem("@/srv/below/data"), "/x") == b"below\n"
    assert content(default, "/etc/big") == content(default, "/etc/nocow") == numbers(60000)


@needs_mkfs
@pytest.mark.guestfs
@pytest.mark.timeout(300)
def test_all_three_compressions_and_every_subvolume(kernel: Kernel) -> None:
    volume = BtrfsVolume(Disk(kernel.main))
    assert list(volume.subvolumes()) == kernel.listed
    assert volume.subvolumes() == ("@", "@/var", "@/srv/below/data", "@snapshot")
    top = volume.filesystem("")
    expected = {
        path: entry for path, entry in kernel.expected["main", ""].items() if not path.startswith("/@snapshot/")
    }
    for path, entry in expected.items():
        node = found(top, path)
        assert node is not None, path
        assert _facts(top, node) == entry, path
    for kind in ("zlib", "lzo", "zstd"):
        assert content(top, f"/{kind}/text") == numbers(60000, 1)


@needs_mkfs
@pytest.mark.guestfs
@pytest.mark.timeout(300)
def test_the_place_of_a_subvolume_in_a_snapshot_is_not_certain(kernel: Kernel) -> None:
    volume = BtrfsVolume(Disk(kernel.main))
    snapshot = volume.filesystem("@snapshot")
    assert content(snapshot, "/etc/fstab") == b"small\n"
    assert b"var" in snapshot.entries(snapshot.root)
    with pytest.raises(StepAside, match="empty place"):
        found(snapshot, "/var")
    for wrong in ("nothing", "@/etc", "@/etc/fstab", "@/etc/link", "zlib", "x" * 5000):
        with pytest.raises(StepAside):
            volume.filesystem(wrong)


@needs_mkfs
@pytest.mark.guestfs
@pytest.mark.timeout(300)
def test_mixed_groups_kept_twice_with_other_checksums(kernel: Kernel) -> None:
    filesystem = BtrfsVolume(Disk(kernel.doubled)).filesystem(None)
    assert facts(filesystem) == kernel.expected["doubled", ""]
    assert filesystem.size == kernel.sizes["doubled"]


@needs_mkfs
@pytest.mark.guestfs
@pytest.mark.timeout(300)
def test_a_log_tree_that_the_kernel_wrote(kernel: Kernel) -> None:
    with pytest.raises(StepAside, match="The btrfs log tree has changes to replay"):
        BtrfsVolume(Disk(kernel.logged))


@needs_mkfs
@pytest.mark.guestfs
@pytest.mark.timeout(300)
def test_packed_data_that_is_changed_is_never_misread(kernel: Kernel) -> None:
    disk = Disk(kernel.main)
    volume = BtrfsVolume(disk)
    source = random.Random(8)
    for kind in ("zlib", "lzo", "zstd"):
        top = volume.filesystem("")
        disk.reads.clear()
        content(top, f"/{kind}/text")
        for at, length in [read for read in disk.reads if read[1] != 16384][:10]:
            offset = at + source.randrange(length)
            disk.patches = {offset: bytes([disk.at(offset, 1)[0] ^ 1 << source.randrange(8)])}
            with pytest.raises(StepAside, match="checksum of the btrfs data"):
                content(top, f"/{kind}/text")
            disk.patches = {}
