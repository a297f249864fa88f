"""Installs packages in a stage with the guest's own package manager, and says what that brought."""

from __future__ import annotations

import posixpath
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from remediations.guest import FileKind, GuestError
from remediations.linux import host_keys
from remediations.vocabulary import Settings
from wizard import package_folder, package_list, rpm_files
from wizard.appliance import Appliance
from wizard.change import CommandResult, FileState, PackageChange, Packages
from wizard.changed_files import Changed, Snapshot
from wizard.enclosure import MIB, TEMPORARY, Enclosure, Ended, OnLine, Swap
from wizard.guest_command import foreign
from wizard.guestfs_guest import GuestfsGuest
from wizard.package_managers import DEB_ENVIRONMENT, Manager, manager
from wizard.step_error import StepError
from wizard.visible import visible

SECONDS = 1800.0
"""How long a package manager may take."""
HOST_SPARE = 512 * MIB
MACHINE_IDS = ("/etc/machine-id", "/var/lib/dbus/machine-id")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]*")
_LIST_LIMIT = 64 * MIB
_NO_SERVICES = Swap("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
_NO_UPSTART = Swap("/sbin/initctl", "#!/bin/sh\nexit 0\n", 0o755)
_DNS = "/etc/resolv.conf"
_RECORDS = (
    "/lib/apk/",
    "/usr/lib/apk/",
    "/usr/lib/sysimage/",
    "/usr/share/rpm/",
    "/var/cache/",
    "/var/lib/",
    "/var/log/",
)
"""Where package managers keep books; what they write there is noise."""


class Ledger(Protocol):
    """The stage's writer: it keeps the states of paths before, and puts them back."""

    def state(self, path: str) -> FileState | None:
        """What stands at a path now."""

    def restore(self, path: str, state: FileState | None) -> None:
        """Put a path back."""


@dataclass(frozen=True)
class Installed:
    """What an installation did. ``before`` has the earlier states of files that are shown one by one.

    ``size`` is the room that it took in the guest.
    """

    packages: tuple[PackageChange, ...]
    command: CommandResult
    changed: Changed
    before: Mapping[str, FileState | None]
    size: int

    @property
    def others(self) -> tuple[str, ...]:
        """Files that were there, changed or went, and are neither shown one by one nor the package manager's own."""
        paths = (*self.changed.altered, *self.changed.gone)
        return tuple(path for path in paths if path not in self.before and not path.startswith(_RECORDS))


class Installer:
    """Installs in one stage; what it has fetched serves the next installation there, too."""

    def __init__(
        self, appliance: Appliance, guest: GuestfsGuest, settings: Settings, scratch: Path, on_line: OnLine
    ) -> None:
        self._appliance, self._guest, self._settings = appliance, guest, settings
        self._scratch, self._on_line = scratch, on_line
        self._keys: set[str] = set()

    def install(self, names: Sequence[str], ledger: Ledger) -> Installed:
        """Install packages by name. StepError says why not, and that alone; the stage must be dropped then."""
        managing, offline = self._managing(names)
        enclosure = Enclosure(self._appliance, self._guest, self._swaps(managing), self._on_line)
        self._require_room(managing.room)
        if self._settings.packages is not None:
            package_folder.bring(enclosure, Path(self._settings.packages), managing.suffixes)
        snapshot, free = Snapshot(enclosure), self._free()
        snapshot.take()
        identities = {path: ledger.state(path) for path in MACHINE_IDS}
        had = self._list(enclosure, managing)
        prepare, install = managing.scripts(names, offline=offline)
        if managing.suffixes == (".rpm",) and offline:
            self._choose_rpms(enclosure, names)
        said = self._run(enclosure, managing, prepare) if prepare else ""
        self._require_room(max(managing.room, package_list.room_asked(said)))
        said += self._run(enclosure, managing, install)
        for path, state in identities.items():
            self._put_back(path, state, ledger)
        self._remove_keys(ledger, snapshot.compare().new)
        changed = snapshot.compare()
        now = self._list(enclosure, managing)
        before = snapshot.states(tuple(path for path in changed.shown if path not in changed.new), ledger)
        before |= dict.fromkeys(path for path in changed.shown if path in changed.new)
        words = (posixpath.basename(managing.program), "install", *names)
        return Installed(
            package_list.differences(had, now), CommandResult(words, said), changed, before, max(0, free - self._free())
        )

    def _managing(self, names: Sequence[str]) -> tuple[Manager, bool]:
        if wrong := [name for name in names if not _NAME.fullmatch(name)]:
            raise StepError(f"{wrong[0]} is no package's name")
        if reason := foreign(self._appliance, self._guest):
            raise StepError(f"{reason}: install {' and '.join(names)} in the guest itself")
        offline = self._settings.packages is not None
        if not offline and not self._settings.network:
            raise StepError("neither --network nor --packages FOLDER was given")
        if self._guest.exists("/ostree/repo"):
            raise StepError(f"the system is one image (ostree): put {' and '.join(names)} into that")
        managing = manager(self._guest, offline=offline)
        if managing is None:
            raise StepError(f"the guest has no package manager that is known: install {' and '.join(names)} in it")
        return managing, offline

    def _swaps(self, managing: Manager) -> tuple[Swap, ...]:
        """What is another file in the guest meanwhile: no service is started, and names are found."""
        wanted = []
        if managing.suffixes == (".deb",):
            wanted.append(_NO_SERVICES)
        if self._guest.exists(_NO_UPSTART.path):
            wanted.append(_NO_UPSTART)
        if self._settings.network:
            with self._appliance.limited(60):
                wanted.append(Swap(_DNS, str(self._appliance.g.debug("sh", ["cat /etc/resolv.conf"])), 0o644))
        found = []
        for swap in wanted:
            folder = posixpath.dirname(swap.path)
            if self._guest.stat(folder) is None:
                raise StepError(f"the guest has no {folder}")
            path = posixpath.join(self._guest.realpath(folder), posixpath.basename(swap.path))
            found.append(Swap(path, swap.content, swap.mode))
        return tuple(found)

    def _run(self, enclosure: Enclosure, managing: Manager, script: str) -> str:
        ended = self._ended(enclosure, managing, script)
        if ended.code not in managing.succeeds:
            raise StepError(package_list.reason(ended.output) or f"{managing.program} failed with {ended.code}")
        return ended.output

    def _ended(self, enclosure: Enclosure, managing: Manager, script: str) -> Ended:
        environment = DEB_ENVIRONMENT if managing.suffixes == (".deb",) else {}
        return enclosure.run(script, SECONDS, environment)

    def _list(self, enclosure: Enclosure, managing: Manager) -> dict[str, tuple[str, int]]:
        if enclosure.run(f"({managing.listing}) > /tmp/listing", 300).code:
            raise StepError("the guest's package manager does not say what is installed")
        return package_list.parsed(enclosure.read(f"{TEMPORARY}/listing", _LIST_LIMIT).decode(errors="replace"))

    def _choose_rpms(self, enclosure: Enclosure, names: Sequence[str]) -> None:
        enclosure.run(rpm_files.QUERY, SECONDS)
        query = enclosure.read(f"{TEMPORARY}/query", _LIST_LIMIT).decode(errors="replace")

        def test(files: tuple[str, ...]) -> str:
            line = " ".join(map(shlex.quote, files))
            return enclosure.run(f"cd /tmp/packages && rpm -U --test --nosignature {line}", SECONDS).output

        chosen = rpm_files.choose(rpm_files.listed(query, self._guest.facts.arch), names, test)
        enclosure.run(f"printf '%s\\n' {' '.join(map(shlex.quote, chosen))} > /tmp/chosen", 60)

    def _put_back(self, path: str, state: FileState | None, ledger: Ledger) -> None:
        """An instance's identity that a package's script has filled in; a link to another one is none."""
        now = ledger.state(path)
        if now != state and now is not None and now.kind is FileKind.FILE:
            ledger.restore(path, state)

    def _remove_keys(self, ledger: Ledger, new: Sequence[str]) -> None:
        """Host keys that a package has made would be the same in every instance; gone where a boot makes them."""
        self._keys |= {path for path in new if re.fullmatch(r"/etc/ssh/ssh_host_\w+_key(\.pub)?", path)}
        try:
            made = bool(host_keys.maker(self._guest))
        except GuestError:
            return
        for path in sorted(self._keys) if made else ():
            if ledger.state(path) is not None:
                ledger.restore(path, None)

    def _free(self) -> int:
        told = [self._appliance.g.statvfs(point) for point in sorted(self._appliance.g.mountpoints().values())]
        return sum(int(one["bfree"]) * int(one["frsize"]) for one in told)

    def _require_room(self, size: int) -> None:
        told = self._appliance.g.statvfs("/usr" if self._guest.exists("/usr") else "/")
        free = int(told["bavail"]) * int(told["frsize"])
        if free < size:
            raise StepError(f"the guest has {free // MIB} MiB free and {size // MIB} MiB are needed; make room in it")
        host = shutil.disk_usage(self._scratch).free
        if host < size + HOST_SPARE:
            where = visible(str(self._scratch.parent))
            raise StepError(
                f"the host's {where} has {host // MIB} MiB free and {(size + HOST_SPARE) // MIB} are needed"
            )


def merged(done: Sequence[Installed]) -> Packages:
    """Several installations in one stage, as one."""
    first: dict[str, PackageChange] = {}
    for change in (change for one in done for change in one.packages):
        was = first[change.name].before if change.name in first else change.before
        first[change.name] = PackageChange(change.name, was, change.after, change.size)
    changes = tuple(change for _, change in sorted(first.items()) if change.before != change.after)
    new = {path for one in done for path in one.changed.new}
    others = {path for one in done for path in one.others} - new
    return Packages(
        changes,
        len(new - {p for one in done for p in one.before}),
        tuple(sorted(others)),
        sum(one.size for one in done),
    )
