"""FAT as mkfs.vfat, mtools and the kernel write it, and as a hostile image might."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import stat
import struct
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from wizard.fast.errors import StepAside
from wizard.fast.filesystem import Node
from wizard.fast.vfat import VfatFileSystem

TOOLS = ("mkfs.vfat", "mcopy", "mmd", "mattrib")
needs_tools = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in TOOLS), reason="mkfs.vfat or mtools missing"
)
MIB = 1024 * 1024
SIZES = {12: 4 * MIB, 16: 40 * MIB, 32: 80 * MIB}
DIRECTORY, FILE, READ_ONLY = 0o040755, 0o100755, 0o100555
LONG = "a rather long name, with Capitals & blanks.text"
Facts = dict[str, tuple[Any, ...]]
"""Paths to mode, owner, group and, for files, size and the content's sha256."""


class Disk:
    """An image in memory, to be changed at will."""

    def __init__(self, content: bytes) -> None:
        self.content = bytearray(content)
        self.size = len(content)
        self.bytes_read = 0
        self._at = 0

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._at = offset
        return offset

    def tell(self) -> int:
        return self._at

    def read(self, length: int = -1, /) -> bytes:
        found = bytes(self.content[self._at : self.size if length < 0 else min(self._at + length, self.size)])
        self._at += len(found)
        self.bytes_read += len(found)
        return found

    def put(self, offset: int, value: bytes) -> None:
        self.content[offset : offset + len(value)] = value

    def number(self, offset: int, length: int) -> int:
        return int.from_bytes(self.content[offset : offset + length], "little")

    @property
    def wide(self) -> bool:
        return not self.number(22, 2)

    @property
    def table(self) -> int:
        return self.number(14, 2) * self.number(11, 2)

    @property
    def root(self) -> int:
        """Where the root directory begins."""
        after = self.table + self.content[16] * (self.number(22, 2) or self.number(36, 4)) * self.number(11, 2)
        return after + (self.number(44, 4) - 2) * self.cluster_size if self.wide else after

    @property
    def cluster_size(self) -> int:
        return self.number(11, 2) * self.content[13]

    def entry(self, name: bytes) -> int:
        """Where the entry with this short name lies, of the root directory or of any other."""
        at = self.content.find(name, self.root)
        assert at >= 0
        return at


def facts(filesystem: VfatFileSystem, most: int = 10**9) -> Facts:
    found: Facts = {}
    left: list[tuple[str, Node]] = [("", filesystem.root)]
    while left and len(found) < most:
        path, node = left.pop()
        entry: tuple[Any, ...] = (node.mode, node.uid, node.gid)
        if stat.S_ISREG(node.mode):
            entry += (node.size, hashlib.sha256(filesystem.read(node, node.size)).hexdigest())
        else:
            left += [(f"{path}/{name.decode()}", filesystem.node(id)) for name, id in filesystem.entries(node).items()]
        found[path or "/"] = entry
    return found


def found(filesystem: VfatFileSystem, path: str) -> Node | None:
    node = filesystem.root
    for part in filter(None, path.encode().split(b"/")):
        id = filesystem.find(node, part)
        if id is None:
            return None
        node = filesystem.node(id)
    return node


def written(top: Path) -> Facts:
    known: Facts = {}
    for path in [top, *top.rglob("*")]:
        name = "/" + str(path.relative_to(top)).removeprefix(".")
        if path.is_dir():
            known[name] = (DIRECTORY, 0, 0)
        else:
            content = path.read_bytes()
            known[name] = (FILE, 0, 0, len(content), hashlib.sha256(content).hexdigest())
    return known


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("tree") / "top"
    (top / "EFI" / "debian").mkdir(parents=True)
    (top / "EFI" / "BOOT").mkdir()
    (top / "EFI" / "BOOT" / "BOOTX64.EFI").write_bytes(random.Random(1).randbytes(200_001))
    (top / "EFI" / "debian" / "grub.cfg").write_bytes(b"search.fs_uuid x root\n")
    (top / "EFI" / "debian" / LONG).write_bytes(b"long")
    (top / "empty").touch()
    (top / "exact").write_bytes(b"x" * 2048)
    (top / "UPPER.TXT").write_bytes(b"upper")
    (top / "Mixed.Case").write_bytes(b"mixed")
    (top / ("n" * 200)).write_bytes(b"longest")
    (top / "many").mkdir()
    for number in range(300):
        (top / "many" / f"a file with the number {number}").write_bytes(b"%d\n" % number)
    return top


