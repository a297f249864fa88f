"""The Red Hat family's own configuration files and units, as far as a verdict reads them."""

from __future__ import annotations

from corpus.base import unit

UNITS = "/usr/lib/systemd/system"
MACHINE = "d7a8f9c0b1e24f3aa5c6d7e8f9a0b1c2"
GROUPS = ("adm", "tty", "disk", "wheel", "mail", "users", "nobody", "systemd-journal", "ssh_keys", "input")
TYPES = "['rsa', 'ecdsa', 'ed25519']"
SSHD = """\
#\t$OpenBSD: sshd_config,v 1.104 2021/07/02 05:11:21 dtucker Exp $

# This sshd was compiled with PATH=/usr/local/bin:/usr/bin:/usr/local/sbin:/usr/sbin
{include}
#Port 22
{keys}
#PubkeyAuthentication yes

# The default is to check both .ssh/authorized_keys and .ssh/authorized_keys2
# but this is overridden so installations will only check .ssh/authorized_keys
AuthorizedKeysFile\t.ssh/authorized_keys

PasswordAuthentication no
{more}
# override default of no subsystems
Subsystem\tsftp\t/usr/libexec/openssh/sftp-server
"""
PAM = (
    "SyslogFacility AUTHPRIV\nChallengeResponseAuthentication no\nGSSAPIAuthentication yes\n"
    "GSSAPICleanupCredentials no\nUsePAM yes\nX11Forwarding yes\nAcceptEnv LANG LC_CTYPE LC_NUMERIC LC_TIME\n"
)
KEYS = "HostKey /etc/ssh/ssh_host_rsa_key\nHostKey /etc/ssh/ssh_host_ecdsa_key\nHostKey /etc/ssh/ssh_host_ed25519_key\n"
POLICY = (
    "CRYPTO_POLICY='-oCiphers=aes256-gcm@openssh.com,aes256-ctr -oMACs=hmac-sha2-256-etm@openssh.com "
    "-oGSSAPIKexAlgorithms=gss-curve25519-sha256- -oKexAlgorithms=curve25519-sha256 "
    "-oHostKeyAlgorithms=ecdsa-sha2-nistp256,"
    "ssh-ed25519,rsa-sha2-256 -oPubkeyAcceptedKeyTypes=ecdsa-sha2-nistp256,ssh-ed25519,rsa-sha2-256 "
    "-oCASignatureAlgorithms=ecdsa-sha2-nistp256,ssh-ed25519,rsa-sha2-256'\n"
)
POLICY_CONFIG = "Ciphers aes256-gcm@openssh.com,aes256-ctr\nMACs hmac-sha2-256-etm@openssh.com\nRequiredRSASize 2048\n"
KEYGEN_AT = """\
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
KEYGEN_TARGET = (
    "[Unit]\nWants=sshd-keygen@rsa.service\nWants=sshd-keygen@ecdsa.service\nWants=sshd-keygen@ed25519.service\n"
    "PartOf=sshd.service\n"
)
NO_KEYGEN = "[Unit]\nConditionPathExists=!/run/systemd/generator.early/multi-user.target.wants/cloud-init.target\n"
AGENT = """\
[Unit]
Description=QEMU Guest Agent
BindsTo=dev-virtio\\x2dports-org.qemu.guest_agent.0.device
After=dev-virtio\\x2dports-org.qemu.guest_agent.0.device
IgnoreOnIsolate=True

[Service]
UMask=0077
EnvironmentFile=/etc/sysconfig/qemu-ga
ExecStart=/usr/bin/qemu-ga \\
  --method=virtio-serial \\
  --path=/dev/virtio-ports/org.qemu.guest_agent.0 \\
  --blacklist=${BLACKLIST_RPC} \\
  -F${FSFREEZE_HOOK_PATHNAME}
Restart=always
RestartSec=0

[Install]
WantedBy=dev-virtio\\x2dports-org.qemu.guest_agent.0.device
"""
PRESET = """\
# Also see:
# https://fedoraproject.org/wiki/Starting_services_by_default

# systemd
enable remote-fs.target
enable getty@.service
enable systemd-timesyncd.service

# System stuff
enable sshd.service
enable rsyslog.*
enable dbus.socket
enable firewalld.service
enable auditd.service
enable chronyd.service
enable NetworkManager.service
enable NetworkManager-dispatcher.service
enable qemu-guest-agent.service
enable cloud-init.service
enable cloud-init-local.service
enable cloud-init-main.service
enable cloud-init-network.service
enable cloud-config.service
enable cloud-final.service
"""
NM = unit(
    "/usr/sbin/NetworkManager --no-daemon",
    "multi-user.target\nAlias=dbus-org.freedesktop.NetworkManager.service\nAlso=NetworkManager-dispatcher.service",
)
VERSIONS = {
    "cloud-utils-growpart": "0.33-0.el9", "cloud-init": "23.4-7.el9_4.alma.1", "openssh-server": "8.7p1-38.el9",
    "NetworkManager": "1:1.46.0-4.el9_4", "xfsprogs": "6.3.0-1.el9", "util-linux": "2.37.4-18.el9",
    "qemu-guest-agent": "8.2.0-11.el9", "systemd": "252-32.el9", "gdisk": "1.0.7-5.el9", "python3": "3.9.18",
}  # fmt: skip
