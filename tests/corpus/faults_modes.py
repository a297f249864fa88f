"""Modes for which sshd takes no key, and what keeps a fix that is on offer elsewhere from mending."""

from __future__ import annotations

from fake_guest import Link

from corpus.faults import Change, Fault, appended, both, edited, without, wrote
from corpus.faults_network import CLOUD_OFF

_NETWORKD = "/etc/systemd/network"
_WANTS = "/etc/systemd/system/multi-user.target.wants"
_NO_KEY = {"ssh-server": "fail", "ssh-key": "fail"}
_SOME = ("debian-12", "alma-9", "alpine-*")
_LATE = "/etc/cloud/cloud.cfg.d/99_own.cfg"


def _ann(home: int, *more: Change, listed: str = "") -> Change:
    """An account that is there already and gets the key, with a home of these permission bits."""
    return both(
        appended("/etc/passwd", "ann:x:1000:1000::/home/ann:/bin/sh\n"),
        appended("/etc/group", f"ann:x:1000:{listed}\n"),
        appended("/etc/shadow", "ann:*:19700:0:99999:7:::\n"),
        wrote(_LATE, "user: {name: ann, lock_passwd: false}\n"),
        wrote("/home/ann", None, home),
        *more,
    )


_SSH = "/home/ann/.ssh"
MODES: tuple[Fault, ...] = (
    Fault("everyone may write to the home", _SOME, _ann(0o777), _NO_KEY),
    Fault("a group may write to the home", _SOME, _ann(0o775), _NO_KEY),
    Fault("everyone may write to ~/.ssh", _SOME, _ann(0o755, wrote(_SSH, None, 0o707)), _NO_KEY),
    Fault("everyone may write to authorized_keys", ("debian-12",),
          _ann(0o755, wrote(_SSH, None, 0o700), wrote(f"{_SSH}/authorized_keys", "", 0o666)), _NO_KEY),
    Fault("everyone may write to the home, and StrictModes is off", ("debian-12",),
          _ann(0o777, edited("/etc/ssh/sshd_config", "UsePAM yes", "UsePAM yes\nStrictModes no")), {}),
    Fault("a home and ~/.ssh that are the account's own", _SOME, _ann(0o700, wrote(_SSH, None, 0o700)), {}),
    Fault("a home that is to be made", _SOME, both(_ann(0o755), without("/home/ann")), {}),
    Fault("everyone may write to root's home, who gets no key", ("debian-12",), wrote("/root", None, 0o777), {}),
)  # fmt: skip

_STATIC = wrote(f"{_NETWORKD}/05-static.network", "[Match]\nName=en*\n\n[Network]\nAddress=10.0.0.2/24\n")
_OFF = without(f"{_WANTS}/systemd-networkd.service")
_MASKED = both(_OFF, wrote("/etc/systemd/system/systemd-networkd.service", Link("/dev/null")))
_DOWN = {"network": "fail"}
NETWORK: tuple[Fault, ...] = (
    Fault("networkd is off, and a static file comes first", ("arch",), both(CLOUD_OFF, _OFF, _STATIC), _DOWN,
          fixable=False),
    Fault("networkd is masked, and a static file comes first", ("arch",), both(CLOUD_OFF, _MASKED, _STATIC), _DOWN,
          fixable=False),
    Fault("another machine's match, and a drop-in that takes DHCP away", ("arch",), both(
        CLOUD_OFF, wrote(f"{_NETWORKD}/80-dhcp.network", "[Match]\nVirtualization=vmware\n\n[Network]\nDHCP=yes\n"),
        wrote(f"{_NETWORKD}/80-dhcp.network.d/own.conf", "[Network]\nDHCP=no\n")), _DOWN, fixable=False),
)  # fmt: skip

FAULTS: tuple[Fault, ...] = (*MODES, *NETWORK)
