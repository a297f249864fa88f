"""No host firewall starts at boot: what guards an instance is its security groups."""

from __future__ import annotations

from functools import partial

from remediations.guest import FileKind, Guest
from remediations.linux import boot_jobs, boot_scripts, boot_units, openrc, services, systemd, sysv
from remediations.linux.boot_scripts import Command
from remediations.linux.boot_units import StartedUnit
from remediations.linux.coverage import EVERY_FAMILY
from remediations.linux.fault import Edit, Fault, plan_for, verdict, with_steps
from remediations.linux.firewall_rules import SERVICES, Rules
from remediations.linux.init_system import Init, detect
from remediations.linux.shell_assignments import UNKNOWN, ShellFile, ShellSyntaxError, evaluate, parse
from remediations.linux.text import encode, numbered
from remediations.vocabulary import Evidence, Finding, Level, Plan, PlanError, Requirement, Settings, Status, Step

UFW_CONF = "/etc/ufw/ufw.conf"
_FOLDERS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system", "/etc/init.d", "/etc/init")
_UFW_DEFAULT = "/etc/default/ufw"


def check(guest: Guest, settings: Settings) -> Finding:
    """Pass where nothing that a boot starts loads packet filter rules; a firewall that is installed but off is fine."""
    return verdict(_faults(guest), lambda: Finding(Status.PASS, *_nothing_starts(guest)))


def plan(guest: Guest, settings: Settings) -> Plan:
    """Switch each service off and mask it; ``ENABLED=no`` for ufw. The rules stay where they are."""
    return plan_for(guest, _faults(guest), "Switches the firewall off and masks it; its rules stay where they are")


def _faults(guest: Guest) -> list[Fault]:
    faults = [fault for name in SERVICES if (fault := _service(guest, name))]
    if ufw := _ufw(guest):
        faults.append(ufw)
    rules = Rules(guest)
    units = boot_units.started_units(guest) if detect(guest) is Init.SYSTEMD else []
    faults += _asked_for(guest, units)
    faults += _services_loading(guest, rules, units)
    commands = [*boot_scripts.commands(guest), *boot_jobs.cron(guest), *boot_jobs.cloud(guest)]
    commands += boot_jobs.init_table(guest)
    faults += [
        Fault(
            f"{command.evidence.path} loads firewall rules at boot",
            (command.evidence,),
            obstacle=f"Remove line {command.evidence.line} of {command.evidence.path} by hand: what else that script "
            "does cannot be told",
        )
        for command in rules.loading(commands)
    ]
    return faults


def _asked_for(guest: Guest, units: list[StartedUnit]) -> list[Fault]:
    """Firewall services that are not enabled, and yet started by what another unit says (``Wants=`` and its kin)."""
    found = []
    for unit in units:
        name = unit.name.removesuffix(".service")
        if name in SERVICES and not _other_name(guest, name) and not services.startup(guest, name).starts:
            place = (Evidence(unit.path, text="started by another unit, which asks for it"),)
            off = partial(services.disable_steps, guest, name)
            found.append(with_steps(f"{unit.name} is started by another unit", place, off))
    return found


def _services_loading(guest: Guest, rules: Rules, units: list[StartedUnit]) -> list[Fault]:
    """Units, jobs and init scripts of another name that load rules, themselves or through a script that they run."""
    known = {*SERVICES, "ufw"}
    found: list[tuple[str, Command]] = []
    init = detect(guest)
    for unit in units:
        if unit.name.removesuffix(".service") not in known:
            found += [(unit.name, command) for command in rules.loading(unit.commands)[:1]]
    if init is Init.UPSTART:
        for name, commands in boot_jobs.upstart_jobs(guest).items():
            if name not in known:
                found += [(name, command) for command in rules.loading(commands)[:1]]
    for name, path in openrc.every_start(guest) if init is Init.OPENRC else sysv.every_start(guest, init):
        if name not in known:
            found += [(name, c) for c in rules.loading(boot_scripts.script_commands(path, guest.read(path)))[:1]]
    return [_loader(guest, name, command) for name, command in found]


def _loader(guest: Guest, name: str, command: Command) -> Fault:
    def off() -> tuple[Step, ...]:
        if steps := services.disable_steps(guest, name):
            return steps
        raise PlanError(f"Switch {name} off by hand: another unit asks for it")

    evidence = (*services.startup(guest, name).evidence, command.evidence)
    return with_steps(f"{name} loads firewall rules at boot", tuple(dict.fromkeys(evidence)), off)


