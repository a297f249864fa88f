"""The account that sshd's unprivileged part runs as: without it, sshd ends as it starts (sshd(8))."""

from __future__ import annotations

from remediations.guest import FileKind, Guest
from remediations.linux import accounts, sshd_config
from remediations.linux.fault import Fault
from remediations.linux.text import numbered
from remediations.vocabulary import Evidence

NAME = "sshd"
_ELSEWHERE = ("/usr/lib/passwd", f"/usr/lib/userdb/{NAME}.user", f"/etc/userdb/{NAME}.user")
_DECLARED = ("/etc/sysusers.d/*.conf", "/usr/lib/sysusers.d/*.conf")


def faults(guest: Guest) -> list[Fault]:
    """The account ``sshd`` missing; *unknown* where systemd-sysusers may make it."""
    if accounts.find(guest, NAME) is not None or any(guest.exists(path) for path in _ELSEWHERE):
        return []
    if sshd_config.path(guest) is not None:
        # Before OpenSSH 7.5 it could do without.
        separated = sshd_config.ask(sshd_config.load(guest), "useprivilegeseparation", None)
        if separated.value == "no":
            return []
    place = Evidence("/etc/passwd", text=f"no account {NAME}")
    sentence = f"sshd has no account to give up its rights to ({NAME}), and does not start without"
    declared = _declared(guest)
    if declared is not None:
        return [Fault(f"{sentence}; systemd-sysusers may make it", (place, declared), certain=False)]
    return [Fault(sentence, (place,), obstacle=f"Add the system account {NAME}, or reinstall the ssh server")]


def _declared(guest: Guest) -> Evidence | None:
    for path in (path for pattern in _DECLARED for path in guest.glob(pattern)):
        found = guest.stat(path)
        if found is None or found.kind is not FileKind.FILE:
            continue
        for number, line in numbered(guest.read(path)):
            if line.split()[:2] in (["u", NAME], ["u!", NAME]):
                return Evidence(path, number, line)
    return None
