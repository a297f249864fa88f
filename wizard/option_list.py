"""The options of a command line as plain data, for all that is made from its definition."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from enum import Enum


class Takes(Enum):
    """What kind of word stands after an option."""

    NOTHING = "nothing"
    WORD = "a word that nobody can guess"
    CHOICE = "one of a few words"
    FILE = "a file"
    FOLDER = "a folder"
    ID = "a requirement"
    IDS = "requirements, with commas between them"


_BY_METAVAR = {
    "FILE": Takes.FILE,
    "DIR": Takes.FOLDER,
    "FOLDER": Takes.FOLDER,
    "ID": Takes.ID,
    "ID,ID": Takes.IDS,
}


@dataclass(frozen=True)
class Option:
    """One option. ``help`` is whole; ``value`` is what stands for its word in a synopsis, empty where it takes none."""

    names: tuple[str, ...]
    help: str
    takes: Takes
    value: str = ""
    value_may_lack: bool = False
    choices: tuple[str, ...] = ()
    exclusive: bool = False
    again: bool = False

    @property
    def brief(self) -> str:
        """The first sentence of the help."""
        return self.help.split(". ")[0].rstrip(".")

    @property
    def synopsis(self) -> str:
        """Its names and its word: ``--undo [N]``."""
        word = f" [{self.value}]" if self.value_may_lack else f" {self.value}" if self.value else ""
        return ", ".join(self.names) + word


@dataclass(frozen=True)
class Group:
    """Options that stand together under a title."""

    title: str
    options: tuple[Option, ...]


def groups(parser: argparse.ArgumentParser) -> tuple[Group, ...]:
    """Every option of a parser, in the groups and the order in which they were defined."""
    exclusive = {action for group in parser._mutually_exclusive_groups for action in group._group_actions}
    found = []
    for group in parser._action_groups:
        options = tuple(_option(a, a in exclusive) for a in group._group_actions if a.option_strings)
        if options:
            found.append(Group(group.title or "", options))
    return tuple(found)


def _option(action: argparse.Action, exclusive: bool) -> Option:
    choices = tuple(map(str, action.choices or ()))
    takes, value = Takes.NOTHING, ""
    if choices:
        takes, value = Takes.CHOICE, "|".join(choices)
    elif action.nargs != 0:
        value = str(action.metavar or action.dest.upper())
        takes = _BY_METAVAR.get(value, Takes.WORD)
    return Option(
        tuple(action.option_strings),
        action.help or "",
        takes,
        value,
        action.nargs == "?",
        choices,
        exclusive,
        isinstance(action, argparse._AppendAction),
    )
