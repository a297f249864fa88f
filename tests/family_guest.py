"""Guests of the families other than Debian as their installers leave them, for tests to break: what starts at boot."""

from __future__ import annotations

from dataclasses import replace

from fake_guest import BOOKWORM, FakeGuest, Link, Special

from remediations.guest import GuestFacts

Entry = bytes | Link | Special | None
Files = dict[str, Entry]
ETC, LIB = "/etc/systemd/system", "/usr/lib/systemd/system"
WANTS = f"{ETC}/multi-user.target.wants"
ACCOUNTS: Files = {
    "/etc/passwd": b"root:x:0:0:root:/root:/bin/bash\nsshd:x:74:74::/usr/share/empty.sshd:/sbin/nologin\n",
    "/etc/group": b"root:x:0:\n",
    "/etc/shadow": b"root:*:19000:0:99999:7:::\n",
}
SSHD_REDHAT = b"""\
[Unit]
Description=OpenSSH server daemon
After=network.target sshd-keygen.target
Wants=sshd-keygen.target

[Service]
Type=notify
EnvironmentFile=-/etc/crypto-policies/back-ends/opensshserver.config
EnvironmentFile=-/etc/sysconfig/sshd
ExecStart=/usr/sbin/sshd -D $OPTIONS $CRYPTO_POLICY

[Install]
WantedBy=multi-user.target
"""
KEYGEN = b"""\
[Unit]
Description=OpenSSH %i Server Key Generation
ConditionFileNotEmpty=|!/etc/ssh/ssh_host_%i_key

[Service]
Type=oneshot
EnvironmentFile=-/etc/sysconfig/sshd
ExecStart=/usr/libexec/openssh/sshd-keygen %i

[Install]
WantedBy=sshd-keygen.target
"""
KEYGEN_TARGET = b"[Unit]\n" + b"".join(b"Wants=sshd-keygen@%s.service\n" % k for k in (b"rsa", b"ecdsa", b"ed25519"))
CLOUD_DROP_IN = f"{ETC}/sshd-keygen@.service.d/disable-sshd-keygen-if-cloud-init-active.conf"
NOT_WITH_CLOUD_INIT = (
    b"[Unit]\nConditionPathExists=!/run/systemd/generator.early/multi-user.target.wants/cloud-init.target\n"
)
FIREWALLD = b"""\
[Service]
Type=dbus
BusName=org.fedoraproject.FirewallD1
ExecStart=/usr/sbin/firewalld --nofork --nopid $FIREWALLD_ARGS

[Install]
WantedBy=multi-user.target
Alias=dbus-org.fedoraproject.FirewallD1.service
"""
POLICY = (
    b"CRYPTO_POLICY='-oCiphers=aes256-gcm@openssh.com -oMACs=hmac-sha2-256 -oPubkeyAcceptedKeyTypes=rsa-sha2-256'\n"
)


def unit(command: str, extra: str = "") -> bytes:
    """A unit file with one command, wanted by ``multi-user.target``."""
    return f"[Service]\nExecStart={command}\n{extra}\n[Install]\nWantedBy=multi-user.target\n".encode()


def build(facts: GuestFacts, files: Files, changes: Files | None, without: tuple[str, ...]) -> FakeGuest:
    """``files`` less what lies at or below ``without``, with ``changes``; scripts and programs are executable."""
    kept = {p: e for p, e in files.items() if not any(p == gone or p.startswith(gone + "/") for gone in without)}
    kept |= changes or {}
    runs = ("/init.d/", "/bin/", "/sbin/", "/libexec/", ".start")
    return FakeGuest(kept, facts, modes={path: 0o755 for path in kept if any(part in path for part in runs)})