def mkfs(path: Path, bits: int, *options: str, tree: Path | None = None) -> Path:
    path.touch()
    os.truncate(path, SIZES[bits])
    _run("mkfs.vfat", "-F", str(bits), *options, str(path))
    if tree is not None:
        _run("mcopy", "-i", str(path), "-s", "-Q", *map(str, sorted(tree.iterdir())), "::/")
    return path


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "MTOOLS_SKIP_CHECK": "1"})


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory, tree: Path) -> dict[int, bytes]:
    """One image for each width of the table."""
    if any(shutil.which(tool) is None for tool in TOOLS):
        pytest.skip("mkfs.vfat or mtools are missing")
    folder = tmp_path_factory.mktemp("images")
    return {bits: mkfs(folder / f"fat{bits}", bits, "-n", "ESP", tree=tree).read_bytes() for bits in SIZES}


@pytest.mark.parametrize("bits", SIZES)
def test_all_that_mtools_wrote_is_read(images: dict[int, bytes], tree: Path, bits: int) -> None:
    filesystem = VfatFileSystem(Disk(images[bits]))
    assert facts(filesystem) == written(tree)
    assert (filesystem.type, filesystem.size, filesystem.label) == ("vfat", None, "ESP")
    for path in written(tree):
        assert found(filesystem, path.upper()) == found(filesystem, path) is not None


@needs_tools
@pytest.mark.parametrize("bits", SIZES)
@pytest.mark.parametrize("options", [("-n", "A LABEL"), ("-i", "00abcdef"), ("-S", "4096", "-s", "1")])
def test_identity_is_what_blkid_prints(bits: int, options: tuple[str, ...], tmp_path: Path) -> None:
    path = mkfs(tmp_path / "disk", bits, *options)
    filesystem = VfatFileSystem(Disk(path.read_bytes()))
    tags = {
        tag: subprocess.run(["blkid", "-p", "-o", "value", "-s", tag, path], capture_output=True, text=True, check=True)
        for tag in ("UUID", "LABEL")
    }
    assert filesystem.uuid == tags["UUID"].stdout.strip() != ""
    assert filesystem.label == tags["LABEL"].stdout.strip()


@pytest.mark.parametrize("bits", SIZES)
def test_labels_that_are_not_certain(images: dict[int, bytes], bits: int) -> None:
    disk = Disk(images[bits])
    label = disk.entry(b"ESP        \x08")
    disk.put(label, b"NO NAME    ")
    with pytest.raises(StepAside, match="label"):
        VfatFileSystem(disk)
    disk.put(label, b"\xe5")
    with pytest.raises(StepAside, match="boot sector only"):
        VfatFileSystem(disk)
    disk.put(71 if disk.wide else 43, b"NO NAME    ")
    assert VfatFileSystem(disk).label == ""
    disk.put(label, b"\x05")
    with pytest.raises(StepAside, match="label"):
        VfatFileSystem(disk)


@pytest.mark.parametrize("bits", SIZES)
def test_names_are_compared_as_the_kernel_does(images: dict[int, bytes], bits: int) -> None:
    filesystem = VfatFileSystem(Disk(images[bits]))
    node = found(filesystem, "/EFI/debian/grub.cfg")
    assert node == found(filesystem, "/efi/DEBIAN/GRUB.CFG") == found(filesystem, "/EFI/debian/grub.cfg..")
    assert found(filesystem, f"/EFI/debian/{LONG}") == found(filesystem, "/EFI/debian/ARATHE~1.TEX") is not None
    assert (
        found(filesystem, "/EFI/debian/...") is found(filesystem, "/grub.cfg") is found(filesystem, "/empty ") is None
    )
    for name in (b"", b".", b"..", "ü".encode()):
        with pytest.raises(StepAside):
            filesystem.find(filesystem.root, name)


