"""``/etc/kernel/cmdline``: the arguments that kernel-install(8) and sdbootutil write into a new kernel's entry."""

from __future__ import annotations

from remediations.guest import Guest
from remediations.linux.boot_lines import Console, Remark, has_console
from remediations.linux.text import encode, numbered, split_lines
from remediations.vocabulary import Evidence, Step, WriteFile

_PATH = "/etc/kernel/cmdline"
_PACKAGED = "/usr/lib/kernel/cmdline"


def words(guest: Guest) -> tuple[tuple[str, Evidence], ...]:
    """The arguments with their places; empty without the file: then those of the running kernel are taken."""
    path = _found(guest)
    if path is None:
        return ()
    return tuple(
        (word, Evidence(path, number, text))
        for number, text in numbered(guest.read(path))
        if not text.startswith("#")
        for word in text.split()
    )


def kept(guest: Guest, device: str) -> tuple[tuple[Remark, ...], tuple[Evidence, ...]]:
    """The loss that the next kernel brings, or else the evidence that it brings none."""
    path = _found(guest)
    if path is None:
        return (), ()
    found = words(guest)
    places = tuple(dict.fromkeys(place for _, place in found))[:1] or (Evidence(path),)
    if not has_console(tuple(word for word, _ in found), device):
        return (Remark(f"{path} does not have console={device}: the next kernel lacks it", places),), ()
    return (), places


def repair(guest: Guest, console: Console) -> tuple[Step, ...]:
    """The file with the console at its end; the package's is overridden."""
    path = _found(guest)
    added = " ".join(console.missing(tuple(word for word, _ in words(guest))))
    if path is None or not added:
        return ()
    return (WriteFile(_PATH, with_words(guest.read(path), added)),)


def with_words(content: bytes, added: str) -> bytes:
    """The content with words at the end of its last line that holds any."""
    lines = split_lines(content)
    told = [index for index, line in enumerate(lines) if line.strip() and not line.startswith(b"#")]
    if not told:
        return content + (b"" if not lines or lines[-1].endswith(b"\n") else b"\n") + encode(added) + b"\n"
    line = lines[told[-1]]
    text = line.rstrip()
    lines[told[-1]] = text + encode(f" {added}") + line[len(text) :]
    return b"".join(lines)


def _found(guest: Guest) -> str | None:
    return next((path for path in (_PATH, _PACKAGED) if guest.exists(path)), None)
