"""Commands that load packet filter rules: told by their words, also inside the scripts that they call."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from remediations.guest import FileKind, Guest, GuestError
from remediations.linux import boot_scripts
from remediations.linux.boot_scripts import Command
from remediations.linux.text import numbered

SERVICES = (
    "firewalld",
    "nftables",
    "iptables",
    "ip6tables",
    "netfilter-persistent",
    "iptables-persistent",
    "shorewall",
    "shorewall6",
    "shorewall-init",
    "ferm",
    "firehol",
    "arno-iptables-firewall",
    "apf-firewall",
    "apf",
    "sanewall",
    "vuurmuur",
    "csf",
    "SuSEfirewall2_init",
    "SuSEfirewall2_setup",
    "SuSEfirewall2",
)
_WORDS = re.compile(r"[^\s;&|(){}<>'\"`=]+")
_RESTORES = re.compile(r"ip6?tables(-legacy|-nft)?-(restore|apply)|firehol|firewalld")
_PROGRAMS = re.compile(r"nft|ufw|shorewall6?|netfilter-persistent|ip6?tables(-legacy|-nft)?(-restore)?")
_STARTERS = {
    "ufw": {"enable"},
    "netfilter-persistent": {"start", "restart", "reload"},
    "shorewall": {"start", "restart", "reload"},
    "shorewall6": {"start", "restart", "reload"},
    "SuSEfirewall2": {"start", "on"},
    "rcSuSEfirewall2": {"start", "restart", "reload"},
    "awall": {"activate"},
}
_MANAGERS = frozenset(("systemctl", "service", "invoke-rc.d", "rc-service", "initctl"))
_STARTING = frozenset(("start", "restart", "reload", "reload-or-restart", "try-restart", "--now", "onestart"))
_ASSIGNED = re.compile(r"(?:^|[\s;])(?:for\s+)?([A-Za-z_]\w*)(?:=|\s+in\s)([^;]*)")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")
_LONGEST = 20_000
_SHELLS = frozenset(("sh", "bash", "dash", "ash", ".", "source", "run-parts", "exec"))
# What SUSE's network scripts do with its firewall is to load it again where it runs already.
_SPECIAL = ("/dev/", "/proc/", "/sys/", "/run/", "/etc/sysconfig/network/")
_LOCAL = ("/usr/local/sbin", "/usr/local/bin")
_LARGEST = 64 * 1024
_MOST_SCRIPTS = 300


def loads_rules(text: str) -> bool:
    """Whether a command line loads rules that refuse packets, whatever the program that takes them is called."""
    words = _WORDS.findall(text)
    nft = False
    for index, word in enumerate(words):
        name = word.rpartition("/")[2]
        after = words[index + 1 : index + 7]
        if _RESTORES.fullmatch(name) or _refuses(word, after):
            return True
        if name in _STARTERS and _STARTERS[name] & set(after[:3]):
            return True
        if name in _MANAGERS and _STARTING & set(after) and {w.removesuffix(".service") for w in after} & {*SERVICES}:
            return True
        if nft and (re.fullmatch(r"-[A-Za-z]{0,8}f[A-Za-z]{0,8}|--file|drop|reject", word)):
            return True
        nft = nft or name == "nft"
    return False


@dataclass
class Rules:
    """Looks for loaded rules in command lines, and in the scripts that they call, two calls deep."""

    guest: Guest
    _scripts: dict[str, bool] = field(default_factory=dict)
    _local: dict[str, str] | None = None
    _followed: int = 0

    def loading(self, commands: Sequence[Command], depth: int = 2) -> list[Command]:
        """Those of a script's commands that load rules, themselves or through a script that they call.

        Raises GuestError for a line too long to be followed that names a firewall program, or for too many scripts.
        """
        programs: dict[str, str] = {}
        found: list[Command] = []
        for command in commands:
            text = command.text
            if len(text) > _LONGEST:
                if any(_PROGRAMS.fullmatch(word.rpartition("/")[2]) for word in _WORDS.findall(text)):
                    place = command.evidence
                    raise GuestError(f"{place.path} line {place.line}: too long to be followed, and names a firewall")
                continue
            text = _expanded(text, programs)
            for name, value in _ASSIGNED.findall(text):
                called = [word.rpartition("/")[2] for word in _WORDS.findall(value)]
                programs.update((name, word) for word in called if _PROGRAMS.fullmatch(word))
            if loads_rules(text) or (depth and self._calls_loader(text, depth - 1)):
                found.append(command)
        return found

    def _calls_loader(self, text: str, depth: int) -> bool:
        words = _WORDS.findall(text)
        for before, word in zip(("", *words), words, strict=False):
            path = word if word.startswith("/") else self._local_programs().get(word)
            if path is not None and self._script_loads(path, before.rpartition("/")[2] in _SHELLS, depth):
                return True
        return False

    def _script_loads(self, path: str, by_shell: bool, depth: int) -> bool:
        # rc.local has its own rules for whether it runs, and is looked at by itself.
        if path in boot_scripts.RC_LOCALS or path.startswith(_SPECIAL) or path in self._scripts:
            return self._scripts.get(path, False)
        self._scripts[path] = False
        found = self.guest.stat(path)
        if found is None or found.kind is not FileKind.FILE or found.size > _LARGEST:
            return False
        content = self.guest.read(path)
        if not (by_shell or found.mode & 0o111 or content.startswith(b"#!")):
            return False
        self._followed += 1
        if self._followed > _MOST_SCRIPTS:
            raise GuestError(f"{path}: what a boot runs calls more than {_MOST_SCRIPTS} scripts")
        first = numbered(content[:200])[:1]
        self._scripts[path] = bool(
            (first and first[0][1].startswith("#!") and loads_rules(first[0][1][2:]))
            or self.loading(boot_scripts.script_commands(path, content), depth)
        )
        return self._scripts[path]

    def _local_programs(self) -> dict[str, str]:
        """Programs of the administrator's own, which a script calls by name."""
        if self._local is None:
            self._local = {name: f"{folder}/{name}" for folder in _LOCAL for name in self.guest.listdir(folder)}
        return self._local


def _expanded(text: str, programs: Mapping[str, str]) -> str:
    """A command line with those variables replaced that stand for a firewall's program."""
    return _VARIABLE.sub(lambda found: programs.get(found[1], found[0]), text)


def _refuses(word: str, after: Sequence[str]) -> bool:
    """iptables' arguments by which packets are dropped: they tell even where the program hides in a variable."""
    if word in ("-P", "--policy"):
        return "DROP" in after[:2]
    return word in ("-jDROP", "-jREJECT") or (word in ("-j", "--jump") and after[:1] in (["DROP"], ["REJECT"]))