def _systemd(sbin: str = "/usr/sbin") -> Files:
    files: Files = {"/lib": Link("usr/lib"), "/bin": Link("usr/bin"), "/sbin": Link("usr/sbin"), **ACCOUNTS}
    if sbin == "/usr/bin":
        files["/usr/sbin"] = Link("bin")
    files |= {
        f"{sbin}/init": Link("../lib/systemd/systemd"), f"{sbin}/sshd": b"\x7fELF", "/usr/bin/ssh-keygen": b"\x7fELF",
        "/usr/bin/bash": b"\x7fELF", "/etc/machine-id": b"0123456789abcdef0123456789abcdef\n",
        f"{ETC}/default.target": Link(f"{LIB}/multi-user.target"),
        f"{WANTS}/sshd.service": Link(f"{LIB}/sshd.service"),
    }  # fmt: skip
    return files


def el9(
    changes: Files | None = None, without: tuple[str, ...] = (), distro: str = "rocky", major: int = 9
) -> FakeGuest:
    """Rocky 9 (or another of the family since 8) with firewalld on and no host keys, as its cloud image comes."""
    files = _systemd() | {
        f"{LIB}/sshd.service": SSHD_REDHAT, f"{LIB}/sshd-keygen.target": KEYGEN_TARGET,
        f"{LIB}/sshd-keygen@.service": KEYGEN, "/usr/libexec/openssh/sshd-keygen": b"#!/bin/bash\n",
        f"{LIB}/sshd.socket": b"[Socket]\nListenStream=22\nAccept=yes\n[Install]\nWantedBy=sockets.target\n",
        f"{LIB}/sshd@.service": b"[Unit]\nWants=sshd-keygen.target\n[Service]\nExecStart=-/usr/sbin/sshd -i $OPTIONS\n",
        "/etc/crypto-policies/back-ends/opensshserver.config": POLICY,
        "/etc/sysconfig/sshd": b"# OPTIONS are added to sshd's command line\nSSH_USE_STRONG_RNG=0\n# CRYPTO_POLICY=\n",
        "/etc/ssh/sshd_config": b"Include /etc/ssh/sshd_config.d/*.conf\nAuthorizedKeysFile\t.ssh/authorized_keys\n",
        "/etc/ssh/sshd_config.d/50-redhat.conf": b"SyslogFacility AUTHPRIV\nGSSAPIAuthentication yes\nUsePAM yes\n",
        f"{LIB}/firewalld.service": FIREWALLD, f"{WANTS}/firewalld.service": Link(f"{LIB}/firewalld.service"),
        f"{ETC}/dbus-org.fedoraproject.FirewallD1.service": Link(f"{LIB}/firewalld.service"),
        "/usr/lib/systemd/system-preset/90-default.preset": b"enable sshd.service\nenable firewalld.service\n",
        "/usr/lib/systemd/system-preset/99-default-disable.preset": b"disable *\n",
        "/etc/rc.d/rc.local": b"#!/bin/bash\ntouch /var/lock/subsys/local\n", "/etc/rc.local": Link("rc.d/rc.local"),
    }  # fmt: skip
    facts = replace(BOOKWORM, distro=distro, version=(major, 4), package_format="rpm")
    return build(facts, files, changes, without)


def el7(changes: Files | None = None, without: tuple[str, ...] = ()) -> FakeGuest:
    """CentOS 7: one ``sshd-keygen.service`` for all host keys."""
    service = SSHD_REDHAT.replace(b"sshd-keygen.target", b"sshd-keygen.service").replace(b" $CRYPTO_POLICY", b"")
    files = {
        f"{LIB}/sshd.service": service, f"{LIB}/sshd-keygen.service": unit("/usr/sbin/sshd-keygen"),
        "/etc/sysconfig/sshd": b'# AUTOCREATE_SERVER_KEYS=""\nSSH_USE_STRONG_RNG=0\n',
        "/etc/ssh/sshd_config": b"HostKey /etc/ssh/ssh_host_rsa_key\n"
        b"HostKey /etc/ssh/ssh_host_ed25519_key\nUsePAM yes\n",
    }  # fmt: skip
    gone = (f"{LIB}/sshd-keygen.target", f"{LIB}/sshd-keygen@.service", *without)
    return el9(files | (changes or {}), gone, "centos", 7)


