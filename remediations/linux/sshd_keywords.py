"""What ``sshd -t`` would refuse: sshd then does not start at all. Source: servconf.c, and Debian's patches."""

from __future__ import annotations

from collections.abc import Sequence

from remediations.guest import GuestFacts
from remediations.linux.fault import Fault
from remediations.linux.sshd_config import Directive

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


def faults(facts: GuestFacts, directives: Sequence[Directive]) -> list[Fault]:
    """Lines that sshd would not understand, as far as we can tell: *unknown*, as versions differ."""
    return [
        Fault(
            f"sshd may not start: {why}",
            (directive.evidence,),
            obstacle=f"Correct {directive.evidence.path} line {directive.evidence.line} (sshd -t tells)",
            certain=False,
        )
        for directive in directives
        if (why := _wrong(directive) or _too_new(facts, directive))
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


def _too_new(facts: GuestFacts, directive: Directive) -> str:
    since = _INCLUDES.get(facts.distro) or _INCLUDES_OF_FAMILY.get(facts.family)
    if directive.keyword == "include" and since is not None and (0, 0) < facts.version < since:
        return "its configuration includes other files, which only OpenSSH 8.2 and later can"
    return ""
