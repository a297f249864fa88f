"""The reader of initial RAM disks: every compression, archives one after another, and any bytes."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random

import pytest
from backports import zstd
from fake_guest import FakeGuest
from hypothesis import given
from hypothesis import strategies as st
from initrd_files import cpio

from remediations.guest import GuestError
from remediations.linux.initramfs import names

PATH = "/boot/initrd"
MAIN = cpio("init", "usr/lib/modules/6.1/kernel/drivers/block/virtio_blk.ko.zst")
EARLY = cpio("kernel/x86/microcode/GenuineIntel.bin", size=3000)
EXPECTED = [
    "kernel/x86/microcode/GenuineIntel.bin",
    "init",
    "usr/lib/modules/6.1/kernel/drivers/block/virtio_blk.ko.zst",
]


def read(content: bytes) -> list[str]:
    return list(names(FakeGuest({PATH: content}), PATH))


@pytest.mark.parametrize(
    "packed",
    [
        MAIN,
        gzip.compress(MAIN, mtime=0),
        bz2.compress(MAIN),
        lzma.compress(MAIN, check=lzma.CHECK_CRC32),
        lzma.compress(MAIN, format=lzma.FORMAT_ALONE),
        zstd.compress(MAIN),
    ],
    ids=["plain", "gzip", "bzip2", "xz", "lzma", "zstd"],
)
def test_every_compression_behind_microcode(packed: bytes) -> None:
    assert read(EARLY + packed) == EXPECTED
    assert read(EARLY + packed + b"\0" * 512 + gzip.compress(cpio("late"))) == [*EXPECTED, "late"]


def test_large_files_are_passed_over() -> None:
    large = cpio("first", "second", size=9 * 1024**2)
    assert read(gzip.compress(large, 1)) == ["first", "second"]
    noise = random.Random(1).randbytes(9 * 1024**2)  # what does not compress comes in many pieces
    assert read(gzip.compress(cpio("a", size=len(noise)).replace(b"x" * len(noise), noise), 1)) == ["a"]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (gzip.compress(MAIN, mtime=0)[:-40], "ends too early"),
        (MAIN[:200], "ends too early"),
        (b"\x02\x21\x4c\x18" + MAIN, "lz4"),
        (b"#!/bin/sh\n", "unknown"),
        (gzip.compress(b"no archive" * 50, mtime=0), "no cpio archive"),
        (b"070701" + b"z" * 200, "could not be read"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_path(content: bytes, word: str) -> None:
    with pytest.raises(GuestError, match=word) as raised:
        read(content)
    assert PATH in str(raised.value)


BEGINNINGS = [b"", b"070701", b"\x1f\x8b\x08", b"\xfd7zXZ\0", b"\x5d\0\0", b"\x28\xb5\x2f\xfd", MAIN]


@given(st.binary(), st.sampled_from(BEGINNINGS))
def test_any_bytes_are_read_or_refused(content: bytes, before: bytes) -> None:
    try:
        assert all(isinstance(name, str) for name in read(before + content))
    except GuestError:
        assert before or content.strip(b"\0")
