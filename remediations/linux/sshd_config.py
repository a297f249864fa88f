"""sshd's effective configuration: first match wins, Include where it stands, Match blocks. Source: sshd_config(5)."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass

from remediations.guest import FileKind, Guest, GuestError
from remediations.linux.accounts import Account
from remediations.linux.text import decode, encode, numbered, split_lines
from remediations.vocabulary import Evidence, PlanError

CONFIG = "/etc/ssh/sshd_config"
VENDOR = "/usr/etc/ssh/sshd_config"
"""SUSE's own configuration, which its sshd reads where the administrator has none."""
_DEPTH = 16  # SERVCONF_MAX_DEPTH of OpenSSH
_FILES = 200
_KEYWORD = re.compile(r"\s*\"?([A-Za-z0-9]+)\"?(?:\s*=\s*|\s+)(.*)")
_ALIASES = {"dsaauthentication": "pubkeyauthentication", "skeyauthentication": "kbdinteractiveauthentication"}
# Keywords whose lines add up, where for all others the first one stands.
_LISTS = frozenset(("allowusers", "denyusers", "allowgroups", "denygroups", "listenaddress", "hostkey", "port"))

Criteria = tuple[str, ...]


@dataclass(frozen=True)
class Directive:
    """One line: the keyword in lower case, its arguments unquoted, and the Match lines it stands under."""

    keyword: str
    arguments: tuple[str, ...]
    evidence: Evidence
    matches: tuple[Criteria, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What holds for one account: the directives that do, and those that may, as their criteria cannot be known."""

    holds: tuple[Directive, ...]
    may: tuple[Directive, ...]

    @property
    def value(self) -> str | None:
        """The first argument of the directive that holds, in lower case; None for the built-in default."""
        return self.holds[0].arguments[0].lower() if self.holds and self.holds[0].arguments else None


def path(guest: Guest) -> str | None:
    """The file that sshd reads, None where there is none."""
    if guest.exists(CONFIG):
        return CONFIG
    return VENDOR if guest.facts.family == "suse" and guest.exists(VENDOR) else None


def load(guest: Guest) -> tuple[Directive, ...]:
    """Every directive in the order in which sshd reads them. Raises GuestError (no file, too many includes)."""
    return tuple(_load(guest, path(guest) or CONFIG, (), 0, [0]))


def ask(directives: Sequence[Directive], keyword: str, account: Account | None) -> Answer:
    """What ``keyword`` is for a login of ``account`` (None: of an account that is not known).

    A Match block that holds wins over what stands outside of any; within each, the first line wins, except for
    the lists (AllowUsers and its kin, ListenAddress, HostKey), whose lines add up.
    """
    keyword = keyword.lower()
    outside: list[Directive] = []
    matched: list[Directive] = []
    may: list[Directive] = []
    for directive in directives:
        if directive.keyword != keyword:
            continue
        if not directive.matches:
            outside.append(directive)
            continue
        answers = [_criteria_hold(criteria, account) for criteria in directive.matches]
        if False in answers:
            continue
        if None not in answers:
            matched.append(directive)
        elif not matched or keyword in _LISTS:  # behind a block that holds, another one changes nothing any more
            may.append(directive)
    holding = matched or outside
    return Answer(tuple(holding if keyword in _LISTS else holding[:1]), tuple(may))


def matches_pattern(text: str, pattern: str) -> bool:
    """OpenSSH's wildcard match: ``*`` and ``?`` alone are special."""
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def arguments_of(text: str) -> tuple[str, ...]:
    """The words of a directive's rest, unquoted, up to a comment."""
    words: list[str] = []
    for quoted, plain in re.findall(r'"([^"]*)"?|([^\s"]+)', text):
        if plain.startswith("#") and not quoted:
            break
        words.append(plain or quoted)
    return tuple(words)


def set_value(content: bytes, line: int, keyword: str, value: str) -> bytes:
    """``content`` with the single argument of ``keyword`` in line ``line`` (from 1) replaced, the rest as it is.

    Raises PlanError where that line is not the keyword with one argument.
    """
    lines = split_lines(content)
    text = decode(lines[line - 1]) if 0 < line <= len(lines) else ""
    found = re.match(r'(\s*"?([A-Za-z0-9]+)"?(?:[ \t]*=[ \t]*|[ \t]+)"?)([^\s"#]+)("?[ \t]*(?:#.*)?[\r\n]*)$', text)
    if found is None or _canonical(found[2]) != _canonical(keyword):
        raise PlanError(f"line {line} is not a plain {keyword} line")
    lines[line - 1] = encode(f"{found[1]}{value}{found[4]}")
    return b"".join(lines)


def _canonical(keyword: str) -> str:
    keyword = keyword.lower()
    return _ALIASES.get(keyword, keyword)


def _load(guest: Guest, file: str, matches: tuple[Criteria, ...], depth: int, files: list[int]) -> list[Directive]:
    files[0] += 1
    if depth > _DEPTH or files[0] > _FILES:
        raise GuestError(f"{file}: sshd's configuration includes too many files")
    directives: list[Directive] = []
    inherited = matches
    for number, line in numbered(guest.read(file)):
        found = _KEYWORD.match(line)
        if found is None:
            # A keyword without a value, or none at all: sshd refuses it, and whoever asks should know of it.
            if (text := line.strip()) and not text.startswith("#"):
                directives.append(Directive(text.split()[0].lower(), (), Evidence(file, number, line), matches))
            continue
        keyword, arguments = _canonical(found[1]), arguments_of(found[2])
        if keyword == "match":
            # A Match line ends the block before it, never the block that an including file stands under.
            matches = inherited if [a.lower() for a in arguments] == ["all"] else (*inherited, arguments)
        elif keyword == "include":
            directives.append(Directive(keyword, arguments, Evidence(file, number, line), matches))
            for pattern in arguments:
                for included in guest.glob(posixpath.join("/etc/ssh", pattern)):
                    stat = guest.stat(included)
                    if stat is not None and stat.kind is FileKind.FILE:
                        directives += _load(guest, included, matches, depth + 1, files)
        else:
            directives.append(Directive(keyword, arguments, Evidence(file, number, line), matches))
    return directives


def _criteria_hold(criteria: Criteria, account: Account | None) -> bool | None:
    """Whether a Match line holds for the account; None where that depends on the connection or is not known."""
    words = [part for word in criteria for part in word.split("=", 1) if part]
    answers: list[bool | None] = []
    position = 0
    while position < len(words):
        criterion = words[position].lower()
        if criterion == "all":
            answers.append(True)
            position += 1
            continue
        patterns = words[position + 1] if position + 1 < len(words) else ""
        position += 2
        if criterion == "user" and account is not None:
            answers.append(_in_list({account.name}, patterns))
        elif criterion == "group" and account is not None:
            answers.append(_in_list(account.groups, patterns))
        else:
            answers.append(None)
    if False in answers:
        return False
    return None if None in answers or not answers else True


def _in_list(names: frozenset[str] | set[str], patterns: str) -> bool:
    """OpenSSH's pattern list: a negated pattern that matches refuses, whatever else matches."""
    found = False
    for pattern in patterns.split(","):
        hit = any(matches_pattern(name, pattern.removeprefix("!")) for name in names)
        if hit and pattern.startswith("!"):
            return False
        found = found or hit
    return found
