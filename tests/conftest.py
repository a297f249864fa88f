"""Shared by all tests: nothing of the user's own folders is read or written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True, scope="session")
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Caches, logs and settings of the program under test go to a folder of the test run's own."""
    home = tmp_path_factory.mktemp("home")
    os.environ.setdefault("IMAGE_WIZARD_TEST_CACHE", os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")))
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        os.environ[name] = str(home / name.lower())
    os.environ["TMPDIR"] = str(home)
