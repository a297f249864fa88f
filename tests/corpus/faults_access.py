"""What else is asked before a login over ssh: TCP wrappers and PAM's access.conf."""

from __future__ import annotations

from corpus.faults import Fault, both, wrote

_OUT = {"ssh-server": "fail", "ssh-key": "fail"}
_MAYBE = {"ssh-server": "unknown", "ssh-key": "unknown"}

FAULTS: tuple[Fault, ...] = (
    Fault(
        "hosts.deny refuses all",
        ("debian-8", "debian-13", "ubuntu-24*", "centos-[67]", "sles-1[12]"),
        wrote("/etc/hosts.deny", "ALL: ALL\n"),
        _OUT,
        fixable=False,
    ),
    Fault(
        "hosts.deny refuses all where sshd does not read it",
        ("rocky-8", "alma-9", "arch", "tumbleweed", "alpine-*"),
        wrote("/etc/hosts.deny", "ALL: ALL\n"),
        {},
    ),
    Fault(
        "hosts.deny refuses another daemon",
        ("debian-12", "centos-7"),
        wrote("/etc/hosts.deny", "rpcbind: ALL\n# ALL: ALL\n"),
        {},
    ),
    Fault(
        "hosts.allow lets sshd in",
        ("debian-12", "centos-7"),
        both(wrote("/etc/hosts.deny", "ALL: ALL\n"), wrote("/etc/hosts.allow", "sshd: ALL\n")),
        {},
    ),
    Fault(
        "hosts.allow lets a network in",
        ("debian-12", "centos-7"),
        both(wrote("/etc/hosts.deny", "ALL: ALL\n"), wrote("/etc/hosts.allow", "sshd: 10.\n")),
        _MAYBE,
        fixable=False,
    ),
    Fault(
        "pam_access keeps all but root out",
        ("debian-12", "alma-9"),
        both(
            wrote(
                "/etc/pam.d/sshd",
                "auth required pam_unix.so\naccount required pam_access.so\n@include common-account\n",
            ),
            wrote("/etc/security/access.conf", "# comment\n-:ALL EXCEPT root:ALL\n"),
        ),
        _OUT,
        fixable=False,
    ),
    Fault(
        "pam_access that nothing asks",
        ("debian-12", "alma-9"),
        both(
            wrote("/etc/pam.d/sshd", "auth required pam_unix.so\n# account required pam_access.so\n"),
            wrote("/etc/security/access.conf", "-:ALL EXCEPT root:ALL\n"),
        ),
        {},
    ),
)
