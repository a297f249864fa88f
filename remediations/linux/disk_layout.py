"""Whether a root file system has room to grow: what stands behind it, and whether it fills what it has."""

from __future__ import annotations

from remediations.guest import Partition, RootDisk
from remediations.linux.fault import Fault

_NAMES = {
    "0x82": "swap",
    "0x8e": "LVM",
    "0xfd": "RAID",
    "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F": "swap",
    "E6D6D379-F507-44C2-A23C-238F2A3DF928": "LVM",
    "A19D880F-05FC-4D3B-A006-743F0F84911E": "RAID",
    "C12A7328-F81F-11D2-BA4B-00A0C93EC93B": "EFI system partition",
    "21686148-6449-6E6F-744E-656564454649": "BIOS boot partition",
    "0FC63DAF-8483-4772-8E79-3D69D8477DE4": "Linux",
    "0x83": "Linux",
}
_ONLINE = ("ext3", "ext4", "xfs", "btrfs")
"""File systems that grow while they are mounted."""
_MIB = 1024**2


def layout_faults(disk: RootDisk, in_place: bool = True) -> list[Fault]:
    """What keeps the root of one disk from growing, or from filling what it has now.

    ``in_place`` tells that its own partition is what grows; LVM may take in a new one instead.
    """
    faults = _filesystem(disk)
    if disk.kind == "other":
        sentence = (
            "The root file system stands on something whose growth is not known (RAID, encryption, several disks)"
        )
        return [*faults, Fault(sentence, certain=False)]
    if disk.number is not None:
        faults += _partitions(disk, disk.number, in_place)
    elif disk.kind == "partition":
        faults.append(Fault("Which partition holds the root file system could not be established", certain=False))
    return faults


def tolerance(space: int) -> int:
    """Bytes that a file system may fall short of its device.

    mkfs and resize2fs round down to whole blocks and drop a last block group too small for its own tables, xfs an
    allocation group: a few MiB at most, whatever the size. One per cent covers larger metadata on larger disks; a
    partition that was grown without its file system falls short by far more.
    """
    return max(4 * _MIB, space // 100)


def _filesystem(disk: RootDisk) -> list[Fault]:
    faults = []
    if disk.filesystem not in _ONLINE:
        what = disk.filesystem or "of unknown type"
        faults.append(Fault(f"The root file system is {what}: it cannot grow while it is mounted"))
    if disk.filesystem_size is None or disk.space is None:
        faults.append(Fault("Whether the root file system fills its device could not be established", certain=False))
    elif disk.filesystem_size > disk.space:
        sentence = "The root file system is larger than its device: the image was cut off"
        faults.append(Fault(sentence, obstacle=f"{sentence}; nothing repairs that safely"))
    elif disk.space - disk.filesystem_size > tolerance(disk.space):
        sentence = f"The root file system has {_size(disk.filesystem_size)} of the {_size(disk.space)} of its device"
        tool = {"xfs": "xfs_growfs", "btrfs": "btrfs filesystem resize max"}.get(disk.filesystem, "resize2fs")
        faults.append(Fault(sentence, obstacle=f"{sentence}: grow it with {tool}"))
    return faults


def _partitions(disk: RootDisk, number: int, in_place: bool) -> list[Fault]:
    faults = []
    if beyond := [partition.number for partition in disk.partitions if partition.end >= disk.disk_size]:
        sentence = f"Partition {beyond[0]} ends beyond the disk: the partition table does not fit the image"
        faults.append(Fault(sentence, obstacle=f"{sentence}; nothing repairs that safely"))
    root = next((partition for partition in disk.partitions if partition.number == number), None)
    if root is None:
        return [*faults, Fault(f"Partition {number}, the root's, is not in the partition table", certain=False)]
    if not in_place:
        return faults
    if behind := [partition for partition in disk.partitions if partition.start > root.end]:
        names = ", ".join(_name(partition) for partition in sorted(behind, key=lambda known: known.start))
        sentence = f"The root partition {number} is not the last of the disk: behind it {_verb(behind)} {names}"
        advice = f"{sentence}. Move or remove what is behind it, for example with virt-resize into a new image"
        faults.append(Fault(sentence, obstacle=advice))
    if root.kind == "logical":
        # growpart rewrites the one partition that it is given; the extended one around it stays as small as it is.
        sentence = (
            f"The root partition {number} is a logical one, and growpart does not grow the extended one around it"
        )
        faults.append(Fault(sentence, obstacle=f"{sentence}: use a primary partition or GPT"))
    return faults


def _name(partition: Partition) -> str:
    what = partition.kind if partition.kind == "extended" else _NAMES.get(partition.type, "")
    if partition.kind == "logical":
        what = f"logical {what}".strip()
    return f"partition {partition.number}" + (f" ({what})" if what else "")


def _verb(partitions: list[Partition]) -> str:
    return "stands" if len(partitions) == 1 else "stand"


def _size(size: int) -> str:
    return f"{size / _MIB:.0f} MiB" if size < 10 * 1024 * _MIB else f"{size / (1024 * _MIB):.1f} GiB"
