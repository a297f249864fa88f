"""The accounts of a guest: passwd(5), group(5), shadow(5)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

from remediations.guest import FileKind, Guest
from remediations.linux.fault import Edit
from remediations.linux.text import decode, encode, numbered, split_lines
from remediations.vocabulary import Evidence, PlanError

SHADOW = "/etc/shadow"
NO_LOGIN = frozenset(("nologin", "false", "sync", "halt", "shutdown"))
_NEVER = 99999
"""From this many days on, a password's greatest age stands for none (login.defs, PASS_MAX_DAYS)."""


@dataclass(frozen=True)
class Account:
    """An account as sshd will see it. ``exists`` False: cloud-init is to make it, with these groups and shell.

    ``expiry``, ``changed`` and ``most_days`` are shadow(5)'s dates in days since 1970, empty where not set.

    ``groups`` are names, the primary one among them. ``locked`` means that the password begins with ``!``, which
    refuses key logins too unless PAM is used; ``unlocking`` is what would make it one that no password matches, ``*``.
    ``uid`` is empty for an account that is to be made.
    """

    name: str
    groups: frozenset[str]
    home: str
    shell: str
    exists: bool
    locked: bool
    expiry: str = ""
    changed: str = ""
    most_days: str = ""
    evidence: tuple[Evidence, ...] = ()
    unlocking: tuple[Edit, ...] = ()
    uid: str = ""


def today() -> int:
    """The day, counted from 1970 as shadow(5) does."""
    return int(time.time() // 86400)


def barred(guest: Guest, account: Account) -> str:
    """Why an account can log in by no means, empty where nothing is known against it."""
    if account.shell.rpartition("/")[2] in NO_LOGIN:
        return f"the shell of {account.name} is {account.shell}"
    program = guest.stat(account.shell) if account.shell.startswith("/") else None
    if program is None or program.kind is not FileKind.FILE or not program.mode & 0o111:
        return f"the shell of {account.name}, {account.shell}, is no program of the guest's"
    expiry, changed, most_days = _days(account.expiry), _days(account.changed), _days(account.most_days)
    if expiry is not None and expiry <= today():
        return f"the account {account.name} is expired"
    # pam_unix holds key logins to this too, and what it asks for then, a new password, needs the old one.
    if changed == 0:
        return f"the password of {account.name} has to be changed at the next login"
    if changed is not None and most_days is not None and most_days < _NEVER and changed + most_days < today():
        return f"the password of {account.name} has reached its greatest age"
    return ""


def advice(name: str) -> str:
    """What the operator can do about an account that is barred."""
    return f"Give {name} a login shell that is in the guest, and no expiry of account or password (chage {name})"


def _days(field: str) -> int | None:
    """A date or an age of shadow(5); None where it is not set (empty, or negative)."""
    return int(field) if field.isascii() and field.isdigit() and len(field) < 20 else None


def find(guest: Guest, name: str) -> Account | None:
    """The account of that name in ``/etc/passwd``; None where there is none."""
    for evidence, fields in _records(guest, "/etc/passwd", 7):
        if fields[0] != name:
            continue
        groups = {group[0] for _, group in _records(guest, "/etc/group", 4) if name in group[3].split(",")}
        groups |= {group[0] for _, group in _records(guest, "/etc/group", 4) if group[2] == fields[3]}
        shadow = next((entry for _, entry in _records(guest, SHADOW, 8) if entry[0] == name), None)
        password = shadow[1] if shadow else fields[1]
        return Account(
            name,
            frozenset(groups),
            fields[5],
            fields[6] or "/bin/sh",
            True,
            password.startswith("!"),
            shadow[7] if shadow else "",
            shadow[2] if shadow else "",
            shadow[4] if shadow else "",
            (evidence,),
            (Edit(SHADOW, partial(starred, name=name)),) if shadow else (),
            fields[2],
        )
    return None


def alone(guest: Guest, gid: str, account: Account) -> bool:
    """Whether an account is the one member that a group has, be it as its primary group or by being listed."""
    group = next((entry for _, entry in _records(guest, "/etc/group", 4) if entry[2] == gid), None)
    if group is None:
        return False
    users = [entry for _, entry in _records(guest, "/etc/passwd", 7) if entry[3] == gid]
    listed = [name for name in group[3].split(",") if name]
    return bool(users or listed) and all(user[2] == account.uid for user in users) and listed in ([], [account.name])


def starred(content: bytes, name: str) -> bytes:
    """``/etc/shadow`` with ``*`` for a locked password that hides none: nobody knows it, and sshd lets keys in.

    Raises PlanError where the lock hides a password, which would be lost.
    """
    lines = split_lines(content)
    for index, line in enumerate(lines):
        fields = decode(line).split(":")
        if fields[0] == name and len(fields) >= 8 and fields[1].startswith("!"):
            if fields[1].strip("!*"):
                raise PlanError(f"the lock of {name} in {SHADOW} hides a password: set another, or put * in its place")
            lines[index] = encode(":".join((name, "*", *fields[2:])))
    return b"".join(lines)


def group_line(guest: Guest, name: str) -> Evidence | None:
    """The line of ``/etc/group`` for a group, None where there is none."""
    return next((evidence for evidence, fields in _records(guest, "/etc/group", 4) if fields[0] == name), None)


def _records(guest: Guest, path: str, fields: int) -> list[tuple[Evidence, list[str]]]:
    if not guest.exists(path):
        return []
    split = [(number, line, line.split(":")) for number, line in numbered(guest.read(path))]
    # Evidence must not show a password hash: a shadow line is never quoted.
    return [
        (Evidence(path, number, "" if path == SHADOW else line), parts)
        for number, line, parts in split
        if len(parts) >= fields
    ]
