"""What grows a root partition and its file system at boot: cloud-init's growpart and resizefs, and growroot.

Source: cloud-init's cc_growpart.py and cc_resizefs.py; cloud-initramfs-tools' growroot script.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

import yaml

from remediations.guest import FileKind, Guest, RootDisk
from remediations.linux import cloud_config, cloud_init
from remediations.linux.cloud_config import CloudConfig, module_name
from remediations.linux.fault import Edit, Fault, removal
from remediations.linux.kernels import kernels
from remediations.linux.yaml_document import YamlError, parse
from remediations.linux.yaml_edit import insert_item, set_scalar
from remediations.vocabulary import Evidence, PlanError

GROWROOT = "cloud-initramfs-growroot"
DISABLED = "/etc/growroot-disabled"
_GROWROOT_DONE = ("/etc/growroot-grown", "/var/lib/cloud/instance/root-grown")
_FOLDERS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin")
_RESIZERS = {"xfs": ("xfs_growfs", "xfsprogs"), "btrfs": ("btrfs", "btrfs-progs")}
_MODULES = "cloud_init_modules"
_FALSE = ("off", "0", "no", "false")


@dataclass(frozen=True)
class Growth:
    """What is wrong with one way of growing, and where it shows that it works."""

    faults: tuple[Fault, ...]
    evidence: tuple[Evidence, ...] = ()


def partition_growth(guest: Guest, disk: RootDisk) -> Growth:
    """Whether the root partition grows: by the initramfs where growroot is installed, else by cloud-init."""
    if GROWROOT in guest.packages:
        return Growth(tuple(_growroot(guest)), (Evidence("/var/lib/dpkg/status", text=f"Package: {GROWROOT}"),))
    if not cloud_init.installed(guest):
        return Growth((cloud_init.missing(),))
    config = cloud_config.load(guest)
    faults = [*cloud_init.faults(guest), *_module(config, "growpart"), *_mode(config), *_order(config)]
    faults += [*_tools(guest, disk), *_kernel(guest)]
    ignored = str(config.get("growpart", "ignore_growroot_disabled")).strip().lower()
    if not config.has("growpart", "ignore_growroot_disabled") or ignored in _FALSE:
        faults += _disabled(guest)
    return Growth(tuple(faults), _module_places(config, "growpart"))


def filesystem_growth(guest: Guest, disk: RootDisk) -> Growth:
    """Whether the root file system grows: by systemd-growfs where fstab asks for it, else by cloud-init."""
    # cloud-init grows the partition when systemd-growfs has run: that only counts with nothing left to grow by then.
    grown_early = disk.kind == "disk" or GROWROOT in guest.packages
    if grown_early and (place := _growfs(guest)):
        return Growth((), (place,))
    if not cloud_init.installed(guest):
        return Growth((cloud_init.missing(),))
    config = cloud_config.load(guest)
    faults = [*cloud_init.faults(guest), *_module(config, "resizefs")]
    switch = config.get("resize_rootfs")
    if config.has("resize_rootfs") and str(switch).strip().lower() not in ("true", "1", "on", "yes", "noblock"):
        edit = _edit(config, ("resize_rootfs",), True)
        faults.append(Fault("resize_rootfs is off", config.evidence("resize_rootfs"), edits=edit))
    program, package = _RESIZERS.get(disk.filesystem, ("resize2fs", "e2fsprogs"))
    faults += _program(guest, (program,), package)
    return Growth(tuple(faults), _module_places(config, "resizefs"))


def _module_places(config: CloudConfig, name: str) -> tuple[Evidence, ...]:
    """The lines that list a module."""
    found = []
    for key in (f"cloud_{stage}_modules" for stage in ("init", "config", "final")):
        document, node = config.document(key), config.node(key)
        for item in node.value if document is not None and isinstance(node, yaml.SequenceNode) else []:
            if document is not None and isinstance(item, yaml.ScalarNode) and module_name(item.value) == name:
                line = document.text.count("\n", 0, item.start_mark.index)
                found.append(Evidence(document.path, line + 1, document.text.split("\n")[line].strip()))
    return tuple(found)


def _module(config: CloudConfig, name: str) -> list[Fault]:
    if any(name in config.modules(stage) for stage in ("init", "config", "final")):
        return []
    document = config.document(_MODULES)
    if document is None:
        return [Fault(f"cloud-init has no {_MODULES}: {name} does not run")]
    edit = Edit(document.path, partial(_with_module, name))
    return [Fault(f"{name} is not in {_MODULES}", config.evidence(_MODULES), edits=(edit,))]


def _with_module(name: str, content: bytes) -> bytes:
    """``growpart`` before ``resizefs``, which grows the file system into what it made; else at the list's end."""
    try:
        value = parse("", content).value
    except YamlError as error:
        raise PlanError(str(error)) from error
    items = value.get(_MODULES) if isinstance(value, dict) else None
    if not isinstance(items, list):
        raise PlanError(f"{_MODULES} is no list")
    listed = [module_name(item) for item in items]
    before = len(listed)
    if name == "growpart" and "resizefs" in listed:
        before = listed.index("resizefs")
    elif name == "resizefs" and "growpart" in listed:
        before = listed.index("growpart") + 1
    return insert_item(content, (_MODULES,), name, before)


