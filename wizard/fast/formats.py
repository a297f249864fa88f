"""Image formats, through dissect.hypervisor, after checking what it takes on trust."""

from __future__ import annotations

import importlib
import importlib.util
import struct
import sys
import types
from typing import Any

from wizard.fast.checksum import crc32c
from wizard.fast.disk import BLOCK, Disk, HostFile, big_endian, disk_over
from wizard.fast.errors import StepAside

_KIB = 1024
_QCOW2 = int.from_bytes(b"QFI\xfb", "big")
_DIRTY, _COMPRESSION = 1, 8
_MOST_L1 = 32 * 1024**2


def _library(name: str) -> Any:
    """One module of dissect.hypervisor, without its package's own imports: those load every format there is."""
    package = "dissect.hypervisor"
    if package not in sys.modules:
        spec = importlib.util.find_spec(package)
        if spec is None or spec.submodule_search_locations is None:
            raise StepAside("The fast reader's libraries are not installed")
        for part in (package, f"{package}.disk"):
            module = types.ModuleType(part)
            module.__path__ = [
                f"{place}{'/disk' if part != package else ''}" for place in spec.submodule_search_locations
            ]
            sys.modules[part] = module
    return importlib.import_module(f"{package}.disk.{name}")


def qcow2(file: HostFile, backing: Disk | None) -> Disk:
    """A qcow2 and its backing file, which dissect must not open by itself: it would go by its content."""
    magic, version, backing_offset = big_endian(file, 0, "IIQ")
    cluster_bits, size, encryption, l1_size, l1_offset = big_endian(file, 20, "IQIIQ")
    if magic != _QCOW2 or version not in (2, 3) or not 9 <= cluster_bits <= 21:
        raise StepAside("The qcow2 header is not understood")
    features = 0
    if version == 2:
        # Version 2 ends at byte 72; what follows there are extensions, which dissect would take for features.
        file.patches[72] = struct.pack(">QQQII", 0, 0, 0, 4, 104)
    else:
        (features,) = big_endian(file, 72, "Q")
    if features & ~(_DIRTY | _COMPRESSION):
        raise StepAside(f"The qcow2 uses features that are not known here ({features:#x})")
    covered = l1_size << (2 * cluster_bits - 3)
    if encryption or l1_size * 8 > _MOST_L1 or covered < size or l1_offset % (1 << cluster_bits):
        raise StepAside("The figures of the qcow2 header contradict each other")
    if bool(backing_offset) != (backing is not None):
        raise StepAside("The backing file of the qcow2 is not the one that qemu sees")
    image = _library("qcow2").QCow2(file, allow_no_backing_file=True)
    image.backing_file = _Endless(backing) if backing is not None else None
    return disk_over(image.open(), size)


class _Endless:
    """A backing file that may be shorter than the image over it: zeros follow."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._disk.seek(offset, whence)

    def read(self, length: int, /) -> bytes:
        return self._disk.read(length).ljust(length, b"\0")


def vmdk(file: HostFile) -> Disk:
    """A vmdk that is one sparse file; those of several files, or with a parent, are left to qemu."""
    if file.read(4) != b"KDMV":
        raise StepAside("A vmdk of several files is read by the appliance only")
    file.seek(0)
    image = _library("vmdk").VMDK(file)
    (disk,) = image.disks
    if disk.parent is not None or (disk.descriptor and disk.descriptor.attr.get("parentCID", "ffffffff") != "ffffffff"):
        raise StepAside("The vmdk has a parent")
    grain = disk.header.grain_size * 512
    if not grain or (BLOCK % grain and grain % BLOCK):
        raise StepAside("The vmdk has grains of an unusual size")
    return _over_sectors(image)


def vdi(file: HostFile) -> Disk:
    """A VDI, dynamic or fixed, that stands alone."""
    file.seek(0)
    image = _library("vdi").VDI(file)
    header = image.header
    parent = any(header.uuidLinkage) or any(header.uuidParentModify)
    if int(header.u32Type) not in (1, 2) or image.block_size != 1024 * _KIB or header.cbBlockExtra or parent:
        raise StepAside("The VDI is of a kind that is not known here")
    if image.number_of_blocks * image.block_size < image.size:
        raise StepAside("The VDI has fewer blocks than its disk needs")
    return disk_over(image.open(), image.size)


def vhdx(file: HostFile) -> Disk:
    """A VHDX whose log is empty."""
    for offset in (64 * _KIB, 128 * _KIB):
        file.seek(offset)
        header = file.read(4 * _KIB)
        if header[:4] != b"head" or not _sound(header):
            raise StepAside("A header of the VHDX is damaged")
        if any(header[48:64]):
            raise StepAside("The log of the VHDX has changes to replay")
    file.seek(192 * _KIB)
    if not _sound(file.read(64 * _KIB)):
        raise StepAside("The region table of the VHDX is damaged")
    file.seek(0)
    image = _library("vhdx").VHDX(file)
    if image.has_parent or image.sector_size != 512 or image.block_size % BLOCK or not image.block_size:
        raise StepAside("The VHDX is of a kind that is not known here")
    return _over_sectors(image)


def _over_sectors(image: Any) -> Disk:
    """A disk over what reads sectors: as streams these fail at the end of a disk that ends within a buffer."""
    return Disk(image.size, lambda offset, length: image.read_sectors(offset // 512, -(-length // 512)))


def _sound(structure: bytes) -> bool:
    """Whether a structure of a VHDX has the CRC-32C that stands in its bytes 4 to 8."""
    stored = struct.unpack_from("<I", structure, 4)[0]
    return bool(stored == crc32c(structure[:4] + bytes(4) + structure[8:]) ^ 0xFFFFFFFF)