def test_what_is_no_file_is_not_read(images: dict[int, bytes]) -> None:
    filesystem = VfatFileSystem(Disk(images[16]))
    file = found(filesystem, "/empty")
    assert file is not None
    for wrong in (
        lambda: filesystem.read(filesystem.root, 1),
        lambda: filesystem.entries(file),
        lambda: filesystem.find(file, b"x"),
        lambda: filesystem.readlink(file),
        lambda: filesystem.node(12345),
        lambda: filesystem.node("x"),
    ):
        with pytest.raises(StepAside):
            wrong()


@pytest.mark.parametrize("bits", SIZES)
def test_the_beginning_costs_the_beginning_only(images: dict[int, bytes], tree: Path, bits: int) -> None:
    disk = Disk(images[bits])
    filesystem = VfatFileSystem(disk)
    node = found(filesystem, "/EFI/BOOT/BOOTX64.EFI")
    assert node is not None
    disk.bytes_read = 0
    assert filesystem.read(node, 1000) == (tree / "EFI/BOOT/BOOTX64.EFI").read_bytes()[:1000]
    assert disk.bytes_read <= disk.cluster_size + 4096
    assert filesystem.read(node, 0) == b""


def test_opening_and_looking_up_are_quick(images: dict[int, bytes]) -> None:
    started = time.perf_counter()
    filesystem = VfatFileSystem(Disk(images[32]))
    for number in range(300):
        assert found(filesystem, f"/many/A FILE WITH THE NUMBER {number}") is not None
    assert time.perf_counter() - started < 0.5


@needs_tools
@pytest.mark.parametrize("bits", SIZES)
def test_a_fragmented_file_in_a_dirty_volume(bits: int, tmp_path: Path) -> None:
    path = mkfs(tmp_path / "disk", bits)
    piece, filler, whole = tmp_path / "piece", tmp_path / "filler", tmp_path / "whole"
    piece.write_bytes(b"x" * 3000)
    for number in range(60):
        _run("mcopy", "-i", str(path), str(piece), f"::/piece{number}")
    size = SIZES[bits]
    while size > 256:
        filler.write_bytes(bytes(size))
        command = ["mcopy", "-i", str(path), str(filler), f"::/filler{size}-{path.stat().st_mtime_ns}"]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            size //= 2
    for number in range(0, 60, 2):
        _run("mdel", "-i", str(path), f"::/piece{number}")
    whole.write_bytes(random.Random(bits).randbytes(60_000))
    _run("mcopy", "-i", str(path), str(whole), "::/whole")
    disk = Disk(path.read_bytes())
    disk.put(65 if disk.wide else 37, b"\x01")
    filesystem = VfatFileSystem(disk)
    node = found(filesystem, "/whole")
    assert node is not None
    in_one_piece = whole.read_bytes() in disk.content
    assert not in_one_piece
    assert filesystem.read(node, MIB) == whole.read_bytes()


@pytest.mark.parametrize(
    ("bits", "offset", "value", "reason"),
    [
        (16, 3, b"EXFAT   ", "no FAT"),
        (16, 510, b"\0\0", "no FAT"),
        (16, 11, (513).to_bytes(2, "little"), "not understood"),
        (16, 11, (8192).to_bytes(2, "little"), "not understood"),
        (16, 13, b"\x03", "not understood"),
        (16, 13, b"\0", "not understood"),
        (16, 14, b"\0\0", "not understood"),
        (16, 16, b"\0", "not understood"),
        (16, 17, b"\0\0", "not understood"),
        (16, 17, b"\x01\0", "not understood"),
        (16, 21, b"\0", "not understood"),
        (16, 22, b"\xff\xff", "bytes long"),
        (16, 22, b"\0\0", "not understood"),
        (16, 19, (100).to_bytes(2, "little"), "bytes long"),
        (32, 17, b"\x10\0", "not understood"),
        (32, 32, b"\xff\xff\xff\xff", "bytes long"),
        (32, 36, b"\0\0\0\0", "impossible number of clusters|not understood"),
        (32, 40, b"\x81\0", "not understood"),
        (32, 42, b"\x01\0", "not understood"),
        (32, 44, b"\0\0\0\0", "cluster 0"),
        (32, 44, b"\xff\xff\xff\x0f", "which is none"),
    ],
)
def test_boot_sectors_that_are_not_understood(
    images: dict[int, bytes], bits: int, offset: int, value: bytes, reason: str
) -> None:
    disk = Disk(images[bits])
    disk.put(offset, value)
    with pytest.raises(StepAside, match=reason):
        VfatFileSystem(disk)


