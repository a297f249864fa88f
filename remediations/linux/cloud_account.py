"""The account that cloud-init gives the instance's key to. Source: cloud-init's ``ug_util`` and ``cc_ssh``.

A top-level ``user`` stands for the default user and inherits the rest of ``system_info.default_user``. Without it, the
default user only counts where ``users`` lists ``default``; where it does not, the key goes to root alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from remediations.guest import Guest, GuestError
from remediations.linux import account_names, accounts
from remediations.linux.accounts import Account
from remediations.linux.cloud_config import CONFIG, CloudConfig
from remediations.linux.fault import Edit, Fault
from remediations.vocabulary import Evidence, PlanError

UNLOCKING = f"{CONFIG}.d/95-image-wizard-login.cfg"
_UNLOCKED = b"""\
# Without PAM, sshd refuses even keys for a password that begins with an exclamation mark. No password matches this one.
system_info:
  default_user:
    lock_passwd: false
    passwd: '*'
"""


@dataclass(frozen=True)
class DefaultUser:
    """cloud-init's default user. ``name`` None: there is none, and the key goes to root alone.

    ``keys`` is the path of the setting that names it (also where ``users`` leaves it out); empty where none does.
    ``fields`` are what it would be made with.
    """

    name: str | None
    keys: tuple[str, ...]
    fields: dict[str, Any]
    listed: bool

    @property
    def login(self) -> str:
        """The account that gets the key."""
        return self.name or "root"


def default_user(config: CloudConfig) -> DefaultUser:
    """The default user by the merged configuration. Raises GuestError for a ``users`` that cloud-init fails on."""
    old = config.get("user")
    named = old if isinstance(old, dict) else {"name": old} if isinstance(old, str) and old else {}
    distro = config.get("system_info", "default_user")
    distro = distro if isinstance(distro, dict) else {}
    fields = {**distro, **named}
    if named.get("name"):
        keys: tuple[str, ...] = ("user", "name") if isinstance(old, dict) else ("user",)
    else:
        keys = ("system_info", "default_user", "name") if distro.get("name") else ()
    listed = bool(named) or _lists_default(config.get("users"))
    name = fields.get("name")
    known = isinstance(name, str) and name != ""
    return DefaultUser(name if known and listed else None, keys if known else (), fields, listed)


def evidence(config: CloudConfig, user: DefaultUser) -> tuple[Evidence, ...]:
    """The lines that name the default user, and ``users`` where that is what leaves it out."""
    named = config.evidence(*user.keys) if user.keys else ()
    return named if user.listed else (*config.evidence("users"), *named)


def account(guest: Guest, config: CloudConfig) -> Account:
    """The account that gets the key, as it is, or as cloud-init will make it. Raises GuestError."""
    user = default_user(config)
    existing = accounts.find(guest, user.login)
    if existing is not None:
        return _left_by_cloud_init(existing, user)
    shell = user.fields.get("shell")
    home = user.fields.get("homedir")
    groups = _groups(user.fields.get("groups")) | {str(user.fields.get("primary_group") or user.login)}
    return Account(
        user.login,
        frozenset(groups),
        home if isinstance(home, str) else f"/home/{user.login}",
        shell if isinstance(shell, str) else "/bin/sh",
        exists=False,
        locked=_locks(user) or not _starred(user),
        expiry=_expiry(user),
        evidence=evidence(config, user),
        unlocking=(Edit(UNLOCKING, _unlock),),
    )


def _left_by_cloud_init(existing: Account, user: DefaultUser) -> Account:
    """The account as it is once cloud-init has seen it: it locks the default user's password unless told not to."""
    if user.name is None or not _locks(user):
        return existing
    own = existing.unlocking if existing.locked else ()
    return replace(existing, locked=True, unlocking=(*own, Edit(UNLOCKING, _unlock)))


def _locks(user: DefaultUser) -> bool:
    given = user.fields.get("lock_passwd", user.fields.get("lock-passwd", True))
    return str(given).strip().lower() in ("true", "1", "on", "yes")


def _starred(user: DefaultUser) -> bool:
    """Whether the account is made with a password field that is not locked; given none, useradd leaves ``!``."""
    given = user.fields.get("passwd")
    return isinstance(given, str) and given != "" and not given.startswith("!")


def _unlock(content: bytes) -> bytes:
    if content not in (b"", _UNLOCKED):
        raise PlanError(f"{UNLOCKING} stands there with another content")
    return _UNLOCKED


def usable(guest: Guest, config: CloudConfig) -> list[Fault]:
    """What keeps the account that gets the key from existing or from logging in at all. Raises GuestError."""
    user = default_user(config)
    found: list[Fault] = []
    target = account(guest, config)
    if why := accounts.barred(guest, target):
        advice = f"{accounts.advice(target.name)}, or choose another account with --user"
        found.append(Fault(why, target.evidence, obstacle=advice))
    if not target.exists:
        found += _unmakeable(guest, target, user)
    group = accounts.group_line(guest, target.name)
    made_with = {"primary_group", "no_user_group"} & user.fields.keys()
    if not target.exists and group is not None and not made_with:
        sentence = f"the account {target.name} cannot be made, as a group of that name exists already"
        advice = f"Choose an account other than {target.name} with --user, or remove the group {target.name}"
        found.append(Fault(sentence, (group,), obstacle=advice))
    return found


def _unmakeable(guest: Guest, target: Account, user: DefaultUser) -> list[Fault]:
    """What makes useradd refuse the account. Source: cloud-init's ``Distro.add_user``."""
    if (why := account_names.refused(guest, target.name)) is not None:
        return [Fault(why.sentence, target.evidence, obstacle="Choose an account with --user", certain=why.certain)]
    groups, primary = _groups(user.fields.get("groups")), user.fields.get("primary_group")
    wanted = {primary} if isinstance(primary, str) and primary else set()
    # cloud-init makes the groups that are missing: the primary one only together with others.
    if groups and user.fields.get("create_groups", True):
        return []
    missing = sorted(group for group in wanted | groups if accounts.group_line(guest, group) is None)
    if not missing:
        return []
    names = " and ".join(missing)
    sentence = f"the account {target.name} cannot be made, as there is no group {names}"
    return [Fault(sentence, target.evidence, obstacle=f"Add the group {names}, or choose another account with --user")]


def _expiry(user: DefaultUser) -> str:
    """``expiredate`` in days since 1970, empty where the account gets none. Raises GuestError for what is no date."""
    given = user.fields.get("expiredate")
    if given in (None, ""):
        return ""
    try:
        return str((date.fromisoformat(str(given).strip()) - date(1970, 1, 1)).days)
    except ValueError as error:
        raise GuestError(f"expiredate {given!r} of the default user is no date like 2030-12-31") from error


def _lists_default(users: Any) -> bool:
    if isinstance(users, str):
        return "default" in [name.strip() for name in users.split(",")]
    if isinstance(users, dict):
        value = users.get("default")
        return isinstance(value, dict) or str(value).lower() in ("true", "1", "on", "yes")
    for item in users if isinstance(users, list) else ():
        if isinstance(item, dict):
            if item.get("name", "default") == "default":
                return True
        elif isinstance(item, str | list):
            if _lists_default(item if isinstance(item, str) else ",".join(map(str, item))):
                return True
        else:
            raise GuestError(f"users: cloud-init fails on the item {item!r}, which is no name and no mapping")
    return False


def _groups(groups: Any) -> set[str]:
    if isinstance(groups, str):
        groups = groups.split(",")
    return {str(group).strip() for group in groups} if isinstance(groups, list | dict) else set()
