"""Scripts of the guest's own that grow its root at boot, as the guide shows for LVM: found by what they run."""

from __future__ import annotations

import re
from dataclasses import dataclass

from remediations.guest import FileKind, Guest
from remediations.linux import boot_scripts, cloud_config, cloud_init, services
from remediations.linux.boot_scripts import Command
from remediations.linux.text import numbered
from remediations.vocabulary import Evidence

_UNITS = "/etc/systemd/system"
_EXEC = re.compile(r"\s*Exec(?:Start|StartPre|StartPost)\s*=\s*[-@:+!]*(.*)")
_PARTITION = re.compile(r"\b(growpart|sfdisk|sgdisk|parted|fdisk)\b")
_VOLUME = re.compile(r"\b(pvresize|pvcreate|vgextend)\b")
_LOGICAL = re.compile(r"\b(lvextend|lvresize)\b")
_FILESYSTEM = re.compile(
    r"\b(resize2fs|xfs_growfs)\b|btrfs\s+filesystem\s+resize|\blv(extend|resize)\b.*\s(-\w*r\w*|--resizefs)\b"
)
_LONGEST = 1000
"""Characters of a command line that are searched: more is no command, and would keep the search busy."""
_REPART = ("/etc/repart.d/*.conf", "/usr/lib/repart.d/*.conf", "/usr/local/lib/repart.d/*.conf")


@dataclass(frozen=True)
class Scripts:
    """The steps of growing that scripts run at boot contain, each with its places."""

    partition: tuple[Evidence, ...]
    volume: tuple[Evidence, ...]
    logical: tuple[Evidence, ...]
    filesystem: tuple[Evidence, ...]

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """All places, each once."""
        return tuple(dict.fromkeys((*self.partition, *self.volume, *self.logical, *self.filesystem)))

    @property
    def adds_partition(self) -> bool:
        """Whether LVM takes in a new physical volume, as in the guide, rather than a grown one."""
        return any(re.search(r"\bvgextend\b", place.text) for place in self.volume)

    @property
    def grows_lvm(self) -> bool:
        """Whether every step of growing LVM is there: the physical volume, the logical one, the file system."""
        return bool(self.volume and self.logical and self.filesystem)


def grow_scripts(guest: Guest) -> Scripts:
    """What rc.local, interface hooks, enabled units of the administrator's and cloud-init's commands contain."""
    commands = [*boot_scripts.commands(guest), *_units(guest), *_cloud(guest)]

    def having(pattern: re.Pattern[str]) -> tuple[Evidence, ...]:
        return tuple(command.evidence for command in commands if pattern.search(command.text[:_LONGEST]))

    repart = tuple(Evidence(path) for pattern in _REPART for path in guest.glob(pattern))
    return Scripts((*having(_PARTITION), *repart), having(_VOLUME), having(_LOGICAL), having(_FILESYSTEM))


def _units(guest: Guest) -> list[Command]:
    """The commands of enabled units in /etc, and the lines of the scripts that they run."""
    found: list[Command] = []
    for path in guest.glob(f"{_UNITS}/*.service"):
        stat = guest.stat(path)
        if stat is None or stat.kind is not FileKind.FILE:
            continue
        lines = [(number, matched[1]) for number, text in numbered(guest.read(path)) if (matched := _EXEC.match(text))]
        if not lines or not services.startup(guest, path.rpartition("/")[2]).stays:
            continue
        for number, text in lines:
            found.append(Command(text, Evidence(path, number, text)))
            for word in text.replace("'", " ").replace('"', " ").split()[:3]:
                program = guest.stat(word) if word.startswith("/") else None
                if program is not None and program.kind is FileKind.FILE and program.size <= 64 * 1024:
                    found += boot_scripts.script_commands(word, guest.read(word))
    return found


def _cloud(guest: Guest) -> list[Command]:
    """What ``bootcmd`` and ``runcmd`` run, where cloud-init is on."""
    if not cloud_init.is_on(guest):
        return []
    config = cloud_config.load(guest)
    modules = {module for stage in ("init", "config", "final") for module in config.modules(stage)}
    found = []
    for key, needed in (("bootcmd", {"bootcmd"}), ("runcmd", {"runcmd", "scripts_user"})):
        listed = config.get(key) if needed <= modules else None
        for item in listed if isinstance(listed, list) else []:
            text = " ".join(str(word) for word in item) if isinstance(item, list) else str(item)
            found += [Command(text, place) for place in config.evidence(key)]
    return found
