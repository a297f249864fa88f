"""Shared by all tests: nothing of the user's own folders is read or written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A loaded host is slow, not wrong. CI looks at the same examples each time: what it says depends on the change alone.
settings.register_profile("project", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("project")

# Where mkfs and its kin are; the tests that need them would be skipped for those who have not got it on their PATH.
os.environ["PATH"] += ":/usr/sbin:/sbin"


@pytest.fixture(autouse=True, scope="session")
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Caches, logs and settings of the program under test go to a folder of the test run's own."""
    home = tmp_path_factory.mktemp("home")
    os.environ.setdefault("IMAGE_WIZARD_TEST_CACHE", os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")))
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        os.environ[name] = str(home / name.lower())
    os.environ["TMPDIR"] = str(home)


@pytest.fixture(autouse=True)
def _nothing_looked_at_lately() -> None:
    """What the tests before this one have examined is not remembered in it."""
    Path(os.environ["XDG_STATE_HOME"], "image-wizard", "known.db").unlink(missing_ok=True)
