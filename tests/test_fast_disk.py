"""Image formats as the fast reader sees them, byte for byte against qemu-img."""

from __future__ import annotations

import hashlib
import random
import struct
from pathlib import Path

import pytest
from disks import MIB, content, qemu

from wizard.fast.disk import BLOCK, open_disk
from wizard.fast.errors import StepAside
from wizard.fast.stream import read_at
from wizard.image import probe

SIZE = 40 * MIB + 512


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raw disk with an MBR signature, text that compresses, noise that does not, and holes."""
    path = tmp_path_factory.mktemp("source") / "source.raw"
    noise = random.Random(3)
    with path.open("wb") as disk:
        disk.truncate(SIZE)
        disk.seek(510)
        disk.write(b"\x55\xaa")
        for at in range(1, 40, 3):
            disk.seek(at * MIB + noise.randrange(MIB))
            disk.write(noise.randbytes(200_000) + b"text " * 60_000)
        disk.seek(SIZE - 512)
        disk.write(b"the end".ljust(512, b"."))
    return path


def digest(path: Path) -> str:
    """The SHA-256 of the whole disk, read in odd steps."""
    disk = open_disk(probe(path))
    found = hashlib.sha256()
    while part := disk.read(777_777):
        found.update(part)
    return found.hexdigest()


FORMATS = [
    "raw", "qcow2", "qcow2 -o compat=0.10", "qcow2 -o cluster_size=512", "qcow2 -o cluster_size=2M", "qcow2 -c",
    "qcow2 -c -o cluster_size=4k", "qcow2 -c -o compression_type=zstd", "qcow2 -o lazy_refcounts=on", "vmdk",
    "vmdk -o subformat=streamOptimized", "vmdk -o zeroed_grain=on", "vdi", "vdi -o static=on", "vhdx",
    "vhdx -o subformat=fixed", "vhdx -o block_size=1M",
]  # fmt: skip


@pytest.mark.parametrize("how", FORMATS)
def test_every_format_reads_as_qemu_reads_it(tmp_path: Path, source: Path, how: str) -> None:
    path = tmp_path / "disk"
    qemu("qemu-img", "convert", "-f", "raw", "-O", *how.split(), source, path)
    kind = how.split()[0]
    assert digest(path) == content(path, kind)


@pytest.mark.parametrize("backing", ["qcow2", "raw", "vmdk"])
def test_backing_chains_of_other_sizes(tmp_path: Path, source: Path, backing: str) -> None:
    base, middle, top = tmp_path / "base", tmp_path / "middle.qcow2", tmp_path / "top.qcow2"
    qemu("qemu-img", "convert", "-f", "raw", "-O", backing, source, base)
    # The one in the middle is longer than its backing file, the upper one shorter.
    qemu("qemu-img", "create", "-q", "-f", "qcow2", "-F", backing, "-b", base, middle, str(64 * MIB))
    for write in ("write -P 7 5M 3M", "write -z 8M 1M", f"write -P 9 {SIZE - 512} 70k"):
        qemu("qemu-io", "-f", "qcow2", "-c", write, middle)
    qemu("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", middle, top, str(41 * MIB))
    qemu("qemu-io", "-f", "qcow2", "-c", "write -P 1 100k 1k", top)
    for path in (middle, top):
        assert digest(path) == content(path, "qcow2")


def test_a_raw_backing_file_that_looks_like_a_qcow2_stays_raw(tmp_path: Path, source: Path) -> None:
    base, top = tmp_path / "base.raw", tmp_path / "top.qcow2"
    inner = tmp_path / "inner.qcow2"
    qemu("qemu-img", "convert", "-f", "raw", "-O", "qcow2", source, inner)
    base.write_bytes(inner.read_bytes().ljust(2 * MIB, b"\0"))
    qemu("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", base, top)
    disk = open_disk(probe(top))
    assert disk.read(4) == b"QFI\xfb"
    assert digest(top) == content(top, "qcow2")


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("qcow2 -o extended_l2=on,cluster_size=128k", "features"),
        ("vpc", "appliance only"),
        ("vmdk -o subformat=monolithicFlat", "several files"),
    ],
)
def test_what_is_not_certain_is_left_to_the_appliance(tmp_path: Path, source: Path, how: str, reason: str) -> None:
    path = tmp_path / "disk"
    qemu("qemu-img", "convert", "-f", "raw", "-O", *how.split(), source, path)
    with pytest.raises(StepAside, match=reason):
        open_disk(probe(path))


def test_a_vhdx_with_a_log_to_replay_is_left_to_the_appliance(tmp_path: Path, source: Path) -> None:
    from wizard.fast.checksum import crc32c

    path = tmp_path / "disk.vhdx"
    qemu("qemu-img", "convert", "-f", "raw", "-O", "vhdx", source, path)
    image = probe(path)
    whole = bytearray(path.read_bytes())
    for at in (64 * 1024, 128 * 1024):
        header = whole[at : at + 4096]
        header[48:64] = b"logged by a VM. "
        header[4:8] = bytes(4)
        header[4:8] = struct.pack("<I", crc32c(bytes(header)) ^ 0xFFFFFFFF)
        whole[at : at + 4096] = header
    path.write_bytes(whole)
    with pytest.raises(StepAside, match="log"):
        open_disk(image)


def test_reads_that_no_guest_needs_are_refused(tmp_path: Path, source: Path) -> None:
    disk = open_disk(probe(source))
    assert read_at(disk, SIZE - 512, 512).startswith(b"the end")
    for offset, length in ((SIZE - 511, 512), (-1, 1), (0, 1 << 60), (1 << 60, 1)):
        with pytest.raises(StepAside):
            read_at(disk, offset, length)
    disk._left = BLOCK
    disk.seek(30 * MIB)
    with pytest.raises(StepAside, match="More than"):
        disk.read(2 * BLOCK)