def test_a_device_that_is_cut_off(images: dict[int, bytes]) -> None:
    disk = Disk(images[16])
    disk.size -= 512
    with pytest.raises(StepAside, match="bytes long"):
        VfatFileSystem(disk)
    disk.size = 100
    with pytest.raises(StepAside, match="outside"):
        VfatFileSystem(disk)


def link(disk: Disk, cluster: int, to: int) -> None:
    """Let a cluster of a FAT16 or FAT32 be followed by another one."""
    width = 4 if disk.wide else 2
    disk.put(disk.table + cluster * width, (to & (1 << 8 * width) - 1).to_bytes(width, "little"))


def start(disk: Disk, entry: int) -> int:
    return disk.number(entry + 26, 2) | disk.number(entry + 20, 2) << 16


@pytest.mark.parametrize("bits", [16, 32])
def test_chains_that_lead_nowhere(images: dict[int, bytes], bits: int) -> None:
    for to, reason in ((None, "back to itself"), (0, "cluster 0"), (1, "cluster 1"), (0x0FFFFFF7, "which is none"),
                       (0x0FFFFFF6, "which is none"), (0x0FFFFFFF, "fewer clusters")):  # fmt: skip
        disk = Disk(images[bits])
        first = start(disk, disk.entry(b"BOOTX64 EFI"))
        link(disk, first + 3, first if to is None else to)
        filesystem = VfatFileSystem(disk)
        node = found(filesystem, "/EFI/BOOT/BOOTX64.EFI")
        assert node is not None
        assert len(filesystem.read(node, disk.cluster_size * 4)) == disk.cluster_size * 4
        with pytest.raises(StepAside, match=reason):
            filesystem.read(node, node.size)


@pytest.mark.parametrize("bits", [16, 32])
def test_directories_that_go_round_in_circles(images: dict[int, bytes], bits: int) -> None:
    disk = Disk(images[bits])
    boot, debian = disk.entry(b"BOOT       "), disk.entry(b"DEBIAN     ")
    for at in (20, 26):
        disk.put(boot + at, bytes(disk.content[debian + at : debian + at + 2]))
    with pytest.raises(StepAside, match="share their clusters"):
        facts(VfatFileSystem(disk))
    disk = Disk(images[bits])
    many = start(disk, disk.entry(b"MANY       "))
    link(disk, many, many)
    with pytest.raises(StepAside, match="back to itself"):
        facts(VfatFileSystem(disk))


def test_a_file_that_says_it_is_huge(images: dict[int, bytes]) -> None:
    disk = Disk(images[16])
    disk.put(disk.entry(b"BOOTX64 EFI") + 28, b"\xff\xff\xff\xff")
    filesystem = VfatFileSystem(disk)
    node = found(filesystem, "/EFI/BOOT/BOOTX64.EFI")
    assert node is not None
    assert node.size == 2**32 - 1
    for length in (node.size, 10 * MIB):
        with pytest.raises(StepAside):
            filesystem.read(node, length)


def slots(name: str, short: bytes, wrong: int = 0) -> list[bytes]:
    """The slots of a long name, with the checksum of its short one, or a wrong one."""
    total = 0
    for byte in short:
        total = ((total >> 1) + ((total & 1) << 7) + byte) & 0xFF
    letters = name.encode("utf-16-le") + b"\0\0"
    letters += b"\xff" * (-len(letters) % 26)
    pieces = [letters[at : at + 26] for at in range(0, len(letters), 26)]
    return [
        struct.pack("<B10sBBB12sH4s", number | (0x40 if number == len(pieces) else 0), piece[:10], 15, 0,
                    total ^ wrong, piece[10:22], 0, piece[22:])
        for number, piece in reversed(list(enumerate(pieces, 1)))
    ]  # fmt: skip