def _service(guest: Guest, name: str) -> Fault | None:
    found = services.startup(guest, name)
    if not found.installed or _other_name(guest, name):
        return None
    if found.starts:
        sentence, evidence = f"{found.name} starts at boot", found.evidence
    elif first := services.preset_start(guest, name):
        sentence, evidence = f"{found.name} is off, but the first boot will enable it", (first, *found.evidence)
    elif found.masked is None and (bus := _bus_name(guest, name)):
        sentence, evidence = f"{found.name} is started over D-Bus", bus
    else:
        return None
    return with_steps(sentence, evidence, lambda: services.disable_steps(guest, name))


def _other_name(guest: Guest, name: str) -> bool:
    """Whether this is another name of a firewall service that is looked at by its own."""
    alias = systemd.alias_of(guest, f"{name}.service") if detect(guest) is Init.SYSTEMD else None
    return alias is not None and alias.removesuffix(".service") in SERVICES


def _bus_name(guest: Guest, name: str) -> tuple[Evidence, ...]:
    path = "/etc/systemd/system/dbus-org.fedoraproject.FirewallD1.service"
    return (Evidence(path),) if name == "firewalld" and guest.exists(path) else ()


def _ufw(guest: Guest) -> Fault | None:
    """ufw's unit and script do nothing unless ``ENABLED=yes`` in its files (ufw-init-functions, ufw_start)."""
    started = services.startup(guest, "ufw")
    first = services.preset_start(guest, "ufw")
    if not started.starts and first is None:
        return None
    files: list[ShellFile] = []
    shown: tuple[Evidence, ...] = ()
    for path in (_UFW_DEFAULT, UFW_CONF):
        found = guest.stat(path)
        if found is None or found.kind is not FileKind.FILE:
            continue
        try:
            files.append(parse(guest.read(path)))
        except ShellSyntaxError as error:
            place = (Evidence(path, error.line),)
            return Fault(f"{path} cannot be followed, so whether ufw is enabled is not known", place, certain=False)
        lines = [assignment.line for assignment in files[-1].assignments if assignment.name == "ENABLED"]
        shown = tuple(Evidence(path, line, files[-1].line_text(line)) for line in lines[-1:]) or shown
    value = evaluate(tuple(files), {}).get("ENABLED", "")
    if UNKNOWN in value:
        return Fault("whether ufw is enabled depends on what its file computes", shown, certain=False)
    if value.lower() != "yes":
        return None
    evidence = (*shown, *((first,) if first else started.evidence))
    if shown and shown[0].path != UFW_CONF:
        return Fault("ufw is enabled and starts at boot", evidence, obstacle=f"Set ENABLED=no in {shown[0].path}")
    return Fault("ufw is enabled and starts at boot", evidence, edits=(Edit(UFW_CONF, disable_ufw),))


def disable_ufw(content: bytes) -> bytes:
    """``ufw.conf`` with every ``ENABLED=yes`` turned to ``no``; quotes, comments and endings stay.

    A file that is more than assignments stays as it is.
    """
    try:
        file = parse(content)
    except ShellSyntaxError:
        return content
    text = file.text
    for assignment in reversed(file.assignments):
        alone = ShellFile(file.text, (assignment,))
        if assignment.name == "ENABLED" and evaluate((alone,), {"ENABLED": ""})["ENABLED"].lower() == "yes":
            raw = text[assignment.start : assignment.end]
            quote = raw[0] if raw[0] in "'\"" and raw[-1] == raw[0] and raw.count(raw[0]) == 2 else ""
            text = f"{text[: assignment.start]}{quote}no{quote}{text[assignment.end :]}"
    return encode(text)


def _nothing_starts(guest: Guest) -> tuple[str, tuple[Evidence, ...]]:
    installed = [found for name in (*SERVICES, "ufw") if (found := services.startup(guest, name)).installed]
    if not installed:
        folders = (folder for folder in _FOLDERS if guest.exists(folder))
        places = (Evidence(folder, text="no firewall service in it") for folder in folders)
        return "No firewall service is installed and no boot script loads rules", tuple(places)
    evidence = [place for found in installed if not found.starts for place in found.evidence]
    if guest.exists(UFW_CONF):
        evidence += [
            Evidence(UFW_CONF, number, line)
            for number, line in numbered(guest.read(UFW_CONF))
            if line.strip().startswith("ENABLED")
        ]
    named = ", ".join(found.name for found in installed)
    return f"Installed, but no rules are loaded at boot: {named}", tuple(evidence)


REQUIREMENT = Requirement(
    id="firewall",
    title="No host firewall starts at boot",
    level=Level.REQUIRED,
    guide="Disable firewall",
    check=check,
    plan=plan,
    complete_for=EVERY_FAMILY,
)
