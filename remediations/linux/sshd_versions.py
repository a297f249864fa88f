"""Which OpenSSH a guest has, and since which one knows what. Source: the release notes of OpenSSH."""

from __future__ import annotations

import re

from remediations.guest import Guest, GuestError

_PACKAGES = ("openssh-server", "openssh-server-pam", "openssh")
_VERSION = re.compile(r"(?:\d+:)?(\d+)\.(\d+)")
# Those that a distribution has brought to an older version are not among them (Include, RequiredRSASize).
_SINCE_TEXT = """
allowstreamlocalforwarding 6.7|casignaturealgorithms 7.9|channeltimeout 9.2|disableforwarding 7.4|exposeauthinfo 7.6
fingerprinthash 6.8|hostbasedacceptedalgorithms 8.5|logverbose 8.5|permitlisten 7.8|permittty 6.4|permituserrc 6.7
persourcemaxstartups 8.5|persourcenetblocksize 8.5|persourcepenalties 9.8|persourcepenaltyexemptlist 9.8
pubkeyacceptedalgorithms 8.5|pubkeyacceptedkeytypes 7.0|pubkeyauthoptions 8.2|rdomain 7.7|refuseconnection 9.9
setenv 7.8|sshdauthpath 10.0|sshdsessionpath 9.8|streamlocalbindunlink 6.7|unusedconnectiontimeout 9.2
"""
SINCE = {name: (int(major), int(minor)) for name, major, minor in re.findall(r"(\w+) (\d+)\.(\d+)", _SINCE_TEXT)}
"""Keywords that are newer than the oldest sshd we know: the version that sshd refuses to start with before."""
PROHIBIT_PASSWORD = (7, 0)
"""The first that takes this word for PermitRootLogin, where those before it have ``without-password`` alone."""
SUBSYSTEM_AGAIN = (9, 5)
"""The first that passes over a Subsystem of a name that is there already, and takes one in a Match block."""


def version(guest: Guest) -> tuple[int, int] | None:
    """The version of the guest's OpenSSH, None where its packages do not tell."""
    try:
        packages = guest.packages
    except GuestError:
        return None
    found = next((match for name in _PACKAGES if (match := _VERSION.match(packages.get(name, "")))), None)
    return (int(found[1]), int(found[2])) if found else None
