"""What ``sshd -t`` would refuse: sshd then does not start at all. Source: servconf.c, and Debian's patches."""

from __future__ import annotations

from collections.abc import Sequence

from remediations.guest import Guest
from remediations.linux import sshd_versions
from remediations.linux.fault import Fault
from remediations.linux.sshd_config import Directive, ask

_FLAGS_TEXT = """
allowagentforwarding challengeresponseauthentication debianbanner disableforwarding exposeauthinfo
gssapienablek5users gssapiauthentication gssapicleanupcredentials gssapikeyexchange gssapistorecredentialsonrekey
gssapistrictacceptorcheck hostbasedauthentication hostbasedusesnamefrompacketonly ignoreuserknownhosts
kbdinteractiveauthentication kerberosauthentication kerberosorlocalpasswd kerberosticketcleanup
passwordauthentication permitemptypasswords permittty permituserrc printlastlog printmotd pubkeyauthentication
streamlocalbindunlink strictmodes tcpkeepalive usedns usepam x11forwarding x11uselocalhost
"""
_FLAGS = frozenset(_FLAGS_TEXT.split())
_CHOICES = {
    "permitrootlogin": {"yes", "no", "without-password", "prohibit-password", "forced-commands-only"},
    "addressfamily": {"any", "inet", "inet6"},
}
_OTHERS_TEXT = """
acceptenv addressfamily authorizedkeyscommandrunas exposeauthenticationmethods
pamservicename pubkeyauthoptions requiredauthentications1 requiredauthentications2 showpatchlevel x11maxdisplays
afstokenpassing allowgroups allowstreamlocalforwarding allowtcpforwarding allowusers
authenticationmethods authorizedkeyscommand authorizedkeyscommanduser authorizedkeysfile authorizedkeysfile2
authorizedprincipalscommand authorizedprincipalscommanduser authorizedprincipalsfile banner
casignaturealgorithms channeltimeout checkmail chrootdirectory ciphers clientalivecountmax clientaliveinterval
compression denygroups denyusers dsaauthentication fingerprinthash forcecommand gatewayports
gssapicleanupcreds gssapidelegatecredentials gssapiindicators gssapikexalgorithms gssapiusesessioncredcache
gssusesessionccache hostbasedacceptedalgorithms hostbasedacceptedkeytypes hostcertificate hostdsakey hostkey
hostkeyagent hostkeyalgorithms ignorerhosts include ipqos keepalive kerberosgetafstoken kerberostgtpassing
kexalgorithms keyregenerationinterval listenaddress loglevel logverbose logingracetime macs match maxauthtries
maxsessions maxstartups modulifile permitlisten permitopen permitrootlogin permittunnel
permituserenvironment persourcemaxstartups persourcenetblocksize persourcepenalties persourcepenaltyexemptlist
pidfile port protocol pubkeyacceptedalgorithms pubkeyacceptedkeytypes pubkeyauthoptions rdomain
refuseconnection rekeylimit requiredrsasize reversemappingcheck revokedkeys rhostsauthentication
rhostsrsaauthentication rsaauthentication rsaminsize securitykeyprovider serverkeybits setenv
skeyauthentication sshdauthpath sshdsessionpath streamlocalbindmask subsystem syslogfacility trustedusercakeys
unusedconnectiontimeout uselogin useprivilegeseparation verifyreversemapping versionaddendum x11displayoffset
xauthlocation
"""
_OTHERS = frozenset(_OTHERS_TEXT.split())


_INCLUDES = {"debian": (11, 0), "ubuntu": (20, 4), "fedora": (32, 0), "sles": (15, 0), "opensuse": (15, 0)}
_INCLUDES_OF_FAMILY = {"redhat": (8, 0), "suse": (15, 0)}
"""The first release whose sshd knows Include (OpenSSH 8.2; Red Hat 8 and SUSE 15 brought it in an update)."""


# These sshd takes outside of Match blocks alone, whatever its version.
_GLOBAL_TEXT = """
addressfamily ciphers compression fingerprinthash hostcertificate hostkey hostkeyagent hostkeyalgorithms
ignoreuserknownhosts kexalgorithms keyregenerationinterval listenaddress logingracetime macs maxstartups
permituserenvironment pidfile port printlastlog printmotd protocol serverkeybits strictmodes syslogfacility tcpkeepalive
usedns usepam useprivilegeseparation versionaddendum xauthlocation
"""
_GLOBAL = frozenset(_GLOBAL_TEXT.split())


