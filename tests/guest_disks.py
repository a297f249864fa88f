"""Lays guests.py's guests down on disks: partitions, volumes, file systems, and a table of files in them."""

from __future__ import annotations

import inspect
import io
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from fake_guest import Link
from guest_files import Table, filled
from images import _run, building, launched

MIB = 2048
"""Sectors in a mebibyte: partitions begin and end on them."""
TIME = 1_700_000_000


def built(name: str, table: Table, layout: Callable[[Any], Mapping[str, str]], size: int) -> Path:
    """The cached image, ``size`` MiB large: ``layout`` makes and mounts the file systems and says their UUIDs."""
    recipe = repr((table, size)) + "".join(inspect.getsource(made) for made in (layout, *_LAYERS))
    with building(name, recipe, ".qcow2") as (path, draft):
        if draft is not None:
            raw = draft.parent / "disk.raw"
            with raw.open("wb") as disk:
                disk.truncate(size * MIB * 512)
            g = launched(raw, "raw")
            tree = draft.parent / "tree.tar"
            tree.write_bytes(_packed(filled(table, layout(g))))
            g.tar_in(str(tree), "/")
            g.umount_all()
            g.shutdown()
            g.close()
            _run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(raw), str(draft))
    return path


def partition(g: Any, table: str, parts: Sequence[tuple[int, str]]) -> None:
    """Partitions one after another, each with its size in MiB (0: all that is left) and its type."""
    g.part_init("/dev/sda", table)
    start, end = MIB, g.blockdev_getsz("/dev/sda") - MIB
    for number, (size, kind) in enumerate(parts, 1):
        stop = start + size * MIB if size else end
        g.part_add("/dev/sda", "primary", start, stop - 1)
        if table == "gpt":
            g.part_set_gpt_type("/dev/sda", number, kind)
        else:
            g.part_set_mbr_id("/dev/sda", number, int(kind, 16))
        start = stop


def volumes(g: Any, device: str, group: str, sizes: Mapping[str, int]) -> None:
    """A volume group on one device, its logical volumes with their sizes in MiB."""
    g.pvcreate(device)
    g.vgcreate(group, [device])
    for name, size in sizes.items():
        g.lvcreate(name, group, size)


def mount(g: Any, points: Mapping[str, str]) -> None:
    """Mount parents before children, on folders made for them."""
    for point, device in points.items():
        if point != "/":
            g.mkdir_p(point)
        g.mount(device, point)


def _packed(table: Table) -> bytes:
    """A tar of the table: programs and scripts may be run, shadow and connections are root's alone."""
    packed = io.BytesIO()
    names = dict(table)
    for path in table:
        for folder in PurePosixPath(path).parents:
            names.setdefault(str(folder), None)
    del names["/"]
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, content in sorted(names.items()):
            member = tarfile.TarInfo(f".{path}")
            member.mtime = TIME
            data = content.encode() if isinstance(content, str) else content
            if isinstance(data, bytes):
                member.size = len(data)
                private = path.endswith(("/shadow", ".nmconnection"))
                member.mode = 0o600 if private else 0o755 if data.startswith((b"\x7fELF", b"#!")) else 0o644
                archive.addfile(member, io.BytesIO(data))
                continue
            member.type, member.mode = (tarfile.SYMTYPE, 0o777) if isinstance(data, Link) else (tarfile.DIRTYPE, 0o755)
            if isinstance(data, Link):
                member.linkname = data.target
            elif path in ("/tmp", "/var/tmp"):
                member.mode = 0o1777
            archive.addfile(member)
    return packed.getvalue()


_LAYERS = (partition, volumes, mount, _packed)
