"""``access.conf``, where PAM asks it before it lets an account in. Source: pam_access(8), access.conf(5)."""

from __future__ import annotations

from collections.abc import Sequence

from remediations.guest import FileKind, Guest
from remediations.linux.accounts import Account
from remediations.linux.fault import Fault
from remediations.linux.sshd_config import Directive, ask
from remediations.linux.ties import logical_lines
from remediations.vocabulary import Evidence

_FOLDERS = ("/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d")
_RULES = ("/etc/security/access.conf", "/usr/etc/security/access.conf")
_DEEPEST = 8


def faults(guest: Guest, directives: Sequence[Directive], account: Account | None) -> list[Fault]:
    """Rules that keep the account out from wherever it comes; *unknown* where that depends on the address."""
    if account is None or ask(directives, "usepam", account).value != "yes":
        return []
    asked = _asked(guest, "sshd", 0)
    if asked is None:
        return []
    place, rules = asked
    for rule, sign, users, origins in _read(guest, rules):
        named = _named(account, users)
        if named is False:
            continue
        if named is True and origins == ["ALL"] and sign == "+":
            return []
        certain = named is True and origins == ["ALL"]
        what = "keeps" if certain else "may keep"
        sentence = f"pam_access {what} {account.name} out"
        advice = f"Correct {rule.path} line {rule.line}, or take pam_access out of {place.path}"
        return [Fault(sentence, (place, rule), obstacle=advice, certain=certain)]
    return []


def _asked(guest: Guest, service: str, depth: int) -> tuple[Evidence, tuple[str, ...]] | None:
    """The line of PAM's account stage that asks the rules, and the files that hold them."""
    path = next((p for p in (f"{folder}/{service}" for folder in _FOLDERS) if _is_file(guest, p)), None)
    if path is None or depth > _DEEPEST or "/" in service:
        return None
    for line in logical_lines(guest.read(path)):
        words = line.text.partition("#")[0].split()
        stage = words[0].lstrip("-") if words else ""
        if stage == "@include" and len(words) > 1:
            if found := _asked(guest, words[1], depth + 1):
                return found
        elif stage == "account" and len(words) > 2 and words[1] in ("include", "substack"):
            if found := _asked(guest, words[2], depth + 1):
                return found
        elif stage == "account" and any(word.endswith("pam_access.so") for word in words):
            given = [word.partition("=")[2] for word in words if word.startswith("accessfile=")]
            return Evidence(path, line.number, line.text), tuple(given) or _RULES
    return None


def _read(guest: Guest, paths: Sequence[str]) -> list[tuple[Evidence, str, list[str], list[str]]]:
    path = next((p for p in paths if _is_file(guest, p)), None)
    rules = []
    for line in logical_lines(guest.read(path)) if path is not None else []:
        fields = line.text.split("#")[0].split(":", 2)
        if len(fields) == 3 and fields[0].strip() in ("+", "-"):
            place = Evidence(path or "", line.number, line.text)
            rules.append((place, fields[0].strip(), fields[1].split(), fields[2].split()))
    return rules


def _named(account: Account, words: Sequence[str]) -> bool | None:
    """Whether a list of users has the account in it; None where that is not known (netgroups)."""
    if "EXCEPT" in words:
        at = list(words).index("EXCEPT")
        inside, outside = _named(account, words[:at]), _named(account, words[at + 1 :])
        if inside is False or outside is True:
            return False
        return None if None in (inside, outside) else True
    found: bool | None = False
    for word in words:
        if word in ("ALL", account.name) or word.strip("()") in account.groups:
            return True
        if word.startswith("@"):
            found = None
    return found


def _is_file(guest: Guest, path: str) -> bool:
    found = guest.stat(path)
    return found is not None and found.kind is FileKind.FILE