def _order(config: CloudConfig) -> list[Fault]:
    order = [module for stage in ("init", "config", "final") for module in config.modules(stage)]
    if "growpart" in order and "resizefs" in order and order.index("resizefs") < order.index("growpart"):
        sentence = "resizefs runs before growpart: the file system grows one boot late"
        return [Fault(sentence, config.evidence(_MODULES), obstacle=f"{sentence}; put growpart first")]
    return []


def _mode(config: CloudConfig) -> list[Fault]:
    evidence = config.evidence("growpart")
    if config.has("growpart") and not isinstance(config.get("growpart"), dict):
        return [Fault("cloud-init's growpart setting is no mapping: nothing grows", evidence)]
    mode = str(config.get("growpart", "mode")).strip().lower() if config.has("growpart", "mode") else "auto"
    faults = []
    if mode not in ("auto", "growpart"):
        edits = _edit(config, ("growpart", "mode"), "auto")
        faults.append(Fault(f"growpart's mode is {mode}", config.evidence("growpart", "mode"), edits=edits))
    if config.has("growpart", "devices"):
        devices = config.get("growpart", "devices")
        listed = [str(device) for device in devices] if isinstance(devices, list) else [str(devices)]
        if "/" not in listed:
            certain = not any(device.startswith("/dev/") for device in listed)
            sentence = f"growpart's devices are {' '.join(listed) or 'none'}, not /"
            faults.append(Fault(sentence, config.evidence("growpart", "devices"), certain=certain))
    return faults


def _edit(config: CloudConfig, keys: tuple[str, ...], value: str | bool) -> tuple[Edit, ...]:
    document = config.document(*keys)
    return () if document is None else (Edit(document.path, lambda content: set_scalar(content, keys, value)),)


def _tools(guest: Guest, disk: RootDisk) -> list[Fault]:
    faults = _program(guest, ("growpart",), "cloud-guest-utils")
    # growpart works through sfdisk, and for GPT through sgdisk as well: before util-linux 2.26 sfdisk has no GPT.
    if disk.table == "dos":
        return faults + _program(guest, ("sfdisk",), "fdisk")
    release = re.match(r"(?:\d+:)?(\d{1,4})\.(\d{1,4})", guest.packages.get("util-linux", ""))
    if release and (int(release[1]), int(release[2])) < (2, 26):
        return faults + _program(guest, ("sgdisk",), "gdisk")
    return faults + _program(guest, ("sfdisk", "sgdisk"), "fdisk")


def _program(guest: Guest, names: tuple[str, ...], package: str) -> list[Fault]:
    if any(guest.exists(f"{folder}/{name}") for folder in _FOLDERS for name in names):
        return []
    advice = f"Install the package {package} in the guest, or with virt-customize --install {package}: "
    return [
        Fault(
            f"The guest has no {' or '.join(names)}",
            (Evidence(f"/usr/sbin/{names[0]}", text="absent"),),
            obstacle=advice + "installing packages comes in a later release",
            needs=(f"package {package}",),
        )
    ]


def _kernel(guest: Guest) -> list[Fault]:
    """Linux 3.8 is the first that takes the new size of a partition in use (BLKPG_RESIZE_PARTITION)."""
    found = kernels(guest)
    if not found:
        return [Fault("Which kernel the guest boots could not be established", certain=False)]
    if found[-1].version >= (3, 8):
        return []
    sentence = f"The kernel {found[-1].release} cannot grow a partition in use (3.8 can)"
    needs = (f"package {GROWROOT}",)
    return [Fault(sentence, (found[-1].evidence,), obstacle=f"{sentence}: install {GROWROOT}", needs=needs)]


def _disabled(guest: Guest) -> list[Fault]:
    found = guest.stat(DISABLED)
    if found is None or found.kind is not FileKind.FILE:
        return []
    place = Evidence(DISABLED, text="its presence disables growing")
    return [removal(guest, DISABLED, f"{DISABLED} disables growing", (place,))]


def _growroot(guest: Guest) -> list[Fault]:
    faults = _disabled(guest)
    for path in _GROWROOT_DONE:
        if guest.exists(path):
            place = Evidence(path, text="its presence tells growroot that the work is done")
            faults.append(removal(guest, path, f"{path} keeps growroot from running", (place,)))
    if not guest.glob("/boot/initrd.img-*"):
        faults.append(Fault("growroot runs in the initial RAM disk, and /boot has none", certain=False))
    return faults


def _growfs(guest: Guest) -> Evidence | None:
    """The fstab line that asks systemd to grow the root file system (systemd.mount(5), x-systemd.growfs)."""
    found = guest.stat("/etc/fstab")
    if found is None or found.kind is not FileKind.FILE:
        return None
    for number, line in enumerate(guest.read("/etc/fstab").decode("utf-8", "surrogateescape").split("\n"), 1):
        fields = line.split()
        if (
            len(fields) > 3
            and not fields[0].startswith("#")
            and fields[1] == "/"
            and "x-systemd.growfs" in fields[3].split(",")
        ):
            return Evidence("/etc/fstab", number, line.strip())
    return None
