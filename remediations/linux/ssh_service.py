"""Which service starts sshd at boot, by whatever name the distribution gives it, and with which options.

Debian and Ubuntu call it ``ssh`` (with a socket that may stand in for it), all others ``sshd``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from remediations.guest import FileKind, Guest
from remediations.linux import boot_units, services, systemd, unit_overrides
from remediations.linux.fault import Fault, with_steps
from remediations.linux.init_system import Init, detect
from remediations.linux.services import Startup
from remediations.linux.text import numbered
from remediations.vocabulary import Evidence, SetMode

PAM, KERBEROS = "/usr/sbin/sshd.pam", "/usr/sbin/sshd.krb5"
"""Alpine's other builds of sshd; its usual one is without PAM."""
PROGRAMS = ("/usr/sbin/sshd", "/usr/bin/sshd", PAM, KERBEROS)
NAMES = ("ssh", "sshd")
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_ASSIGNED = re.compile(r"\s*(?:export\s+)?(\w+)=(.*)")
# What init scripts pass on: Debian's, Red Hat's, SUSE's and Alpine's.
_FILES = {
    "/etc/default/ssh": ("SSHD_OPTS",),
    "/etc/sysconfig/sshd": ("OPTIONS",),
    "/etc/sysconfig/ssh": ("SSHD_OPTS",),
    "/etc/conf.d/sshd": ("SSHD_OPTS", "command_args"),
}
_ALGORITHMS = (
    r"(?:Ciphers|MACs|KexAlgorithms|GSSAPIKexAlgorithms|GSSAPIKeyExchange|HostKeyAlgorithms|PubkeyAcceptedKeyTypes"
    r"|PubkeyAcceptedAlgorithms|CASignatureAlgorithms|HostbasedAcceptedAlgorithms|RequiredRSASize|RSAMinSize|PidFile|LogLevel)"
)
_HARMLESS = re.compile(rf"-(?:D|e|q|4|u0|o{_ALGORITHMS}[=\s].*|o)|{_ALGORITHMS}=.*", re.IGNORECASE)
# Alpine's: another program or another configuration than the usual one.
_ELSEWHERE = {
    "SSHD_CONFDIR": ("/etc/ssh",),
    "SSHD_CONFIG": ("/etc/ssh/sshd_config",),
    "cfgfile": ("/etc/ssh/sshd_config",),
    "SSHD_BINARY": PROGRAMS,
}


@dataclass(frozen=True)
class Setting:
    """One ``NAME=value`` of a file that a service reads, the value without its quotes."""

    name: str
    value: str
    evidence: Evidence


def program(guest: Guest) -> str | None:
    """Where sshd stands, None where it is not installed."""
    return next((path for path in PROGRAMS if guest.exists(path)), None)


def unexecutable(guest: Guest) -> list[Fault]:
    """An sshd that has lost the bit by which it can be run."""
    path = program(guest)
    found = guest.stat(path) if path is not None else None
    if path is None or found is None or (found.kind is FileKind.FILE and found.mode & 0o111):
        return []
    if found.kind is not FileKind.FILE:
        return [Fault(f"{path} is no program", (Evidence(path),), obstacle="Reinstall the ssh server")]
    place = Evidence(path, text=f"mode {found.mode:04o}")
    return [Fault(f"{path} is not executable", (place,), steps=(SetMode(path, 0o755),))]


def openrc_program(guest: Guest) -> str | None:
    """The sshd that Alpine's init script starts: conf.d's, else the build with the most that is there.

    Scripts from before 2024 do not look for the other builds.
    """
    settings = {setting.name: setting.value for setting in read(guest, "/etc/conf.d/sshd")}
    if "SSHD_BINARY" in settings:
        return settings["SSHD_BINARY"]
    script = guest.read("/etc/init.d/sshd") if guest.exists("/etc/init.d/sshd") else b""
    for build, switch in ((KERBEROS, "sshd_disable_krb5"), (PAM, "sshd_disable_pam")):
        off = settings.get(switch, settings.get(switch.upper(), "no")).lower() in ("yes", "true", "on", "1")
        if guest.exists(build) and build.rpartition("/")[2].encode() in script and not off:
            return build
    return program(guest)


def name(guest: Guest) -> str:
    """The service's name, without its suffix."""
    for candidate in NAMES:
        if services.startup(guest, candidate).installed:
            return candidate
    return "ssh" if guest.facts.family == "debian" else "sshd"


def socket(guest: Guest) -> Startup:
    """How the socket stands that starts sshd for a connection; not installed where there is none."""
    return services.startup(guest, f"{name(guest)}.socket")


def instance(guest: Guest) -> str | None:
    """The unit that a connection starts, where the socket takes connections itself (``Accept=yes``); None else."""
    unit = systemd.find_unit(guest, f"{name(guest)}.socket") if detect(guest) is Init.SYSTEMD else None
    if unit is None or unit.path is None:
        return None
    accepts = [line.value.lower() for line in unit_overrides.lines(guest, unit) if line.key == "Accept"]
    return f"{name(guest)}@.service" if accepts[-1:] in (["yes"], ["true"], ["1"], ["on"]) else None


