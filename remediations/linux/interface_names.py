"""What the kernel and udev call an instance's first Ethernet interface: ``eth0``, or by where it is plugged in.

Source: systemd.net-naming-scheme(7), systemd.link(5). Where the name comes from the slot it differs between the machine
types that a cloud gives, so that a profile for one such name alone brings up the network on some of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from remediations.guest import FileKind, Guest
from remediations.linux.ini_lines import ini_lines
from remediations.linux.kernel_arguments import arguments, entries_pass
from remediations.linux.ties import first_by_name, masked
from remediations.linux.udev_rules import GENERATOR, tied_by_udev

KERNEL = ("eth0",)
_BY_SLOT = {
    "ppc64le": ("enp0s1", "env2"),
    "s390x": ("enc1", "enc8"),
    "aarch64": ("enp1s0", "ens3"),
}
_BY_SLOT_ELSE = ("ens3", "enp1s0")
_RULES = ("80-net-setup-link.rules", "80-net-name-slot.rules")
_RULE_FOLDERS = ("/etc/udev/rules.d", "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d")
_LINK_FOLDERS = ("/etc/systemd/network", "/usr/lib/systemd/network", "/lib/systemd/network")
_OLD = {"debian": (9, 0), "ubuntu": (15, 10)}
_OLD_OF_FAMILY = {"redhat": (7, 0), "suse": (12, 0)}
_MIXED = {"sles": (16, 0), "opensuse": (16, 0)}
"""SUSE's releases up to 15 give kernel names or others, by what was installed with them."""
_ETHERNET = re.compile(r"eth\d+|em\d+|p\d+p\d+|en[a-z]\w*")


@dataclass(frozen=True)
class Names:
    """What the interface may be called; ``certain`` False where it may also be one of these alone.

    ``why`` is a sentence on what makes it so, where that can be mended.
    """

    names: tuple[str, ...]
    certain: bool = True
    why: str = ""

    @property
    def fixed(self) -> bool:
        """Whether one name is certain, so that a profile may carry it."""
        return self.certain and len(self.names) == 1

    def covered(self, patterns: tuple[str, ...]) -> bool:
        """Whether patterns (none: any) match whatever the interface is called."""
        return all(matches(patterns, name) for name in self.names)

    def touched(self, patterns: tuple[str, ...]) -> bool:
        """Whether patterns match one of the names at least."""
        return any(matches(patterns, name) for name in self.names)

    def __str__(self) -> str:
        return " or ".join(self.names)


def matches(patterns: tuple[str, ...], name: str) -> bool:
    """Whether shell patterns match a name: none match every name, ``!`` before one takes names out."""
    wanted = [pattern for pattern in patterns if not pattern.startswith("!")]
    unwanted = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    if any(fnmatchcase(name, pattern) for pattern in unwanted):
        return False
    return not wanted or any(fnmatchcase(name, pattern) for pattern in wanted)


def is_ethernet(name: str) -> bool:
    """Whether a name is one that udev, biosdevname or the kernel give to a network card."""
    return _ETHERNET.fullmatch(name) is not None


def is_card(pattern: str) -> bool:
    """Whether a name or pattern may be a network card's, and not a bridge's or a bond's above one."""
    return is_ethernet(pattern) or "*" in pattern or "?" in pattern or "[" in pattern


def first_interface(guest: Guest) -> Names:
    """The names of an instance's first Ethernet interface. Raises GuestError."""
    found = _by_scheme(guest)
    tied = [known.path for known in tied_by_udev(guest)]
    rules = [path for path in tied if not path.endswith(GENERATOR)]
    if rules and len(rules) < len(tied) and found.names[0] in KERNEL:
        # The generator gives a card that it does not know the next name that no rule has.
        return Names((*KERNEL, "eth1"), why=f"{rules[0]} keeps names for another card: fix mac-address first")
    return found


def _by_scheme(guest: Guest) -> Names:
    facts = guest.facts
    given = [value for value, _ in arguments(guest).named("net.ifnames")]
    old = _OLD.get(facts.distro) or _OLD_OF_FAMILY.get(facts.family)
    if old is not None and (0, 0) < facts.version < old:
        return Names(KERNEL)
    if _renaming_off(guest):
        return Names(KERNEL)
    slots = _BY_SLOT.get(facts.arch, _BY_SLOT_ELSE)
    if given and all(value == "0" for value in given):
        # What only the next update-grub will pass changes the name then, and not before.
        return Names(KERNEL) if entries_pass(guest, "net.ifnames=0") is not False else Names((*KERNEL, *slots))
    there = any(guest.exists(path) for rule in _RULES for path in first_by_name(guest, _RULE_FOLDERS, rule))
    if facts.family == "alpine" and not there:
        return Names(KERNEL)
    mixed = _MIXED.get(facts.distro)
    if mixed is not None and (0, 0) < facts.version < mixed and not any(value == "1" for value in given):
        return Names((*KERNEL, *slots), False)
    return Names(slots)


def _renaming_off(guest: Guest) -> bool:
    """Whether the rule or the link file that renames is switched off, or keeps the kernel's names."""
    for rule in _RULES:
        for path in first_by_name(guest, _RULE_FOLDERS, rule):
            if masked(guest, path) or _empty(guest, path):
                return True
    for path in first_by_name(guest, _LINK_FOLDERS, "99-default.link"):
        if masked(guest, path) or _empty(guest, path):
            return True
        policy = [line.value.split() for line in ini_lines(guest.read(path)) if line.key == "NamePolicy"]
        if policy and not {*policy[-1]} - {"keep", "kernel"}:
            return True
    return False


def _empty(guest: Guest, path: str) -> bool:
    found = guest.stat(path)
    return found is not None and found.kind is FileKind.FILE and found.size == 0
