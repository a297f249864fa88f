"""The account that cloud-init gives the key to is known, and exists or will be made."""

from __future__ import annotations

from remediations.guest import Guest
from remediations.linux import (
    account_names,
    cloud_account,
    cloud_config,
    cloud_edits,
    cloud_init,
    coverage,
    key_account,
    other_agents,
    yaml_edit,
)
from remediations.linux.cloud_account import DefaultUser
from remediations.linux.cloud_config import CloudConfig
from remediations.linux.fault import Edit, Fault, plan_for, verdict
from remediations.vocabulary import Evidence, Finding, Level, Plan, PlanError, Requirement, Settings, Status


def check(guest: Guest, settings: Settings) -> Finding:
    """Pass where the configuration names the account (the one of ``settings.user``, if given) and it can be used.

    Whether cloud-init runs at all is for ``user-data`` and ``ssh-key`` to say. Skipped where a boot script is what
    fetches the key, as that is always root's.
    """
    if not _asked(guest, settings):
        return Finding(Status.SKIPPED, "A boot script is to fetch the key, for root, not cloud-init", _absent(guest))
    return verdict(_faults(guest, settings), lambda: _passing(guest))


def plan(guest: Guest, settings: Settings) -> Plan:
    """Edit the scalar that names the account, list ``default``, put the module back that makes accounts."""
    if settings.user is not None and account_names.EVERYWHERE.fullmatch(settings.user) is None:
        raise PlanError(f"{settings.user!r} is no account name that every useradd takes")
    if not _asked(guest, settings):
        return Plan()
    name = settings.user or "the distribution's default account"
    return plan_for(guest, _faults(guest, settings), f"Lets cloud-init give the key to {name}")


def _asked(guest: Guest, settings: Settings) -> bool:
    """Whether there is an account to look at: cloud-init's, or one that the operator named and no script serves."""
    if settings.user not in (None, "root"):
        return True
    if settings.key_fetch == "auto" and cloud_init.installed(guest):
        return True
    return key_account.by_cloud_init(guest, settings)


def _absent(guest: Guest) -> tuple[Evidence, ...]:
    return () if cloud_init.installed(guest) else (Evidence(cloud_init.PROGRAM, text="absent"),)


def _faults(guest: Guest, settings: Settings) -> list[Fault]:
    if settings.key_fetch == "rc.local":
        sentence = f"a boot script is to fetch the key, and that is for root, not for {settings.user}"
        return [Fault(sentence, obstacle="Choose --key-fetch cloud-init, or no --user")]
    if not cloud_init.installed(guest) and (agents := other_agents.instead(guest, settings)):
        return agents
    return faults(guest, settings)


def faults(guest: Guest, settings: Settings) -> list[Fault]:
    """What keeps cloud-init from giving the key to an account that is known and can be used. Raises GuestError."""
    if not cloud_init.installed(guest):
        return [cloud_init.missing(guest)]
    config = cloud_config.load(guest)
    user = cloud_account.default_user(config)
    if user.name is None and settings.user in (None, "root") and not config.flag("disable_root", True):
        return cloud_account.usable(guest, config)  # the key goes to root alone, and nothing blocks it there
    found = _naming(config, user, settings)
    wanted = settings.user or user.fields.get("name")
    if not isinstance(wanted, str):
        return found
    if wanted == "root" and config.flag("disable_root", True):
        edit = cloud_edits.setting(config, "disable_root", False)
        places = config.evidence("disable_root") or (Evidence(cloud_config.CONFIG, text="disable_root is unset"),)
        found.append(Fault("disable_root blocks the key that root gets", places, edits=(edit,)))
    after = _with_user(config, wanted)
    found += cloud_account.usable(guest, after)
    if not cloud_account.account(guest, after).exists:
        why = "the account is never made"
        found += cloud_edits.missing_module(config, "init", "users-groups", "ssh", why)
    return found


def _naming(config: CloudConfig, user: DefaultUser, settings: Settings) -> list[Fault]:
    """Is there a default user, and is it the one asked for?"""
    places = cloud_account.evidence(config, user) or (Evidence(cloud_config.CONFIG, text="names no default user"),)
    if not user.keys:
        sentence = "cloud-init is told of no account to give the key to"
        if settings.user is None:
            return [Fault(sentence, places, obstacle="Say which account is to get the key: --user NAME")]
        return [Fault(sentence, places, edits=(cloud_edits.setting(config, "user", settings.user),))]
    found = []
    if not user.listed:
        sentence = "users does not list default, so the key goes to root alone"
        edit = _list_default(config, settings.user or str(user.fields["name"]))
        found.append(Fault(sentence, places, edits=(edit,)))
    if settings.user is not None and user.fields["name"] != settings.user:
        sentence = f"cloud-init gives the key to {user.fields['name']}, not to {settings.user}"
        edit = cloud_edits.nested(config, user.keys, settings.user)
        found.append(Fault(sentence, places, edits=(edit,)))
    return found


def _list_default(config: CloudConfig, name: str) -> Edit:
    """``default`` put first in the ``users`` list; the guide's own ``user: NAME`` where there is no such list."""
    document = config.document("users")
    if document is not None and isinstance(config.get("users"), list):
        return Edit(document.path, lambda content: yaml_edit.insert_item(content, ("users",), "default", 0))
    return cloud_edits.setting(config, "user", name)


def _with_user(config: CloudConfig, name: str) -> CloudConfig:
    """The configuration as it is once ``name`` is the default user."""
    old = config.get("user")
    user = {**old, "name": name} if isinstance(old, dict) else name
    return CloudConfig({**config.values, "user": user}, config.documents)


def _passing(guest: Guest) -> Finding:
    config = cloud_config.load(guest)
    account = cloud_account.account(guest, config)
    named = cloud_account.evidence(config, cloud_account.default_user(config))
    how = "exists" if account.exists else "will be made"
    return Finding(
        Status.PASS,
        f"cloud-init gives the key to {account.name}, which {how}",
        tuple(dict.fromkeys((*named, *account.evidence))),
    )


REQUIREMENT = Requirement(
    id="cloud-user",
    title="The account that gets the key is known",
    level=Level.REQUIRED,
    guide="Use cloud-init to fetch the public key",
    check=check,
    plan=plan,
    complete_for=coverage.EVERY_FAMILY,
)
