"""Is a service started at boot, and what would start or stop it: one answer over systemd, OpenRC, upstart and SysV."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from remediations.guest import FileKind, Guest
from remediations.linux import openrc, presets, systemd, sysv, upstart
from remediations.linux.init_system import Init, detect
from remediations.vocabulary import Evidence, MakeLink, PlanError, RemoveFile, Step


@dataclass(frozen=True)
class Startup:
    """How a service stands. ``installed``: something by that name could be started; ``starts``: a boot starts it.

    ``evidence`` holds the links or lines that start it, else what keeps it off. ``masked`` is the masking path;
    ``blocked`` is what asks for a unit that is masked, so that the service fails to start however it is pulled in.
    ``undone`` is where a first boot to come disables it again, which :attr:`stays` takes into account.
    """

    name: str
    installed: bool
    starts: bool
    masked: str | None
    evidence: tuple[Evidence, ...]
    blocked: tuple[Evidence, ...] = ()
    undone: tuple[Evidence, ...] = ()

    @property
    def stays(self) -> bool:
        """Whether a boot starts it, the first one too."""
        return self.starts and not self.undone


def startup(guest: Guest, name: str) -> Startup:
    """Whether a boot starts ``name``: a service without its suffix (``ssh``) or a full unit name (``ssh.socket``)."""
    init = detect(guest)
    stem, suffix = _split(name)
    if init is Init.SYSTEMD:
        unit = systemd.find_unit(guest, stem + suffix)
        if unit.path is not None or unit.masked_by is not None:
            return _systemd_startup(guest, unit)
    elif suffix != ".service":
        return Startup(name, False, False, None, ())
    if init is Init.OPENRC:
        places = openrc.starting(guest, stem)
        there = openrc.script(guest, stem)
        idle = (Evidence(there, text="in no runlevel of a boot"),) if there else ()
        return Startup(name, there is not None, bool(places), None, places or idle)
    if init is Init.UPSTART and guest.exists(upstart.job(stem)):
        line = upstart.starting_line(guest, stem)
        off = upstart.override(stem) if guest.exists(upstart.override(stem)) else upstart.job(stem)
        return Startup(name, True, line is not None, None, (line or Evidence(off, text="does not start by itself"),))
    path = sysv.script(guest, stem) if suffix == ".service" else None
    links = sysv.starting_links(guest, stem, init) if path else ()
    shown = tuple(systemd.evidence_of_link(guest, link) for link in links)
    return Startup(name, path is not None, bool(links), None, shown or ((Evidence(path),) if path else ()))


def preset_start(guest: Guest, name: str) -> Evidence | None:
    """Evidence that the coming first boot will enable a unit that is installed and off; None where none will."""
    if detect(guest) is not Init.SYSTEMD:
        return None
    unit = systemd.find_unit(guest, "".join(_split(name)))
    if unit.path is None or unit.masked_by is not None:
        return None
    installed = systemd.install_section(guest, unit)
    if not any(installed.get(key) for key in ("WantedBy", "RequiredBy", "UpheldBy", "Alias")):
        return None
    first = presets.first_boot(guest)
    return first if first is not None and presets.enables(guest, unit.name) else None


def enable_steps(guest: Guest, name: str) -> tuple[Step, ...]:
    """The links that ``systemctl enable`` makes (or its counterpart), and the mask gone.

    Raises PlanError where the service cannot be enabled so: no such unit, or a mask that a package brings.
    """
    init = detect(guest)
    stem, suffix = _split(name)
    if init is Init.SYSTEMD:
        # As systemctl has it, a mere alias is not enabled: a link to itself would come of it.
        unit = systemd.find_unit(guest, systemd.alias_of(guest, stem + suffix) or stem + suffix)
        if unit.path is not None:
            return _systemd_enable(guest, unit)
        if unit.masked_by is not None:
            raise PlanError(f"{unit.masked_by} masks {unit.name} and hides no unit that could be started")
    if init is Init.OPENRC:
        return openrc.enable_steps(guest, stem)
    if init is Init.UPSTART and guest.exists(upstart.job(stem)):
        if steps := upstart.enable_steps(guest, stem):
            return steps
        raise PlanError(f"{upstart.job(stem)} does not start by itself")
    if sysv.script(guest, stem) is None:
        raise PlanError(f"the guest has no service {stem}")
    return sysv.enable_steps(guest, stem)


def disable_steps(guest: Guest, name: str) -> tuple[Step, ...]:
    """What switches a service off for good: its links gone and, with systemd, the unit masked."""
    init = detect(guest)
    stem, suffix = _split(name)
    if init is Init.SYSTEMD:
        return _systemd_disable(guest, systemd.find_unit(guest, stem + suffix))
    if init is Init.OPENRC:
        return openrc.disable_steps(guest, stem)
    if init is Init.UPSTART and guest.exists(upstart.job(stem)):
        return upstart.disable_steps(guest, stem)
    return sysv.disable_steps(guest, stem)


def _split(name: str) -> tuple[str, str]:
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if suffix in ("service", "socket", "target", "path", "timer") else (name, ".service")


def _systemd_startup(guest: Guest, unit: systemd.Unit) -> Startup:
    if unit.masked_by is not None:
        mask = systemd.evidence_of_link(guest, unit.masked_by)
        installed = unit.path is not None or sysv.script(guest, unit.name.removesuffix(".service")) is not None
        return Startup(unit.name, installed, False, unit.masked_by, (mask,))
    target = systemd.default_target(guest)
    if systemd.ASIDE.fullmatch(target.removesuffix(".target")):
        return Startup(unit.name, True, False, None, (Evidence("default.target", text=f"the guest boots {target}"),))
    if blocked := systemd.blockers(guest, unit):
        return Startup(unit.name, True, False, None, blocked, blocked)
    links = systemd.starting_links(guest, unit)
    shown = tuple(systemd.evidence_of_link(guest, link) for link in links)
    if not links:
        return Startup(unit.name, True, False, None, (Evidence(unit.path or "", text="not enabled"),))
    # A link that a package brings in its own folder is not the presets' to take away.
    own = all(link.startswith(systemd.ETC + "/") for link in links)
    return Startup(unit.name, True, True, None, shown, undone=presets.undone(guest, unit.name) if own else ())


def _systemd_enable(guest: Guest, unit: systemd.Unit) -> tuple[Step, ...]:
    steps = _unblock(guest, unit)
    if unit.masked_by is not None:
        if not unit.masked_by.startswith(systemd.ETC + "/"):
            raise PlanError(f"{unit.masked_by} masks {unit.name}, and it belongs to a package")
        steps.append(RemoveFile(unit.masked_by))
        unit = systemd.Unit(unit.name, unit.path)
        if systemd.starting_links(guest, unit):
            return (*steps, *presets.keep_steps(guest, unit.name))
    installed = systemd.install_section(guest, unit)
    target = _as_systemctl_writes(guest, unit.path or "")
    for alias in installed.get("Alias", ()):
        steps.append(MakeLink(f"{systemd.ETC}/{alias}", target))
    pulled = False
    for key, kind in (("WantedBy", "wants"), ("RequiredBy", "requires"), ("UpheldBy", "upholds")):
        for puller in installed.get(key, ()):
            steps.append(MakeLink(f"{systemd.ETC}/{puller}.{kind}/{unit.name}", target))
            pulled = True
    if not pulled:
        raise PlanError(f"{unit.path} has no [Install] section that says what should start it")
    return (*(step for step in steps if not _stands(guest, step)), *presets.keep_steps(guest, unit.name))


def _unblock(guest: Guest, unit: systemd.Unit) -> list[Step]:
    """Remove the links that make the unit require a masked one: the mask is someone's choice, the link a package's."""
    steps: list[Step] = []
    for place in systemd.blockers(guest, unit):
        if not place.path.startswith(f"{systemd.ETC}/{unit.name}.requires/"):
            raise PlanError(f"{place.path} {place.text}; unmask it, or change what requires it")
        steps.append(RemoveFile(place.path))
    return steps


def _systemd_disable(guest: Guest, unit: systemd.Unit) -> tuple[Step, ...]:
    own = f"{systemd.ETC}/{unit.name}"
    found = guest.lstat(own)
    links = [
        link
        for name in systemd.names(guest, unit)
        for link in (*systemd.pulling_links(guest, name), *systemd.alias_links(guest, unit, name))
        if link.startswith(systemd.ETC + "/") and link != own
    ]
    steps: list[Step] = [RemoveFile(link) for link in dict.fromkeys(links)]
    # A unit file of the administrator's own is not thrown away: losing its links is enough, short of a first boot.
    if found is not None and found.kind is FileKind.FILE and found.size:
        if preset_start(guest, unit.name) is not None:
            raise PlanError(f"{own} is a file that masking would replace, and the first boot would enable it again")
        return tuple(steps)
    return (*steps, MakeLink(own, "/dev/null"))


def _as_systemctl_writes(guest: Guest, path: str) -> str:
    """The unit's path with the spelling of ``/lib`` that the guest's other links have."""
    for folder in (f"{systemd.ETC}/multi-user.target.wants", f"{systemd.ETC}/cloud-init.target.wants"):
        for entry in guest.listdir(folder):
            link = guest.lstat(posixpath.join(folder, entry))
            if link is not None and link.kind is FileKind.LINK:
                old = guest.readlink(posixpath.join(folder, entry)).startswith("/lib/")
                return path.removeprefix("/usr") if old and path.startswith("/usr/lib/") else path
    return path


def _stands(guest: Guest, step: Step) -> bool:
    if not isinstance(step, MakeLink):
        return False
    found = guest.lstat(step.path)
    return found is not None and found.kind is FileKind.LINK and guest.readlink(step.path) == step.target
