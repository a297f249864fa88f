"""In CI no test may be skipped for want of a tool: bin/setup --dev names them all."""

from __future__ import annotations

import os
import shutil

import pytest

TOOLS = (
    "dash",
    "fish",
    "tmux",
    "mcopy",
    "mkfs.btrfs",
    "mkfs.ext4",
    "mkfs.vfat",
    "mkfs.xfs",
    "mmdebstrap",
    "rpm",
    "xfs_logprint",
    "zsh",
)


@pytest.mark.skipif(not os.environ.get("CI"), reason="elsewhere what is missing is skipped, and said")
@pytest.mark.parametrize("tool", TOOLS)
def test_no_tool_is_missing_for_want_of_which_tests_are_skipped(tool: str) -> None:
    assert shutil.which(tool)
