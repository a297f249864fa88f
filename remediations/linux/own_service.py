"""Services of ours: a script that a boot runs once, with the boot files of whichever init the guest has."""

from __future__ import annotations

from dataclasses import dataclass

from remediations.guest import FileKind, Guest
from remediations.linux import services, upstart
from remediations.linux.after import After
from remediations.linux.init_system import Init, detect
from remediations.vocabulary import Evidence, MakeDirectory, MakeLink, PlanError, SetMode, Step, WriteFile

_DEBIAN_UPSTART = "/etc/init/rc-sysinit.conf"
_UNIT = """\
[Unit]
Description={title}
ConditionPathExists={program}
{before}
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={program}

[Install]
WantedBy=multi-user.target
"""
_JOB = """\
description "{title}"
start on filesystem
task
console log
exec {program}
"""
_OPENRC = """\
#!/sbin/openrc-run
description="{title}"

depend() {{
    need localmount
}}

start() {{
    ebegin "{title}"
    {program}
    eend $?
}}
"""
_SYSV = """\
#!/bin/sh
# chkconfig: 2345 05 95
# description: {title}
### BEGIN INIT INFO
# Provides: {name}
# Required-Start: $local_fs
# Required-Stop:
# Default-Start: 2 3 4 5
# Default-Stop:
# Short-Description: {title}
### END INIT INFO
case "$1" in
    start) {program} ;;
    stop | restart | reload | force-reload | status) ;;
    *)
        echo "Usage: $0 start"
        exit 2
        ;;
esac
"""


@dataclass(frozen=True)
class OwnService:
    """``program`` is the script's path and ``content`` what it holds; ``before`` are systemd units that wait for it."""

    name: str
    title: str
    program: str
    content: bytes
    before: str = ""

    def install_steps(self, guest: Guest) -> tuple[Step, ...]:
        """What writes the script and has every boot run it; empty where both stand. May raise PlanError."""
        wanted = (WriteFile(self.program, self.content, 0o755), self.boot_file(guest))
        steps = [step for file in wanted for step in _writing(guest, file)]
        seen = After(guest, steps)
        if not services.startup(seen, self.name).stays:
            enabling = services.enable_steps(seen, self.name)
            folders = (step.path.rpartition("/")[0] for step in enabling if isinstance(step, MakeLink | WriteFile))
            steps += [MakeDirectory(path) for path in dict.fromkeys(folders) if not seen.exists(path)]
            steps += enabling
        return tuple(dict.fromkeys(steps))

    def stands(self, guest: Guest) -> tuple[Evidence, ...]:
        """The places that show that every boot runs the script as we write it; empty where it does not."""
        wanted = (WriteFile(self.program, self.content, 0o755), self.boot_file(guest))
        if any(_differs(guest, file) for file in wanted):
            return ()
        started = services.startup(guest, self.name)
        return (Evidence(self.program), *started.evidence) if started.stays else ()

    def boot_file(self, guest: Guest) -> WriteFile:
        """The unit, job or init script."""
        init = detect(guest)
        if init is Init.SYSTEMD:
            return WriteFile(f"/etc/systemd/system/{self.name}.service", self.unit())
        # Red Hat's upstart leaves services to init scripts, and never says that file systems are mounted.
        if init is Init.UPSTART and guest.exists(_DEBIAN_UPSTART):
            return WriteFile(upstart.job(self.name), self._filled(_JOB))
        return WriteFile(f"/etc/init.d/{self.name}", self._filled(_OPENRC if init is Init.OPENRC else _SYSV), 0o755)

    def unit(self) -> bytes:
        """The systemd unit."""
        return self._filled(_UNIT)

    def _filled(self, text: str) -> bytes:
        before = f"Before={self.before}\n" if self.before else ""
        return text.format(name=self.name, title=self.title, program=self.program, before=before).encode()


def _writing(guest: Guest, file: WriteFile) -> list[Step]:
    """The steps that make a file of the guest what we want; none where it is."""
    found = guest.lstat(file.path)
    if found is not None and found.kind is not FileKind.FILE:
        raise PlanError(f"{file.path} stands there already, and is no regular file")
    steps: list[Step] = []
    folder = file.path.rpartition("/")[0]
    if not guest.exists(folder):
        steps.append(MakeDirectory(folder))
    if found is None or guest.read(file.path) != file.content:
        steps.append(file)
    if found is not None and found.mode & 0o111 != file.mode & 0o111:
        steps.append(SetMode(file.path, file.mode))
    return steps


def _differs(guest: Guest, file: WriteFile) -> bool:
    found = guest.stat(file.path)
    if found is None or found.kind is not FileKind.FILE or found.size != len(file.content):
        return True
    return guest.read(file.path) != file.content or found.mode & 0o111 != file.mode & 0o111