SCRIPT6 = b"""\
#!/bin/bash
# chkconfig: 2345 55 25
# description: OpenSSH server daemon
[ -f /etc/sysconfig/sshd ] && . /etc/sysconfig/sshd
KEYGEN=/usr/bin/ssh-keygen
$KEYGEN -q -t rsa -f /etc/ssh/ssh_host_rsa_key -C '' -N ''
/usr/sbin/sshd $OPTIONS
"""


def el6(changes: Files | None = None, without: tuple[str, ...] = ()) -> FakeGuest:
    """CentOS 6: upstart below, SysV scripts above, iptables on."""
    files: Files = {
        **ACCOUNTS, "/sbin/init": b"\x7fELF", "/sbin/initctl": b"\x7fELF", "/usr/sbin/sshd": b"\x7fELF",
        "/bin/bash": b"\x7fELF", "/usr/bin/ssh-keygen": b"\x7fELF",
        "/etc/init/rcS.conf": b"start on startup\nexec /etc/rc.d/rc.sysinit\n",
        "/etc/init/rc.conf": b"start on runlevel [0123456]\nexec /etc/rc.d/rc $RUNLEVEL\n",
        "/etc/inittab": b"# Default runlevel.\nid:3:initdefault:\n", "/etc/init.d": Link("rc.d/init.d"),
        "/etc/rc.d/init.d/sshd": SCRIPT6,
        "/etc/rc.d/init.d/iptables": b"#!/bin/sh\n# chkconfig: 2345 08 92\niptables-restore /etc/sysconfig/iptables\n",
        "/etc/ssh/sshd_config": b"Protocol 2\nUsePAM yes\nGSSAPIAuthentication yes\n",
        "/etc/rc.d/rc.local": b"#!/bin/sh\ntouch /var/lock/subsys/local\n", "/etc/rc.local": Link("rc.d/rc.local"),
    }  # fmt: skip
    for level in "0123456":
        letter = "S" if level in "2345" else "K"
        files[f"/etc/rc{level}.d"] = Link(f"rc.d/rc{level}.d")
        for name, start, stop in (("sshd", 55, 25), ("iptables", 8, 92)):
            number = start if letter == "S" else stop
            files[f"/etc/rc.d/rc{level}.d/{letter}{number:02}{name}"] = Link(f"../init.d/{name}")
    facts = replace(BOOKWORM, distro="centos", version=(6, 10), package_format="rpm")
    return build(facts, files, changes, without)


def tumbleweed(changes: Files | None = None, without: tuple[str, ...] = ()) -> FakeGuest:
    """openSUSE Tumbleweed: the packages' own configuration in ``/usr/etc``, firewalld on."""
    ssh = b"""\
[Service]
Type=notify
EnvironmentFile=-/etc/sysconfig/ssh
ExecStartPre=/usr/sbin/sshd-gen-keys-start
ExecStartPre=/usr/sbin/sshd -t $SSHD_OPTS
ExecStart=/usr/sbin/sshd -D $SSHD_OPTS

[Install]
WantedBy=multi-user.target
"""
    files = _systemd() | {
        f"{LIB}/sshd.service": ssh, "/usr/sbin/sshd-gen-keys-start": b"#!/bin/bash\nssh-keygen -A\n",
        "/etc/sysconfig/ssh": b'## Type: string\nSSHD_OPTS=""\n',
        "/usr/etc/ssh/sshd_config": b"Include /etc/ssh/sshd_config.d/*.conf\n"
        b"Include /usr/etc/ssh/sshd_config.d/*.conf\nAuthorizedKeysFile .ssh/authorized_keys\nUsePAM yes\n",
        f"{LIB}/firewalld.service": FIREWALLD, f"{WANTS}/firewalld.service": Link(f"{LIB}/firewalld.service"),
        f"{ETC}/dbus-org.fedoraproject.FirewallD1.service": Link(f"{LIB}/firewalld.service"),
    }  # fmt: skip
    facts = replace(BOOKWORM, distro="opensuse", version=(2026, 1), package_format="rpm")
    return build(facts, files, changes, without)


