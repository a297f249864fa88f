"""Debian's own configuration files and units, as far as a verdict reads them."""

from __future__ import annotations

from corpus.base import unit

GROUPS = ("adm", "tty", "disk", "dialout", "cdrom", "floppy", "sudo", "audio", "dip", "www-data", "video", "plugdev",
          "staff", "games", "users", "nogroup", "netdev", "systemd-journal")  # fmt: skip
CLOUD_GROUPS = "adm, audio, cdrom, dialout, dip, floppy, netdev, plugdev, sudo, video"
SSH_UNIT = """\
[Unit]
Description=OpenBSD Secure Shell server
After=network.target auditd.service
ConditionPathExists=!/etc/ssh/sshd_not_to_be_run

[Service]
EnvironmentFile=-/etc/default/ssh
ExecStartPre=/usr/sbin/sshd -t
ExecStart=/usr/sbin/sshd -D $SSHD_OPTS
KillMode=process
Restart=on-failure
Type=notify

[Install]
WantedBy=multi-user.target
Alias=sshd.service
"""
SSH_SOCKET = (
    "[Unit]\nBefore=sockets.target ssh.service\nConditionPathExists=!/etc/ssh/sshd_not_to_be_run\n\n"
    "[Socket]\nListenStream=22\nAccept={accept}\n\n[Install]\nWantedBy=sockets.target\n{more}"
)
SSHD = """\
# This is the sshd server system-wide configuration file.  See
# sshd_config(5) for more information.
{include}
#Port 22
#PermitRootLogin prohibit-password
#PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM yes
X11Forwarding yes
PrintMotd no
AcceptEnv LANG LC_*
Subsystem\tsftp\t/usr/lib/openssh/sftp-server
"""
OLD_SSHD = """\
# Package generated configuration file
# See the sshd_config(5) manpage for details

Port 22
Protocol 2
HostKey /etc/ssh/ssh_host_rsa_key
HostKey /etc/ssh/ssh_host_dsa_key
HostKey /etc/ssh/ssh_host_ecdsa_key
HostKey /etc/ssh/ssh_host_ed25519_key
UsePrivilegeSeparation yes
KeyRegenerationInterval 3600
ServerKeyBits 1024
SyslogFacility AUTH
LogLevel INFO
LoginGraceTime 120
PermitRootLogin without-password
StrictModes yes
RSAAuthentication yes
PubkeyAuthentication yes
#AuthorizedKeysFile\t%h/.ssh/authorized_keys
IgnoreRhosts yes
HostbasedAuthentication no
PermitEmptyPasswords no
ChallengeResponseAuthentication no
PasswordAuthentication no
X11Forwarding yes
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server
UsePAM yes
"""
INTERFACES = """\
# This file describes the network interfaces available on your system
# and how to activate them. For more information, see interfaces(5).

source /etc/network/interfaces.d/*

# The loopback network interface
auto lo
iface lo inet loopback
"""
NETWORKING = unit("/sbin/ifup -a --read-environment", "multi-user.target\nWantedBy=network-online.target")
NETWORKD = (
    "[Unit]\nAfter=systemd-udevd.service\nBefore=network.target\nWants=network.target\n\n[Service]\n"
    "ExecStart=!!/lib/systemd/systemd-networkd\n\n[Install]\nWantedBy=multi-user.target\nAlso=systemd-networkd.socket\n"
    "Alias=dbus-org.freedesktop.network1.service\nAlso=systemd-network-generator.service\n"
)
AGENT = (
    "[Unit]\nDescription=QEMU Guest Agent\nBindsTo=dev-virtio\\x2dports-org.qemu.guest_agent.0.device\n"
    "After=dev-virtio\\x2dports-org.qemu.guest_agent.0.device\n\n[Service]\n"
    "ExecStart=-/usr/sbin/qemu-ga\nRestart=always\nRestartSec=0\n\n[Install]\n"
)
AGENT_RULE = (
    'SUBSYSTEM=="virtio-ports", ATTR{name}=="org.qemu.guest_agent.0", TAG+="systemd" '
    'ENV{SYSTEMD_WANTS}="qemu-guest-agent.service"\n'
)
FSTAB = "# /etc/fstab: static file system information\nUUID={root} / ext4 rw,discard,errors=remount-ro 0 1\n"
VERSIONS = {
    "cloud-guest-utils": "0.33-1", "cloud-init": "22.4.2-1", "openssh-server": "1:9.2p1-2+deb12u3",
    "e2fsprogs": "1.47.0-2", "util-linux": "2.38.1-5+deb12u1", "qemu-guest-agent": "1:7.2+dfsg-7",
    "systemd": "252.31-1",     "grub-pc": "2.06-13", "python3": "3.11.2-1",
}  # fmt: skip
