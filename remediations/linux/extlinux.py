"""extlinux and syslinux: labels, and the generators of Alpine and Debian that write them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from remediations.guest import Guest, GuestError
from remediations.linux.append_variable import Variable, variable, with_console
from remediations.linux.boot_lines import BootLine, Console, Loader, Remark, has_console
from remediations.linux.grub_cfg import is_kernel
from remediations.linux.text import encode, line_ending, numbered, split_lines
from remediations.vocabulary import Evidence, Step, WriteFile

_PATHS = ("/boot/extlinux/extlinux.conf", "/boot/extlinux.conf", "/extlinux.conf", "/boot/syslinux/syslinux.cfg")
_GENERATORS = (
    ("/sbin/update-extlinux", "/etc/update-extlinux.conf", "default_kernel_opts", ("/boot/extlinux.conf",)),
    ("/usr/sbin/u-boot-update", "/etc/default/u-boot", "U_BOOT_PARAMETERS", _PATHS[:1]),
    ("/usr/sbin/extlinux-update", "/etc/default/extlinux", "EXTLINUX_PARAMETERS", _PATHS[:1]),
)
_NO_KERNEL = (".c32", ".com", ".bin", ".img")


@dataclass
class _Label:
    """A label while its lines are read. ``start`` and ``append`` are the lines, from 1, of its kernel and arguments."""

    name: str
    kernel: str = ""
    start: int = 0
    append: int = 0
    arguments: str = ""


def extlinux(guest: Guest, device: str) -> tuple[Loader, ...]:
    """Every such configuration that is there."""
    return tuple(_loader(guest, path, device) for path in _PATHS if guest.exists(path))


def with_appended(content: bytes, console: Console) -> bytes:
    """The configuration with the console in the ``append`` line of every label that boots Linux and lacks it.

    A label without such a line gets one, behind its kernel's.
    """
    lines = split_lines(content)
    added: dict[int, bytes] = {}
    for label in _labels(content)[0]:
        words = encode(" ".join(console.missing(tuple(label.arguments.split()))))
        if words and label.append:
            added[label.append] = b" " + words
        elif words:
            line = lines[label.start - 1]
            indent = line[: len(line) - len(line.lstrip())]
            added[label.start] = line_ending(content) + indent + b"append " + words
    for number, words in added.items():
        text = lines[number - 1].rstrip()
        lines[number - 1] = text + words + lines[number - 1][len(text) :]
    return b"".join(lines)


def _loader(guest: Guest, path: str, device: str) -> Loader:
    labels, unread = _labels(guest.read(path), path)
    shown = dict(numbered(guest.read(path)))
    lines = tuple(
        BootLine(
            Evidence(path, label.append, shown[label.append].strip()) if label.append else Evidence(path),
            label.name,
            tuple(label.arguments.split()),
        )
        for label in labels
    )
    doubts: list[Remark] = []
    losses: list[Remark] = []
    keeps: list[Evidence] = []
    defaults: list[Variable] = []
    for found in _defaults(guest, path, doubts):
        defaults.append(found)
        if has_console(found.words, device):
            keeps += found.evidence
        elif not found.known:
            doubts.append(Remark(f"What {found.name} holds cannot be known without running it", found.evidence))
        else:
            text = f"{found.path} does not have console={device}: it is missing when {path} is generated again"
            losses.append(Remark(text, found.evidence))
    return Loader(
        path,
        lines,
        unread,
        tuple(doubts),
        tuple(losses),
        tuple(keeps),
        lambda console: _repair(guest, path, defaults, console),
    )


def _repair(guest: Guest, path: str, defaults: list[Variable], console: Console) -> tuple[Step, ...]:
    before = {path: guest.read(path)}
    after = {path: with_appended(before[path], console)}
    for found in defaults:
        before[found.path] = guest.read(found.path) if guest.exists(found.path) else b""
        after[found.path] = with_console(before[found.path], found.path, found.name, console)
    return tuple(WriteFile(name, content) for name, content in after.items() if content != before[name])


def _defaults(guest: Guest, path: str, doubts: list[Remark]) -> Iterator[Variable]:
    for program, defaults, name, outputs in _GENERATORS:
        if path in outputs and guest.exists(program):
            try:
                yield variable(guest, defaults, name)
            except GuestError as error:
                doubts.append(Remark(str(error), (Evidence(defaults),)))


def _labels(content: bytes, path: str = "") -> tuple[list[_Label], tuple[Remark, ...]]:
    """The labels that boot Linux (syslinux: doc/syslinux.txt, LABEL, APPEND), and what could not be followed."""
    labels: list[_Label] = []
    unread: list[Remark] = []
    common = _Label("")
    for number, text in numbered(content):
        word, _, value = text.strip().replace("\t", " ").partition(" ")
        keyword, value = word.lower(), value.strip()
        label = labels[-1] if labels else common
        if keyword == "label":
            labels.append(_Label(value, append=common.append, arguments=common.arguments))
        elif keyword in ("linux", "kernel"):
            label.kernel, label.start = value, number
        elif keyword == "append":
            label.append, label.arguments = number, "" if value == "-" else value
        elif keyword in ("include", "config") or (keyword == "com32" and "mboot" in value):
            text = text.strip()
            why = "goes on in" if keyword != "com32" else "starts a kernel by"
            unread.append(Remark(f"{path} {why} {value}, which was not read", (Evidence(path, number, text),)))
    kernels = [label for label in labels if label.kernel and is_kernel(label.kernel)]
    return [label for label in kernels if not label.kernel.lower().endswith(_NO_KERNEL)], tuple(unread)
