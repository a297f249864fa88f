"""The configuration file: defaults for the command line's settings. Unknown keys are refused by name and line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from wizard.errors import UsageError

KEYS = ("user", "console", "hypervisor", "key_fetch", "network", "packages", "state_dir")


def load(path: Path | None) -> dict[str, str]:
    """The settings of a YAML file; of ``$XDG_CONFIG_HOME/image-wizard/config.yaml`` if it exists and none is named.

    UsageError for a file that cannot be read, is no mapping of strings, or has a key that is not known.
    """
    named = path is not None
    root = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111 - needs no home
    path = path or Path(root) / "image-wizard" / "config.yaml"
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except FileNotFoundError:
        if not named:
            return {}
        raise _wrong(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _wrong(f"{path}: {error}") from error
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise _wrong(f"{path}:{node.start_mark.line + 1}: not a mapping of settings")
    return dict(_setting(path, key, value) for key, value in node.value)


def _setting(path: Path, key: Any, value: Any) -> tuple[str, str]:
    line = key.start_mark.line + 1
    if key.value not in KEYS:
        raise _wrong(f"{path}:{line}: unknown setting {key.value!r}; known are {', '.join(KEYS)}")
    if not isinstance(value, yaml.ScalarNode):
        raise _wrong(f"{path}:{line}: {key.value} is not one word")
    return str(key.value), str(value.value)


def _wrong(message: str) -> UsageError:
    return UsageError("config", f"{message}.", "Mend the configuration file, or name another one with --config.")
