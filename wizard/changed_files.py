"""What an installation did to the guest's files: which came, changed and went, and what small ones held before."""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass
from typing import Any, Protocol

from wizard.change import FileState
from wizard.enclosure import ROOM, Enclosure

KEPT = ("/boot", "/etc", "/root", "/usr/local", "/var/spool/cron")
"""Where the files are the operator's and are shown one by one; all else belongs to the packages that bring it."""
KEPT_KIB = 256
_LISTS_LIMIT = 64 * 1024 * 1024
_BEFORE = f"{ROOM}/before"
# Sorted as comm wants it. A guest's clock may run ahead: what is newer than now is older.
_FUNCTIONS = f"""\
set -e
export LC_ALL=C
cd {ROOM}
mounted() {{ while read d m r; do case $m in /sysroot/*) echo "$m";; esac; done < /proc/mounts; }}
every() {{ find /sysroot $(mounted) -xdev "$@" -print0 | sort -z -u; }}
"""
_TAKE = """\
rm -rf before; mkdir before
every > names.before
cd /sysroot
for folder in {kept}; do
  if [ -d ".$folder" ]; then find ".$folder" -xdev ! -type d \\( ! -type f -o -size -{blocks}k \\) -print0; fi
done > {room}/names.kept
tar --null --no-recursion --xattrs --xattrs-include='*' -T {room}/names.kept -cf - |
  tar --xattrs --xattrs-include='*' -xpf - -C {room}/before
touch {room}/start
"""
_COMPARE = """\
touch end
every > names.after
every ! -type d -cnewer start ! -cnewer end > names.touched
comm -z -13 names.before names.after > list.new
comm -z -23 names.before names.after > list.gone
comm -z -12 names.touched names.before > list.altered
"""


class Ledger(Protocol):
    """Where the states of paths before our first write are kept (the stage)."""

    def state(self, path: str) -> FileState | None:
        """What stands at a path now."""


@dataclass(frozen=True)
class Changed:
    """Paths of the guest, sorted; ``new`` has folders, too. ``unnamed``: how many have names that are not UTF-8."""

    new: tuple[str, ...]
    altered: tuple[str, ...]
    gone: tuple[str, ...]
    unnamed: int

    @property
    def shown(self) -> tuple[str, ...]:
        """Those that are shown one by one."""
        return tuple(path for path in (*self.new, *self.altered, *self.gone) if is_kept(path))


def is_kept(path: str) -> bool:
    """Whether a path is in one of the folders whose files are shown."""
    return any(path.startswith(f"{folder}/") for folder in KEPT)


class Snapshot:
    """The guest's files at one moment, kept in the appliance."""

    def __init__(self, enclosure: Enclosure) -> None:
        self._enclosure = enclosure

    def take(self) -> None:
        """Now is the moment. RuntimeError where the appliance has no room for it."""
        kept = " ".join(map(shlex.quote, KEPT))
        self._enclosure.ask(_FUNCTIONS + _TAKE.format(kept=kept, blocks=KEPT_KIB + 1, room=ROOM))
        time.sleep(0.05)  # the kernel's clock for files ticks every few milliseconds

    def compare(self) -> Changed:
        """What differs from then."""
        self._enclosure.ask(_FUNCTIONS + _COMPARE)
        unnamed = 0
        lists = []
        for name in ("new", "altered", "gone"):
            paths = []
            for raw in filter(None, self._enclosure.read(f"{ROOM}/list.{name}", _LISTS_LIMIT).split(b"\0")):
                try:
                    paths.append(raw.decode().removeprefix("/sysroot"))
                except UnicodeDecodeError:
                    unnamed += 1
            lists.append(tuple(paths))
        return Changed(lists[0], lists[1], lists[2], unnamed)

    def states(self, paths: tuple[str, ...], ledger: Ledger) -> dict[str, FileState | None]:
        """What stood at the paths then; those of large files, which were not kept, are left out."""
        found: dict[str, FileState | None] = {}
        with self._enclosure.shown(_BEFORE):
            for path in paths:
                state: Any = ledger.state(f"/tmp{path}")  # noqa: S108 - what is shown there
                if state is not None:
                    found[path] = state
        return found