def runs(guest: Guest) -> tuple[str, ...]:
    """The units that run sshd for a login: the service, or what its socket starts where that alone is on."""
    service = services.startup(guest, name(guest))
    if service.stays or not socket(guest).stays:
        return (f"{name(guest)}.service",)
    return (instance(guest) or f"{name(guest)}.service", f"{name(guest)}.socket")


def starting(guest: Guest) -> Startup | None:
    """What starts sshd at boot: the service, its socket, or a systemd unit of another name; None where nothing does."""
    service, listening = services.startup(guest, name(guest)), socket(guest)
    if service.stays:
        return service
    # A connection through the socket starts the service, which a mask or a masked requirement prevents.
    if listening.stays and service.masked is None and not service.blocked and _answers(guest):
        return listening
    if detect(guest) is not Init.SYSTEMD or service.masked is not None or service.blocked:
        return None
    for unit in boot_units.started_units(guest):
        if any(_runs_sshd(command.text) for command in unit.commands) and "@" not in unit.name:
            found = services.startup(guest, unit.name)
            if found.stays:
                return found
    return None


def _answers(guest: Guest) -> bool:
    """Whether the unit is there that a connection to the socket starts."""
    unit = systemd.find_unit(guest, instance(guest) or f"{name(guest)}.service")
    return unit.path is not None and unit.masked_by is None


def faults(guest: Guest) -> list[Fault]:
    """What keeps sshd from being started at boot."""
    if starting(guest) is not None:
        return []
    service, listening = services.startup(guest, name(guest)), socket(guest)
    told = service if service.installed or not listening.installed else listening
    places = told.evidence or (Evidence(f"/etc/init.d/{told.name}", text="no such service"),)
    state = "is not started at boot"
    if told.masked:
        state = "is masked"
    elif told.blocked:
        state = "requires what is masked"
    elif told.undone:
        state, places = "is enabled, but the first boot will disable it", (*told.undone, *told.evidence)
    return [with_steps(f"{told.name} {state}", places, lambda: services.enable_steps(guest, name(guest)))]


def option_faults(guest: Guest) -> list[Fault]:
    """Options that a service passes to sshd, and that may outweigh its configuration."""
    unit = systemd.find_unit(guest, f"{name(guest)}.service") if detect(guest) is Init.SYSTEMD else None
    if unit is not None and unit.path is not None:
        told = _of_unit(guest, unit)
    else:
        settings = {path: read(guest, path) for path in _FILES}
        told = [s for path, known in _FILES.items() for s in _last(settings[path]) if s.name in known]
        told = [setting for setting in told if not _harmless(setting.value)]
        told += [s for s in _last(settings["/etc/conf.d/sshd"]) if s.value not in _ELSEWHERE.get(s.name, (s.value,))]
    if not told:
        return []
    names = ", ".join(dict.fromkeys(setting.name for setting in told))
    sentence = f"sshd gets options that may outweigh its configuration ({names})"
    return [Fault(sentence, tuple(setting.evidence for setting in told), certain=False)]


def read(guest: Guest, path: str) -> list[Setting]:
    """The assignments of a file of plain ``NAME=value`` lines; empty where there is none."""
    found = guest.stat(path)
    if found is None or found.kind is not FileKind.FILE:
        return []
    matched = ((number, line, _ASSIGNED.match(line)) for number, line in numbered(guest.read(path)))
    return [
        Setting(m[1], _plain(m[2]), Evidence(path, number, line if len(line) < 200 else f"{line[:200]}…"))
        for number, line, m in matched
        if m
    ]


def _of_unit(guest: Guest, unit: systemd.Unit) -> list[Setting]:
    """What the unit's command line gives sshd: its own words, and the variables of its environment."""
    environment: list[Setting] = []
    lines = unit_overrides.lines(guest, unit)
    for line in lines:
        if line.section == "Service" and line.key == "EnvironmentFile":
            environment += read(guest, line.value.removeprefix("-"))
        elif line.section == "Service" and line.key == "Environment":
            parts = (word.partition("=") for word in re.findall(r'"[^"]*"|\S+', line.value))
            environment += [Setting(n.strip('"'), v.strip('"'), line.evidence) for n, _, v in parts]
    known = {setting.name: setting for setting in _last(environment)}
    told: list[Setting] = []
    for command in unit_overrides.commands(lines):
        if unit_overrides.program_of(command) not in PROGRAMS:
            continue
        own = _VARIABLE.sub("", command.value).split()[1:]
        if not _harmless(" ".join(own)):
            told.append(Setting("ExecStart", command.value, command.evidence))
        given = (known[variable] for variable in _VARIABLE.findall(command.value) if variable in known)
        told += [setting for setting in given if not _harmless(setting.value)]
    return told


def _last(settings: Iterable[Setting]) -> list[Setting]:
    return list({setting.name: setting for setting in settings}.values())


def _plain(value: str) -> str:
    return value.partition(" #")[0].replace('"', " ").replace("'", " ").strip()


def _harmless(options: str) -> bool:
    return all(_HARMLESS.fullmatch(word) for word in options.split())


def _runs_sshd(command: str) -> bool:
    return command.split()[:1] != [] and command.split()[0] in PROGRAMS
