"""What grows a root partition and its file system at boot: cloud-init's growpart and resizefs, and what comes earlier.

Source: cloud-init's cc_growpart.py and cc_resizefs.py.
"""

from __future__ import annotations

from functools import partial

import yaml

from remediations.guest import Guest, RootDisk
from remediations.linux import cloud_config, cloud_init, early_growers, grow_tools, growroot
from remediations.linux.cloud_config import CloudConfig, module_name
from remediations.linux.disk_names import disk_name
from remediations.linux.early_growers import Growth
from remediations.linux.fault import Edit, Fault, lacking
from remediations.linux.kernels import kernels
from remediations.linux.yaml_document import YamlError, parse
from remediations.linux.yaml_edit import insert_item, set_scalar
from remediations.vocabulary import Evidence, PlanError

_MODULES = "cloud_init_modules"
_FALSE = ("off", "0", "no", "false")


def partition_growth(guest: Guest, disk: RootDisk) -> Growth:
    """Whether the root partition grows: by cloud-init, or by what comes before it. One that works is enough."""
    cloud = _cloud_partition(guest, disk)
    early = early_growers.partition(guest, disk) if cloud.faults else None
    return early or cloud


def filesystem_growth(guest: Guest, disk: RootDisk) -> Growth:
    """Whether the root file system grows: by cloud-init, or by what comes before it. One that works is enough."""
    cloud = _cloud_filesystem(guest, disk)
    early = early_growers.filesystem(guest, disk) if cloud.faults else None
    return early or cloud


def _cloud_partition(guest: Guest, disk: RootDisk) -> Growth:
    needed = (*grow_tools.partition(guest, disk.table), *_kernel(guest))
    if not cloud_init.installed(guest):
        return Growth((cloud_init.missing(guest), *needed))
    config = cloud_config.load(guest)
    faults = [
        *cloud_init.faults(guest, cloud_init.NETWORK),
        *_module(config, "growpart"),
        *_mode(config, disk),
        *_order(config),
        *needed,
    ]
    ignored = str(config.get("growpart", "ignore_growroot_disabled")).strip().lower()
    if not config.has("growpart", "ignore_growroot_disabled") or ignored in _FALSE:
        faults += growroot.disabled(guest)
    return Growth(tuple(faults), _module_places(config, "growpart"))


def _cloud_filesystem(guest: Guest, disk: RootDisk) -> Growth:
    needed = grow_tools.filesystem(guest, disk.filesystem)
    if not cloud_init.installed(guest):
        return Growth((cloud_init.missing(guest), *needed))
    config = cloud_config.load(guest)
    faults = [*cloud_init.faults(guest, cloud_init.NETWORK), *_module(config, "resizefs"), *needed]
    switch = config.get("resize_rootfs")
    if config.has("resize_rootfs") and str(switch).strip().lower() not in ("true", "1", "on", "yes", "noblock"):
        edit = _edit(config, ("resize_rootfs",), True)
        faults.append(Fault("resize_rootfs is off", config.evidence("resize_rootfs"), edits=edit))
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


def _mode(config: CloudConfig, disk: RootDisk) -> list[Fault]:
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
            certain = not any(_may_be_root(device, disk) for device in listed)
            sentence = f"growpart's devices are {' '.join(listed) or 'none'}, not /"
            faults.append(Fault(sentence, config.evidence("growpart", "devices"), certain=certain))
    return faults


def _may_be_root(device: str, disk: RootDisk) -> bool:
    """Whether a device file may be the root's partition: what the disk is called is the machine's."""
    name = disk_name(device)
    return device.startswith("/dev/") and (name is None or disk.number is None or name.number == disk.number)


def _edit(config: CloudConfig, keys: tuple[str, ...], value: str | bool) -> tuple[Edit, ...]:
    document = config.document(*keys)
    return () if document is None else (Edit(document.path, lambda content: set_scalar(content, keys, value)),)


def _kernel(guest: Guest) -> list[Fault]:
    """Linux 3.8 is the first that takes the new size of a partition in use (BLKPG_RESIZE_PARTITION)."""
    found = kernels(guest)
    if not found:
        return [Fault("Which kernel the guest boots could not be established", certain=False)]
    if found[-1].version >= (3, 8):
        return []
    sentence = f"The kernel {found[-1].release} cannot grow a partition in use (3.8 can)"
    return [lacking(guest, sentence, (found[-1].evidence,), "growroot")]
