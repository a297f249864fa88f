"""The superblock of a btrfs, and what of it the reader stands on."""

from __future__ import annotations

import hashlib
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from wizard.fast.checksum import crc32c
from wizard.fast.errors import StepAside
from wizard.fast.stream import Stream, read_at

SECTOR = 4096
"""Bytes; Linux on PCs mounts no other sector size."""
_AT, _LENGTH = 65536, 4096
_MAGIC = b"_BHRfS_M"
_HEADER = struct.Struct("<32s16sQQ8sQQQQQQQQQIIIIIQQQQHBBB")
_DEVICE = struct.Struct("<QQQIIIQQQIBB16s16s")
_DEVICE_AT, _LABEL_AT, _METADATA_UUID_AT, _CHUNKS_AT = 201, 299, 571, 811
_MOST_CHUNKS = 2048
_ROOT_DIRECTORY = 6
_MOST_LEVEL = 7

# What is known not to change what is read here. Not: RAID56, RAID1C34, zones, extent tree 2, stripes, simple quotas.
_METADATA_UUID = 0x400
_INCOMPAT = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x20 | 0x40 | 0x100 | 0x200 | _METADATA_UUID
_READ_ONLY_COMPAT = 0x1 | 0x2 | 0x4 | 0x8
"""Free space tree and its validity, verity (asked for each file), block group tree."""
_FLAGS = 0x1 | 0x2
"""Written, relocated. Not: errors, seeding, metadata dumps, a change of the UUID or of the checksums that goes on."""


def _crc(data: bytes) -> bytes:
    return (crc32c(data) ^ 0xFFFFFFFF).to_bytes(4, "little")


_DIGESTS: dict[int, Callable[[bytes], bytes]] = {
    0: _crc,
    2: lambda data: hashlib.sha256(data).digest(),
    3: lambda data: hashlib.blake2b(data, digest_size=32).digest(),
}


@dataclass(frozen=True, slots=True)
class TreeRoot:
    """Where a tree's top block lies, and what must stand in it."""

    owner: int
    address: int
    level: int
    generation: int


@dataclass(frozen=True, slots=True)
class Super:
    """A checked superblock. ``chunks`` is the array that leads to the chunk tree."""

    stream: Stream
    uuid: str
    label: str
    total_bytes: int
    node_size: int
    generation: int
    tree_uuid: bytes
    device: int
    device_uuid: bytes
    device_size: int
    root: TreeRoot
    chunk_root: TreeRoot
    chunks: bytes
    digest: Callable[[bytes], bytes]


def read_super(stream: Stream) -> Super:
    """Read and check the superblock. StepAside where the kernel would first replay something, or would not mount."""
    raw = read_at(stream, _AT, _LENGTH)
    (_, fsid, address, flags, magic, generation, root, chunk_root, log_root, _, total, used, root_directory, devices,
     sector, node_size, leaf_size, stripe, chunks_length, chunk_generation, _compat, ro_compat, incompat, csum_type,
     root_level, chunk_level, _) = _HEADER.unpack_from(raw)  # fmt: skip
    if magic != _MAGIC:
        raise StepAside("There is no btrfs superblock")
    digest = _DIGESTS.get(csum_type)
    if digest is None:
        raise StepAside(f"The btrfs checksums are of a kind that is not known here ({csum_type})")
    check_sum(digest, raw, "superblock")
    if unknown := incompat & ~_INCOMPAT:
        raise StepAside(f"The btrfs uses features that are not known here (incompat {unknown:#x})")
    if unknown := ro_compat & ~_READ_ONLY_COMPAT:
        raise StepAside(f"The btrfs uses features that are not known here (compat_ro {unknown:#x})")
    if unknown := flags & ~_FLAGS:
        raise StepAside(f"The btrfs superblock has flags that are not known here ({unknown:#x})")
    if log_root:
        raise StepAside("The btrfs log tree has changes to replay")
    if devices != 1:
        raise StepAside(f"The btrfs spans {devices} devices")
    tree_uuid = raw[_METADATA_UUID_AT : _METADATA_UUID_AT + 16] if incompat & _METADATA_UUID else fsid
    device, device_size, *_, device_uuid, owner = _DEVICE.unpack_from(raw, _DEVICE_AT)
    if device_size > stream.size:
        raise StepAside(f"The btrfs is {device_size} bytes long and its device {stream.size}")
    sound = (
        address == _AT
        and sector == SECTOR
        and node_size == leaf_size
        and node_size in (4096, 8192, 16384, 32768, 65536)
        and stripe.bit_count() == 1
        and chunk_generation <= generation
        and root_directory == _ROOT_DIRECTORY
        and max(root_level, chunk_level) <= _MOST_LEVEL
        and not (root % SECTOR or chunk_root % SECTOR)
        and 6 * node_size <= used
        and device_size <= total
        and owner == tree_uuid
        and chunks_length <= _MOST_CHUNKS
    )
    if not sound:
        raise StepAside("The figures of the btrfs superblock contradict each other")
    return Super(
        stream=stream,
        uuid=str(uuid.UUID(bytes=fsid)),
        label=_label(raw[_LABEL_AT : _LABEL_AT + 256]),
        total_bytes=total,
        node_size=node_size,
        generation=generation,
        tree_uuid=tree_uuid,
        device=device,
        device_uuid=device_uuid,
        device_size=device_size,
        root=TreeRoot(1, root, root_level, generation),
        chunk_root=TreeRoot(3, chunk_root, chunk_level, chunk_generation),
        chunks=raw[_CHUNKS_AT : _CHUNKS_AT + chunks_length],
        digest=digest,
    )


def check_sum(digest: Callable[[bytes], bytes], block: bytes, what: str) -> None:
    """StepAside unless a superblock or a node begins with the checksum of what follows byte 32."""
    found = digest(block[32:])
    if block[: len(found)] != found:
        raise StepAside(f"The checksum of a btrfs {what} is wrong")


def _label(field: bytes) -> str:
    try:
        return field.partition(b"\0")[0].decode().rstrip()
    except UnicodeDecodeError:
        raise StepAside("The btrfs label is no UTF-8") from None
