"""Edits of cloud-init's configuration, each at the place that is effective."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from remediations.linux import yaml_edit
from remediations.linux.cloud_config import CONFIG, CloudConfig, module_name
from remediations.linux.fault import Edit, Fault
from remediations.linux.yaml_document import YamlError, parse
from remediations.vocabulary import Evidence


def setting(config: CloudConfig, key: str, value: str | bool) -> Edit:
    """A top-level setting: replaced where it stands, else added to the main file."""
    if document := config.document(key):
        return Edit(document.path, lambda content: yaml_edit.set_scalar(content, (key,), value))
    return Edit(CONFIG, lambda content: yaml_edit.append_setting(content, key, value))


def nested(config: CloudConfig, keys: Sequence[str], value: str) -> Edit:
    """A scalar that some file gives, replaced there."""
    document = config.document(*keys)
    path = document.path if document else CONFIG
    return Edit(path, lambda content: yaml_edit.set_scalar(content, keys, value))


def missing_module(config: CloudConfig, stage: str, name: str, before: str = "", why: str = "") -> list[Fault]:
    """A fault where a stage's list lacks a module; its fix puts it back before ``before``, or at the end.

    ``name`` is spelled as it should be written (``users-groups``); ``why`` tells what the lack means.
    """
    if module_name(name) in config.modules(stage):
        return []
    key = f"cloud_{stage}_modules"
    document = config.document(key)
    sentence = f"{key} lacks {name}" + (f", so {why}" if why else "")
    if document is None or not isinstance(config.get(key), list):
        advice = f"Restore {key} in {CONFIG} from the cloud-init package"
        places = config.evidence(key) or config.ignored or (Evidence(CONFIG, text=f"no {key}"),)
        return [Fault(sentence, places, obstacle=advice)]
    return [Fault(sentence, config.evidence(key), edits=(Edit(document.path, _insertion(key, name, before)),))]


def _insertion(key: str, name: str, before: str) -> Callable[[bytes], bytes]:
    """Insert a module into a stage's list, by what the list holds when the edit is carried out."""

    def change(content: bytes) -> bytes:
        try:
            value = parse("", content).value
        except YamlError as error:
            raise yaml_edit.YamlEditError(str(error)) from error
        listed = value.get(key) if isinstance(value, dict) else None
        names = [module_name(item) for item in listed] if isinstance(listed, list) else []
        if module_name(name) in names:
            return content
        place = names.index(module_name(before)) if module_name(before) in names else len(names)
        return yaml_edit.insert_item(content, (key,), name, place)

    return change
