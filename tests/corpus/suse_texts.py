"""SUSE's own configuration files and units, as far as a verdict reads them."""

from __future__ import annotations

UNITS = "/usr/lib/systemd/system"
GROUPS = ("adm", "tty", "cdrom", "users", "wheel", "systemd-journal", "nogroup", "maildrop")
IFCFG = "BOOTPROTO='dhcp'\nSTARTMODE='auto'\nMTU=''\nREMOTE_IPADDR=''\nUSERCONTROL='no'\nCLOUD_NETCONFIG_MANAGE='yes'\n"
SSHD = """\
#\t$OpenBSD: sshd_config,v 1.103 2018/04/09 20:41:22 tj Exp $

#Port 22
#AddressFamily any
{include}
#PermitRootLogin prohibit-password
#PubkeyAuthentication yes

# The default is to check both .ssh/authorized_keys and .ssh/authorized_keys2
# but this is overridden so installations will only check .ssh/authorized_keys
AuthorizedKeysFile\t.ssh/authorized_keys

PasswordAuthentication no
ChallengeResponseAuthentication no
UsePAM yes
X11Forwarding yes
PrintMotd no
Subsystem\tsftp\t/usr/lib/ssh/sftp-server
AcceptEnv LANG LC_CTYPE LC_NUMERIC LC_TIME LC_COLLATE LC_MONETARY LC_MESSAGES
"""
SSHD_UNIT = """\
[Unit]
Description=OpenSSH Daemon
After=network.target

[Service]
Type=notify
EnvironmentFile=-/etc/sysconfig/ssh
ExecStartPre=/usr/sbin/sshd-gen-keys-start
ExecStartPre=/usr/sbin/sshd -t $SSHD_OPTS
ExecStart=/usr/sbin/sshd -D $SSHD_OPTS
KillMode=process
Restart=on-failure

[Install]
WantedBy=multi-user.target
"""
GEN_KEYS = """\
#!/bin/sh

. /etc/sysconfig/ssh
ssh-keygen -A
"""
AGENT = (
    "[Unit]\nDescription=QEMU Guest Agent\nBindTo=dev-virtio\\x2dports-org.qemu.guest_agent.0.device\n"
    "After=dev-virtio\\x2dports-org.qemu.guest_agent.0.device\n\n[Service]\nExecStart=-/usr/bin/qemu-ga\n"
    "Restart=always\nRestartSec=0\n"
)
AGENT_RULE = (
    'SUBSYSTEM=="virtio-ports", ATTR{name}=="org.qemu.guest_agent.0", TAG+="systemd" '
    'ENV{SYSTEMD_WANTS}="qemu-guest-agent.service"\n'
)
PRESET = (
    "enable getty@.service\nenable wicked.service\nenable cron.service\nenable rsyslog.service\nenable sshd.service\n"
)
VERSIONS = {
    "growpart": "0.33-150000.1", "cloud-init": "23.3-150100.8.85.4", "openssh": "9.6p1-150600.6.9.1",
    "util-linux": "2.39.3-150600.4.9.4", "qemu-guest-agent": "8.2.2-150600.3.7", "e2fsprogs": "1.47.0-150600.4.3.2",
    "systemd": "254.13-150600.4.3.1", "wicked": "0.6.75", "xfsprogs": "6.7.0", "btrfsprogs": "6.5.1",
    "gptfdisk": "1.0.9",
}  # fmt: skip
