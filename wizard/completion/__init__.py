"""What makes a shell complete the command line, made from its definition: ``image-wizard --completion bash``."""

from __future__ import annotations

import argparse

from remediations import REQUIREMENTS
from wizard.completion import bash, fish, zsh
from wizard.option_list import groups

SHELLS = {"bash": bash.script, "zsh": zsh.script, "fish": fish.script}


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """A script for one of :data:`SHELLS` that it is to read at its start."""
    options = tuple(option for group in groups(parser) for option in group.options)
    ids = {requirement.id: requirement.title for requirement in REQUIREMENTS}
    return SHELLS[shell](parser.prog, options, ids)
