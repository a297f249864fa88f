"""The guest straight from its disk: the second implementation of the Guest protocol, read-only."""

from __future__ import annotations

import fnmatch
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TypeVar

from remediations.guest import DEFAULT_LIMIT, FileKind, Filesystem, GuestError, GuestFacts, RootDisk, Stat
from remediations.linux.identity import identify
from wizard.errors import WizardError
from wizard.fast.disk import open_disk
from wizard.fast.errors import StepAside
from wizard.fast.find_root import System, find_system
from wizard.fast.root import filesystems, root_disk
from wizard.fast.tree import Place
from wizard.image import Image

_KINDS = {stat.S_IFREG: FileKind.FILE, stat.S_IFDIR: FileKind.DIRECTORY, stat.S_IFLNK: FileKind.LINK}

T = TypeVar("T")


class FastGuest:
    """Implements :class:`~remediations.guest.Guest`. Every method may also raise StepAside: then nothing counts."""

    def __init__(self, system: System, disk_size: int) -> None:
        self.system = system
        self._disk_size = disk_size

    @cached_property
    def facts(self) -> GuestFacts:
        known = identify(self)
        return GuestFacts(
            known.distro, known.product, known.version, known.arch, known.package_format, self.system.root
        )

    @cached_property
    def packages(self) -> Mapping[str, str]:
        from wizard.fast.packages import packages_of  # not every report asks for them

        with certain("the list of packages"):
            return packages_of(self)

    @cached_property
    def root_disk(self) -> RootDisk:
        with certain("the partitions"):
            return root_disk(self.system, self._disk_size)

    @cached_property
    def filesystems(self) -> Mapping[int, Filesystem]:
        with certain("the partitions"):
            return filesystems(self.system)

    def stat(self, path: str) -> Stat | None:
        return _stat(self._place("stat", path))

    def lstat(self, path: str) -> Stat | None:
        return _stat(self._place("lstat", path, follow=False))

    def exists(self, path: str) -> bool:
        return self.stat(path) is not None

    def read(self, path: str, limit: int = DEFAULT_LIMIT) -> bytes:
        place = self._file(path)
        if place.node.size > limit:
            raise GuestError(f"{path}: larger than {limit} bytes")
        with certain(path):
            return place.filesystem.read(place.node, place.node.size)

    def head(self, path: str, length: int) -> bytes:
        place = self._file(path)
        with certain(path):
            return place.filesystem.read(place.node, length)

    def readlink(self, path: str) -> str:
        place = self._place("readlink", path, follow=False)
        if place is None:
            raise GuestError(f"{path}: there is no such link")
        if not stat.S_ISLNK(place.node.mode):
            raise GuestError(f"{path}: readlink failed: Invalid argument")
        with certain(path):
            return _text(place.filesystem.readlink(place.node), "readlink", path)

    def listdir(self, path: str) -> tuple[str, ...]:
        place = self._place("stat", path)
        if place is None or not stat.S_ISDIR(place.node.mode):
            return ()
        with certain(path):
            names = list(place.filesystem.entries(place.node))
        return tuple(sorted(_text(name, "listdir", path) for name in names))

    def glob(self, pattern: str) -> tuple[str, ...]:
        if not pattern.startswith("/") or any(odd in pattern for odd in ("\\", "{", "[:", "[.", "[=")):
            raise StepAside(f"The pattern {pattern} is not understood here")
        found = [""]
        plain = ""
        for part in pattern.strip("/").split("/"):
            if not any(magic in part for magic in "*?["):
                plain += f"/{part}"
                continue
            found = [path for folder in found for path in self._matches(folder + plain, part)]
            plain = ""
        if plain:
            found = [folder + plain for folder in found if self._place("glob", folder + plain, follow=False)]
        return tuple(sorted(found))

    def _matches(self, folder: str, part: str) -> Iterator[str]:
        place = self._place("glob", folder or "/")
        if place is None or not stat.S_ISDIR(place.node.mode):
            return
        wanted = part.replace("[^", "[!")
        with certain(folder):
            names = list(place.filesystem.entries(place.node))
        for raw in names:
            name = raw.decode("utf-8", "surrogateescape")
            if fnmatch.fnmatchcase(name, wanted) and (part.startswith(".") or not name.startswith(".")):
                yield f"{folder}/{_text(raw, 'glob', f'{folder}/{part}')}"

    def _file(self, path: str) -> Place:
        place = self._place("stat", path)
        if place is None:
            raise GuestError(f"{path}: there is no such file")
        if not stat.S_ISREG(place.node.mode):
            raise GuestError(f"{path}: not a regular file")
        return place

    def _place(self, question: str, path: str, *, follow: bool = True) -> Place | None:
        if "\0" in path:
            raise GuestError(f"{path}: {question} failed: embedded null byte")
        if not path.startswith("/"):
            raise StepAside(f"The path {path} is not absolute")
        try:
            with certain(path):
                return self.system.tree.find(path.encode("utf-8", "surrogateescape"), follow=follow)
        except GuestError as error:
            raise GuestError(f"{path}: {question} failed: {error}") from error


def open_guest(image: Image) -> FastGuest:
    """The guest in a probed image. StepAside where anything is not certain."""
    with certain():
        return FastGuest(find_system(open_disk(image)), image.virtual_size)


@contextmanager
def certain(what: str = "the image") -> Iterator[None]:
    """Whatever goes wrong in reading a structure is no answer: step aside."""
    try:
        yield
    except (GuestError, WizardError):
        raise
    except ImportError as error:
        raise StepAside(f"The fast reader's libraries are not installed ({error.name})") from error
    except Exception as error:
        raise StepAside(f"Reading {what} failed: {type(error).__name__}: {error}".rstrip(": ")) from error


def _stat(place: Place | None) -> Stat | None:
    if place is None:
        return None
    node = place.node
    kind = _KINDS.get(stat.S_IFMT(node.mode), FileKind.OTHER)
    return Stat(kind, stat.S_IMODE(node.mode), node.uid, node.gid, node.size)


def _text(name: bytes, question: str, path: str) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError as error:
        raise GuestError(f"{path}: {question} met a name that is not UTF-8") from error
