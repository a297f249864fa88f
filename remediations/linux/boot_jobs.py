"""Commands that other things than the init run at boot: cron, cloud-init, upstart's jobs, inittab."""

from __future__ import annotations

import re

from remediations.guest import FileKind, Guest
from remediations.linux import cloud_config, cloud_init, inittab, services, upstart
from remediations.linux.boot_scripts import Command, is_program, script_commands
from remediations.linux.init_system import Init, detect
from remediations.linux.ties import logical_lines
from remediations.vocabulary import Evidence

_TABLES = (
    "/etc/crontab",
    "/etc/cron.d/*",
    "/etc/crontabs/*",
    "/var/spool/cron/*",
    "/var/spool/cron/crontabs/*",
    "/var/spool/cron/tabs/*",
)
_CRONS = ("cron", "crond", "cronie", "dcron", "fcron")
_SCRIPTS = "/var/lib/cloud/scripts/per-*/*"


def cron(guest: Guest) -> list[Command]:
    """The ``@reboot`` lines of crontabs, where cron starts."""
    found = []
    for path in (path for pattern in _TABLES for path in guest.glob(pattern)):
        stat = guest.stat(path)
        if stat is None or stat.kind is not FileKind.FILE:
            continue
        for number, text in ((line.number, line.text) for line in logical_lines(guest.read(path))):
            if text.strip().lower().startswith("@reboot"):
                found.append(Command(text.strip()[len("@reboot") :], Evidence(path, number, text)))
    return found if found and any(services.startup(guest, name).starts for name in _CRONS) else []


def init_table(guest: Guest) -> list[Command]:
    """What inittab runs, where PID 1 heeds it: sysvinit, and busybox below OpenRC."""
    if detect(guest) not in (Init.SYSV, Init.OPENRC):
        return []
    return [Command(text, place) for text, place in inittab.programs(guest)]


def cloud(guest: Guest) -> list[Command]:
    """What ``bootcmd``, ``runcmd`` and the scripts of cloud-init's folders run, where cloud-init is on."""
    if not cloud_init.installed(guest):
        return []
    config = cloud_config.load(guest)
    found = []
    for key in ("bootcmd", "runcmd"):
        listed = config.get(key)
        for item in listed if isinstance(listed, list) else []:
            text = " ".join(str(word) for word in item) if isinstance(item, list) else str(item)
            found += [Command(text, place) for place in config.evidence(key)[:1]]
    for path in guest.glob(_SCRIPTS):
        if is_program(guest, path):
            found += script_commands(path, guest.read(path))
    return found if found and cloud_init.is_on(guest) else []


def upstart_jobs(guest: Guest) -> dict[str, list[Command]]:
    """The lines of each job that starts by itself, by the job's name."""
    found = {}
    for path in guest.glob("/etc/init/*.conf"):
        name = re.sub(r".*/|\.conf$", "", path)
        stat = guest.stat(path)
        if stat is not None and stat.kind is FileKind.FILE and upstart.starting_line(guest, name):
            lines = ((line.number, line.text.strip()) for line in logical_lines(guest.read(path)))
            found[name] = [
                Command(re.sub(r"\s#.*", "", text), Evidence(path, number, text))
                for number, text in lines
                if not text.startswith(("#", "description", "author", "emits"))
            ]
    return found
