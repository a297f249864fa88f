"""Will cloud-init find, on an OpenStack cloud, the datasource that the cloud serves, and will it ask it anew?"""

from __future__ import annotations

from remediations.guest import FileKind, Guest, GuestError
from remediations.linux import ds_identify, yaml_edit
from remediations.linux.cloud_config import CONFIG, CloudConfig
from remediations.linux.fault import Edit, Fault, removal
from remediations.vocabulary import Evidence

_KEY = "datasource_list"
_HOSTS = ("169.254.169.254", "fe80::a9fe:a9fe")
"""Where OpenStack's metadata service answers."""
_SEEDED = ("ConfigDrive", "OpenStack", "None")
"""What is looked for where the image holds a NoCloud seed: nothing that could be found before OpenStack."""


def faults(guest: Guest, config: CloudConfig) -> list[Fault]:
    """What keeps the metadata of a new instance from cloud-init. Raises GuestError."""
    # The seed's edit replaces the whole list, so it comes behind the one that adds to it.
    return [
        *_misdirected(guest, config),
        *_elsewhere(config),
        *_list(guest, config),
        *_seed(guest, config),
        *_stale(guest, config),
    ]


def _misdirected(guest: Guest, config: CloudConfig) -> list[Fault]:
    """Another datasource chosen, by ds-identify's file or by a kernel argument, which NoCloud reads for itself too."""
    if ds_identify.used(guest):
        return ds_identify.misdirecting(guest)
    if config.has(_KEY) and "NoCloud" not in _names(config):
        return []
    return ds_identify.passed(guest, lambda value: value.startswith("nocloud"))


def _elsewhere(config: CloudConfig) -> list[Fault]:
    """Metadata asked for at an address that OpenStack does not promise; whether it answers there cannot be known."""
    keys = ("datasource", "OpenStack", "metadata_urls")
    given = config.get(*keys)
    if not isinstance(given, list) or not given or any(host in str(url) for url in given for host in _HOSTS):
        return []
    sentence = "whether the cloud serves metadata at what metadata_urls names is not known"
    advice = f"Take metadata_urls out of {config.evidence(*keys)[0].path}, or let it name http://{_HOSTS[0]}"
    return [Fault(sentence, config.evidence(*keys), obstacle=advice, certain=False)]


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
    told = ds_identify.listed(guest) if ds_identify.searches(guest) else None
    # What its own file chooses is judged by itself.
    if told is not None and ("OpenStack" in told.names or told.evidence.path == ds_identify.CONFIG):
        return []
    names, document = _names(config), config.document(_KEY)
    if document is None or (told is not None and told.evidence.path != document.path):
        return [_told_otherwise(told)] if told is not None else []
    place = config.evidence(_KEY)
    edit = Edit(document.path, lambda content: yaml_edit.set_flow_list(content, (_KEY,), with_openstack(names)))
    if "OpenStack" not in names:
        shown = ", ".join(names) or "nothing"
        return [Fault(f"cloud-init looks for {shown} alone, not for OpenStack", place, edits=(edit,))]
    in_one = Edit(document.path, lambda content: yaml_edit.set_flow_list(content, (_KEY,), names))
    if told is not None:
        sentence = f"datasource_list spans several lines, of which ds-identify reads but {', '.join(told.names)}"
        return [Fault(sentence, place, edits=(in_one,))]
    if not isinstance(config.get(_KEY), list):
        return [Fault("datasource_list is text, and cloud-init takes each letter of it", place, edits=(in_one,))]
    return []


def _told_otherwise(told: ds_identify.Listed) -> Fault:
    """A line that is no setting of cloud-init's, or in a file that it ignores, and that ds-identify goes by."""
    shown, place = ", ".join(told.names), told.evidence
    sentence = f"ds-identify looks for {shown} alone, not for OpenStack"
    return Fault(sentence, (place,), obstacle=f"Take the datasource_list out of {place.path} line {place.line}")


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
