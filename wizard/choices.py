"""The operator's settings: from the command line, the configuration file, and the journal of the image."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from remediations.vocabulary import Settings
from wizard import config
from wizard.errors import UsageError
from wizard.opening import Opening, read_key
from wizard.visible import visible

REMEMBERED = ("user", "console", "hypervisor", "key_fetch")
"""The settings that an image's journal keeps with each change: what the image is meant for."""
HYPERVISORS = ("kvm", "xen")
KEY_FETCHES = ("auto", "cloud-init", "rc.local")
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_CONSOLE = re.compile(r"[A-Za-z][A-Za-z0-9]{1,15}")


def from_command_line(options: argparse.Namespace, configured: config.Config) -> tuple[Settings, Opening, Path | None]:
    """Settings, what is for this run alone, and the state folder: the command line over the configuration file."""
    chosen = dict(configured.defaults)
    given = {name for name in REMEMBERED if getattr(options, name) is not None}
    for name in config.DEFAULTS:
        if (value := getattr(options, name)) is not None:
            chosen[name] = str(value)
    key = read_key(options.key_file) if options.key_file else None
    state_dir = _folder(chosen["state_dir"]) if "state_dir" in chosen else None
    return settings_from(chosen), Opening(options.root, key, frozenset(given)), state_dir


def settings_from(chosen: Mapping[str, str]) -> Settings:
    """Settings from words, those not chosen at their default. UsageError for a word that is none of its kind."""
    user, console = chosen.get("user"), chosen.get("console")
    if user is not None and not _USER.fullmatch(user):
        raise UsageError("usage", f"{visible(user)} is no account name.", "Use lower case letters, digits, - and _.")
    if console is not None and not _CONSOLE.fullmatch(console):
        raise UsageError("usage", f"{visible(console)} is no console device.", "Name it as the kernel does: ttyS0.")
    packages = chosen.get("packages")
    if packages is not None and not _folder(packages).is_dir():
        raise UsageError("usage", f"{visible(packages)} is no folder.", "Name the folder that holds the packages.")
    network = str(chosen.get("network", "no")).lower()
    if network not in config.SWITCH:
        raise UsageError("usage", f"network is {visible(network)}.", "Say yes or no.")
    return Settings(
        user,
        console,
        _one_of("hypervisor", chosen.get("hypervisor", "kvm"), HYPERVISORS),
        _one_of("key_fetch", chosen.get("key_fetch", "auto"), KEY_FETCHES),
        network=config.SWITCH[network],
        packages=None if packages is None else str(_folder(packages).absolute()),
    )


def remembered(settings: Settings, given: frozenset[str], kept: Mapping[str, str]) -> tuple[Settings, str]:
    """The settings with what the journal keeps, save for those given; and a sentence about it, empty for none.

    What the journal holds is looked at like what is typed: a journal can be edited. UsageError.
    """
    wanted = {name: value for name, value in kept.items() if name in REMEMBERED and name not in given}
    checked = settings_from(wanted)
    changed = {name: value for name in wanted if (value := getattr(checked, name)) != getattr(settings, name)}
    if not changed:
        return settings, ""
    named = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in changed.items())
    return replace(settings, **changed), f"As in this image's last change: {named}."


def to_keep(settings: Settings) -> dict[str, str]:
    """What the journal keeps of the settings: those that are not at their default."""
    defaults: dict[str, Any] = {field.name: field.default for field in fields(Settings)}
    return {name: value for name in REMEMBERED if (value := getattr(settings, name)) != defaults[name]}


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        word = name.replace("_", " ")
        raise UsageError("usage", f"{visible(value)} is no {word} here.", f"Use {', '.join(known)}.")
    return value


def _folder(text: str) -> Path:
    return Path(os.path.expanduser(text))  # noqa: PTH111 - Path.expanduser fails where there is no home
