"""Changes of every kind that a preview shows."""

from __future__ import annotations

from fake_report import FILES, HOSTILE

from remediations.guest import FileKind
from wizard.change import FileChange, FileState

ETC = "system_u:object_r:etc_t:s0"
SHADOW = "system_u:object_r:shadow_t:s0"


def file(content: bytes, mode: int = 0o644, uid: int = 0, label: str = "") -> FileState:
    return FileState(FileKind.FILE, mode, uid, 0, content, None, label)


def link(target: str) -> FileState:
    return FileState(FileKind.LINK, 0o777, 0, 0, None, target)


SSHD = b"""# This is the sshd server system-wide configuration file.
Include /etc/ssh/sshd_config.d/*.conf

Port 22
AddressFamily any
ListenAddress 0.0.0.0
SyslogFacility AUTH
LogLevel INFO

# Authentication:
LoginGraceTime 2m
PermitRootLogin yes
StrictModes yes
MaxAuthTries 6
MaxSessions 10
PubkeyAuthentication yes
X11Forwarding yes
X11DisplayOffset 10
PrintMotd no
TCPKeepAlive yes
ClientAliveInterval 0
UseDNS no
Subsystem\tsftp\t/usr/lib/openssh/sftp-server"""
SSHD_AFTER = (
    SSHD.replace(b"PermitRootLogin yes", b"PermitRootLogin prohibit-password")
    .replace(b"X11Forwarding yes\nX11DisplayOffset 10\n", b"X11Forwarding no\n")
    .replace(b"\tsftp\t/usr/lib/openssh/sftp-server", b" sftp internal-sftp\n")
    .replace(b"Port 22\n", b"# Both are reached through the security group\nPort 22\nPort 2222\n")
)
EVERY_KIND = (
    *FILES["console-log"],
    FileChange("/etc/cloud/cloud.cfg.d/99_wizard.cfg", None, file(b"datasource_list: [OpenStack, None]\n", label=ETC)),
    FileChange("/etc/machine-id", file(b"5d2e0c7f0b8d4a6f9d3b1f2a4c6e8a0b\n"), file(b"")),
    FileChange("/etc/shadow", file(b"root:x:1\n", 0o644, 0, ETC), file(b"root:x:1\n", 0o600, 42, SHADOW)),
    FileChange("/etc/ssh/ssh_host_rsa_key", file(b"-----BEGIN KEY-----\nb3Bl\n", 0o600), None),
    FileChange("/etc/ssh/sshd_config", file(SSHD), file(SSHD_AFTER, 0o600)),
    FileChange(
        "/etc/systemd/system/multi-user.target.wants/ssh.service", None, link("/lib/systemd/system/ssh.service")
    ),
    FileChange("/var/lib/random-seed", file(b"\0" * 512), file(b"\0\1" * 300), generated=True),
)
LONG = b"".join(b"line %d of a file that goes on and on\n" % number for number in range(20_000))
LONG_AFTER = b"".join(
    line + b" now\n" if number % 8 == 0 else line + b"\n" for number, line in enumerate(LONG.split(b"\n"))
)
HOSTILE_LINE = HOSTILE.encode("utf-8", "surrogatepass")