def short(name: bytes, attributes: int = 0x20, cases: int = 0) -> bytes:
    return name + bytes([attributes, cases]) + bytes(19)


ODD = b"".join(
    [
        short(b"READONLYTXT", 0x21),
        short(b"HIDDEN  SYS", 0x26),
        short(b"LOWER   TXT", cases=0x18),
        short(b"BASELOW TXT", cases=0x08),
        short(b"EXTLOW  TXT", cases=0x10),
        short(b"A B     C D"),
        short(b"        EXT"),
        short(b"AB\0CD   TXT"),
        *slots("a wrong checksum.txt", b"WRONGSUMTXT", wrong=1),
        short(b"WRONGSUMTXT"),
        *slots("the name of a deleted file.txt", b"\xe5ELETED TXT"),
        short(b"\xe5ELETED TXT"),
        short(b"AFTER   TXT"),
        *slots("the name of no file.txt", b"NOFILE  TXT"),
        *slots("two names behind each other.txt", b"TWONAM~1TXT"),
        short(b"TWONAM~1TXT"),
        *slots("a name that lacks its middle, for sure.txt", b"LACKS   TXT")[:1],
        *slots("a name that lacks its middle, for sure.txt", b"LACKS   TXT")[2:],
        short(b"LACKS   TXT"),
        *slots("a name that lacks its beginning.txt", b"HEADLESSTXT")[1:],
        short(b"HEADLESSTXT"),
        *slots("a name that lacks its end.txt", b"ENDLESS TXT")[:-1],
        short(b"ENDLESS TXT"),
        *slots("the name of a label.txt", b"LABEL   TXT"),
        short(b"LABEL   TXT", 0x08),
        short(b"NOTLONG TXT", 0x4F),
        *slots("Right.Name", b"RIGHT~1 NAM"),
        short(b"RIGHT~1 NAM", cases=0x18),
        *slots("thirteen long", b"THIRTE~1   "),
        short(b"THIRTE~1   "),
        *slots("ünï-cödé €.txt", b"NICD~1  TXT"),
        short(b"NICD~1  TXT"),
        *slots("smile \U0001f600", b"SMILE~1    "),
        short(b"SMILE~1    "),
        *slots("dot at the end..", b"DOTATT~1   "),
        short(b"DOTATT~1   "),
    ]
)
SHOWN = {
    "READONLY.TXT", "HIDDEN.SYS", "lower.txt", "baselow.TXT", "EXTLOW.txt", "A B.C D", ".EXT", "AB.TXT", "WRONGSUM.TXT",
    "AFTER.TXT", "two names behind each other.txt", "LACKS.TXT", "HEADLESS.TXT", "ENDLESS.TXT", "Right.Name",
    "thirteen long", "ünï-cödé €.txt", "smile \U0001f600", "dot at the end..", "RODIR",
}  # fmt: skip


def odd_image(path: Path) -> bytes:
    """A FAT16 with a read-only directory, and then those entries in its root directory."""
    mkfs(path, 16)
    _run("mmd", "-i", str(path), "::/RODIR")
    disk = Disk(path.read_bytes())
    disk.put(disk.entry(b"RODIR      ") + 11, b"\x11")
    disk.put(disk.root + 32, ODD)
    return bytes(disk.content)


@needs_tools
def test_names_are_put_together_as_the_kernel_does(tmp_path: Path) -> None:
    filesystem = VfatFileSystem(Disk(odd_image(tmp_path / "disk")))
    names = filesystem.entries(filesystem.root)
    assert {name.decode() for name in names} == SHOWN
    assert filesystem.node(names[b"READONLY.TXT"]).mode == READ_ONLY
    assert filesystem.node(names[b"HIDDEN.SYS"]).mode == FILE
    assert filesystem.node(names[b"RODIR"]).mode == DIRECTORY
    assert filesystem.find(filesystem.root, b"nicd~1.TXT") == names["ünï-cödé €.txt".encode()]


