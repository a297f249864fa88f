"""Keys of the operator's own: what the configuration file rebinds, looked at before the wizard starts."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.keys import Keys, _character_to_key, format_key, key_to_character
from textual.screen import ModalScreen, Screen

import screens
from wizard.config import Entry, refused
from wizard.errors import UsageError

MOVING = frozenset(
    ("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "tab", "shift+tab", "enter", "ctrl+c")
)
"""What moves and chooses in lists and texts before a screen sees it; nothing that has it not from us can get it."""
_YES = "confirm.yes"
_ASKING = ("preview.write", "batch.fix", "journal.undo", "journal.finish")
_MODIFIERS = frozenset(("ctrl", "alt", "shift", "super"))
_Owner = type[Screen[Any]] | type[App[Any]]


def keymap(entries: Sequence[Entry], app: type[App[Any]]) -> dict[str, str]:
    """Textual's keymap for what the file says. UsageError, by name and line, for what cannot be had."""
    if not entries:
        return {}
    owners: tuple[_Owner, ...] = (app, *screen_classes())
    defaults: dict[str, set[str]] = {}
    for binding in (binding for owner in owners for binding in bindings(owner)):
        defaults.setdefault(str(binding.id), set()).add(binding.key)
    # What has priority takes its key from the fields of its screen, too.
    eager = {binding.id for owner in owners for binding in bindings(owner) if binding.priority}
    wanted = {entry.name: _keys(entry, defaults, typing=entry.name in eager) for entry in entries}
    for owner in owners:
        _refuse_clashes(owner, app, wanted, defaults, {entry.name: entry for entry in entries})
    _refuse_blind_yes(wanted, defaults, {entry.name: entry for entry in entries})
    return {name: ",".join(keys) for name, keys in _completed(wanted, defaults, owners).items()}


@cache
def screen_classes() -> tuple[type[Screen[Any]], ...]:
    """All screens of the wizard. Loads every module: for those who rebind keys, not for every start."""
    for module in pkgutil.iter_modules(screens.__path__):
        importlib.import_module(f"screens.{module.name}")
    return tuple(sorted(_below(Screen), key=lambda one: one.__qualname__))


def bindings(owner: _Owner) -> list[Binding]:
    """The bindings of a screen or of the program, one for each key. What has no id is Textual's own."""
    return [binding for _, binding in owner._merged_bindings or () if binding.id]


def _below(kind: type[Any]) -> Iterator[type[Screen[Any]]]:
    for one in kind.__subclasses__():
        if one.__module__.partition(".")[0] == screens.__name__:
            yield one
        yield from _below(one)


def _keys(entry: Entry, defaults: Mapping[str, set[str]], typing: bool) -> tuple[str, ...]:
    if entry.name not in defaults:
        raise refused(entry.place, f"there is no key {entry.name!r}; known are {', '.join(sorted(defaults))}")
    found = []
    for word in entry.value.split(","):
        key = _key(word.strip())
        if key is None:
            raise refused(entry.place, f"{entry.name}: {word.strip()!r} is no key; write f5, ctrl+r, space, slash or x")
        if typing and key_to_character(key):
            raise refused(entry.place, f"{entry.name}: {format_key(key)} types into the fields of that screen")
        if key in MOVING and key not in defaults[entry.name]:
            raise refused(entry.place, f"{entry.name}: {key} moves and chooses on every screen")
        found.append(key)
    return tuple(dict.fromkeys(found))


@cache
def _known() -> frozenset[str]:
    return frozenset(key.value.rpartition("+")[2] for key in Keys if not key.value.startswith("<"))


def _key(word: str) -> str | None:
    """A key as Textual names it, None for what no keyboard sends."""
    if len(word) == 1:
        return _character_to_key(word) if word.isprintable() and not word.isspace() else None
    *modifiers, key = word.split("+")
    if not _MODIFIERS.issuperset(modifiers):
        return None
    return word if key in _known() or len(key) == 1 or key_to_character(key) else None


def _refuse_clashes(
    owner: _Owner,
    app: type[App[Any]],
    wanted: Mapping[str, tuple[str, ...]],
    defaults: Mapping[str, set[str]],
    entries: Mapping[str, Entry],
) -> None:
    """Two actions on one key, unless both have it from us: those are never live at the same time."""
    # A dialog takes all keys for itself; under any other screen the program's own keys work.
    here = [*bindings(owner), *(bindings(app) if owner is not app and not issubclass(owner, ModalScreen) else ())]
    taken: dict[str, str] = {}
    for name in dict.fromkeys(str(binding.id) for binding in here):
        for key in wanted.get(name, sorted(defaults[name])):
            other = taken.setdefault(key, name)
            if other != name and not (key in defaults[other] and key in defaults[name]):
                blamed = entries[name] if name in entries else entries[other]
                second = other if blamed.name == name else name
                raise _clash(blamed, key, second)


def _refuse_blind_yes(
    wanted: Mapping[str, tuple[str, ...]], defaults: Mapping[str, set[str]], entries: Mapping[str, Entry]
) -> None:
    """The key that asks before an image is written must not be the one that says yes: pressed twice, it would write."""
    yes = set(wanted.get(_YES, defaults.get(_YES, ())))
    for name in _ASKING:
        for key in yes & set(wanted.get(name, defaults.get(name, ()))):
            blamed, other = (entries[name], _YES) if name in entries else (entries[_YES], name)
            raise refused(blamed.place, f"{blamed.name}: {format_key(key)}, the key of {other}, would answer unread")


def _clash(entry: Entry, key: str, other: str) -> UsageError:
    return refused(entry.place, f"{entry.name}: {format_key(key)} is the key of {other} on the same screen")


def _completed(
    wanted: Mapping[str, tuple[str, ...]], defaults: Mapping[str, set[str]], owners: Sequence[_Owner]
) -> dict[str, tuple[str, ...]]:
    """With the bindings that share a key with a rebound one: Textual takes a key from all of them at once."""
    completed = dict(wanted)
    reached: set[str] = set()
    while reached != set(completed):
        reached = set(completed)
        for owner in owners:
            names = {str(binding.id) for binding in bindings(owner)}
            freed = {key for name in names & reached for key in defaults[name]}
            for name in names - reached:
                if defaults[name] & freed:
                    completed[name] = tuple(sorted(defaults[name]))
    return completed
