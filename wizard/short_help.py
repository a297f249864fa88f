"""What ``--help`` prints: the modes with what they do, every other option by name, on one screen of 80x24."""

from __future__ import annotations

import argparse
import textwrap

from wizard.exit_codes import EXIT_CODES
from wizard.option_list import Group, Option, groups

WIDTH = 79
HEIGHT = 23
"""Lines: of 24, the last is the prompt's."""
_TIE = "\N{NO-BREAK SPACE}"
"""Keeps a code on one line with what it means."""


def text(parser: argparse.ArgumentParser) -> str:
    """The help of a command line whose first group of options are its modes."""
    modes, *others = groups(parser)
    codes = ", ".join(f"{code}{_TIE}{meaning}" for code, meaning in EXIT_CODES)
    lines = [
        f"usage: {parser.usage}",
        "",
        *_wrapped("", f"{parser.description} Without a mode: the wizard, on the image or on the images of a folder."),
        "",
        *_explained(modes),
        "",
        *(line for group in others for line in _named(group)),
        *(line.replace(_TIE, " ") for line in _wrapped("exit codes: ", codes)),
        f"All of it: {parser.prog} --man | man -l -",
    ]
    return "\n".join(lines) + "\n"


def _explained(group: Group) -> list[str]:
    width = max(len(option.synopsis) for option in group.options) + 2
    return [f"  {option.synopsis:<{width}}{option.brief}" for option in group.options]


def _named(group: Group) -> list[str]:
    return _wrapped(f"{group.title}: ", " ".join(map(_name, group.options)))


def _name(option: Option) -> str:
    long = [name for name in option.names if name.startswith("--")]
    # A switch has a second name that starts with --no-; --[no-]network says both.
    return f"--[no-]{long[0][2:]}" if long[-1] == f"--no-{long[0][2:]}" else long[-1]


def _wrapped(start: str, told: str) -> list[str]:
    return textwrap.wrap(
        told,
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * 2 if start else "",
        break_long_words=False,
        break_on_hyphens=False,
    )
