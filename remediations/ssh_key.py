"""The instance's public key lands in an account that can log in with it."""

from __future__ import annotations

from remediations import cloud_user
from remediations.guest import Guest
from remediations.linux import (
    accounts,
    cloud_account,
    cloud_config,
    cloud_edits,
    cloud_init,
    datasource,
    key_login,
    rc_local,
)
from remediations.linux.fault import Fault, plan_for, verdict, with_steps
from remediations.vocabulary import Evidence, Finding, Level, Plan, Requirement, Settings, Status


def check(guest: Guest, settings: Settings) -> Finding:
    """Pass where cloud-init puts the key in an account that sshd lets in, or an rc.local script does so for root."""
    script = rc_local.key_fetch(guest)
    if cloud_init.installed(guest) and not (script and not _root_faults(guest)):
        return verdict(_cloud_faults(guest), lambda: _passing(guest))
    faults = [*_script_faults(guest, script), *_root_faults(guest)]
    return verdict(faults, lambda: _passing_script(guest, script))


def plan(guest: Guest, settings: Settings) -> Plan:
    """cloud-init on, where it is installed; else the key-fetch script in rc.local."""
    script = rc_local.key_fetch(guest)
    if cloud_init.installed(guest) and not (script and not _root_faults(guest)):
        return plan_for(guest, _cloud_faults(guest), "Lets cloud-init put the key in an account that can log in")
    faults = [*_script_faults(guest, script), *_root_faults(guest)]
    return plan_for(guest, faults, "Puts a script into rc.local that fetches root's key at boot")


def _cloud_faults(guest: Guest) -> list[Fault]:
    config = cloud_config.load(guest)
    found = [*cloud_init.faults(guest), *datasource.faults(guest, config)]
    found += cloud_edits.missing_module(config, "init", "ssh", why="cloud-init puts the key nowhere")
    if not config.flag("allow_public_ssh_keys", True):
        edit = cloud_edits.setting(config, "allow_public_ssh_keys", True)
        places = config.evidence("allow_public_ssh_keys")
        found.append(Fault("allow_public_ssh_keys lets cloud-init drop the key", places, edits=(edit,)))
    found += cloud_user.faults(guest, Settings())
    return [*found, *key_login.faults(guest, cloud_account.account(guest, config))]


def _script_faults(guest: Guest, script: tuple[Evidence, ...]) -> list[Fault]:
    if script:
        return []
    sentence = "cloud-init is not installed, and no boot script fetches the key"
    places = (Evidence(cloud_init.PROGRAM, text="absent"), Evidence(rc_local.PATH, text="fetches no key"))
    return [with_steps(sentence, places, lambda: rc_local.install_steps(guest))]


def _root_faults(guest: Guest) -> list[Fault]:
    """What keeps root, who gets the script's key, from logging in with it."""
    root = accounts.find(guest, "root")
    if root is None:
        return [Fault("the guest has no root account", (Evidence("/etc/passwd"),), obstacle="Restore /etc/passwd")]
    found = key_login.faults(guest, root)
    if why := accounts.barred(guest, root):
        found.append(Fault(why, root.evidence, obstacle=accounts.advice("root")))
    return found


def _passing_script(guest: Guest, script: tuple[Evidence, ...]) -> Finding:
    root = accounts.find(guest, "root")
    places = (*script, *(root.evidence if root else ()), *key_login.evidence(guest, root))
    return Finding(Status.PASS, "A boot script fetches root's key, and sshd lets root in with it", places)


def _passing(guest: Guest) -> Finding:
    config = cloud_config.load(guest)
    account = cloud_account.account(guest, config)
    evidence = (
        *cloud_account.evidence(config, cloud_account.default_user(config)),
        *account.evidence,
        *key_login.evidence(guest, account),
        *cloud_init.evidence(guest),
    )
    summary = f"cloud-init puts the key in the account {account.name}, which sshd lets in with it"
    return Finding(Status.PASS, summary, tuple(dict.fromkeys(evidence)))


REQUIREMENT = Requirement(
    id="ssh-key",
    title="The instance's ssh key lets someone in",
    level=Level.REQUIRED,
    guide="Access instance by using ssh public key",
    check=check,
    plan=plan,
)
