"""The manual page, made from the command line's definition: ``image-wizard --man | man -l -``.

It is roff with the macros of man(7), in ASCII, for groff and mandoc alike.
"""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterable, Iterator

import wizard
from remediations import REQUIREMENTS
from remediations.vocabulary import Level
from wizard import config
from wizard.exit_codes import EXIT_CODES, RECOVERY
from wizard.option_list import Option, groups

_NAME = "check VM images against the OpenStack image guide, fix, undo"
_DESCRIPTION = (
    "image-wizard opens a virtual machine image without booting it and shows how the Linux guest inside stands against "
    "every requirement of the OpenStack image guide. It fixes what the operator chooses, in place, with a true diff "
    "before, and can take every fix back.",
    "Without a mode it is a wizard in the terminal, on the image that is named, or on the images of a folder. "
    "Its keys are told by the key ? on every screen.",
    "Opening, checking and previewing change no byte of an image. A change is whole or not there at all, whatever "
    "interrupts it, and undoing the newest gives back the disk's content bit for bit. What could not be established is "
    "told as unknown, with the reason, and never as pass.",
    "The results are printed on standard output, and what is going on meanwhile on standard error.",
)
_RECOVERY = (
    "Of several images, the worst. Whether an image may be half written is told, whatever the code, by "
    f"{RECOVERY} in JSON, and by a note that the image needs recovery: opening it again, as --check does, finishes the "
    "change or rolls it back. Where --undo N stops at a change, the newer ones stay taken back, and are listed. --undo "
    "and --journal judge no guest: they end with 0 where they have done their work."
)
_CONFIGURATION = (
    "The file is YAML. What is not known in it is refused, by name and line. Options of the command line outweigh it, "
    "and so does, for what an image is meant for, what the image's journal remembers of its last change."
)
_SECTIONS = (
    ("theme", f"the wizard's colours: {', '.join(config.THEMES)}"),
    ("mouse", "whether the wizard takes the mouse: yes or no"),
    ("keys", "other keys for the wizard's actions: the name of an action, as its help tells it, and a key or several"),
    ("defaults", f"settings of the command line: {', '.join(config.DEFAULTS)}"),
)
_FILES = (
    ("IMAGE.wizard/", "the journal of an image and its undo data, where --state-dir names no other place"),
    ("$XDG_CONFIG_HOME/image-wizard/config.yaml", "the configuration file (~/.config)"),
    ("$XDG_CACHE_HOME/image-wizard/", "what can be made again (~/.cache)"),
    ("$XDG_STATE_HOME/image-wizard/", "logs (~/.local/state)"),
)
_ENVIRONMENT = (
    ("NO_COLOR", "the wizard uses no colour where this is set and not empty"),
    ("TMPDIR", "where changes are staged until they are confirmed (/var/tmp)"),
)
_EXAMPLES = (
    ("Look at an image, choose fixes, preview and write them:", "image-wizard debian-12.qcow2"),
    ("In a pipeline, fail where the image is not ready, and keep a page and tests to show:",
     "image-wizard debian-12.qcow2 --check --report image.html --report image.xml"),
    ("Show what all fixes would change:", "image-wizard debian-12.qcow2 --apply-all --dry-run"),
    ("Make them, and take them back:",
     "image-wizard debian-12.qcow2 --apply-all\nimage-wizard debian-12.qcow2 --undo"),
    ("Check every image of a folder, four at a time:", "image-wizard /srv/images --check --jobs 4"),
)  # fmt: skip
_SEE_ALSO = (("guestfs", 3), ("openstack", 1), ("qemu-img", 1), ("virt-sysprep", 1))


def page(parser: argparse.ArgumentParser) -> str:
    """The whole page."""
    name = parser.prog
    lines = [
        f'.TH {name.upper()} 1 "" "{name} {wizard.__version__}" "User Commands"',
        # Neither hyphens nor wide gaps: names of options are to be found and copied.
        ".nh",
        ".ad l",
        ".SH NAME",
        f"{_text(name)} \\- {_text(_NAME)}",
        ".SH SYNOPSIS",
        f".B {_text(name)}",
        "[\\fIIMAGE\\fR...] [\\fIMODE\\fR] [\\fIOPTION\\fR...]",
        ".SH DESCRIPTION",
        *_paragraphs(_DESCRIPTION),
    ]
    for group in groups(parser):
        lines += [f".SH {group.title.upper()}", *(line for option in group.options for line in _option(option))]
    for title, level in (("REQUIRED BY THE GUIDE", Level.REQUIRED), ("GOOD PRACTICE", Level.RECOMMENDED)):
        known = [(r.id, r.title) for r in REQUIREMENTS if r.level is level]
        lines += [f".SH {title}", *_table(known)]
    lines += [
        ".SH EXIT STATUS",
        *_table([(str(code), meaning) for code, meaning in EXIT_CODES]),
        ".PP",
        *_filled(_RECOVERY),
        ".SH CONFIGURATION",
        *_paragraphs((_CONFIGURATION,)),
        *_table(_SECTIONS),
        ".SH FILES",
        *_table(_FILES),
        ".SH ENVIRONMENT",
        *_table(_ENVIRONMENT),
        ".SH EXAMPLES",
    ]
    for number, (told, command) in enumerate(_EXAMPLES):
        lines += [*([".PP"] if number else []), *_filled(told)]
        lines += [".PP", ".RS 4", ".nf", *map(_text, command.split("\n")), ".fi", ".RE"]
    others = [f".BR {_text(other)} ({section})" for other, section in _SEE_ALSO]
    lines += [".SH SEE ALSO", *(f"{other} ," for other in others[:-1]), others[-1]]
    return "\n".join(lines) + "\n"


def _option(option: Option) -> Iterator[str]:
    word = _text(option.value) if option.choices else f"\\fI{_text(option.value)}\\fR"
    if option.value_may_lack:
        word = f"[{word}]"
    names = ", ".join(f"\\fB{_text(name)}\\fR" for name in option.names)
    yield from (".TP", f"{names} {word}" if option.value else names, *_filled(option.help))


def _table(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, meaning in rows:
        yield from (".TP", f"\\fB{_text(name)}\\fR", *_filled(meaning))


def _paragraphs(told: tuple[str, ...]) -> Iterator[str]:
    for number, paragraph in enumerate(told):
        yield from [".PP"] if number else []
        yield from _filled(paragraph)


def _filled(told: str) -> Iterator[str]:
    """Sentences, each begun on a line of its own, as roff wants it to space them."""
    first = told.split(" ")[0].rstrip(",")
    if first.isalpha() and first.islower():
        told = told[0].upper() + told[1:]
    for sentence in re.split(r"(?<=\.) (?=\S)", told if told[-1] in ".:" else f"{told}."):
        yield from map(_text, textwrap.wrap(sentence, 72, break_long_words=False, break_on_hyphens=False))


def _text(told: str) -> str:
    """Text as roff has it: no backslash, hyphen or leading dot means anything but itself."""
    escaped = told.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha")
    return "\\&" + escaped if escaped.startswith((".", "'")) else escaped
