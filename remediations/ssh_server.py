"""An SSH server is installed, starts at boot and lets key logins in."""

from __future__ import annotations

import re

from remediations.guest import FileKind, Guest
from remediations.linux import (
    accounts,
    cloud_account,
    cloud_config,
    cloud_init,
    host_keys,
    key_login,
    rc_local,
    services,
    unit_overrides,
)
from remediations.linux.accounts import Account
from remediations.linux.fault import Fault, plan_for, removal, verdict, with_steps
from remediations.linux.text import numbered
from remediations.vocabulary import Evidence, Finding, Level, Plan, Requirement, Settings, Status

PROGRAM = "/usr/sbin/sshd"
BLOCK = "/etc/ssh/sshd_not_to_be_run"
NOLOGIN = "/etc/nologin"
OPTIONS = "/etc/default/ssh"
_OPTIONS = re.compile(r"\s*(?:export\s+)?SSHD_OPTS=(.*)")
_HARMLESS = frozenset(("-u0", "-4", "-e", "-q"))


def check(guest: Guest, settings: Settings) -> Finding:
    """Pass where sshd starts at boot, has host keys or gets them, and lets the account that gets the key in."""
    return verdict(_faults(guest, settings), lambda: _passing(guest, settings))


def plan(guest: Guest, settings: Settings) -> Plan:
    """What ``systemctl enable ssh`` does, the block and the mask gone, PubkeyAuthentication on, host keys made."""
    return plan_for(guest, _faults(guest, settings), "Starts the ssh server at boot and lets key logins in")


def _faults(guest: Guest, settings: Settings) -> list[Fault]:
    if not guest.exists(PROGRAM):
        advice = (
            "Install openssh-server in the guest (apt-get install openssh-server), or with virt-customize --install "
            "openssh-server: installing packages comes in a later release"
        )
        places = (Evidence(PROGRAM, text="absent"),)
        return [Fault("sshd is not installed", places, obstacle=advice, needs=("package openssh-server",))]
    found = [*_start(guest), *unit_overrides.faults(guest, "ssh.service"), *_options(guest), *_blocks(guest)]
    found += [*key_login.faults(guest, _account(guest, settings))]
    if guest.exists("/etc/ssh/sshd_config") and not host_keys.present(guest) and not host_keys.maker(guest):
        found.append(host_keys.fault(guest))
    return found


def _start(guest: Guest) -> list[Fault]:
    service, socket = services.startup(guest, "ssh"), services.startup(guest, "ssh.socket")
    if service.starts or (socket.starts and service.masked is None and not service.blocked):
        return []
    told = service if service.installed or not socket.installed else socket
    state = "is masked" if told.masked else "requires what is masked" if told.blocked else "is not started at boot"
    places = told.evidence or (Evidence("/usr/lib/systemd/system/ssh.service", text="absent"),)
    return [with_steps(f"{told.name} {state}", places, lambda: services.enable_steps(guest, "ssh"))]


def _options(guest: Guest) -> list[Fault]:
    """Options that Debian's unit and init script pass to sshd, and that outweigh its configuration."""
    found = guest.stat(OPTIONS)
    if found is None or found.kind is not FileKind.FILE:
        return []
    told: Evidence | None = None
    for number, line in numbered(guest.read(OPTIONS)):
        if matched := _OPTIONS.match(line):
            words = matched[1].partition(" #")[0].replace('"', " ").replace("'", " ").split()
            told = None if {*words} <= _HARMLESS else Evidence(OPTIONS, number, line)
    if told is None:
        return []
    return [Fault("sshd gets options that may outweigh its configuration (SSHD_OPTS)", (told,), certain=False)]


def _blocks(guest: Guest) -> list[Fault]:
    found = []
    for path, what in ((BLOCK, "keeps sshd from starting"), (NOLOGIN, "keeps everyone but root out")):
        if guest.lstat(path) is not None:
            place = Evidence(path, text=f"its presence {what}")
            found.append(removal(guest, path, f"{path} {what}", (place,)))
    return found


def _account(guest: Guest, settings: Settings) -> Account | None:
    """The account that will get the key; None where that is not known, so that only what holds for all counts."""
    if cloud_init.installed(guest):
        return cloud_account.account(guest, cloud_config.load(guest))
    if settings.user is not None:
        return accounts.find(guest, settings.user)
    return accounts.find(guest, "root") if rc_local.key_fetch(guest) else None


def _passing(guest: Guest, settings: Settings) -> Finding:
    account = _account(guest, settings)
    service, socket = services.startup(guest, "ssh"), services.startup(guest, "ssh.socket")
    started = service if service.starts else socket
    keys = host_keys.present(guest)
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
)