def sles12(changes: Files | None = None, without: tuple[str, ...] = ()) -> FakeGuest:
    """SLES 12: ``/etc/ssh``, SuSEfirewall2 with the alias that its unit has, ``boot.local``."""
    files: Files = {
        "/etc/ssh/sshd_config": b"AuthorizedKeysFile .ssh/authorized_keys\nUsePAM yes\nX11Forwarding yes\n",
        f"{LIB}/SuSEfirewall2.service": unit("/usr/sbin/SuSEfirewall2 boot_setup")
        + b"Alias=SuSEfirewall2_setup.service\n",
        f"{LIB}/SuSEfirewall2_init.service": unit("/usr/sbin/SuSEfirewall2 boot_init"),
        f"{ETC}/SuSEfirewall2_setup.service": Link(f"{LIB}/SuSEfirewall2.service"),
        f"{WANTS}/SuSEfirewall2.service": Link(f"{LIB}/SuSEfirewall2.service"),
        f"{WANTS}/SuSEfirewall2_init.service": Link(f"{LIB}/SuSEfirewall2_init.service"),
        "/etc/init.d/boot.local": b"#! /bin/sh\n# Here you should add things\n",
    }
    gone = (f"{LIB}/firewalld.service", f"{WANTS}/firewalld.service", "/usr/etc", *without)
    gone = (f"{ETC}/dbus-org.fedoraproject.FirewallD1.service", *gone)
    guest = tumbleweed(None, gone)
    facts = replace(guest.facts, distro="sles", version=(12, 5))
    return build(facts, guest.files | files, changes, without)


def sles11(changes: Files | None = None, without: tuple[str, ...] = ()) -> FakeGuest:
    """SLES 11: sysvinit with insserv's links, which stand below ``/etc/init.d``."""
    files: Files = {
        **ACCOUNTS, "/sbin/init": b"\x7fELF", "/usr/sbin/sshd": b"\x7fELF", "/bin/bash": b"\x7fELF",
        "/etc/inittab": b"id:3:initdefault:\nsi::bootwait:/etc/init.d/boot\n", "/etc/rc.d": Link("init.d"),
        "/etc/init.d/sshd": b"#! /bin/sh\n# Default-Start: 3 5\nssh-keygen -t rsa -f /etc/ssh/ssh_host_rsa_key -N ''\n",
        "/etc/init.d/SuSEfirewall2_init": b"#! /bin/sh\n/sbin/SuSEfirewall2 -q boot_init\n",
        "/etc/init.d/SuSEfirewall2_setup": b"#! /bin/bash\n/sbin/SuSEfirewall2 -q --bootunlock start\n",
        "/etc/init.d/boot.d": None, "/etc/init.d/.depend.start": b"TARGETS = network syslog cron\ncron: syslog\n",
        "/etc/ssh/sshd_config": b"AuthorizedKeysFile .ssh/authorized_keys\nUsePAM yes\nProtocol 2\n",
        "/etc/sysconfig/ssh": b'SSHD_OPTS=""\n', "/etc/init.d/boot.local": b"#! /bin/sh\n",
    }  # fmt: skip
    for level in "35":
        for number, name in ((1, "SuSEfirewall2_init"), (12, "SuSEfirewall2_setup"), (11, "sshd")):
            files[f"/etc/init.d/rc{level}.d/S{number:02}{name}"] = Link(f"../{name}")
            files[f"/etc/init.d/rc{level}.d/K{20 - number:02}{name}"] = Link(f"../{name}")
    facts = replace(BOOKWORM, distro="sles", version=(11, 4), package_format="rpm")
    guest = build(facts, files, changes, without)
    guest.modes["/etc/init.d/boot.local"] = 0o644
    return guest


