"""Is cloud-init on: installed, not disabled, its stages started at boot.

Source: cloud-init's boot stages documentation and ``cloud-init-generator``. Names changed over versions: since 24.3 the
network stage is ``cloud-init-network`` (before, ``cloud-init``) and ``cloud-init-main`` runs them all.
"""

from __future__ import annotations

from functools import partial

from remediations.guest import Guest, GuestError
from remediations.linux import (
    boot_arguments,
    cloud_program,
    ds_identify,
    openrc,
    services,
    systemd,
    unit_overrides,
    upstart,
)
from remediations.linux.cloud_program import PROGRAM as PROGRAM
from remediations.linux.fault import Fault, lacking, removal, with_steps
from remediations.linux.init_system import Init, detect
from remediations.linux.kernel_arguments import arguments
from remediations.vocabulary import Evidence, RemoveFile, Step

DISABLED = "/etc/cloud/cloud-init.disabled"
NETWORK, FINAL = 2, 4
"""How far a boot has to come: through the stage that grows the root, makes accounts and places keys; to the end."""
GENERATOR = "cloud-init-generator"
_GENERATORS = ("/usr/lib/systemd/system-generators", "/lib/systemd/system-generators")


def installed(guest: Guest) -> bool:
    """Whether the program is there."""
    return guest.exists(PROGRAM)


def missing(guest: Guest) -> Fault:
    """cloud-init is not installed, as a fault."""
    return lacking(guest, "cloud-init is not installed", (Evidence(PROGRAM, text="absent"),), "cloud-init")


def faults(guest: Guest, until: int = FINAL) -> list[Fault]:
    """What keeps cloud-init from running at boot, up to the stage ``until``; empty where it is on."""
    if not installed(guest):
        return [missing(guest)]
    return [*_switches(guest), *cloud_program.faults(guest), *_stages(guest, until)]


def is_on(guest: Guest) -> bool:
    """Whether cloud-init is installed and a boot comes through its network stage, in which all but scripts are done.

    Raises GuestError where that cannot be established.
    """
    found = faults(guest, NETWORK)
    if found and not any(fault.certain for fault in found):
        raise GuestError(found[0].sentence)
    return not found


def switched_on(guest: Guest) -> bool:
    """Whether nothing switches cloud-init off as a whole, so that others leave its work to it."""
    return installed(guest) and not any(fault.certain for fault in _switches(guest))


def may_run(guest: Guest) -> bool:
    """Whether a boot may come to the stage that makes accounts and places keys. Raises GuestError."""
    if not switched_on(guest) or cloud_program.faults(guest):
        return False
    return services.startup(guest, _network_stage(guest)).starts


def evidence(guest: Guest) -> tuple[Evidence, ...]:
    """What starts the stages of a cloud-init that is on."""
    return tuple(place for name in stages(guest) for place in services.startup(guest, name).evidence[:1])


def stages(guest: Guest, until: int = FINAL) -> tuple[str, ...]:
    """The services of cloud-init's stages up to ``until``, as this guest's version names them."""
    # Before 23.4 the local stage is cloud-init-local, and it still is: only the network stage was renamed.
    names = ("cloud-init-local", _network_stage(guest), "cloud-config", "cloud-final")[:until]
    return ("cloud-init-main", *names) if _has_unit(guest, "cloud-init-main") else names


def _network_stage(guest: Guest) -> str:
    return "cloud-init-network" if _has_unit(guest, "cloud-init-network") else "cloud-init"


def _switches(guest: Guest) -> list[Fault]:
    found: list[Fault] = []
    if (init := detect(guest)) not in (Init.SYSTEMD, Init.OPENRC):
        return found  # the jobs of upstart and the scripts of SysV look at neither the file nor the argument
    if guest.lstat(DISABLED) is not None:
        place = Evidence(DISABLED, text="its presence disables cloud-init")
        found.append(removal(guest, DISABLED, f"{DISABLED} disables cloud-init", (place,)))
    passed = arguments(guest)
    for value, place in passed.named("cloud-init"):
        if value == "disabled":
            advice = (
                f"Remove cloud-init=disabled from {place.path} line {place.line}, and from /etc/default/grub "
                "before update-grub runs again"
            )
            found.append(Fault("the kernel argument cloud-init=disabled is passed", (place,), obstacle=advice))
    for sentence, place in passed.doubts:
        advice = f"Look at {place.path} for cloud-init=disabled and its kin by hand"
        found.append(Fault(sentence, (place,), obstacle=advice, certain=False))
    if init is Init.SYSTEMD:
        # OpenRC's stages start whatever ds-identify says; systemd's generator asks it first.
        found += ds_identify.disabling(guest) if ds_identify.used(guest) else []
        found += _generator(guest)
    return found


