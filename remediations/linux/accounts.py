"""The accounts of a guest: passwd(5), group(5), shadow(5)."""

from __future__ import annotations

from dataclasses import dataclass

from remediations.guest import Guest
from remediations.linux.text import numbered
from remediations.vocabulary import Evidence

NO_LOGIN = frozenset(("nologin", "false", "sync", "halt", "shutdown"))


@dataclass(frozen=True)
class Account:
    """An account as sshd will see it. ``exists`` False: cloud-init is to make it, with these groups and shell.

    ``groups`` are names, the primary one among them. ``locked`` means that the password begins with ``!``, which
    refuses key logins too unless PAM is used.
    """

    name: str
    groups: frozenset[str]
    home: str
    shell: str
    exists: bool
    locked: bool
    expiry: str = ""
    evidence: tuple[Evidence, ...] = ()

    @property
    def barred(self) -> str:
        """Why the account can log in by no means, empty where nothing is known against it."""
        if self.shell.rpartition("/")[2] in NO_LOGIN:
            return f"the shell of {self.name} is {self.shell}"
        if self.expiry in ("0", "1"):  # what chage -E 0 and usermod -e 1 leave: expired since 1970
            return f"the account {self.name} is expired"
        return ""


def find(guest: Guest, name: str) -> Account | None:
    """The account of that name in ``/etc/passwd``; None where there is none."""
    for evidence, fields in _records(guest, "/etc/passwd", 7):
        if fields[0] != name:
            continue
        groups = {group[0] for _, group in _records(guest, "/etc/group", 4) if name in group[3].split(",")}
        groups |= {group[0] for _, group in _records(guest, "/etc/group", 4) if group[2] == fields[3]}
        shadow = next((entry for _, entry in _records(guest, "/etc/shadow", 8) if entry[0] == name), None)
        password = shadow[1] if shadow else fields[1]
        return Account(
            name,
            frozenset(groups),
            fields[5],
            fields[6] or "/bin/sh",
            True,
            password.startswith("!"),
            shadow[7] if shadow else "",
            (evidence,),
        )
    return None


def group_line(guest: Guest, name: str) -> Evidence | None:
    """The line of ``/etc/group`` for a group, None where there is none."""
    return next((evidence for evidence, fields in _records(guest, "/etc/group", 4) if fields[0] == name), None)


def _records(guest: Guest, path: str, fields: int) -> list[tuple[Evidence, list[str]]]:
    if not guest.exists(path):
        return []
    split = [(number, line, line.split(":")) for number, line in numbered(guest.read(path))]
    # Evidence must not show a password hash: a shadow line is never quoted.
    return [
        (Evidence(path, number, "" if path == "/etc/shadow" else line), parts)
        for number, line, parts in split
        if len(parts) >= fields
    ]
