"""``/etc/hosts.deny``, which an sshd that is built with libwrap obeys. Source: hosts_access(5)."""

from __future__ import annotations

import re

from remediations.guest import FileKind, Guest, GuestFacts
from remediations.linux.fault import Fault
from remediations.linux.ties import logical_lines
from remediations.vocabulary import Evidence

ALLOW, DENY = "/etc/hosts.allow", "/etc/hosts.deny"


def faults(guest: Guest) -> list[Fault]:
    """What refuses ssh connections by host; *unknown* where that depends on the host or on hosts.allow."""
    if not _obeyed(guest.facts):
        return []
    denied = _rules(guest, DENY)
    allowed = _rules(guest, ALLOW)
    refusing = [(clients, place) for clients, place in allowed if _denies(clients)]
    if allowed and not refusing and allowed[0][0] == ["ALL"]:
        return []
    places = tuple(place for _, place in (*refusing, *denied))
    if not places:
        return []
    if any(clients == ["ALL"] for clients, _ in denied) and not allowed:
        advice = f"{denied[0][1].path} line {denied[0][1].line}: let hosts.allow name sshd, or remove the line"
        return [Fault(f"{DENY} refuses every ssh connection", places, obstacle=advice)]
    return [Fault("hosts.allow and hosts.deny let ssh in or not by the host", places, certain=False)]


def _obeyed(facts: GuestFacts) -> bool:
    """Whether sshd is built with libwrap: Debian's and Ubuntu's is, Red Hat's was until 7, SUSE's until 12."""
    last = {"fedora": 27}.get(facts.distro) or {"debian": 10**6, "redhat": 7, "suse": 14}.get(facts.family)
    return last is not None and facts.version[0] <= last and (facts.family == "debian" or facts.version != (0, 0))


def _rules(guest: Guest, path: str) -> list[tuple[list[str], Evidence]]:
    """The clients (with what follows them) of the rules that may speak of sshd."""
    found = guest.stat(path)
    if found is None or found.kind is not FileKind.FILE:
        return []
    rules = []
    for line in logical_lines(guest.read(path)):
        text = line.text.strip()
        daemons, colon, clients = text.partition(":")
        if text.startswith("#") or not colon:
            continue
        named = {word.partition("@")[0] for word in re.split(r"[\s,]+", daemons.strip())}
        if named & {"ALL", "sshd"} or any("*" in word or "?" in word for word in named):
            words = clients.replace(":", " : ").replace(",", " ").split()
            rules.append((words, Evidence(path, line.number, line.text)))
    return rules


def _denies(clients: list[str]) -> bool:
    """Whether a rule of hosts.allow has an option that may refuse after all (hosts_options(5))."""
    return ":" in clients and clients[-1] != "allow"
