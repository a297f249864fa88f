"""Which label a file of an SELinux guest should have: the guest's own policy is asked.

Source: selinux(8), file_contexts(5), and the order in which libselinux' label_file.c looks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from remediations.guest import FileKind, Guest, GuestError
from remediations.linux.text import numbered

CONFIG = "/etc/selinux/config"
_POLICY_LIMIT = 16 * 1024 * 1024
_MOST_RULES = 50_000
_KINDS = {"--": FileKind.FILE, "-d": FileKind.DIRECTORY, "-l": FileKind.LINK}
_OTHER_KINDS = ("-b", "-c", "-p", "-s")
_META = re.compile(r"[.^$?*+|\[({]")
_CONTEXT = re.compile(r"[\w.-]+:[\w.-]+:[\w.-]+(:[\w.:,-]+)?")
_MOST_OPEN = 6
"""Unbounded quantifiers that one rule may have; those of real policies have four at most."""


@dataclass(frozen=True)
class _Rule:
    """One line: ``stem`` is what every path that it matches begins with, ``context`` None stands for no label."""

    pattern: str
    stem: str
    kind: FileKind | None
    context: str | None

    @cached_property
    def expression(self) -> re.Pattern[str]:
        if not _is_bounded(self.pattern):
            raise GuestError(f"the policy's rule {self.pattern[:80]} is not one that can be matched safely")
        try:
            return re.compile(self.pattern, re.DOTALL)
        except (re.error, OverflowError, RecursionError) as error:
            raise GuestError(f"the policy's rule {self.pattern[:80]} cannot be understood") from error


class FileContexts:
    """The labels that a policy gives to paths."""

    def __init__(self, rules: tuple[_Rule, ...], aliases: tuple[tuple[tuple[str, str], ...], ...]) -> None:
        # A path that is written out outweighs every pattern; of several, the last counts.
        exact = [rule for rule in rules if not _META.search(rule.pattern)]
        patterns = [rule for rule in rules if _META.search(rule.pattern)]
        self._rules = tuple(reversed((*patterns, *exact)))
        self._aliases = aliases

    def label(self, path: str, kind: FileKind) -> str | None:
        """The label of what stands at ``path`` (links in it resolved), None where the policy gives it none.

        Raises GuestError where no rule is for it, or one that may be cannot be matched.
        """
        for table in self._aliases:
            for alias, real in table:
                if path == alias or path.startswith(alias + "/"):
                    path = real + path[len(alias) :]
                    break
        for rule in self._rules:
            if (rule.kind is None or rule.kind is kind) and path.startswith(rule.stem):
                exact = rule.pattern == rule.stem
                if rule.stem == path if exact else rule.expression.fullmatch(path):
                    return rule.context
        raise GuestError(f"the policy has no label for {path}")


def is_on(guest: Guest) -> bool:
    """Whether the guest's kernel will hold files to their labels. Raises GuestError for a file that cannot be read."""
    return guest.exists(CONFIG) and _settings(guest).get("SELINUX", "").lower() in ("enforcing", "permissive")


def file_contexts(guest: Guest) -> FileContexts:
    """The policy's file contexts. Raises GuestError where they are absent or too many."""
    policy = _settings(guest).get("SELINUXTYPE", "targeted")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", policy):
        raise GuestError(f"{CONFIG} names a policy that cannot be: {policy[:40]}")
    base = f"/etc/selinux/{policy}/contexts/files/file_contexts"
    if not guest.exists(base):
        raise GuestError(f"{base}: there is no such file")
    rules: list[_Rule] = []
    for path in (base, f"{base}.homedirs", f"{base}.local"):
        if guest.exists(path):
            rules += [rule for _, line in numbered(guest.read(path, _POLICY_LIMIT)) if (rule := _rule(line))]
    if len(rules) > _MOST_RULES:
        raise GuestError(f"{base} has more than {_MOST_RULES} rules")
    return FileContexts(tuple(rules), tuple(_aliases(guest, f"{base}.{name}") for name in ("subs", "subs_dist")))


def _settings(guest: Guest) -> dict[str, str]:
    pairs = (line.partition("=") for _, line in numbered(guest.read(CONFIG)) if not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def _rule(line: str) -> _Rule | None:
    words = line.split()
    if len(words) not in (2, 3) or words[0].startswith("#"):
        return None
    pattern, context = words[0], words[-1]
    if len(words) == 3 and (words[1] in _OTHER_KINDS or words[1] not in _KINDS):
        return None
    if context != "<<none>>" and not _CONTEXT.fullmatch(context):
        return None
    return _Rule(pattern, _stem(pattern), _KINDS.get(words[1]), None if context == "<<none>>" else context)


def _is_bounded(pattern: str) -> bool:
    """Whether matching ends soon: few repetitions, and none of a group that itself repeats or has alternatives."""
    repetitions, groups, position = 0, [False], 0
    plain = re.sub(r"\\.|\[\^?\]?[^]]*\]", "x", pattern, flags=re.DOTALL)
    while position < len(plain):
        here, after = plain[position], plain[position + 1 : position + 2]
        if here == "(":
            groups.append(False)
        elif here == ")" and len(groups) > 1:
            risky = groups.pop()
            if risky and after and after in "*+{":
                return False
            groups[-1] = groups[-1] or risky
        elif here in "*+{":
            repetitions += 1
            groups[-1] = True
        elif here == "|":
            groups[-1] = True
        position += 1
    return repetitions <= _MOST_OPEN


def _stem(pattern: str) -> str:
    r"""What comes before the first special character; ``\.`` is a plain dot. All of a pattern without any."""
    stem = ""
    position = 0
    while position < len(pattern):
        here, after = pattern[position], pattern[position + 1 : position + 2]
        if here == "\\" and after and not after.isalnum():
            stem, position = stem + after, position + 2
            continue
        if here == "\\" or here in ".^$?*+|[({)":
            break
        stem, position = stem + here, position + 1
    if position == len(pattern):
        return stem
    # ``?`` and ``*`` make the character before them optional, and ``|`` everything.
    return "" if "|" in _outside(pattern) else stem[:-1] if pattern[position] in "?*{" else stem


def _outside(pattern: str) -> str:
    """The pattern without what stands in parentheses or brackets."""
    text, depth = "", 0
    for index, here in enumerate(pattern):
        escaped = index > 0 and pattern[index - 1] == "\\"
        depth += (here in "([") - (here in ")]") if not escaped else 0
        text += here if depth == 0 else ""
    return text


def _aliases(guest: Guest, path: str) -> tuple[tuple[str, str], ...]:
    """``/run /var/run`` means that what is below the first is labelled as if it were below the second."""
    if not guest.exists(path):
        return ()
    words = (line.split() for _, line in numbered(guest.read(path, _POLICY_LIMIT)) if not line.startswith("#"))
    return tuple((pair[0].rstrip("/"), pair[1].rstrip("/")) for pair in words if len(pair) == 2)
