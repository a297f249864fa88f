"""An SSH server is installed, starts at boot and lets key logins in."""

from __future__ import annotations

from remediations.guest import Guest, GuestError
from remediations.linux import (
    boot_arguments,
    fault,
    host_keys,
    key_account,
    key_login,
    services,
    ssh_service,
    sshd_account,
    sshd_config,
    unit_overrides,
)
from remediations.linux.coverage import EVERY_FAMILY
from remediations.linux.fault import Fault, plan_for, removal, verdict
from remediations.vocabulary import Evidence, Finding, Level, Plan, Requirement, Settings, Status

BLOCK = "/etc/ssh/sshd_not_to_be_run"
_OTHERS = ("dropbear", "tinysshd")


def check(guest: Guest, settings: Settings) -> Finding:
    """Pass where sshd starts at boot, has host keys or gets them, and lets the account that gets the key in."""
    return verdict(_faults(guest, settings), lambda: _passing(guest, settings))


def plan(guest: Guest, settings: Settings) -> Plan:
    """Install it, or enable it as ``systemctl`` does; blocks and masks gone, keys accepted, host keys made."""
    return plan_for(guest, _faults(guest, settings), "Starts the ssh server at boot and lets key logins in")


def _faults(guest: Guest, settings: Settings) -> list[Fault]:
    if ssh_service.program(guest) is None:
        return [_missing(guest)]
    name = ssh_service.name(guest)
    found = [*ssh_service.unexecutable(guest), *ssh_service.faults(guest), *sshd_account.faults(guest)]
    for unit in ssh_service.runs(guest):
        found += unit_overrides.faults(guest, unit, ssh_service.PROGRAMS)
    found += [*boot_arguments.faults(guest, frozenset((f"{name}.service", "sshd.service")))]
    found += [*ssh_service.option_faults(guest), *_blocks(guest)]
    found += key_login.faults(guest, key_account.key_account(guest, settings))
    if sshd_config.path(guest) is not None and not host_keys.kept(guest) and not host_keys.maker(guest):
        found.append(host_keys.fault(guest))
    return found


def _missing(guest: Guest) -> Fault:
    """No sshd: to be installed, unless another ssh server has its place, which we know nothing of."""
    for other in _OTHERS:
        started = services.startup(guest, other)
        if started.starts:
            sentence = f"{other} starts at boot in place of sshd, and whether it lets the key in is not known"
            return Fault(sentence, started.evidence, certain=False)
    places = (Evidence(ssh_service.PROGRAMS[0], text="absent"),)
    return fault.lacking(guest, "sshd is not installed", places, "ssh-server")


def _blocks(guest: Guest) -> list[Fault]:
    """A file that keeps sshd off by being there: it means something to Debian's unit and init script alone."""
    if guest.facts.family != "debian" or guest.lstat(BLOCK) is None:
        return []
    place = Evidence(BLOCK, text="its presence keeps sshd from starting")
    return [removal(guest, BLOCK, f"{BLOCK} keeps sshd from starting", (place,))]


def _passing(guest: Guest, settings: Settings) -> Finding:
    account = key_account.key_account(guest, settings)
    started = ssh_service.starting(guest)
    if started is None:
        raise GuestError("what starts sshd could not be found again")
    keys = host_keys.kept(guest)
    whom = f"lets {account.name} in with a key" if account else "lets key logins in"
    made = "host keys are in the image" if keys else "host keys are made at boot"
    evidence = (*started.evidence, *key_login.evidence(guest, account), *(keys or host_keys.maker(guest)))
    return Finding(Status.PASS, f"{started.name} starts at boot and {whom}; {made}", evidence)


REQUIREMENT = Requirement(
    id="ssh-server",
    title="An SSH server starts at boot",
    level=Level.REQUIRED,
    guide="Ensure ssh server runs",
    check=check,
    plan=plan,
    complete_for=EVERY_FAMILY,
)
