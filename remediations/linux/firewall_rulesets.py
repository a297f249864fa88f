"""Rule sets that refuse nothing: the service that loads one, or finds none to load, is no firewall.

Only what is beyond doubt counts: an unknown word in a rule set makes it one that may refuse.
"""

from __future__ import annotations

import re

from remediations.guest import FileKind, Guest
from remediations.linux import systemd, unit_overrides
from remediations.linux.init_system import Init, detect
from remediations.linux.text import numbered
from remediations.vocabulary import Evidence

_NFT_LINE = re.compile(
    r"(flush\s+ruleset|table\s+((ip|ip6|inet|arp|bridge|netdev)\s+)?\S+\s*\{|chain\s+\S+\s*\{"
    r"|type\s+filter\s+hook\s+\w+\s+priority\s+[-\w]+(\s*;)?(\s*policy\s+accept\s*;?)?|\})?\s*;?"
)
_SAVED_LINE = re.compile(r"(\*\w+|:\S+\s+(ACCEPT|-)(\s+\[\d+:\d+\])?|COMMIT)?")
# What a service of this name loads, by the family whose service it is.
_SAVED = {
    ("debian", "netfilter-persistent"): ("/etc/iptables/rules.v4", "/etc/iptables/rules.v6"),
    ("debian", "iptables-persistent"): ("/etc/iptables/rules.v4", "/etc/iptables/rules.v6"),
    ("redhat", "iptables"): ("/etc/sysconfig/iptables",),
    ("redhat", "ip6tables"): ("/etc/sysconfig/ip6tables",),
    ("arch", "iptables"): ("/etc/iptables/iptables.rules",),
    ("arch", "ip6tables"): ("/etc/iptables/ip6tables.rules",),
}
_PLUGINS = "/usr/share/netfilter-persistent/plugins.d"
_KNOWN_PLUGINS = frozenset(("15-ip4tables", "25-ip6tables"))
_LOADERS = ("netfilter-persistent", "iptables.init", "ip6tables.init", "iptables-restore", "ip6tables-restore")


def empty(guest: Guest, name: str) -> tuple[Evidence, ...]:
    """Evidence that what the service ``name`` loads refuses nothing; empty where it may refuse, or is not known."""
    if detect(guest) is not Init.SYSTEMD:
        return ()
    unit = systemd.find_unit(guest, f"{name}.service")
    if unit.path is None or unit.masked_by is not None:
        return ()
    lines = unit_overrides.lines(guest, unit)
    commands = [
        c for key in ("ExecStartPre", "ExecStart", "ExecStartPost") for c in unit_overrides.commands(lines, key)
    ]
    if name == "nftables":
        paths = [_nft_file(command.value) for command in commands]
        allowed = _NFT_LINE
    else:
        known = [unit_overrides.program_of(command).rpartition("/")[2] in _LOADERS for command in commands]
        saved = _SAVED.get((guest.facts.family, name), ())
        others = name.endswith("persistent") and {*guest.listdir(_PLUGINS)} - _KNOWN_PLUGINS
        paths = [*saved] if known == [True] and not others else [None]
        allowed = _SAVED_LINE
    if not paths or None in paths:
        return ()
    found = [_judged(guest, path, allowed) for path in paths if path is not None]
    return tuple(place for place in found if place is not None) if None not in found else ()


def _nft_file(command: str) -> str | None:
    """The file that ``nft -f FILE`` loads; None for any other command."""
    words = command.lstrip("-@+!:").split()
    plain = len(words) == 3 and words[0].rpartition("/")[2] == "nft" and words[1] in ("-f", "-If", "--file")
    return words[2] if plain and words[2].startswith("/") else None


def _judged(guest: Guest, path: str, allowed: re.Pattern[str]) -> Evidence | None:
    found = guest.stat(path)
    if found is None:
        return Evidence(path, text="absent")
    if found.kind is not FileKind.FILE:
        return None
    for _, line in numbered(guest.read(path)):
        if allowed.fullmatch(line.partition("#")[0].strip()) is None:
            return None
    return Evidence(path, text="no rule in it refuses anything")