def arch(changes: Files | None = None, without: tuple[str, ...] = ()) -> FakeGuest:
    """Arch: ``sshd`` in ``/usr/bin``, ``sshdgenkeys.service``, no firewall unless the administrator has one."""
    ssh = b"""\
[Unit]
Wants=sshdgenkeys.service
After=sshdgenkeys.service

[Service]
ExecStart=/usr/bin/sshd -D

[Install]
WantedBy=multi-user.target
"""
    files = _systemd("/usr/bin") | {
        f"{LIB}/sshd.service": ssh, f"{LIB}/sshdgenkeys.service": b"[Service]\nExecStart=/usr/bin/ssh-keygen -A\n",
        f"{LIB}/iptables.service": unit("/usr/bin/iptables-restore /etc/iptables/iptables.rules"),
        f"{LIB}/nftables.service": unit("/usr/bin/nft -f /etc/nftables.conf"),
        "/etc/ssh/sshd_config": b"Include /etc/ssh/sshd_config.d/*.conf\nSubsystem sftp /usr/lib/ssh/sftp-server\n",
        "/etc/ssh/sshd_config.d/99-archlinux.conf": b"KbdInteractiveAuthentication no\nUsePAM yes\nPrintMotd no\n",
    }  # fmt: skip
    return build(
        replace(BOOKWORM, distro="archlinux", version=(0, 0), package_format="pacman"), files, changes, without
    )


ALPINE_SSHD = b"""\
#!/sbin/openrc-run
: ${sshd_disable_keygen:="${SSHD_DISABLE_KEYGEN:-"no"}"}
command="${SSHD_BINARY:-"/usr/sbin/sshd"}"
depend() {
\tuse logger dns
\tafter entropy
}
checkconfig() {
\tif ! yesno "$sshd_disable_keygen"; then
\t\tssh-keygen -A || return 1
\tfi
}
"""


def alpine(changes: Files | None = None, without: tuple[str, ...] = ()) -> FakeGuest:
    """Alpine 3.21: busybox, OpenRC, sshd in the default runlevel, iptables installed and off."""
    files: Files = {
        **ACCOUNTS, "/bin/ash": Link("/bin/busybox"),
        "/etc/passwd": ACCOUNTS["/etc/passwd"].replace(b"/root:/bin/bash", b"/root:/bin/ash"),
        "/bin/busybox": b"\x7fELF", "/sbin/init": Link("/bin/busybox"), "/sbin/openrc": b"\x7fELF",
        "/etc/inittab": b"::sysinit:/sbin/openrc sysinit\n::sysinit:/sbin/openrc boot\n::wait:/sbin/openrc default\n",
        "/etc/init.d/networking": b"#!/sbin/openrc-run\ndepend() {\n\tneed localmount\n\tprovide net\n}\n",
        "/etc/init.d/sshd": ALPINE_SSHD, "/etc/init.d/local": b"#!/sbin/openrc-run\ndepend() {\n\tafter *\n}\n",
        "/etc/init.d/iptables": b"#!/sbin/openrc-run\ndepend() {\n\tneed localmount\n\tbefore net\n}\n"
        b"start() {\n\t/sbin/iptables-restore < /etc/iptables/rules-save\n}\n",
        "/etc/conf.d/sshd": b'# /etc/conf.d/sshd\nSSHD_CONFDIR="/etc/ssh"\nSSHD_OPTS=""\n#SSHD_BINARY="/usr/sbin/x"\n',
        "/usr/sbin/sshd": b"\x7fELF", "/etc/ssh/sshd_config": b"Include /etc/ssh/sshd_config.d/*.conf\n"
        b"AuthorizedKeysFile\t.ssh/authorized_keys\nAllowTcpForwarding no\n",
        "/etc/runlevels/boot/networking": Link("/etc/init.d/networking"), "/etc/runlevels/sysinit": None,
        "/etc/runlevels/default/sshd": Link("/etc/init.d/sshd"),
    }  # fmt: skip
    facts = replace(BOOKWORM, distro="alpinelinux", version=(3, 21), package_format="apk")
    return build(facts, files, changes, without)


EVERY = (el9, el7, el6, tumbleweed, sles12, sles11, arch, alpine)