@pytest.mark.parametrize(
    "entries",
    [
        short(b"A/B     TXT"),
        short(b"TWICE   TXT") * 2,
        short(b"TWICE   TXT") + short(b"TWICE   TXT", cases=0x18),
        b"".join(slots("with/slash", b"SLASH   TXT")) + short(b"SLASH   TXT"),
        b"".join(slots("..", b"DOTS    TXT")) + short(b"DOTS    TXT"),
        b"".join(slots("", b"NONE    TXT")) + short(b"NONE    TXT"),
        short(b"FIRST   TXT") + bytes(32) + short(b"BEHIND  TXT"),
        short(b"\x05BC     TXT"),
        short(b"\x80BC     TXT"),
    ],
)
def test_directories_that_are_not_certain(images: dict[int, bytes], tmp_path: Path, entries: bytes) -> None:
    disk = Disk(mkfs(tmp_path / "disk", 16).read_bytes())
    disk.put(disk.root, entries)
    filesystem = VfatFileSystem(disk)
    with pytest.raises(StepAside):
        filesystem.entries(filesystem.root)


def test_a_short_name_in_an_unknown_code_page_hides_no_other(images: dict[int, bytes], tmp_path: Path) -> None:
    disk = Disk(mkfs(tmp_path / "disk", 16).read_bytes())
    disk.put(disk.root, short(b"\x80BC     TXT") + short(b"PLAIN   TXT"))
    filesystem = VfatFileSystem(disk)
    assert found(filesystem, "/plain.txt") is not None
    assert found(filesystem, "/other.txt") is None


@pytest.mark.parametrize("bits", SIZES)
@pytest.mark.timeout(120)
def test_hostile_bytes_end_in_an_answer_or_in_none(images: dict[int, bytes], bits: int) -> None:
    disk = Disk(images[bits])
    source = random.Random(bits)
    many = disk.entry(b"MANY       ")
    begin = disk.root if disk.wide else disk.root + disk.number(17, 2) * 32 - 2 * disk.cluster_size
    places = [(0, 90), (disk.table, 600), (disk.root, 512), (begin + start(disk, many) * disk.cluster_size, 2048),
              (disk.entry(b".          ") & ~511, 512)]  # fmt: skip
    answers = asides = 0
    for _ in range(300):
        kept = []
        for _change in range(source.randrange(1, 4)):
            at, length = source.choice(places)
            offset = at + source.randrange(length)
            kept.append((offset, disk.content[offset]))
            disk.content[offset] = source.choice([0, 1, 0x7F, 0x80, 0xE5, 0xFF, source.randrange(256)])
        size = disk.size
        if source.random() < 0.1:
            disk.size = source.randrange(disk.size)
        try:
            filesystem = VfatFileSystem(disk)
            facts(filesystem, most=1000)
            answers += 1
        except StepAside:
            asides += 1
        disk.size = size
        for offset, byte in reversed(kept):
            disk.content[offset] = byte
    assert min(answers, asides) > 20


FRAGMENTED = random.Random(9).randbytes(199_999)


@dataclass
class Kernel:
    """What the kernel said of the disks that it wrote, by the width of the table."""

    disks: dict[int, Path]
    odd: Path
    expected: dict[int, Facts] = field(default_factory=dict)
    odd_names: set[str] = field(default_factory=set)
    odd_modes: dict[str, int] = field(default_factory=dict)
    exists: dict[str, bool] = field(default_factory=dict)


