"""cloud-init runs the instance's user data: its stages start and a datasource of OpenStack's is found."""

from __future__ import annotations

from remediations.guest import Guest
from remediations.linux import cloud_config, cloud_edits, cloud_init, coverage, datasource, key_account, other_agents
from remediations.linux.fault import Fault, plan_for, verdict
from remediations.vocabulary import Finding, Level, Plan, Requirement, Settings, Status


def check(guest: Guest, settings: Settings) -> Finding:
    """Pass where cloud-init is on, may find OpenStack's metadata and has the module that runs user scripts."""
    return verdict(_faults(guest, settings), lambda: _passing(guest))


def plan(guest: Guest, settings: Settings) -> Plan:
    """Un-disable, unmask, enable; correct the datasource list; put the module back; drop state that is trusted."""
    return plan_for(guest, _faults(guest, settings), "Lets cloud-init run at boot and find the metadata of OpenStack")


def _faults(guest: Guest, settings: Settings) -> list[Fault]:
    if not cloud_init.installed(guest):
        return other_agents.instead(guest, settings) or [cloud_init.missing(guest)]
    config = cloud_config.load(guest)
    found = [*cloud_init.faults(guest), *datasource.faults(guest, config)]
    found += cloud_edits.missing_module(
        config, "final", "scripts-user", "ssh-authkey-fingerprints", "a script given as user data is not run"
    )
    if not config.flag("allow_userdata", True):
        edit = cloud_edits.setting(config, "allow_userdata", True)
        sentence = "allow_userdata lets cloud-init discard the user data"
        found.append(Fault(sentence, config.evidence("allow_userdata"), edits=(edit,)))
    # Once it runs, it would keep root out, who gets the key of the boot script that was asked for.
    return [*found, *key_account.root_block(config)] if found and settings.key_fetch == "rc.local" else found


def _passing(guest: Guest) -> Finding:
    config = cloud_config.load(guest)
    limited = datasource.evidence(config)
    which = "its datasources include OpenStack" if limited else "it looks for every datasource it knows"
    remark = datasource.remark(config)
    ignored = ", ".join(place.path for place in config.ignored)
    remarks = (remark, f"it ignores {ignored}, which is no valid configuration" if ignored else "")
    summary = "; ".join((f"cloud-init starts at boot and {which}", *(text for text in remarks if text)))
    return Finding(Status.PASS, summary, (*limited, *config.ignored, *cloud_init.evidence(guest)))


REQUIREMENT = Requirement(
    id="user-data",
    title="User data is processed at boot",
    level=Level.REQUIRED,
    guide="Process user data and other metadata",
    check=check,
    plan=plan,
    complete_for=coverage.EVERY_FAMILY,
)