def _generator(guest: Guest) -> list[Fault]:
    """The generator that pulls in cloud-init.target, which the stages hang on; Debian 8 and Red Hat 7 do without."""
    target = systemd.find_unit(guest, "cloud-init.target")
    found = []
    if target.masked_by is not None:
        steps = (RemoveFile(target.masked_by),) if target.masked_by.startswith(systemd.ETC) else ()
        place = systemd.evidence_of_link(guest, target.masked_by)
        advice = f"{target.masked_by} masks cloud-init.target"
        found.append(Fault("cloud-init.target is masked", (place,), steps=steps, obstacle=advice))
    mask = f"/etc/systemd/system-generators/{GENERATOR}"
    if guest.lstat(mask) is not None and not _runs(guest, mask):
        place = systemd.evidence_of_link(guest, mask)
        found.append(removal(guest, mask, "cloud-init's systemd generator is switched off", (place,)))
        return found
    generated = any(_runs(guest, f"{folder}/{GENERATOR}") for folder in _GENERATORS)
    if _hangs_on_target(guest) and not generated and not systemd.starting_links(guest, target):
        paths = tuple(Evidence(f"{folder}/{GENERATOR}", text="absent") for folder in _GENERATORS)
        advice = "Reinstall cloud-init: its systemd generator is gone"
        found.append(Fault("nothing starts cloud-init.target", paths, obstacle=advice))
    return found


def _stages(guest: Guest, until: int) -> list[Fault]:
    names = stages(guest, until)
    found = boot_arguments.faults(guest, frozenset((*(f"{name}.service" for name in names), "cloud-init.target")))
    for name in names:
        startup = services.startup(guest, name)
        if startup.stays:
            found += unit_overrides.faults(guest, f"{name}.service")
            continue
        if not startup.installed:
            advice = f"Reinstall cloud-init: its service {name} is gone"
            found.append(Fault(f"cloud-init's service {name} is missing", (_unit_place(guest, name),), obstacle=advice))
            continue
        state = "masked" if startup.masked else "not enabled"
        state = "enabled, but the first boot will disable it" if startup.undone else state
        make = partial(_enable_steps, guest, name)
        fault = with_steps(f"{startup.name} is {state}", startup.evidence, make)
        # With its links in place, a stage is only kept off by a masked target, which is a fault of its own.
        if fault.fixable or fault.obstacle or not _target_masked(guest):
            found.append(fault)
    return found


def _enable_steps(guest: Guest, name: str) -> tuple[Step, ...]:
    if detect(guest) is Init.OPENRC:  # as setup-cloud-init does: the local stage comes before the network
        return openrc.enable_steps(guest, name, "boot" if name == "cloud-init-local" else "default")
    return services.enable_steps(guest, name)


def _hangs_on_target(guest: Guest) -> bool:
    """Whether some stage is pulled in by cloud-init.target alone."""
    if systemd.find_unit(guest, "cloud-init.target").path is None:
        return False
    for name in stages(guest):
        unit = systemd.find_unit(guest, f"{name}.service")
        pullers = {systemd.puller(link) for link in systemd.pulling_links(guest, unit.name)}
        if (pullers or {*systemd.install_section(guest, unit).get("WantedBy", ())}) == {"cloud-init.target"}:
            return True
    return False


def _unit_place(guest: Guest, name: str) -> Evidence:
    init = detect(guest)
    if init is Init.SYSTEMD:
        return Evidence(f"/usr/lib/systemd/system/{name}.service", text="absent")
    return Evidence(upstart.job(name) if init is Init.UPSTART else f"/etc/init.d/{name}", text="absent")


def _target_masked(guest: Guest) -> bool:
    return systemd.find_unit(guest, "cloud-init.target").masked_by is not None


def _has_unit(guest: Guest, name: str) -> bool:
    if detect(guest) is not Init.SYSTEMD:
        return False
    unit = systemd.find_unit(guest, f"{name}.service")
    return unit.path is not None or unit.masked_by is not None


def _runs(guest: Guest, path: str) -> bool:
    found = guest.stat(path)
    return found is not None and found.size > 0 and bool(found.mode & 0o111)
