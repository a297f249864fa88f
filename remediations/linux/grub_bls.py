"""The entries that GRUB's ``blscfg`` shows (Red Hat's GRUB): their variables come from ``grubenv`` and the menu."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from remediations.guest import Guest
from remediations.linux import bls, grubenv
from remediations.linux.boot_lines import BootLine, Console, Remark
from remediations.linux.grub_cfg import HARMLESS, add_arguments
from remediations.linux.grub_menus import Menu
from remediations.linux.text import decode
from remediations.vocabulary import Evidence, WriteFile

_VARIABLE = re.compile(r"\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))")
_OPTIONS = "kernelopts"
_NO_OPTIONS = "default_kernelopts"
"""What an entry without ``options`` gets."""


def lines(guest: Guest, menu: Menu) -> tuple[BootLine, ...]:
    """What the entries pass, as this menu shows them."""
    values = _values(guest, menu)
    return tuple(line for entry in bls.entries(guest, bls.GRUB_ENTRIES) for line in _lines(entry, values))


def copied(guest: Guest, menu: Menu, line: BootLine) -> BootLine:
    """A ``linux`` line of the menu with the variable that it takes, where that is known."""
    value, evidence = _values(guest, menu).get(_OPTIONS, ("", line.evidence))
    if not value or "$" in value:
        return line
    words = [known for word in line.arguments for known in (value.split() if _named(word) == [_OPTIONS] else [word])]
    # What other variables GRUB would put in is not known.
    opaque = any(set(_named(word)) - HARMLESS for word in words)
    return BootLine(evidence, line.title, tuple(words), opaque, line.source)


def remarks(guest: Guest, menu: Menu) -> tuple[Remark, ...]:
    """What could not be read of the entries."""
    found = bls.entries(guest, bls.GRUB_ENTRIES)
    if not found and any(part.boot_loader_spec for _, part in menu.parts):
        return (Remark(f"{menu.path} shows the entries of {bls.GRUB_ENTRIES}, and there are none"),)
    text = "{} boots a unified kernel image, which holds its arguments inside"
    return tuple(Remark(text.format(entry.path), (entry.evidence,)) for entry in found if entry.kernel == "uki")


def repair(guest: Guest, menus: tuple[Menu, ...], console: Console) -> tuple[WriteFile, ...]:
    """Add the console to the variable that an entry takes its arguments from, else to the entry."""
    variables: set[tuple[str, str]] = set()
    entries: dict[str, WriteFile] = {}
    for menu in menus:
        values = _values(guest, menu)
        lacks = console.missing(tuple(values.get(_OPTIONS, ("", None))[0].split()))
        if lacks and any(kernel.takes_kernelopts for _, part in menu.parts for _, kernel in part.kernels):
            variables.add((menu.path, _OPTIONS))
        for entry in bls.entries(guest, bls.GRUB_ENTRIES):
            for line in _lines(entry, values):
                added = console.missing(line.arguments)
                name = _taken_from(entry)
                if added and name in values:
                    variables.add((menu.path, name))
                elif added:
                    entries[entry.path] = WriteFile(
                        entry.path, bls.with_options(guest.read(entry.path), " ".join(added))
                    )
    steps = [step for menu in menus for step in _variable_steps(guest, menu, variables, console)]
    return (*dict.fromkeys(steps), *entries.values())


def _variable_steps(guest: Guest, menu: Menu, variables: set[tuple[str, str]], console: Console) -> Iterator[WriteFile]:
    """The variable where it is loaded from, and where the menu sets it in case that it is not loaded."""
    names = [name for path, name in sorted(variables) if path == menu.path]
    environment = _environment(guest, menu)
    content = before = guest.read(environment) if environment else b""
    for name in names:
        if name in grubenv.parse(content):
            words = tuple(grubenv.parse(content)[name][1].split())
            content = grubenv.with_words(content, name, " ".join(console.missing(words)))
    if content != before:
        yield WriteFile(environment, content)
    for path, part in menu.parts:
        additions = {
            setting.inside: " ".join(added)
            for setting in part.settings
            if setting.name in names and setting.inside and (added := console.missing(tuple(setting.value.split())))
        }
        if additions:
            yield WriteFile(path, add_arguments(guest.read(path), additions))


def _lines(entry: bls.Entry, values: dict[str, tuple[str, Evidence]]) -> Iterator[BootLine]:
    if entry.kernel != "linux":
        return
    words, evidence = " ".join(entry.options), entry.evidence
    name = _taken_from(entry)
    if name in values:
        evidence = values[name][1]
    if name == _NO_OPTIONS:
        words = values.get(name, ("", evidence))[0]
    else:
        # GRUB takes a variable that nothing sets as empty.
        words = _VARIABLE.sub(lambda found: values.get(found[1] or found[2], ("", evidence))[0], words)
    yield BootLine(evidence, entry.title, tuple(words.split()), opaque="$" in words)


def _taken_from(entry: bls.Entry) -> str:
    """The variable that holds an entry's arguments, empty where they stand in the entry itself."""
    if not entry.options:
        return _NO_OPTIONS
    return _OPTIONS if any(_OPTIONS in _named(word) for word in entry.options) else ""


def _named(word: str) -> list[str]:
    return [found[1] or found[2] for found in _VARIABLE.finditer(word)]


def _values(guest: Guest, menu: Menu) -> dict[str, tuple[str, Evidence]]:
    """The variables as they are when ``blscfg`` runs: those of ``grubenv``, else those that the menu sets."""
    values = {
        setting.name: (setting.value, Evidence(path, setting.line, part.line_text(setting.line)))
        for path, part in menu.parts
        for setting in part.settings
    }
    if path := _environment(guest, menu):
        content = guest.read(path)
        shown = decode(content).split("\n")
        for name, (number, value) in grubenv.parse(content).items():
            if value:
                values[name] = (value, Evidence(path, number, shown[number - 1]))
    return values


def _environment(guest: Guest, menu: Menu) -> str:
    """The path of the environment block that the menu loads, empty where it loads none."""
    path = posixpath.join(posixpath.dirname(menu.path), "grubenv")
    loads = any(part.loads_environment for _, part in menu.parts)
    return path if loads and guest.exists(path) else ""
