"""What sshd's configuration, and what else is asked before a key counts, has for or against a login."""

from __future__ import annotations

from fake_guest import FakeGuest, Special

from corpus.faults import Change, Fault, appended, both, by_guest, edited, without, wrote

_SSHD = "/etc/ssh/sshd_config"
_DROP_IN = f"{_SSHD}.d/10-own.conf"
_INCLUDING = ("debian-12", "ubuntu-24*", "alma-9", "fedora-42", "alpine-*")
_NEW = ("debian-12", "centos-7", "leap-15")
_OUT = {"ssh-server": "fail", "ssh-key": "fail"}
_MAYBE = {"ssh-server": "unknown", "ssh-key": "unknown"}


def said(text: str) -> Change:
    """Lines in front of all that sshd's configuration holds, where the first one stands."""

    def change(guest: FakeGuest) -> FakeGuest:
        path = "/etc/ssh/sshd_config" if guest.exists("/etc/ssh/sshd_config") else "/usr/etc/ssh/sshd_config"
        return wrote(path, text + guest.read(path).decode(), 0o600)(guest)

    return change


FAULTS: tuple[Fault, ...] = (
    Fault(
        "no public keys",
        (
            "debian-8",
            "debian-13",
            "ubuntu-*",
            "centos-6",
            "rocky-8",
            "fedora-42",
            "sles-*",
            "tumbleweed",
            "arch",
            "alpine-*",
        ),
        said("PubkeyAuthentication no\n"),
        _OUT,
    ),
    Fault(
        "no public keys, quoted and with an equals sign",
        ("debian-12", "alma-9"),
        said(' "pubkeyauthentication"="NO" # why\n'),
        _OUT,
    ),
    Fault("no public keys in an included file", _INCLUDING, wrote(_DROP_IN, "PubkeyAuthentication no\n"), _OUT),
    Fault(
        "no public keys after an included yes",
        _INCLUDING,
        both(wrote(_DROP_IN, "PubkeyAuthentication yes\n"), appended(_SSHD, "PubkeyAuthentication no\n")),
        {},
    ),
    Fault(
        "no public keys after a yes",
        _NEW,
        both(said("PubkeyAuthentication yes\n"), appended(_SSHD, "PubkeyAuthentication no\n")),
        {},
    ),
    Fault("no public keys in a comment", _NEW, said("#PubkeyAuthentication no\n# PubkeyAuthentication no\n"), {}),
    Fault(
        "no public keys for another account",
        _NEW,
        appended(_SSHD, "\nMatch User backup\n\tPubkeyAuthentication no\n"),
        {},
    ),
    Fault("no public keys for all", _NEW, appended(_SSHD, "\nMatch User *\n\tPubkeyAuthentication no\n"), _OUT),
    Fault(
        "no public keys from an address",
        _NEW,
        appended(_SSHD, "\nMatch Address 10.0.0.0/8\n\tPubkeyAuthentication no\n"),
        _MAYBE,
    ),
    Fault(
        "no public keys in a file that is not included",
        ("debian-12", "alma-9"),
        wrote(f"{_SSHD}.d/10-own.conf.disabled", "PubkeyAuthentication no\n"),
        {},
    ),
    Fault(
        "no public keys in a folder that nothing includes",
        ("centos-7", "debian-10", "leap-15"),
        wrote(_DROP_IN, "PubkeyAuthentication no\n"),
        {},
    ),
    Fault(
        "SUSE's own file shadowed by an old one",
        ("tumbleweed",),
        wrote(_SSHD, "PubkeyAuthentication no\nUsePAM yes\n"),
        _OUT,
    ),
    Fault("SUSE's own file with a file beside it", ("tumbleweed",), wrote(_DROP_IN, "PubkeyAuthentication no\n"), _OUT),
    Fault("others allowed", _NEW, said("AllowUsers admin root\n"), _OUT, fixable=False),
    Fault("all allowed", _NEW, said("AllowUsers admin\nAllowUsers *\n"), {}),
    Fault("others allowed by group", _NEW, said("AllowGroups sshusers\n"), _OUT, fixable=False),
    Fault("all denied", _NEW, said("DenyUsers *\n"), _OUT, fixable=False),
    Fault("others denied", _NEW, said("DenyUsers root guest\nDenyGroups nobody\n"), {}),
    Fault("denied by the group of all", ("debian-12",), said("DenyGroups adm\n"), _OUT, fixable=False),
    Fault("keys elsewhere", _NEW, said("AuthorizedKeysFile /etc/ssh/keys/%u\n"), _OUT, fixable=False),
    Fault("keys nowhere", _NEW, said("AuthorizedKeysFile none\n"), _OUT, fixable=False),
    Fault("keys there and elsewhere", _NEW, said("AuthorizedKeysFile /etc/ssh/keys/%u .ssh/authorized_keys\n"), {}),
    Fault("keys by the home", _NEW, said("AuthorizedKeysFile %h/.ssh/authorized_keys\n"), {}),
    Fault(
        "keys in an absolute home",
        ("debian-12", "alma-9"),
        said("AuthorizedKeysFile /home/%u/.ssh/authorized_keys\n"),
        {},
    ),
    Fault("passwords alone", _NEW, said("AuthenticationMethods password\n"), _OUT, fixable=False),
    Fault("a key and a password", _NEW, said("AuthenticationMethods publickey,password\n"), _OUT, fixable=False),
    Fault("a key or a password", _NEW, said("AuthenticationMethods publickey password\n"), {}),
    Fault("another port", ("debian-12", "leap-15", "arch"), said("Port 2222\n"), {}),
    Fault("another port, with SELinux", ("centos-7", "alma-9"), said("Port 2222\n"), _MAYBE),
    Fault("loopback alone", _NEW, said("ListenAddress 127.0.0.1\n"), _OUT, fixable=False),
    Fault("loopback and all", _NEW, said("ListenAddress 127.0.0.1\nListenAddress 0.0.0.0\n"), {}),
    Fault(
        "the build machine's address",
        ("debian-12", "centos-7"),
        said("ListenAddress 192.168.122.17\n"),
        _OUT,
        fixable=False,
    ),
    Fault("IPv6 alone", ("debian-12", "alma-9"), said("AddressFamily inet6\n"), _MAYBE, fixable=False),
    Fault("IPv4 alone", ("debian-12", "alma-9"), said("AddressFamily inet\n"), {}),
    Fault(
        "a command for keys with no account",
        ("debian-12", "alma-9"),
        said("AuthorizedKeysCommand /usr/bin/sss_ssh_authorizedkeys\n"),
        _OUT,
        fixable=False,
    ),
    Fault(
        "a command for keys",
        ("alma-9",),
        said("AuthorizedKeysCommand /usr/bin/sss_ssh_authorizedkeys\nAuthorizedKeysCommandUser nobody\n"),
        {},
    ),
    Fault("root kept out", _NEW, said("PermitRootLogin no\n"), {}),
    Fault("no PAM, and a locked account", ("debian-12", "centos-7", "alma-9", "leap-15"), said("UsePAM no\n"), _OUT),
    Fault(
        "a file of revoked keys that is not there",
        ("debian-12", "centos-7", "alma-9"),
        said("RevokedKeys /etc/ssh/revoked_keys\n"),
        _OUT,
        fixable=False,
    ),
    Fault(
        "an empty file of revoked keys",
        ("debian-12", "alma-9"),
        both(said("RevokedKeys /etc/ssh/revoked_keys\n"), wrote("/etc/ssh/revoked_keys", "")),
        {},
    ),
    Fault(
        "a command that ends every login",
        ("debian-12", "alma-9"),
        said("ForceCommand /sbin/nologin\n"),
        _OUT,
        fixable=False,
    ),
    Fault(
        "a command of one account's",
        ("debian-12", "alma-9"),
        appended(_SSHD, "\nMatch Group sftponly\n\tChrootDirectory %h\n\tForceCommand internal-sftp\n"),
        {},
    ),
    Fault("no sessions", ("debian-12",), said("MaxSessions 0\n"), _OUT, fixable=False),
    Fault(
        "subsystem twice, which old ones refuse",
        ("debian-12", "centos-7", "alma-9", "sles-12", "ubuntu-20*"),
        said("Subsystem sftp internal-sftp\n"),
        _OUT,
        fixable=False,
    ),
    Fault(
        "subsystem twice, which new ones take",
        ("arch", "ubuntu-24*", "alpine-*", "leap-15"),
        said("Subsystem sftp internal-sftp\n"),
        {},
    ),
    Fault(
        "a line for all behind a Match",
        ("debian-12", "ubuntu-24*", "centos-7", "alma-9", "leap-15"),
        appended(_SSHD, "\nMatch User backup\n\tPasswordAuthentication no\n\nUsePAM yes\nPort 22\n"),
        _OUT,
        fixable=False,
    ),
    Fault(
        "a line for all behind Match all",
        ("debian-12", "centos-7", "alma-9"),
        appended(_SSHD, "\nMatch User backup\n\tPasswordAuthentication no\nMatch all\nUsePAM yes\n"),
        {},
    ),
    Fault("a keyword misspelt", _NEW, said("PubkeyAuthentification yes\n"), _MAYBE, fixable=False),
    Fault("a value misspelt", _NEW, said("PasswordAuthentication nope\n"), _MAYBE, fixable=False),
    Fault(
        "a keyword of later versions",
        ("centos-7", "ubuntu-16*"),
        said("PubkeyAcceptedAlgorithms +ssh-rsa\n"),
        _MAYBE,
        fixable=False,
    ),
    Fault(
        "PermitRootLogin's new word",
        ("centos-6", "debian-8", "ubuntu-14*"),
        said("PermitRootLogin prohibit-password\n"),
        _MAYBE,
        fixable=False,
    ),
    Fault(
        "PermitRootLogin's old word", ("debian-12", "alma-9", "arch"), said("PermitRootLogin without-password\n"), {}
    ),
    Fault("a keyword without a value", ("debian-12",), said("AllowUsers\n"), _OUT, fixable=False),
    Fault(
        "includes on an old sshd", ("centos-7", "debian-10"), said(f"Include {_SSHD}.d/*.conf\n"), _MAYBE, fixable=False
    ),
    Fault("an include of nothing", ("debian-12", "alma-9"), said("Include /etc/ssh/none.d/*.conf\n"), {}),
    Fault(
        "the policy of keys alone",
        ("debian-12", "alma-9"),
        said(
            "KbdInteractiveAuthentication no\nPermitEmptyPasswords no\nMaxAuthTries 3\nLoginGraceTime 30\n"
            "X11Forwarding no\n"
            "ClientAliveInterval 300\nAllowAgentForwarding no\nBanner /etc/issue.net\nLogLevel VERBOSE\n"
        ),
        {},
    ),
    Fault(
        "Windows' line ends", ("debian-12", "alma-9"), said("PermitRootLogin no\r\nPasswordAuthentication no\r\n"), {}
    ),
    Fault(
        "no configuration", ("debian-12", "centos-7", "alma-9", "sles-15", "arch"), without(_SSHD), _OUT, fixable=False
    ),
    Fault(
        "a FIFO for the configuration",
        ("debian-12",),
        wrote(_SSHD, Special()),
        _MAYBE | {"ssh-host-keys": "unknown"},
        fixable=False,
    ),
    Fault(
        "the policy's own options",
        ("rocky-8",),
        edited("/etc/sysconfig/sshd", "# CRYPTO_POLICY=", "CRYPTO_POLICY="),
        {},
    ),
    Fault(
        "options on the command line",
        ("debian-12", "alma-9"),
        by_guest(
            {
                "debian-*": wrote("/etc/default/ssh", 'SSHD_OPTS="-o PubkeyAuthentication=no"\n'),
                "*": wrote("/etc/sysconfig/sshd", 'OPTIONS="-o PubkeyAuthentication=no"\n'),
            }
        ),
        {"ssh-server": "unknown"},
        fixable=False,
    ),
)
