"""Small disks and overlays for the tests of commit and undo: no guest inside, real formats outside."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MIB = 1024**2
SIZE = 64 * MIB
TIMING = "Unable to get accurate CPU usage"
"""What qemu-img says now and then on a busy machine when it makes a LUKS image: it is to be asked again."""


def qemu(*words: str | Path) -> str:
    """Run one qemu tool; its output."""
    for _ in range(20):
        done = subprocess.run(list(map(str, words)), check=False, capture_output=True, text=True)
        if TIMING not in done.stderr:
            break
    done.check_returncode()
    return done.stdout


def disk(path: Path, image_format: str, *options: str) -> Path:
    """A disk with an MBR signature and some data, in a format."""
    raw = path.with_name(path.name + ".source")
    content = bytearray(SIZE)
    content[510:512] = b"\x55\xaa"
    content[MIB : MIB + 8 * MIB] = bytes(range(256)) * (8 * MIB // 256)
    raw.write_bytes(content)
    qemu("qemu-img", "convert", "-f", "raw", "-O", image_format, *options, raw, path)
    raw.unlink()
    return path


def overlay(path: Path, image: Path, image_format: str, *writes: str) -> Path:
    """An overlay over an image with some qemu-io writes in it."""
    qemu("qemu-img", "create", "-q", "-f", "qcow2", "-F", image_format, "-b", image, path)
    for write in writes:
        qemu("qemu-io", "-f", "qcow2", "-c", write, path)
    return path


# Over data, half a cluster, over a hole, zeros over data, and the end of the disk.
WRITES = ("write -P 0x11 2M 3M", "write -P 0x22 6148k 4k", "write -P 0x33 40M 12M", "write -z 8M 1M",
          f"write -P 0x44 {SIZE - 512} 512")  # fmt: skip


@contextmanager
def held(path: Path, image_format: str) -> Iterator[None]:
    """Another program has the image open for writing, as a running machine would."""
    words = ["qemu-io", "-f", image_format, path]
    holder = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdin
        assert holder.stdout
        holder.stdin.write("length\n")
        holder.stdin.flush()
        holder.stdout.readline()  # it has answered: it has the image open
        yield
    finally:
        holder.communicate("q\n", timeout=30)


def content(path: Path, image_format: str) -> str:
    """The SHA-256 of what the guest would see of an image."""
    raw = path.with_name(path.name + ".content")
    qemu("qemu-img", "convert", "-f", image_format, "-O", "raw", path, raw)
    found = hashlib.sha256(raw.read_bytes()).hexdigest()
    raw.unlink()
    return found


def sha256(path: Path) -> str:
    """The SHA-256 of a file as it is."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
