"""The menu of a generated ``grub.cfg``: its entries, the kernels they boot, and how to give those more arguments."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import lru_cache

from remediations.linux.grub_script import Block, Command, GrubSyntaxError, parse_script
from remediations.linux.text import decode, encode

_LINUX = ("linux", "linux16", "linuxefi")
_INITRD = ("initrd", "initrd16", "initrdefi")
_HYPERVISOR = ("multiboot", "multiboot2", "xen_hypervisor")
_INCLUDE = ("source", ".", "configfile")
_NO_KERNEL = ("memtest", "mt86", "memdisk", "ipxe", "netboot.xyz")
"""Programs that GRUB starts by ``linux`` too, by the beginning of their file's name."""
HARMLESS = frozenset({"vt_handoff", "extra_cmdline", "tuned_params"})
"""Variables in ``linux`` lines that hold no console: Ubuntu's ``vt.handoff=7``, SUSE's root of a snapshot, tuned's."""


@dataclass(frozen=True)
class Kernel:
    """One ``linux`` line. ``arguments`` are its words after the kernel; ``end`` is where the last of them ends.

    ``command`` is its first word (``linux16``…); ``opaque`` tells that a variable could hold anything.
    """

    command: str
    path: str
    arguments: tuple[str, ...]
    line: int
    end: int
    opaque: bool

    @property
    def takes_kernelopts(self) -> bool:
        """Whether it passes what ``grubenv`` holds, as the entries that Red Hat 8 generates on ppc64le do."""
        return any(argument in ("$kernelopts", "${kernelopts}") for argument in self.arguments)


@dataclass(frozen=True)
class Entry:
    """A menu entry with what it loads. ``title`` includes its submenus' titles; ``search`` is where it looks for files.

    ``section`` is the script of /etc/grub.d that made it, empty where unknown. Kernels outside any entry are in one
    with an empty title.
    """

    title: str
    id: str
    section: str
    line: int
    kernels: tuple[Kernel, ...]
    initrds: tuple[str, ...]
    search: tuple[str, ...]


@dataclass(frozen=True)
class Setting:
    """``set NAME=VALUE``; ``inside`` is the place in the text behind the last character of a quoted value."""

    name: str
    value: str
    line: int
    inside: int | None


@dataclass(frozen=True)
class GrubMenu:
    """``hypervisors``, ``includes`` and ``boot_loader_spec`` tell of entries that are not (only) in this file."""

    text: str
    entries: tuple[Entry, ...]
    hypervisors: tuple[int, ...]
    includes: tuple[tuple[int, str], ...]
    boot_loader_spec: bool
    guards: tuple[tuple[str, ...], ...]
    """Commands that protect the menu or choose the default, which no fix of ours may alter."""
    settings: tuple[Setting, ...]
    loads_environment: bool
    """Whether the variables of ``grubenv`` are taken in."""

    @property
    def kernels(self) -> tuple[tuple[Entry, Kernel], ...]:
        """Every Linux kernel that the menu boots, with its entry."""
        return tuple((entry, kernel) for entry in self.entries for kernel in entry.kernels)

    def line_text(self, line: int) -> str:
        """One line as written, blanks around it removed."""
        return self.text.split("\n")[line - 1].strip()


def parse_menu(content: bytes) -> GrubMenu:
    """Read a ``grub.cfg``; GrubSyntaxError where it is not well formed."""
    menu = _parsed(content)
    if isinstance(menu, GrubSyntaxError):
        raise GrubSyntaxError(str(menu))
    return menu


@lru_cache(maxsize=8)  # several requirements read the same menus, which may be long
def _parsed(content: bytes) -> GrubMenu | GrubSyntaxError:
    try:
        return _parse(content)
    except GrubSyntaxError as error:
        return error


