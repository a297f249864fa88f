"""The modes and owners for which sshd takes no key: of the home, of its ``.ssh`` and of the file (StrictModes).

Source: sshd_config(5), OpenSSH's ``safe_path``. Debian's sshd (its patch ``user-group-modes``) lets a group write that
the account alone is in.
"""

from __future__ import annotations

from collections.abc import Sequence

from remediations.guest import FileKind, Guest, Stat
from remediations.linux import accounts
from remediations.linux.accounts import Account
from remediations.linux.fault import Fault
from remediations.linux.sshd_config import Directive, ask
from remediations.vocabulary import Evidence, SetMode

_GROUP, _OTHERS = 0o020, 0o002


def faults(guest: Guest, directives: Sequence[Directive], account: Account | None) -> list[Fault]:
    """What sshd refuses of an account that exists already; cloud-init changes neither mode nor owner of these."""
    if account is None or not account.exists or ask(directives, "strictmodes", account).value == "no":
        return []
    home = account.home.rstrip("/")
    found: list[Fault] = []
    for path in (home or "/", f"{home}/.ssh", f"{home}/.ssh/authorized_keys"):
        stat = guest.stat(path) if path.startswith("/") else None
        if stat is None or stat.kind is FileKind.OTHER:
            break
        if account.uid and str(stat.uid) not in ("0", account.uid):
            place = Evidence(path, text=f"owner {stat.uid}, and {account.name} is {account.uid}")
            advice = f"chown {account.name} {path}"
            sentence = f"{path} belongs to another account, and sshd then refuses the key of {account.name}"
            found.append(Fault(sentence, (place,), obstacle=advice))
        elif who := _writers(guest, stat, account):
            bits = stat.mode & 0o7777
            place = Evidence(path, text=f"mode {bits:04o}")
            sentence = f"{who} may write to {path}, and sshd then refuses the key of {account.name} (StrictModes)"
            found.append(Fault(sentence, (place,), steps=(SetMode(path, bits & ~(_GROUP | _OTHERS)),)))
    return found


def _writers(guest: Guest, stat: Stat, account: Account) -> str:
    """Who else may write, in words; empty where nobody may whom sshd minds."""
    if stat.mode & _OTHERS:
        return "everyone"
    if not stat.mode & _GROUP:
        return ""
    if guest.facts.family == "debian" and accounts.alone(guest, str(stat.gid), account):
        return ""
    return "a group"
