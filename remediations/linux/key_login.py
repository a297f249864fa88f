"""Can an account log in over ssh with a key: what sshd's configuration has against it. Source: sshd_config(5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from remediations.guest import Guest
from remediations.linux import (
    pam_access,
    ssh_service,
    sshd_config,
    sshd_keywords,
    sshd_listen,
    strict_modes,
    tcp_wrappers,
)
from remediations.linux.accounts import NO_LOGIN, Account
from remediations.linux.fault import Edit, Fault, lacking, removal
from remediations.linux.sshd_config import Answer, Directive, ask
from remediations.vocabulary import Evidence

NOLOGIN = "/etc/nologin"


def faults(guest: Guest, account: Account | None) -> list[Fault]:
    """What keeps a key login of ``account`` out; None stands for an account that is not known.

    Raises GuestError where the configuration cannot be read.
    """
    if sshd_config.path(guest) is None:
        place = (Evidence(sshd_config.CONFIG, text="absent"),)
        if ssh_service.program(guest) is None:
            return [lacking(guest, "sshd is not installed", place, "ssh-server")]
        sentence = f"{sshd_config.CONFIG} is missing, so sshd does not start"
        advice = f"Put {sshd_config.CONFIG} back, for example by reinstalling the ssh server"
        return [Fault(sentence, place, obstacle=advice)]
    directives = sshd_config.load(guest)
    found = [
        *_pubkey(directives, account),
        *_authorized_keys_file(directives, account),
        *_methods(directives, account),
        *sshd_listen.faults(guest, directives),
        *sshd_keywords.faults(guest, directives),
        *_revoked(guest, directives, account),
        *_sessions(directives, account),
        *pam_access.faults(guest, directives, account),
        *tcp_wrappers.faults(guest),
        *strict_modes.faults(guest, directives, account),
        *_nologin(guest, account),
        *_names(directives, account),
    ]
    if account is not None:
        found += _root(directives, account) if account.name == "root" else []
        found += _locked(guest, directives, account)
    return found


def evidence(guest: Guest, account: Account | None) -> tuple[Evidence, ...]:
    """The lines on which a favourable answer rests; the file itself where its defaults do."""
    directives = sshd_config.load(guest)
    keywords = ["pubkeyauthentication", "authorizedkeysfile", "authenticationmethods", "allowusers", "allowgroups"]
    if account is not None and account.name == "root":
        keywords.append("permitrootlogin")
    lines = tuple(d.evidence for keyword in keywords for d in ask(directives, keyword, account).holds)
    return lines or (
        Evidence(sshd_config.path(guest) or sshd_config.CONFIG, text="nothing in it restricts key logins"),
    )


def _nologin(guest: Guest, account: Account | None) -> list[Fault]:
    """A file that keeps out whoever is not root, by PAM or by sshd itself (nologin(5))."""
    if guest.lstat(NOLOGIN) is None or (account is not None and account.name == "root"):
        return []
    place = Evidence(NOLOGIN, text="its presence keeps everyone but root out")
    return [removal(guest, NOLOGIN, f"{NOLOGIN} keeps everyone but root out", (place,))]


def _pubkey(directives: Sequence[Directive], account: Account | None) -> list[Fault]:
    answer = ask(directives, "pubkeyauthentication", account)
    found = _conditional(answer, lambda d: _first(d) == "no", "PubkeyAuthentication no")
    if answer.value == "no":
        found.append(_fixable_line(answer.holds[0], "PubkeyAuthentication", "yes", "sshd refuses every key"))
    return found


def _authorized_keys_file(directives: Sequence[Directive], account: Account | None) -> list[Fault]:
    def elsewhere(directive: Directive) -> bool:
        return not any(_is_usual(argument, account) for argument in directive.arguments)

    answer = ask(directives, "authorizedkeysfile", account)
    found = _conditional(answer, elsewhere, "AuthorizedKeysFile elsewhere")
    if answer.holds and elsewhere(answer.holds[0]):
        sentence = "sshd does not look for keys in ~/.ssh/authorized_keys"
        found.append(_stuck(answer.holds[0], sentence, "let AuthorizedKeysFile name .ssh/authorized_keys"))
    return found


def _is_usual(pattern: str, account: Account | None) -> bool:
    """Whether a pattern of AuthorizedKeysFile stands for the file where keys are put."""
    if pattern in (".ssh/authorized_keys", "%h/.ssh/authorized_keys"):
        return True
    if account is None:
        return False
    path = pattern.replace("%h", account.home).replace("%u", account.name).replace("%%", "%")
    return path == f"{account.home.rstrip('/')}/.ssh/authorized_keys"


def _revoked(guest: Guest, directives: Sequence[Directive], account: Account | None) -> list[Fault]:
    """A file of revoked keys that cannot be read: sshd then refuses every key."""

    def missing(directive: Directive) -> bool:
        name = directive.arguments[0] if directive.arguments else "none"
        return name.lower() != "none" and not guest.exists(name)

    answer = ask(directives, "revokedkeys", account)
    found = _conditional(answer, missing, "RevokedKeys")
    if answer.holds and missing(answer.holds[0]):
        name = answer.holds[0].arguments[0]
        sentence = f"sshd refuses every key, as there is no {name} (RevokedKeys)"
        found.append(_stuck(answer.holds[0], sentence, f"make {name}, empty or not, or remove the line"))
    return found


def _sessions(directives: Sequence[Directive], account: Account | None) -> list[Fault]:
    """What lets the key in and the login end at once; *unknown* for a command of which more is not known."""
    found = []
    most = ask(directives, "maxsessions", account)
    if most.value == "0":
        found.append(_stuck(most.holds[0], "sshd opens no session (MaxSessions 0)", "remove the line"))
    forced = ask(directives, "forcecommand", account)
    if forced.holds and forced.value not in (None, "none"):
        words = " ".join(forced.holds[0].arguments).split()
        certain = bool(words) and words[0].rpartition("/")[2] in (*NO_LOGIN, "exit", "true", "echo", "internal-sftp")
        sentence = f"every login runs {words[0] if words else ''} in place of a shell (ForceCommand)"
        place = forced.holds[0].evidence
        advice = f"{place.path} line {place.line}: put ForceCommand into a Match block of the accounts it is for"
        found.append(Fault(sentence, (place,), obstacle=advice, certain=certain))
    return found


def _methods(directives: Sequence[Directive], account: Account | None) -> list[Fault]:
    def refuses(directive: Directive) -> bool:
        return not {"publickey", "any"} & {argument.lower() for argument in directive.arguments}

    answer = ask(directives, "authenticationmethods", account)
    found = _conditional(answer, refuses, "AuthenticationMethods without publickey alone")
    if answer.holds and refuses(answer.holds[0]):
        sentence = "a key alone is not enough to log in (AuthenticationMethods)"
        found.append(_stuck(answer.holds[0], sentence, "let AuthenticationMethods offer publickey alone"))
    return found


def _root(directives: Sequence[Directive], account: Account) -> list[Fault]:
    answer = ask(directives, "permitrootlogin", account)
    refusing = ("no", "forced-commands-only")
    found = _conditional(answer, lambda d: _first(d) in refusing, "PermitRootLogin")
    if answer.value in refusing:
        advice = "let PermitRootLogin be prohibit-password, or use an account other than root"
        found.append(_stuck(answer.holds[0], "sshd does not let root log in with a key", advice))
    return found


def _locked(guest: Guest, directives: Sequence[Directive], account: Account) -> list[Fault]:
    uses_pam = ask(directives, "usepam", account)
    if not account.locked:
        return []
    build = ssh_service.openrc_program(guest) if guest.facts.family == "alpine" else ssh_service.PAM
    if build == ssh_service.KERBEROS:
        sentence = f"the password of {account.name} is locked, and whether {build} lets keys in then is not known"
        return [Fault(sentence, account.evidence, certain=False)]
    if build != ssh_service.PAM:  # Alpine's usual build
        sentence = (
            f"the password of {account.name} is locked, and Alpine's sshd, built without PAM, then refuses keys too"
        )
        place = account.evidence or (Evidence("/etc/shadow"),)
        advice = (
            f"Give {account.name} the password * in place of one that begins with ! (usermod -p '*' {account.name})"
        )
        return [Fault(sentence, place, edits=account.unlocking, obstacle=advice)]
    if uses_pam.value == "yes":
        return []
    places = tuple(d.evidence for d in uses_pam.holds) or (Evidence(sshd_config.CONFIG, text="no UsePAM yes"),)
    sentence = f"the password of {account.name} is locked, and without UsePAM sshd then refuses keys too"
    return [Fault(sentence, places, edits=account.unlocking, obstacle=f"Set UsePAM yes in {places[0].path}")]


def _names(directives: Sequence[Directive], account: Account | None) -> list[Fault]:
    found: list[Fault] = []
    for keyword, title in (
        ("denyusers", "DenyUsers"),
        ("allowusers", "AllowUsers"),
        ("denygroups", "DenyGroups"),
        ("allowgroups", "AllowGroups"),
    ):
        answer = ask(directives, keyword, account)
        found += _conditional(answer, lambda d: True, title)
        if not answer.holds:
            continue
        places = tuple(directive.evidence for directive in answer.holds)
        if account is None:
            if keyword.startswith("allow"):
                found.append(
                    Fault(f"{title} is set, and no account is known to hold it against", places, certain=False)
                )
            continue
        names = frozenset((account.name,)) if keyword.endswith("users") else account.groups
        hit = _listed(answer.holds, names, keyword.endswith("users"))
        allowed = hit is True if keyword.startswith("allow") else hit is False
        if hit is None:
            sentence = f"{title} lets {account.name} in or not by the host it comes from"
            found.append(Fault(sentence, places, certain=False))
        elif not allowed:
            sentence = f"{title} keeps {account.name} out"
            advice = f"Correct {title} at {places[0].path} line {places[0].line}"
            found.append(Fault(sentence, places, obstacle=advice))
    return found


def _listed(lines: Sequence[Directive], names: frozenset[str], hosts: bool) -> bool | None:
    """Whether a name is in the lists; None where the one pattern that fits also asks for a host."""
    answer: bool | None = False
    for pattern in (argument for line in lines for argument in line.arguments):
        user, at, host = pattern.rpartition("@") if hosts and "@" in pattern else (pattern, "", "")
        if any(sshd_config.matches_pattern(name, user) for name in names):
            if not at or host == "*":
                return True
            answer = None
    return answer


def _conditional(answer: Answer, refuses: Callable[[Directive], bool], title: str) -> list[Fault]:
    places = tuple(directive.evidence for directive in answer.may if refuses(directive))
    sentence = f"a Match block may refuse the key ({title}); whether it applies depends on the connection"
    return [Fault(sentence, places, certain=False)] if places else []


def _first(directive: Directive) -> str:
    return directive.arguments[0].lower() if directive.arguments else ""


def _stuck(directive: Directive, sentence: str, advice: str) -> Fault:
    place = directive.evidence
    return Fault(sentence, (place,), obstacle=f"{place.path} line {place.line}: {advice}")


def _fixable_line(directive: Directive, keyword: str, value: str, sentence: str) -> Fault:
    place = directive.evidence

    def change(content: bytes) -> bytes:
        return sshd_config.set_value(content, place.line or 0, keyword, value)

    return Fault(f"{sentence} ({keyword} {_first(directive)})", (place,), edits=(Edit(place.path, change),))
