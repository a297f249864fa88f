"""Deltas: qcow2 files, backed by an image, that hold some extents of its content. The stuff of commit and undo."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from wizard import qemu
from wizard.image import Image

CLUSTER = 64 * 1024
"""Bytes of a delta's cluster; extents begin on its multiples."""
SECTOR = 512
HEARTBEAT_SECONDS = 0.5


@dataclass(frozen=True)
class Extent:
    """A run of the disk's bytes."""

    offset: int
    length: int


def extents(delta: Path) -> tuple[Extent, ...]:
    """What a delta itself holds (not its backing file), in order, adjacent runs joined."""
    mapped = json.loads(qemu.run("qemu-img", "map", "--output=json", "-f", "qcow2", delta))
    found: list[Extent] = []
    for run in mapped:
        # depth 0 is the delta itself, whether data or zeros that hide what is behind.
        if run["depth"] != 0 or not run.get("present", True):
            continue
        start, length = int(run["start"]), int(run["length"])
        if found and found[-1].offset + found[-1].length == start:
            found[-1] = Extent(found[-1].offset, found[-1].length + length)
        else:
            found.append(Extent(start, length))
    return tuple(found)


def capture(source: Path, source_format: str, wanted: Sequence[Extent], path: Path) -> None:
    """Make a delta at ``path``, over the source, that holds the source's present content of the wanted extents.

    qemu's copy-on-read does it: what is read through the delta is filled in from the image behind it.
    """
    words = ("qemu-img", "create", "-q", "-f", "qcow2", "-o", f"cluster_size={CLUSTER}")
    qemu.run(*words, "-F", source_format, "-b", source, path, seconds=qemu.PROBE_SECONDS)
    path.chmod(0o600)
    lines = []
    for extent in wanted:
        # qemu-io reads at most 2 GiB at once.
        for offset in range(extent.offset, extent.offset + extent.length, 1 << 28):
            lines.append(f"read -q {offset} {min(1 << 28, extent.offset + extent.length - offset)}")
    output = qemu.run("qemu-io", "-C", "-f", "qcow2", path, feed="\n".join([*lines, "q", ""]))
    if "failed" in output or "rror" in output:
        raise qemu.QemuError(f"qemu-io: {output.strip()[-300:]}")


def digests(delta: Path, wanted: Sequence[Extent]) -> tuple[str, ...]:
    """The SHA-256 of each wanted extent's content, as the delta holds it; what it does not hold counts as zeros."""
    with flattened(delta) as raw:
        return tuple(_digest(raw.name, extent) for extent in wanted)


def flattened(delta: Path) -> tempfile._TemporaryFileWrapper[bytes]:
    """A temporary sparse raw file with only what the delta itself holds, at its place; zeros elsewhere."""
    raw = tempfile.NamedTemporaryFile(prefix=".flat-", dir=delta.parent)  # noqa: SIM115 - the caller closes it
    alone = {"driver": "qcow2", "file": {"driver": "file", "filename": str(delta)}, "backing": None}
    try:
        qemu.run("qemu-img", "convert", "-O", "raw", f"json:{json.dumps(alone)}", raw.name)
    except BaseException:
        raw.close()
        raise
    return raw


def rebase(delta: Path, image: Image) -> None:
    """Point a delta to where its image is now: it may have been moved together with its state folder."""
    qemu.run("qemu-img", "rebase", "-u", "-f", "qcow2", "-F", image.format, "-b", image.path, delta)


def write_back(delta: Path, image: Image, hold: Sequence[int], heartbeat: Path) -> None:
    """Write what a delta holds into its image, and make it durable. May be run again after any interruption.

    While it is interrupted, what the image holds within the delta's extents is undefined: a qcow2 may show there
    what was meant for another place, until the write is run again. ``heartbeat`` then tells when we last wrote.
    """
    with _beating(heartbeat):
        # The writer must not go on after we are killed: nothing would say until when it wrote.
        dying = ("setpriv", "--pdeathsig", "KILL")
        qemu.run(*dying, "qemu-img", "commit", "-q", "-d", "-f", "qcow2", delta, hold=hold)
        for file in image.files:
            sync(file)


@contextmanager
def _beating(heartbeat: Path) -> Iterator[None]:
    """Keep a file's modification time at now."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            os.utime(heartbeat)

    heartbeat.touch(0o600)
    os.utime(heartbeat)
    sync(heartbeat.parent)
    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        os.utime(heartbeat)


def untouched_since(heartbeat: Path, image: Image) -> bool:
    """Whether nothing has written to the image's files since our own last, interrupted, write."""
    try:
        latest = max(file.stat().st_mtime for file in image.files)
        return latest <= heartbeat.stat().st_mtime + HEARTBEAT_SECONDS * 4
    except OSError:
        return False  # there was no write of ours, or the image is gone


def mend_leaks(image: Image) -> None:
    """Free the clusters that a killed writer had taken and not used; the disk's content is not touched."""
    if image.format == "qcow2":
        qemu.run("qemu-img", "check", "-q", "-r", "leaks", "-f", "qcow2", image.path)


def sync(path: Path) -> None:
    """fsync a file or folder."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _digest(raw: str, extent: Extent) -> str:
    counted = hashlib.sha256()
    with Path(raw).open("rb") as file:
        file.seek(extent.offset)
        left = extent.length
        while left:
            part = file.read(min(left, 1 << 20))
            # The last cluster of the delta may reach beyond the disk's end.
            part = part or b"\0" * min(left, 1 << 20)
            counted.update(part)
            left -= len(part)
    return counted.hexdigest()


def differing(one: Path, other: Path, wanted: Sequence[Extent]) -> tuple[Extent, ...]:
    """The clusters of the wanted extents that two deltas hold differently."""
    return tuple(piece for piece, (a, b) in _pieces((one, other), wanted) if a != b)


def between(now: Path, before: Path, after: Path, wanted: Sequence[Extent]) -> bool:
    """Whether every sector of the wanted extents in ``now`` is that of ``before`` or of ``after``.

    True for an image whose writing was interrupted, false for one that something else wrote to since.
    """
    return all(a in (b, c) or _mixed(a, b, c) for _piece, (a, b, c) in _pieces((now, before, after), wanted))


def _pieces(deltas: Sequence[Path], wanted: Sequence[Extent]) -> Iterator[tuple[Extent, list[bytes]]]:
    """The wanted extents cluster by cluster, with what each delta holds there."""
    with ExitStack() as stack:
        files = [stack.enter_context(flattened(delta)) for delta in deltas]
        for extent in wanted:
            for offset in range(extent.offset, extent.offset + extent.length, CLUSTER):
                piece = Extent(offset, min(CLUSTER, extent.offset + extent.length - offset))
                yield piece, [os.pread(file.fileno(), piece.length, offset) for file in files]


def _mixed(now: bytes, before: bytes, after: bytes) -> bool:
    return all(
        now[at : at + SECTOR] in (before[at : at + SECTOR], after[at : at + SECTOR])
        for at in range(0, len(now), SECTOR)
    )
