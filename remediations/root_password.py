"""No password lets root in, and no account does without one: instances are entered by key.

Source: passwd(5), shadow(5), crypt(5).
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from remediations.guest import Guest
from remediations.linux import cloud_account, cloud_config, cloud_init, systemd
from remediations.linux.coverage import EVERY_FAMILY
from remediations.linux.fault import Edit, Fault, plan_for, verdict
from remediations.linux.passwords import BACKUPS, PASSWD, Password, passwords, without_password
from remediations.vocabulary import Evidence, Finding, Level, Plan, Requirement, Settings, Status

_MOST_TOLD = 5


def check(guest: Guest, settings: Settings) -> Finding:
    """Pass where root's password (and any other account's with user ID 0) matches nothing, and none is empty."""
    return verdict(_faults(guest), lambda: _passing(guest))


def plan(guest: Guest, settings: Settings) -> Plan:
    """``*`` in place of the password, in the backup copies too; nothing else of the account changes."""
    return plan_for(guest, _faults(guest), "Takes the passwords away, so that only keys let these accounts in")


def _faults(guest: Guest) -> list[Fault]:
    known = passwords(guest)
    if not any(one.name == "root" for one in known):
        return [Fault("the guest has no root account", (Evidence(PASSWD),), obstacle=f"Restore {PASSWD}")]
    wrong = {one: sentence for one in known if (sentence := _wrong(one))}
    return [*_to_take(guest, wrong), *_by_cloud_init(guest)]


def _to_take(guest: Guest, wrong: dict[Password, str]) -> list[Fault]:
    if not wrong:
        return []
    told = [*wrong.values()]
    sentence = "; ".join([*told[:_MOST_TOLD], *([f"{len(told) - _MOST_TOLD} more"] if len(told) > _MOST_TOLD else [])])
    take = partial(without_password, names=frozenset(one.name for one in wrong))
    # The copies that useradd and passwd leave of both files hold the same hashes.
    copies = [copy for copy in BACKUPS if systemd.is_file(guest, copy)]
    copies = [copy for copy in copies if take(content := guest.read(copy)) != content]
    places = tuple(Evidence(one.path, one.line) for one in wrong)
    edits = tuple(Edit(path, take) for path in dict.fromkeys((*(one.path for one in wrong), *copies)))
    return [Fault(sentence, places, edits=edits)]


def _wrong(known: Password) -> str:
    if known.empty:
        return f"{known.name} has an empty password"
    if known.usable and re.fullmatch(r"\s*[-+]?0+", known.uid):
        return f"{known.name} has a password" if known.name == "root" else f"{known.name}, another root, has a password"
    return ""


def _by_cloud_init(guest: Guest) -> list[Fault]:
    """A password that the image's own cloud-init configuration sets at boot."""
    if not cloud_init.installed(guest):
        return []
    config = cloud_config.load(guest)
    found = []
    for key, names in (
        ("chpasswd", _set_passwords(config.get("chpasswd"))),
        ("users", _with_passwords(config.get("users"))),
        ("password", [cloud_account.default_user(config).login] if config.get("password") else []),
    ):
        if "root" in names:
            # The line that names the setting is shown; a password may stand on it.
            places = tuple(Evidence(place.path, place.line, key) for place in config.evidence(key))
            advice = f"Take root's password out of {key} in cloud-init's configuration"
            found.append(Fault(f"cloud-init sets a password for root ({key})", places, obstacle=advice))
    return found


def _set_passwords(chpasswd: Any) -> list[str]:
    """The accounts of cloud-init's ``chpasswd``: ``users`` is a list of mappings, ``list`` of ``NAME:PASSWORD``."""
    if not isinstance(chpasswd, dict):
        return []
    users, listed = chpasswd.get("users"), chpasswd.get("list")
    names = [str(user.get("name")) for user in users if isinstance(user, dict)] if isinstance(users, list) else []
    lines = listed.split("\n") if isinstance(listed, str) else listed if isinstance(listed, list) else []
    return [*names, *(str(line).partition(":")[0].strip() for line in lines)]


def _with_passwords(users: Any) -> list[str]:
    """The accounts of cloud-init's ``users`` that get a password though they exist, and keep it (``lock_passwd``)."""
    listed = [user for user in users if isinstance(user, dict)] if isinstance(users, list) else []
    return [
        str(user.get("name"))
        for user in listed
        if (user.get("plain_text_passwd") or str(user.get("hashed_passwd") or "!")[0] not in "!*")
        and str(user.get("lock_passwd", True)).strip().lower() in ("false", "0", "off", "no")
    ]


def _passing(guest: Guest) -> Finding:
    roots = [one for one in passwords(guest) if one.name == "root"]
    places = tuple(Evidence(one.path, one.line) for one in roots)
    return Finding(Status.PASS, "No password lets root in, and no account has an empty one", places)


REQUIREMENT = Requirement(
    id="root-password",
    title="No password lets root in",
    level=Level.RECOMMENDED,
    guide="",
    check=check,
    plan=plan,
    complete_for=EVERY_FAMILY,
)
