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
    coverage,
    datasource,
    key_account,
    key_login,
    other_agents,
    rc_local,
)
from remediations.linux.fault import Fault, plan_for, verdict
from remediations.vocabulary import Finding, Level, Plan, Requirement, Settings, Status


def check(guest: Guest, settings: Settings) -> Finding:
    """Pass where cloud-init puts the key in an account that sshd lets in, or a boot script does so for root."""
    if key_account.by_cloud_init(guest, settings):
        return verdict(_cloud_faults(guest, settings), lambda: _passing(guest))
    return verdict(_script_faults(guest, settings), lambda: _passing_script(guest))


def plan(guest: Guest, settings: Settings) -> Plan:
    """cloud-init on, where it is installed or can be; else the key-fetch script in rc.local."""
    if key_account.by_cloud_init(guest, settings):
        summary = "Lets cloud-init put the key in an account that can log in"
        return plan_for(guest, _cloud_faults(guest, settings), summary)
    return plan_for(guest, _script_faults(guest, settings), "Puts in place a boot script that fetches root's key")


def _cloud_faults(guest: Guest, settings: Settings) -> list[Fault]:
    if not cloud_init.installed(guest):
        return other_agents.instead(guest, settings) or [cloud_init.missing(guest)]
    config = cloud_config.load(guest)
    found = [*cloud_init.faults(guest, cloud_init.NETWORK), *datasource.faults(guest, config)]
    found += cloud_edits.missing_module(config, "init", "ssh", why="cloud-init puts the key nowhere")
    if not config.flag("allow_public_ssh_keys", True):
        edit = cloud_edits.setting(config, "allow_public_ssh_keys", True)
        places = config.evidence("allow_public_ssh_keys")
        found.append(Fault("allow_public_ssh_keys lets cloud-init drop the key", places, edits=(edit,)))
    found += cloud_user.faults(guest, Settings())
    return [*found, *key_login.faults(guest, cloud_account.account(guest, config))]


def _script_faults(guest: Guest, settings: Settings) -> list[Fault]:
    if rc_local.key_fetch(guest):
        return key_account.root_faults(guest)
    if agents := other_agents.instead(guest, settings):
        return agents
    what = "" if cloud_init.installed(guest) else "cloud-init is not installed, and "
    return [rc_local.missing(guest, f"{what}no boot script fetches the key"), *key_account.root_faults(guest)]


def _passing_script(guest: Guest) -> Finding:
    root = accounts.find(guest, "root")
    places = (*rc_local.key_fetch(guest), *(root.evidence if root else ()), *key_login.evidence(guest, root))
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
    complete_for=coverage.EVERY_FAMILY,
)
