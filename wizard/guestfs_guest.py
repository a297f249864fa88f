"""The guest through libguestfs: small reads with pread, never a read of what is not a regular file."""

from __future__ import annotations

import posixpath
import re
import stat
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from remediations.guest import DEFAULT_LIMIT, FileKind, Filesystem, GuestError, GuestFacts, RootDisk, Stat
from remediations.linux.identity import identify
from remediations.linux.rpm_header import Header
from remediations.linux.rpm_version import newest
from wizard.appliance import Appliance
from wizard.errors import OpenError
from wizard.fast.errors import StepAside
from wizard.fast.packages import packages_of
from wizard.inspection import Inspected
from wizard.root_disk import filesystems, root_disk

CHUNK = 2 * 1024 * 1024  # libguestfs messages end at 4 MiB
# The binding has no errno to ask for; the appliance's own messages are always in the C locale.
_ABSENT = (": No such file or directory", ": Not a directory")
_KINDS = {stat.S_IFREG: FileKind.FILE, stat.S_IFDIR: FileKind.DIRECTORY, stat.S_IFLNK: FileKind.LINK}

# libguestfs begins its messages with the name of its own function.
_FUNCTION = re.compile(r"^\w+: ")

T = TypeVar("T")


class GuestfsGuest:
    """Implements :class:`~remediations.guest.Guest`. What it read is remembered until :meth:`forget`."""

    def __init__(self, appliance: Appliance, inspected: Inspected, disk_size: int) -> None:
        self._appliance = appliance
        self._inspected = inspected
        self._disk_size = disk_size
        self._seen: dict[tuple[str, str], Any] = {}

    @cached_property
    def facts(self) -> GuestFacts:
        known = identify(self)
        return GuestFacts(
            known.distro, known.product, known.version, known.arch, known.package_format, self._inspected.root
        )

    @cached_property
    def packages(self) -> Mapping[str, str]:
        if self.facts.package_format == "rpm" and self._inspected.by_appliance:
            try:
                return self._rpm_packages()
            except GuestError:  # librpm in the appliance does not read every form of the database
                return self._package_lists()
        return self._package_lists()

    def _rpm_packages(self) -> Mapping[str, str]:
        root = self.facts.root
        found = self._ask("packages", root, lambda g: g.inspect_list_applications2(root))
        if not found:
            raise GuestError("The appliance found no packages")
        fields = ("app2_name", "app2_epoch", "app2_version", "app2_release")
        return newest(Header(*(app[field] for field in fields)) for app in found)

    def _package_lists(self) -> Mapping[str, str]:
        try:
            return packages_of(self)
        except (StepAside, ImportError) as error:
            raise GuestError(f"The list of packages could not be read: {error}") from error

    @cached_property
    def root_disk(self) -> RootDisk:
        found = self._ask("root disk", self.facts.root, lambda g: root_disk(g, self.facts.root, self._disk_size))
        assert found is not None  # noqa: S101 - only an absent path answers None
        return found

    @cached_property
    def filesystems(self) -> Mapping[int, Filesystem]:
        return self._ask("file systems", self.facts.root, filesystems) or {}

    def forget(self) -> None:
        """Drop what was read: the stage has written."""
        self._seen.clear()
        for known in ("facts", "packages", "root_disk", "filesystems"):
            self.__dict__.pop(known, None)

    def stat(self, path: str) -> Stat | None:
        return self._remembered("stat", path, lambda g: _stat(g.statns(path)))

    def lstat(self, path: str) -> Stat | None:
        return self._remembered("lstat", path, lambda g: _stat(g.lstatns(path)))

    def exists(self, path: str) -> bool:
        return self.stat(path) is not None

    def read(self, path: str, limit: int = DEFAULT_LIMIT) -> bytes:
        # The type first: opening a FIFO would wait for a writer for ever.
        found = self.stat(path)
        if found is None:
            raise GuestError(f"{path}: there is no such file")
        if found.kind is not FileKind.FILE:
            raise GuestError(f"{path}: not a regular file")
        if found.size > limit:
            raise GuestError(f"{path}: larger than {limit} bytes")
        content = self._remembered("read", path, lambda g: _pread(g, path, found.size, limit))
        if content is None:
            raise GuestError(f"{path}: it vanished while it was read")
        return content

    def head(self, path: str, length: int) -> bytes:
        found = self.stat(path)
        if found is None:
            raise GuestError(f"{path}: there is no such file")
        if found.kind is not FileKind.FILE:
            raise GuestError(f"{path}: not a regular file")
        return self._ask("read", path, lambda g: bytes(g.pread(path, length, 0))) or b""

    def readlink(self, path: str) -> str:
        target = self._remembered("readlink", path, lambda g: str(g.readlink(path)))
        if target is None:
            raise GuestError(f"{path}: there is no such link")
        return target

    def listdir(self, path: str) -> tuple[str, ...]:
        found = self.stat(path)
        if found is None or found.kind is not FileKind.DIRECTORY:
            return ()
        return self._remembered("listdir", path, lambda g: tuple(sorted(g.ls(path)))) or ()

    def glob(self, pattern: str) -> tuple[str, ...]:
        found = self._remembered("glob", pattern, lambda g: tuple(sorted(g.glob_expand(pattern, directoryslash=False))))
        # The C library's dot files include the folder itself and the one above.
        return tuple(one for one in found or () if posixpath.basename(one) not in (".", ".."))

    def label(self, path: str) -> str:
        """The SELinux label of what stands at a path, a link not followed; empty where it has none."""
        try:
            found = self._ask("label", path, lambda g: g.lgetxattrs(path)) or ()
        except GuestError as error:
            if "Operation not supported" in str(error):  # vfat, of the EFI system partition, has no attributes
                return ""
            raise
        for attribute in found:
            if attribute["attrname"] == "security.selinux":
                return bytes(attribute["attrval"]).rstrip(b"\0").decode("utf-8", "replace")
        return ""

    def realpath(self, path: str) -> str:
        """``path`` with every link resolved inside the guest; the last component may be absent."""
        found = self._ask("realpath", path, lambda g: str(g.realpath(path)))
        if found is not None:
            return found
        if self.lstat(path) is not None:
            raise GuestError(f"{path}: a link that leads nowhere")
        folder = posixpath.dirname(path)
        return path if folder == path else posixpath.join(self.realpath(folder), posixpath.basename(path))

    def _remembered(self, question: str, path: str, ask: Callable[[Any], T]) -> T | None:
        key = (question, path)
        if key not in self._seen:
            self._seen[key] = self._ask(question, path, ask)
        found: T | None = self._seen[key]
        return found

    def _ask(self, question: str, path: str, ask: Callable[[Any], T]) -> T | None:
        """One call; None where nothing stands at the path."""
        self._refuse_unmounted(path)
        try:
            return ask(self._appliance.g)
        except RuntimeError as error:
            g = self._appliance.g
            if self._appliance.why is not None:
                raise self._appliance.why from error
            if self._appliance.expired:
                raise GuestError(f"{path}: the appliance took too long") from error
            if g is None or not g.is_ready():
                raise died() from error
            if str(error).endswith(_ABSENT):
                return None
            reason = _FUNCTION.sub("", str(error)).removeprefix(f"{path}: ")
            raise GuestError(f"{path}: {question} failed: {reason}") from error
        except UnicodeDecodeError as error:
            raise GuestError(f"{path}: {question} met a name that is not UTF-8") from error

    def _refuse_unmounted(self, path: str) -> None:
        """Below a mount point that is not mounted there is only an empty folder: no answer is better than its."""
        path = posixpath.normpath(path)
        for point in self._inspected.unmounted:
            if path == point or path.startswith(point.rstrip("/") + "/"):
                raise GuestError(f"{path}: {point} could not be mounted")


def died() -> OpenError:
    """The appliance ended by itself in the middle of a call."""
    return OpenError(
        "appliance-died",
        "The appliance ended unexpectedly. The image is as it was.",
        "Try again; where it happens again, run `image-wizard --doctor` and check the host's memory.",
    )


def _stat(found: Mapping[str, int]) -> Stat:
    mode = found["st_mode"]
    kind = _KINDS.get(stat.S_IFMT(mode), FileKind.OTHER)
    return Stat(kind, stat.S_IMODE(mode), found["st_uid"], found["st_gid"], found["st_size"])


def _pread(g: Any, path: str, size: int, limit: int) -> bytes:
    """A file of a known size; an empty answer says that it has become shorter."""
    parts: list[bytes] = []
    total = 0
    while total < size and (part := bytes(g.pread(path, CHUNK, total))):
        parts.append(part)
        total += len(part)
        if total > limit:
            raise GuestError(f"{path}: larger than {limit} bytes")
    return b"".join(parts)