def _parse(content: bytes) -> GrubMenu:
    text = decode(content)
    if "\0" in text:
        raise GrubSyntaxError("not a text file")
    blocks, commands = parse_script(text)
    by_entry: dict[int, list[Command]] = {id(block): [] for block in blocks if _is(block, "menuentry")}
    loose: list[Command] = []
    titles: dict[int, str] = {}
    for command in commands:
        entry = next((block for block in command.blocks if id(block) in by_entry), None)
        (by_entry[id(entry)] if entry else loose).append(command)
        if entry:
            titles[id(entry)] = _path(command.blocks, entry)
    entries = [
        _entry(block, titles.get(id(block), _title(block)), by_entry[id(block)])
        for block in blocks
        if id(block) in by_entry
    ]
    if any(_kernel(command) for command in loose):
        entries.append(_entry(None, "", loose))
    return GrubMenu(
        text,
        tuple(entries),
        tuple(command.line for command in commands if command.words[0].text in _HYPERVISOR),
        tuple(
            (command.line, command.words[1].text)
            for command in loose
            if command.words[0].text in _INCLUDE and len(command.words) > 1
        ),
        any(command.words[0].text == "blscfg" for command in commands),
        tuple(tuple(word.text for word in command.words) for command in loose if _guards(command)),
        tuple(_setting(text, command) for command in loose if _sets(command)),
        any(command.words[0].text == "load_env" for command in loose),
    )


def add_arguments(content: bytes, additions: dict[int, str]) -> bytes:
    """The file with words added to ``linux`` lines and settings.

    ``additions`` maps :attr:`Kernel.end` or :attr:`Setting.inside` to the words.
    """
    text = decode(content)
    for end in sorted(additions, reverse=True):
        text = f"{text[:end]} {additions[end]}{text[end:]}"
    return encode(text)


def is_kernel(path: str) -> bool:
    """Whether what a loader starts like a kernel may be one, by its file's name."""
    return not posixpath.basename(path).startswith(_NO_KERNEL)


def _entry(block: Block | None, title: str, commands: list[Command]) -> Entry:
    kernels = [kernel for command in commands if (kernel := _kernel(command))]
    initrds = [word.text for command in commands if command.words[0].text in _INITRD for word in command.words[1:]]
    searches = [command.words[-1].text for command in commands if command.words[0].text == "search"]
    return Entry(
        title,
        _id(block) if block else "",
        block.section if block else "",
        block.line if block else 0,
        tuple(kernels),
        tuple(initrds),
        tuple(sorted(set(searches))),
    )


def _kernel(command: Command) -> Kernel | None:
    if command.words[0].text not in _LINUX or len(command.words) < 2:
        return None
    path = command.words[1].text
    if not is_kernel(path):
        return None
    opaque = any(set(word.variables) - HARMLESS for word in command.words[2:])
    arguments = tuple(word.text for word in command.words[2:])
    return Kernel(command.words[0].text, path, arguments, command.line, command.words[-1].end, opaque)


def _sets(command: Command) -> bool:
    return command.words[0].text == "set" and len(command.words) > 1 and "=" in command.words[1].text


def _setting(text: str, command: Command) -> Setting:
    word = command.words[1]
    name, _, value = word.text.partition("=")
    return Setting(name, value, command.line, word.end - 1 if text[word.end - 1] in "'\"" else None)


def _guards(command: Command) -> bool:
    name = command.words[0].text
    if name in ("password", "password_pbkdf2"):
        return True
    return name == "set" and any(word.text.startswith(("superusers=", "default=")) for word in command.words[1:])


def _is(block: Block, name: str) -> bool:
    return bool(block.words) and block.words[0].text == name


def _title(block: Block) -> str:
    return block.words[1].text if len(block.words) > 1 else ""


def _path(blocks: tuple[Block, ...], entry: Block) -> str:
    outer = blocks[: blocks.index(entry)]
    return " > ".join([*(_title(block) for block in outer if _is(block, "submenu")), _title(entry)])


def _id(block: Block) -> str:
    words = [word.text for word in block.words]
    for option in ("$menuentry_id_option", "${menuentry_id_option}", "--id"):
        if option in words[:-1]:
            return words[words.index(option) + 1]
    return ""