def faults(guest: Guest, directives: Sequence[Directive]) -> list[Fault]:
    """Lines that sshd would not start with; *unknown* where versions differ and the guest's is not known to us."""
    return [*_refused(guest, directives), *_doubtful(guest, directives)]


def _refused(guest: Guest, directives: Sequence[Directive]) -> list[Fault]:
    """What every sshd refuses, or the guest's does: a line for all within a Match block, a subsystem told twice."""
    found = [
        Fault(
            f"sshd does not start: {directive.keyword} stands within a Match block",
            (directive.evidence,),
            obstacle=f"Move {directive.evidence.path} line {directive.evidence.line} before the first Match line",
        )
        for directive in directives
        if directive.matches and directive.keyword in _GLOBAL
    ]
    told: dict[str, Directive] = {}
    for directive in directives:
        if directive.keyword != "subsystem" or not directive.arguments or directive.matches:
            continue
        first = told.setdefault(directive.arguments[0], directive)
        if first is not directive and (old := _older(guest, sshd_versions.SUBSYSTEM_AGAIN)) is not False:
            place = directive.evidence
            sentence = f"sshd does not start: the subsystem {directive.arguments[0][:40]} is told twice"
            advice = f"Remove {place.path} line {place.line}"
            found.append(Fault(sentence, (first.evidence, place), obstacle=advice, certain=old is True))
    return [*found, *_commands(guest, directives)]


def _commands(guest: Guest, directives: Sequence[Directive]) -> list[Fault]:
    """Commands that are asked for keys without an account to run them as, which sshd has wanted since 6.2."""
    found = []
    for keyword in ("authorizedkeyscommand", "authorizedprincipalscommand"):
        asked = ask(directives, keyword, None)
        if asked.value in (None, "none") or any(d.keyword.startswith(f"{keyword}user") for d in directives):
            continue
        place = asked.holds[0].evidence
        sentence = f"sshd does not start: {keyword} has no {keyword}user beside it"
        advice = f"Give {place.path} a line {keyword}user nobody"
        old = _older(guest, (6, 2))
        if not old:
            found.append(Fault(sentence, (place,), obstacle=advice, certain=old is False))
    return found


def _older(guest: Guest, since: tuple[int, int]) -> bool | None:
    version = sshd_versions.version(guest)
    return None if version is None else version < since


def _doubtful(guest: Guest, directives: Sequence[Directive]) -> list[Fault]:
    return [
        Fault(
            f"sshd may not start: {why}",
            (directive.evidence,),
            obstacle=f"Correct {directive.evidence.path} line {directive.evidence.line} (sshd -t tells)",
            certain=False,
        )
        for directive in directives
        if (why := _wrong(directive) or _too_new(guest, directive))
    ]


def _wrong(directive: Directive) -> str:
    keyword, arguments = directive.keyword, directive.arguments
    if keyword not in _FLAGS and keyword not in _OTHERS:
        return f"its configuration has a keyword that is not known ({keyword[:40]})"
    if not arguments:
        return f"{keyword} has no value"
    allowed = {"yes", "no"} if keyword in _FLAGS else _CHOICES.get(keyword)
    if allowed is not None and (len(arguments) > 1 or arguments[0].lower() not in allowed):
        return f"{keyword} cannot be {' '.join(arguments)[:40]}"
    return ""


def _too_new(guest: Guest, directive: Directive) -> str:
    facts = guest.facts
    since = _INCLUDES.get(facts.distro) or _INCLUDES_OF_FAMILY.get(facts.family)
    if directive.keyword == "include" and since is not None and (0, 0) < facts.version < since:
        return "its configuration includes other files, which only OpenSSH 8.2 and later can"
    newer = sshd_versions.SINCE.get(directive.keyword)
    what = directive.keyword
    if (what, *(word.lower() for word in directive.arguments)) == ("permitrootlogin", "prohibit-password"):
        newer, what = sshd_versions.PROHIBIT_PASSWORD, "prohibit-password"
    if newer is not None and _older(guest, newer):
        return f"{what} is known to OpenSSH {newer[0]}.{newer[1]} and later alone"
    return ""
