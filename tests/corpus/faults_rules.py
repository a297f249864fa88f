"""Packet filter rules that a boot loads without a firewall's own service, and those that nothing loads."""

from __future__ import annotations

from corpus.base import unit
from corpus.faults import Fault, appended, both, by_guest, script, service, wrote

_FAIL = {"firewall": "fail"}
_LIB = "/usr/lib/systemd/system"
_OPEN = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
_NFT = (
    "#!/usr/sbin/nft -f\n\nflush ruleset\n\n"
    "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter;\n\t}\n}\n"
)
_NFT_DROPS = _NFT.replace("priority filter;", "priority filter; policy drop;\n\t\ttcp dport 22 accept")

FAULTS: tuple[Fault, ...] = (
    Fault(
        "rules in rc.local",
        ("debian-8", "debian-12", "centos-6", "centos-7", "alma-9", "ubuntu-14*"),
        by_guest(
            {
                "debian-*": script("/etc/rc.local", "#!/bin/sh -e\niptables-restore < /etc/iptables.rules\nexit 0\n"),
                "ubuntu-*": script("/etc/rc.local", "#!/bin/sh -e\niptables -P INPUT DROP\nexit 0\n"),
                "*": script("/etc/rc.d/rc.local", "#!/bin/bash\nnft -f /etc/own.nft\ntouch /var/lock/subsys/local\n"),
            }
        ),
        _FAIL,
        fixable=False,
    ),
    Fault(
        "rules in an rc.local that does not run",
        ("debian-8", "debian-12", "centos-7", "alma-9"),
        by_guest(
            {
                "debian-*": wrote("/etc/rc.local", "#!/bin/sh -e\niptables-restore < /etc/iptables.rules\nexit 0\n"),
                "*": wrote("/etc/rc.d/rc.local", "#!/bin/bash\nnft -f /etc/own.nft\n"),
            }
        ),
        {},
    ),
    Fault(
        "rules after rc.local's exit",
        ("debian-12",),
        script("/etc/rc.local", "#!/bin/sh -e\nexit 0\niptables-restore < /etc/iptables.rules\n"),
        {},
    ),
    Fault(
        "rules before the interfaces come up",
        ("debian-8", "debian-12", "ubuntu-14*", "ubuntu-16*"),
        script("/etc/network/if-pre-up.d/iptables", "#!/bin/sh\n/sbin/iptables-restore < /etc/iptables.up.rules\n"),
        _FAIL,
        fixable=False,
    ),
    Fault(
        "ifupdown's hook where there is no ifupdown",
        ("debian-13", "ubuntu-20*", "ubuntu-24*"),
        script("/etc/network/if-pre-up.d/iptables", "#!/bin/sh\n/sbin/iptables-restore < /etc/iptables.up.rules\n"),
        {},
    ),
    Fault(
        "a hook that is not executable",
        ("debian-12",),
        wrote("/etc/network/if-pre-up.d/iptables", "#!/bin/sh\n/sbin/iptables-restore < /etc/iptables.up.rules\n"),
        {},
    ),
    Fault(
        "NetworkManager's hook without NetworkManager",
        ("debian-12", "arch"),
        script("/etc/NetworkManager/dispatcher.d/50-fw", "#!/bin/sh\niptables-restore < /etc/fw\n"),
        {},
    ),
    Fault(
        "NetworkManager's hook",
        ("centos-7", "alma-9", "tumbleweed"),
        script("/etc/NetworkManager/dispatcher.d/50-fw", "#!/bin/sh\niptables-restore < /etc/fw\n"),
        _FAIL,
        fixable=False,
    ),
    Fault(
        "cloud-init's runcmd",
        ("debian-12", "alma-9", "ubuntu-24*"),
        wrote("/etc/cloud/cloud.cfg.d/90-fw.cfg", "runcmd:\n - [systemctl, enable, --now, firewalld]\n"),
        _FAIL,
        fixable=False,
    ),
    Fault(
        "cloud-init's script of every boot",
        ("debian-12", "alpine-*"),
        script("/var/lib/cloud/scripts/per-boot/fw.sh", "#!/bin/sh\nufw --force enable\n"),
        _FAIL,
        fixable=False,
    ),
    Fault(
        "a unit of another name",
        ("debian-12", "centos-7", "leap-15", "arch"),
        both(
            script("/usr/local/sbin/harden", "#!/bin/sh\niptables -A INPUT -j DROP\n"),
            service("harden.service", unit("/usr/local/sbin/harden", "multi-user.target")),
        ),
        _FAIL,
    ),
    Fault(
        "a script of no harm",
        ("debian-12", "alma-9"),
        both(
            script("/usr/local/sbin/tune", "#!/bin/sh\n# iptables -A INPUT -j DROP\nsysctl -w net.ipv4.ip_forward=1\n"),
            service("tune.service", unit("/usr/local/sbin/tune", "multi-user.target")),
        ),
        {},
    ),
    Fault(
        "docker and fail2ban",
        ("debian-12", "ubuntu-24*", "alma-9"),
        both(
            service(
                "docker.service",
                unit("/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock", "multi-user.target"),
            ),
            service("fail2ban.service", unit("/usr/bin/fail2ban-server -xf start", "multi-user.target")),
        ),
        {},
    ),
    Fault(
        "a timer's rules",
        ("debian-12", "alma-9"),
        both(
            wrote(f"{_LIB}/fw.service", unit("/usr/sbin/iptables-restore /etc/fw.rules")),
            service("fw.timer", "[Timer]\nOnBootSec=30\n\n[Install]\nWantedBy=timers.target\n", "timers.target"),
        ),
        _FAIL,
    ),
    Fault(
        "inittab's rules",
        ("sles-11", "alpine-*"),
        by_guest(
            {
                "sles-11": appended("/etc/inittab", "fw:35:once:/sbin/iptables-restore /etc/fw.rules\n"),
                "*": appended("/etc/inittab", "::once:/sbin/iptables-restore /etc/fw.rules\n"),
            }
        ),
        _FAIL,
        fixable=False,
    ),
    Fault(
        "cron's rules",
        ("centos-7",),
        both(
            service("crond.service", unit("/usr/sbin/crond -n $CRONDARGS", "multi-user.target")),
            wrote("/etc/cron.d/fw", "@reboot root /usr/sbin/iptables-restore /etc/fw.rules\n"),
        ),
        _FAIL,
        fixable=False,
    ),
    Fault(
        "nftables on without a rule",
        ("debian-12", "alma-9", "arch"),
        both(
            service(
                "nftables.service", unit("/usr/sbin/nft -f /etc/nftables.conf", "sysinit.target"), "sysinit.target"
            ),
            wrote("/etc/nftables.conf", _NFT),
        ),
        _FAIL,
    ),
    Fault(
        "nftables off, and without a rule on the first boot",
        ("ubuntu-26*", "debian-12"),
        both(
            wrote(f"{_LIB}/nftables.service", unit("/usr/sbin/nft -f /etc/nftables.conf", "sysinit.target")),
            wrote("/etc/nftables.conf", _NFT),
            wrote("/etc/machine-id", " uninitialized\n"),
        ),
        _FAIL,
    ),
    Fault(
        "nftables off, until the first boot",
        ("ubuntu-26*",),
        both(
            wrote(f"{_LIB}/nftables.service", unit("/usr/sbin/nft -f /etc/nftables.conf", "sysinit.target")),
            wrote("/etc/nftables.conf", _NFT_DROPS),
        ),
        _FAIL,
    ),
    Fault(
        "netfilter-persistent on without a rule",
        ("debian-12", "ubuntu-20*"),
        both(
            service("netfilter-persistent.service", unit("/usr/sbin/netfilter-persistent start", "multi-user.target")),
            wrote("/etc/iptables/rules.v4", _OPEN),
        ),
        _FAIL,
    ),
)
