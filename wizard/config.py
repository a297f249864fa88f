"""The configuration file: defaults for the command line's settings, the wizard's look and its keys.

What is not known is refused by name and line: a typing error must not pass for a setting.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from wizard.errors import UsageError
from wizard.visible import visible

DEFAULTS = ("user", "console", "hypervisor", "key_fetch", "network", "packages", "state_dir")
"""Settings of the command line that the file may give; under ``defaults``, or at the top as files of old have them."""
THEMES = ("dark", "light", "high-contrast", "ansi")
SWITCH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_SECTIONS = ("theme", "mouse", "keys", "defaults")


@dataclass(frozen=True)
class Entry:
    """A word of the file by name, and its place there, ``FILE:LINE``."""

    name: str
    value: str
    place: str


@dataclass(frozen=True)
class Config:
    """What a configuration file says. ``keys`` are ids of bindings with one key or several, comma between them."""

    defaults: Mapping[str, str] = field(default_factory=dict)
    theme: str = THEMES[0]
    mouse: bool = True
    keys: tuple[Entry, ...] = ()

    def over(self, theme: str | None, mouse: bool | None) -> Config:
        """With what the command line says of the wizard's look, None for what it does not say."""
        return replace(self, theme=theme or self.theme, mouse=self.mouse if mouse is None else mouse)


def load(path: Path | None) -> Config:
    """The file's content; ``$XDG_CONFIG_HOME/image-wizard/config.yaml``, if it exists, where none is named.

    Whether there are bindings and keys of the names in ``keys``, the wizard knows. UsageError for a file that cannot be
    read, and for all in it that is not known, not of its kind, or there twice.
    """
    named = path is not None
    root = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111 - needs no home
    path = path or Path(root) / "image-wizard" / "config.yaml"
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except FileNotFoundError:
        if not named:
            return Config()
        raise refused(str(path), "no such file") from None
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f":{error.problem_mark.line + 1}"
        raise refused(f"{path}{line}", f"{error.problem or error}; a sign such as ? or | needs quotes") from error
    except RecursionError:
        raise refused(str(path), "its brackets are nested too deep") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise refused(str(path), str(error)) from error
    return _config(path, node)


def refused(place: str, problem: str) -> UsageError:
    """The error for what stands at a place of the file."""
    message = f"{visible(place)}: {visible(problem)}."
    return UsageError("config", message, "Mend the configuration file, or name another one with --config.")


def _config(path: Path, node: yaml.Node | None) -> Config:
    defaults: dict[str, Entry] = {}
    theme, mouse, keys = THEMES[0], True, tuple[Entry, ...]()
    for key, value, place in _items(path, node, (*_SECTIONS, *DEFAULTS)):
        if key == "theme":
            theme = _one_of(_word(key, value, place), THEMES)
        elif key == "mouse":
            mouse = SWITCH[_one_of(_word(key, value, place), tuple(SWITCH))]
        elif key == "keys":
            keys = tuple(_keys(*item) for item in _items(path, value))
        elif key == "defaults":
            for item in _items(path, value, DEFAULTS):
                _add(defaults, _word(*item))
        else:
            _add(defaults, _word(key, value, place))
    return Config({name: entry.value for name, entry in defaults.items()}, theme, mouse, keys)


def _items(
    path: Path, node: yaml.Node | None, known: tuple[str, ...] | None = None
) -> Iterator[tuple[str, yaml.Node, str]]:
    """Keys of a mapping with their values and places; a section that is there and empty has none."""
    if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
        return
    if not isinstance(node, yaml.MappingNode):
        raise refused(f"{path}:{node.start_mark.line + 1}", "not a mapping of settings")
    seen = set()
    for key, value in node.value:
        place = f"{path}:{key.start_mark.line + 1}"
        if not isinstance(key, yaml.ScalarNode):
            raise refused(place, "not the name of a setting")
        if known is not None and key.value not in known:
            raise refused(place, f"unknown setting {key.value!r}; known are {', '.join(known)}")
        if key.value in seen:
            raise refused(place, f"{key.value} stands there twice")
        seen.add(key.value)
        yield key.value, value, place


def _word(name: str, value: yaml.Node, place: str) -> Entry:
    if not isinstance(value, yaml.ScalarNode) or not value.value:
        raise refused(place, f"{name} is not one word")
    return Entry(name, value.value, place)


def _keys(name: str, value: yaml.Node, place: str) -> Entry:
    """Keys as one word, with commas in it, or as a list."""
    if isinstance(value, yaml.SequenceNode):
        return Entry(name, ",".join(_word(name, one, place).value for one in value.value), place)
    return _word(name, value, place)


def _one_of(entry: Entry, known: tuple[str, ...]) -> str:
    if entry.value not in known:
        raise refused(entry.place, f"{entry.name} is {entry.value!r}; known are {', '.join(known)}")
    return entry.value


def _add(defaults: dict[str, Entry], entry: Entry) -> None:
    if entry.name in defaults:
        raise refused(entry.place, f"{entry.name} stands at {defaults[entry.name].place} too")
    defaults[entry.name] = entry
