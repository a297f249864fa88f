"""Where a guest's boot runs a script of the administrator's, and what makes it do so behind the network.

systemd runs rc.local through a generator whose path is compiled in, the same that rc-local.service names:
``/etc/rc.local`` on Debian, ``/etc/rc.d/rc.local`` on Red Hat, ``/etc/init.d/boot.local`` on SUSE. Where there is none
(Arch, the newest releases), a unit of ours runs a script of ours. Source: systemd-rc-local-generator(8) of each.
"""

from __future__ import annotations

from dataclasses import dataclass

from remediations.guest import Guest
from remediations.linux import openrc, services, systemd, sysv
from remediations.linux.init_system import Init, detect
from remediations.vocabulary import MakeLink, PlanError, RemoveFile, Step, WriteFile

NAME = "image-wizard-ssh-key"
PROGRAM = f"/usr/local/sbin/{NAME}"
UNIT = f"{systemd.ETC}/{NAME}.service"
PRESET = f"/etc/systemd/system-preset/10-{NAME}.preset"
START_SCRIPT = f"/etc/local.d/{NAME}.start"
DROP_IN = f"{systemd.ETC}/rc-local.service.d/50-network-online.conf"
DROP_IN_CONTENT = b"""\
# rc.local fetches the instance's ssh key, so it has to wait for the network.
[Unit]
Wants=network-online.target
After=network-online.target
"""
_UNIT_CONTENT = f"""\
[Unit]
Description=Fetch the instance's public ssh key
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart={PROGRAM}
RemainAfterExit=yes
TimeoutStartSec=0

[Install]
WantedBy=multi-user.target
""".encode()
_WANTED = f"{systemd.ETC}/multi-user.target.wants/{NAME}.service"
# Red Hat's first boot disables what no preset enables.
_PRESET_CONTENT = f"enable {NAME}.service\n".encode()
_GENERATORS = ("/usr/lib/systemd/system-generators", "/lib/systemd/system-generators")
_SUSE_RC = "/etc/init.d/rc"


@dataclass(frozen=True)
class BootPlace:
    """A script that a boot can run as root. ``runs``: as things stand, it does, provided that it is executable.

    ``steps`` make the guest run it, behind the network; with ``obstacle``, nothing of ours does.
    """

    path: str
    runs: bool
    steps: tuple[Step, ...] = ()
    obstacle: str = ""


def places(guest: Guest) -> tuple[BootPlace, ...]:
    """Every such script of the guest's init, the one to use first at the front; it need not exist yet."""
    init = detect(guest)
    if init is Init.SYSTEMD:
        return (*_units(guest), _own_unit(guest))
    if init is Init.OPENRC:
        return _local_folder(guest)
    if guest.facts.family == "suse":
        return (_after_local(guest),)
    return (_last_script(guest, init),)


def _units(guest: Guest) -> list[BootPlace]:
    found = []
    for name in ("rc-local.service", "after-local.service"):
        unit = systemd.find_unit(guest, name)
        path = _program(guest, unit)
        generated = any(guest.exists(f"{folder}/systemd-rc-local-generator") for folder in _GENERATORS)
        started = bool(systemd.starting_links(guest, systemd.Unit(unit.name, unit.path)))
        if path and (started or (generated and name == "rc-local.service")):
            found.append(BootPlace(path, unit.masked_by is None, *_ordered(guest, unit)))
    return found


def _program(guest: Guest, unit: systemd.Unit) -> str:
    """The script that the unit runs; empty where there is no unit."""
    settings = systemd.unit_settings(guest.read(unit.path)) if unit.path else []
    commands = [value.lstrip("-@+!:").split() for _, key, value in settings if key == "ExecStart"]
    return commands[0][0] if commands and commands[0] else ""


def _ordered(guest: Guest, unit: systemd.Unit) -> tuple[tuple[Step, ...], str]:
    """The mask gone and the drop-in there that puts the unit behind the network; or the obstacle."""
    steps: list[Step] = []
    if unit.masked_by is not None:
        if not unit.masked_by.startswith(systemd.ETC + "/"):
            return (), f"{unit.masked_by} masks {unit.name}, and it belongs to a package"
        steps.append(RemoveFile(unit.masked_by))
    path = DROP_IN.replace("rc-local.service", unit.name)
    if guest.exists(path) and guest.read(path) != DROP_IN_CONTENT:
        return (), f"{path} stands there with another content"
    if not guest.exists(path):
        steps.append(WriteFile(path, DROP_IN_CONTENT))
    return tuple(steps), ""


def _own_unit(guest: Guest) -> BootPlace:
    started = services.startup(guest, f"{NAME}.service")
    there = guest.exists(UNIT) and guest.read(UNIT) == _UNIT_CONTENT
    runs = there and started.stays
    if started.masked is not None or runs:
        return BootPlace(PROGRAM, runs, obstacle=f"{started.masked} masks {NAME}.service" if started.masked else "")
    preset = guest.exists(PRESET) and guest.read(PRESET) == _PRESET_CONTENT
    steps: list[Step] = [] if preset else [WriteFile(PRESET, _PRESET_CONTENT)]
    return BootPlace(PROGRAM, False, (WriteFile(UNIT, _UNIT_CONTENT), MakeLink(_WANTED, UNIT), *steps))


def _local_folder(guest: Guest) -> tuple[BootPlace, ...]:
    """OpenRC's: the service ``local`` runs what ends in ``.start``, behind all other services."""
    runs = bool(openrc.starting(guest, "local"))
    try:
        steps, obstacle = openrc.enable_steps(guest, "local"), ""
    except PlanError as error:
        steps, obstacle = (), str(error)
    others = (path for path in guest.glob("/etc/local.d/*.start") if path != START_SCRIPT)
    return (
        BootPlace(START_SCRIPT, runs, steps, obstacle),
        *(BootPlace(path, runs, steps, obstacle) for path in others),
    )


def _after_local(guest: Guest) -> BootPlace:
    """SLES 11's: boot.local comes before the network, after.local behind the runlevel's services."""
    path = "/etc/init.d/after.local"
    runs = guest.exists(_SUSE_RC) and b"after.local" in guest.read(_SUSE_RC)
    return BootPlace(path, runs, obstacle="" if runs else f"{_SUSE_RC} does not run {path}")


def _last_script(guest: Guest, init: Init) -> BootPlace:
    """Debian's ``/etc/init.d/rc.local``, which runs rc.local; Red Hat's rc.local itself, linked as ``S99local``."""
    path, name, target = "/etc/rc.local", "rc.local", "../init.d/rc.local"
    if guest.facts.family == "redhat":
        path, name, target = "/etc/rc.d/rc.local", "local", "../rc.local"
    elif sysv.script(guest, name) is None:
        return BootPlace(path, False, obstacle="the guest has no /etc/init.d/rc.local, so nothing runs rc.local")
    missing = [level for level in "2345" if not sysv.links(guest, name, "S", (level,))]
    steps = tuple(MakeLink(f"{sysv.folder(guest, level)}/S99{name}", target) for level in missing)
    runs = bool(sysv.links(guest, name, "S", sysv.runlevels(guest, init)))
    return BootPlace(path, runs, () if runs else steps)