ASKED = (
    "/readonly.txt", "/READONLY.TXT", "/READONLY.TXT.", "/readonly.txt...", "/READONLY.TXT ", "/LOWER.TXT", "/ab.txt",
    "/right~1.nam", "/RIGHT.NAME", "/right.name.", "/wrongsum.txt", "/a wrong checksum.txt", "/nofile.txt",
    "/the name of no file.txt", "/twonam~1.txt", "/TWO NAMES BEHIND EACH OTHER.TXT", "/label.txt", "/notlong.txt",
    "/.ext", "/a b.c d", "/thirte~1", "/thirteen long", "/nicd~1.txt", "/headless.txt", "/dot at the end",
    "/dot at the end..", "/dotatt~1", "/...",
)  # fmt: skip


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Kernel:
    """Three file systems written by the appliance's kernel, and the odd one, which it reads."""
    guestfs = pytest.importorskip("guestfs")
    folder = tmp_path_factory.mktemp("kernel")
    known = Kernel({bits: mkfs(folder / f"fat{bits}", bits) for bits in SIZES}, folder / "odd")
    known.odd.write_bytes(odd_image(known.odd))
    g = guestfs.GuestFS(python_return_dict=True)
    g.set_backend("direct")
    g.set_backend_setting("force_tcg", "1")
    for path in (*known.disks.values(), known.odd):
        g.add_drive_opts(str(path), format="raw")
    g.launch()
    for letter, bits in zip("abc", SIZES, strict=True):
        g.mount(f"/dev/sd{letter}", "/")
        _write(g)
        g.umount_all()
        g.mount(f"/dev/sd{letter}", "/")
        known.expected[bits] = _ask(g, folder)
        g.umount_all()
    g.mount("/dev/sdd", "/")
    known.odd_names = {one["name"] for one in g.readdir("/")} - {".", ".."}
    known.odd_modes = {name: g.statns(f"/{name}")["st_mode"] for name in known.odd_names if not name.endswith(".")}
    known.exists = {path: bool(g.exists(path)) for path in ASKED}
    g.shutdown()
    g.close()
    return known


def _write(g: Any) -> None:
    g.mkdir("/EFI")
    g.mkdir("/EFI/A directory")
    g.write("/EFI/A directory/Long name of a file.config", b"long\n")
    g.write("/EFI/SHORT.TXT", b"short\n")
    g.write("/EFI/lower.txt", b"lower\n")
    g.write("/EFI/readonly", b"read only\n")
    g.chmod(0o555, "/EFI/readonly")
    g.write("/EFI/ünï.txt", b"unicode\n")
    g.write("/fragmented", b"")
    g.write("/other", b"")
    for at in range(0, len(FRAGMENTED), 20_000):
        g.write_append("/fragmented", FRAGMENTED[at : at + 20_000])
        g.write_append("/other", b"x" * 20_000)
        g.sync()
    g.write("/was here", b"gone")
    g.rm("/was here")
    g.mkdir("/many")
    g.debug(
        "sh", ['cd /sysroot/many && i=0; while [ $i -lt 700 ]; do echo $i > "The name of file $i"; i=$((i+1)); done']
    )


def _ask(g: Any, folder: Path) -> Facts:
    sums = folder / "sums"
    g.checksums_out("sha256", "/", str(sums))
    digests = dict(reversed(line.split("  ./", 1)) for line in sums.read_text().splitlines())
    known: Facts = {}
    for path in ["/", *("/" + name for name in g.find("/"))]:
        status = g.statns(path)
        entry: tuple[Any, ...] = (status["st_mode"], status["st_uid"], status["st_gid"])
        known[path] = entry if path[1:] not in digests else (*entry, status["st_size"], digests[path[1:]])
    return known


@needs_tools
@pytest.mark.guestfs
@pytest.mark.timeout(300)
@pytest.mark.parametrize("bits", SIZES)
def test_the_kernel_reads_the_same(kernel: Kernel, bits: int) -> None:
    filesystem = VfatFileSystem(Disk(kernel.disks[bits].read_bytes()))
    assert facts(filesystem) == kernel.expected[bits]
    in_one_piece = FRAGMENTED in kernel.disks[bits].read_bytes()
    assert not in_one_piece
    assert kernel.expected[bits]["/EFI/readonly"][0] == READ_ONLY
    assert len(kernel.expected[bits]) > 700


@needs_tools
@pytest.mark.guestfs
@pytest.mark.timeout(300)
def test_the_kernel_shows_the_same_odd_names(kernel: Kernel) -> None:
    filesystem = VfatFileSystem(Disk(kernel.odd.read_bytes()))
    names = filesystem.entries(filesystem.root)
    assert {name.decode() for name in names} == kernel.odd_names
    modes = {name.decode(): filesystem.node(id).mode for name, id in names.items() if not name.endswith(b".")}
    assert modes == kernel.odd_modes
    assert {path: found(filesystem, path) is not None for path in ASKED} == kernel.exists
