"""Will cloud-init find, on an OpenStack cloud, the datasource that the cloud serves, and will it ask it anew?"""

from __future__ import annotations

import re

from remediations.guest import FileKind, Guest, GuestError
from remediations.linux import ds_identify, yaml_edit
from remediations.linux.cloud_config import CONFIG, CloudConfig
from remediations.linux.fault import Edit, Fault, removal
from remediations.linux.text import decode
from remediations.vocabulary import Evidence

_KEY = "datasource_list"
_SEEDED = ("ConfigDrive", "OpenStack", "None")
"""What is looked for where the image holds a NoCloud seed: nothing that could be found before OpenStack."""


def faults(guest: Guest, config: CloudConfig) -> list[Fault]:
    """What keeps the metadata of a new instance from cloud-init. Raises GuestError."""
    misdirected = ds_identify.misdirecting(guest) if ds_identify.used(guest) else []
    # The seed's edit replaces the whole list, so it comes behind the one that adds to it.
    return [*misdirected, *_list(guest, config), *_seed(guest, config), *_stale(guest, config)]


def remark(config: CloudConfig) -> str:
    """A sentence about a list that works but gives something up; empty where there is nothing to say."""
    listed = config.get(_KEY)
    if isinstance(listed, list) and "OpenStack" in listed and "ConfigDrive" not in listed:
        return "the config drive is not read, as datasource_list names OpenStack without ConfigDrive"
    return ""


def evidence(config: CloudConfig) -> tuple[Evidence, ...]:
    """The line that limits the datasources; empty where the built-in list of all of them counts."""
    return config.evidence(_KEY)


def with_openstack(listed: list[str]) -> list[str]:
    """The list with what OpenStack serves put at its front, the rest kept, ``None`` last as cloud-init has it.

    The config drive comes first, as in cloud-init's own list: where one is attached it needs no network.
    """
    added = [name for name in ("ConfigDrive", "OpenStack") if name not in listed]
    rest = [name for name in listed if name != "None"]
    # Alone, OpenStack would keep ds-identify from looking for a config drive, so the two stand together.
    return [*added, *rest, *(["None"] if "None" in listed else [])]


def _list(guest: Guest, config: CloudConfig) -> list[Fault]:
    if not config.has(_KEY):
        return []
    place = config.evidence(_KEY)
    document = config.document(_KEY)
    names = _names(config)
    if document is None:
        return []
    edit = Edit(document.path, lambda content: yaml_edit.set_flow_list(content, (_KEY,), with_openstack(names)))
    if "OpenStack" not in names:
        shown = ", ".join(names) or "nothing"
        return [Fault(f"cloud-init looks for {shown} alone, not for OpenStack", place, edits=(edit,))]
    in_one = Edit(document.path, lambda content: yaml_edit.set_flow_list(content, (_KEY,), names))
    if ds_identify.used(guest) and not _on_one_line(decode(guest.read(document.path))):
        sentence = "datasource_list spans several lines, which ds-identify cannot read"
        return [Fault(sentence, place, edits=(in_one,))]
    return []


def _names(config: CloudConfig) -> list[str]:
    listed = config.get(_KEY)
    names = listed if isinstance(listed, list) else [name.strip() for name in str(listed or "").split(",")]
    return [str(name) for name in names if name]


def _seed(guest: Guest, config: CloudConfig) -> list[Fault]:
    """A NoCloud seed in the image, which cloud-init takes for the instance's data before it asks OpenStack."""
    if config.has(_KEY) and "NoCloud" not in _names(config):
        return []
    places: tuple[Evidence, ...] = ()
    for folder in (f"{cloud_folder(config)}/seed/{name}" for name in ("nocloud", "nocloud-net")):
        files = [f"{folder}/{name}" for name in ("user-data", "meta-data")]
        if all(guest.exists(path) for path in files):
            places += tuple(Evidence(path, text="a seed of NoCloud") for path in files)
    given = config.get("datasource", "NoCloud")
    if isinstance(given, dict) and ({"user-data", "meta-data"} <= given.keys() or given.get("seedfrom")):
        places += config.evidence("datasource", "NoCloud")
    if not places:
        return []
    return [Fault("cloud-init takes the NoCloud data in the image, not OpenStack's", places, edits=(_without(config),))]


def _without(config: CloudConfig) -> Edit:
    names = list(_SEEDED)
    if document := config.document(_KEY):
        return Edit(document.path, lambda content: yaml_edit.set_flow_list(content, (_KEY,), names))
    return Edit(CONFIG, lambda content: yaml_edit.append_setting(content, _KEY, names))


def cloud_folder(config: CloudConfig) -> str:
    """Where cloud-init keeps its state, ``/var/lib/cloud`` unless the configuration says otherwise."""
    paths = config.get("system_info", "paths")
    folder = paths.get("cloud_dir") if isinstance(paths, dict) else None
    return folder.rstrip("/") if isinstance(folder, str) else "/var/lib/cloud"


def _on_one_line(text: str) -> bool:
    """Whether some line holds the whole list the way ds-identify's ``check_config`` finds it."""
    return any(re.match(rf"[ \t]*{_KEY}: .*\]", line) for line in text.split("\n"))


def _stale(guest: Guest, config: CloudConfig) -> list[Fault]:
    """State of another instance, which cloud-init trusts only where it was told to (``manual_cache_clean``)."""
    instance = f"{cloud_folder(config)}/instance"
    marker, cache = f"{instance}/manual-clean", f"{instance}/obj.pkl"
    told = config.evidence("manual_cache_clean") if config.flag("manual_cache_clean", False) else ()
    if guest.exists(marker):
        told = (Evidence(marker, text="its presence makes cloud-init trust what it knows of another instance"), *told)
    if not told or not (guest.exists(cache) or guest.exists(marker)):
        return []
    link = guest.lstat(instance)
    if link is None:
        raise GuestError(f"{instance}: cannot be looked at")
    sentence = "cloud-init will take the instance for the one that the image was made from"
    trusted = (instance,) if link.kind is FileKind.LINK else (marker, cache)
    return [removal(guest, path, sentence, told) for path in trusted if guest.lstat(path) is not None]
