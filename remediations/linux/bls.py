"""Entries of the Boot Loader Specification (type 1): what GRUB's ``blscfg``, systemd-boot and zipl boot from."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from remediations.guest import Guest
from remediations.linux.text import decode, encode, line_ending, numbered, split_lines
from remediations.vocabulary import Evidence

GRUB_ENTRIES = "/boot/loader/entries"
"""Where ``blscfg`` looks: on /boot's file system."""


@dataclass(frozen=True)
class Entry:
    """One entry file. ``kernel`` is the key that says what it boots: ``linux``, ``uki`` or ``efi``; empty for none.

    ``options`` are the words of its ``options`` lines, ``evidence`` is the last of these.
    """

    path: str
    title: str
    kernel: str
    options: tuple[str, ...]
    evidence: Evidence


def entries(guest: Guest, folder: str) -> tuple[Entry, ...]:
    """The entries in a folder, by their files' names."""
    return tuple(_entry(path, guest.read(path)) for path in guest.glob(f"{folder}/*.conf"))


def with_options(content: bytes, words: str) -> bytes:
    """The entry with words added to its last ``options`` line, or with such a line where it has none."""
    lines = split_lines(content)
    found = [index for index, line in enumerate(lines) if _key(decode(line)) == "options"]
    ending = line_ending(content)
    if not found:
        joint = ending if content and not content.endswith(b"\n") else b""
        return content + joint + encode(f"options {words}") + ending
    line = lines[found[-1]]
    text = line.rstrip(b"\r\n")
    # An options line may end in a blank, as kernel-install leaves it.
    kept = text.rstrip(b" \t")
    lines[found[-1]] = kept + encode(f" {words}") + text[len(kept) :] + line[len(text) :]
    return b"".join(lines)


def _entry(path: str, content: bytes) -> Entry:
    title, kernel = posixpath.basename(path), ""
    words: list[str] = []
    evidence = Evidence(path)
    for number, text in numbered(content):
        key, value = _key(text), " ".join(text.split()[1:])
        if key == "options":
            words += value.split()
            evidence = Evidence(path, number, text)
        elif key == "title" and value:
            title = value
        elif key in ("linux", "uki", "efi"):
            kernel = key
    return Entry(path, title, kernel, tuple(words), evidence)


def _key(line: str) -> str:
    return (line.split() or [""])[0]
