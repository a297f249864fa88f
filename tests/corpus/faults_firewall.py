"""Firewall services that start at boot, and those that only look like it."""

from __future__ import annotations

from fake_guest import Link

from corpus.base import unit
from corpus.faults import Change, Fault, both, by_guest, edited, script, service, without, wrote

_FAIL = {"firewall": "fail"}
_ETC = "/etc/systemd/system"
_LIB = "/usr/lib/systemd/system"
_RULES = (
    "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
    "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n"
)
_NFT = (
    "#!/usr/sbin/nft -f\n\nflush ruleset\n\n"
    "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter;\n\t}\n}\n"
)
_NFT_DROPS = _NFT.replace("priority filter;", "priority filter; policy drop;\n\t\ttcp dport 22 accept")
_FIREWALLD = unit(
    "/usr/sbin/firewalld --nofork --nopid", "multi-user.target", "dbus-org.fedoraproject.FirewallD1.service"
)
_SCRIPT = (
    "#!/bin/sh\n### BEGIN INIT INFO\n# Provides: fw\n# Default-Start: 2 3 4 5\n### END INIT INFO\n"
    "# chkconfig: 2345 08 92\n"
)


def started(name: str, *levels: str, text: str = "") -> Change:
    """An init script with its start links."""
    return both(
        script(f"/etc/init.d/{name}", text or _SCRIPT + "iptables-restore < /etc/sysconfig/iptables\n"),
        *(
            wrote(f"/etc/rc.d/rc{level}.d/S08{name}" if level in "2345" else level, Link(f"../init.d/{name}"))
            for level in levels
        ),
    )


FAULTS: tuple[Fault, ...] = (
    Fault(
        "firewalld on",
        ("debian-12", "centos-7", "rocky-8", "alma-9", "fedora-42", "sles-15", "leap-15", "tumbleweed"),
        both(
            service("firewalld.service", _FIREWALLD),
            wrote(f"{_ETC}/dbus-org.fedoraproject.FirewallD1.service", Link(f"{_LIB}/firewalld.service")),
        ),
        _FAIL,
    ),
    Fault(
        "firewalld by its alias alone",
        ("alma-9", "leap-15"),
        both(
            wrote(f"{_LIB}/firewalld.service", _FIREWALLD),
            wrote(f"{_ETC}/dbus-org.fedoraproject.FirewallD1.service", Link(f"{_LIB}/firewalld.service")),
        ),
        _FAIL,
    ),
    Fault(
        "firewalld installed and off",
        ("debian-12", "centos-7", "alma-9", "sles-15", "tumbleweed", "arch"),
        wrote(f"{_LIB}/firewalld.service", _FIREWALLD),
        {},
    ),
    Fault("firewalld off, until the first boot", ("rhel-10",), wrote(f"{_LIB}/firewalld.service", _FIREWALLD), _FAIL),
    Fault("firewalld off, and the presets say so", ("fedora-42",), wrote(f"{_LIB}/firewalld.service", _FIREWALLD), {}),
    Fault(
        "firewalld masked and linked",
        ("centos-7", "alma-9"),
        both(service("firewalld.service", _FIREWALLD), wrote(f"{_ETC}/firewalld.service", Link("/dev/null"))),
        {},
    ),
    Fault(
        "a link to a firewalld that is gone",
        ("centos-7", "alma-9"),
        wrote(f"{_ETC}/multi-user.target.wants/firewalld.service", Link(f"{_LIB}/firewalld.service")),
        {},
    ),
    Fault(
        "firewalld asked for by another unit",
        ("alma-9",),
        both(
            wrote(f"{_LIB}/firewalld.service", _FIREWALLD),
            service(
                "own.service",
                "[Unit]\nWants=firewalld.service\n\n" + unit("/bin/true", "multi-user.target").partition("\n\n")[2],
            ),
        ),
        _FAIL,
        fixable=False,
    ),
    Fault(
        "firewalld for the rescue target", ("alma-9",), service("firewalld.service", _FIREWALLD, "rescue.target"), {}
    ),
    Fault(
        "nftables on",
        ("debian-12", "ubuntu-24*", "alma-9", "arch"),
        both(
            service(
                "nftables.service", unit("/usr/sbin/nft -f /etc/nftables.conf", "sysinit.target"), "sysinit.target"
            ),
            wrote("/etc/nftables.conf", _NFT_DROPS),
            wrote("/etc/sysconfig/nftables.conf", _NFT_DROPS),
        ),
        _FAIL,
    ),
    Fault(
        "nftables installed and off",
        ("debian-12", "ubuntu-24*", "alma-9", "arch", "leap-15"),
        both(
            wrote(f"{_LIB}/nftables.service", unit("/usr/sbin/nft -f /etc/nftables.conf", "sysinit.target")),
            wrote("/etc/nftables.conf", _NFT_DROPS),
        ),
        {},
    ),
    Fault(
        "netfilter-persistent on",
        ("debian-12", "ubuntu-2[04]*"),
        both(
            service(
                "netfilter-persistent.service",
                unit("/usr/sbin/netfilter-persistent start", "multi-user.target", "iptables.service"),
            ),
            wrote("/etc/iptables/rules.v4", _RULES),
        ),
        _FAIL,
    ),
    Fault(
        "rules that nothing loads",
        ("debian-12", "ubuntu-20*", "arch"),
        both(
            wrote("/etc/iptables/rules.v4", _RULES),
            wrote("/etc/iptables.up.rules", _RULES),
            wrote("/etc/iptables/iptables.rules", _RULES),
        ),
        {},
    ),
    Fault(
        "Red Hat 6's iptables on",
        ("centos-6",),
        both(
            wrote("/etc/sysconfig/iptables", _RULES),
            started("iptables", "2", "3", "4", "5"),
            started("ip6tables", "2", "3", "4", "5"),
        ),
        _FAIL,
    ),
    Fault(
        "Red Hat 6's iptables off",
        ("centos-6",),
        both(
            wrote("/etc/sysconfig/iptables", _RULES),
            script("/etc/init.d/iptables", _SCRIPT),
            wrote("/etc/rc.d/rc3.d/K92iptables", Link("../init.d/iptables")),
        ),
        {},
    ),
    Fault(
        "Red Hat 6's iptables in another runlevel",
        ("centos-6",),
        both(wrote("/etc/sysconfig/iptables", _RULES), started("iptables", "5")),
        {},
    ),
    Fault(
        "iptables.service on",
        ("centos-7", "alma-9", "arch"),
        both(
            wrote("/etc/sysconfig/iptables", _RULES),
            wrote("/etc/iptables/iptables.rules", _RULES),
            service(
                "iptables.service", unit("/usr/libexec/iptables/iptables.init start", "basic.target"), "basic.target"
            ),
        ),
        _FAIL,
    ),
    Fault(
        "SuSEfirewall2 on",
        ("sles-12",),
        both(
            wrote(f"{_ETC}/multi-user.target.wants/SuSEfirewall2.service", Link(f"{_LIB}/SuSEfirewall2.service")),
            wrote(f"{_ETC}/SuSEfirewall2_setup.service", Link(f"{_LIB}/SuSEfirewall2.service")),
            wrote(
                f"{_ETC}/SuSEfirewall2.service.wants/SuSEfirewall2_init.service",
                Link(f"{_LIB}/SuSEfirewall2_init.service"),
            ),
        ),
        _FAIL,
    ),
    Fault(
        "SuSEfirewall2's scripts on",
        ("sles-11",),
        both(
            *(
                script(f"/etc/init.d/SuSEfirewall2_{what}", _SCRIPT + "/sbin/SuSEfirewall2 start\n")
                for what in ("init", "setup")
            ),
            wrote("/etc/init.d/boot.d/S13SuSEfirewall2_init", Link("../SuSEfirewall2_init")),
            wrote("/etc/init.d/rc3.d/S11SuSEfirewall2_setup", Link("../SuSEfirewall2_setup")),
        ),
        _FAIL,
    ),
    Fault("ufw enabled", ("ubuntu-*",), edited("/etc/ufw/ufw.conf", "ENABLED=no", "ENABLED=yes"), _FAIL),
    Fault(
        "ufw enabled without its unit",
        ("ubuntu-1[46]*", "ubuntu-20*", "ubuntu-24*"),
        both(
            edited("/etc/ufw/ufw.conf", "ENABLED=no", "ENABLED=yes"),
            by_guest(
                {
                    "ubuntu-14*": wrote("/etc/init/ufw.override", "manual\n"),
                    "*": without(f"{_ETC}/multi-user.target.wants/ufw.service"),
                }
            ),
        ),
        {},
    ),
    Fault(
        "ufw enabled in a comment",
        ("ubuntu-24*",),
        edited("/etc/ufw/ufw.conf", "ENABLED=no", "#ENABLED=yes\nENABLED=no"),
        {},
    ),
    Fault(
        "ufw of others",
        ("debian-12", "arch"),
        both(
            service("ufw.service", unit("/usr/lib/ufw/ufw-init start quiet", "multi-user.target")),
            wrote("/etc/ufw/ufw.conf", 'ENABLED="yes"\n'),
        ),
        _FAIL,
    ),
    Fault(
        "Alpine's firewalls on",
        ("alpine-*",),
        both(
            script(
                "/etc/init.d/iptables",
                "#!/sbin/openrc-run\nstart() {\n\tiptables-restore < /var/lib/iptables/rules-save\n}\n",
            ),
            wrote("/var/lib/iptables/rules-save", _RULES),
            wrote("/etc/runlevels/default/iptables", Link("/etc/init.d/iptables")),
        ),
        _FAIL,
    ),
    Fault(
        "Alpine's nftables on",
        ("alpine-*",),
        both(
            script("/etc/init.d/nftables", "#!/sbin/openrc-run\nstart() {\n\tnft -f /etc/nftables.nft\n}\n"),
            wrote("/etc/nftables.nft", _NFT_DROPS),
            wrote("/etc/runlevels/boot/nftables", Link("/etc/init.d/nftables")),
        ),
        _FAIL,
    ),
    Fault(
        "Alpine's firewalls off",
        ("alpine-*",),
        both(
            script("/etc/init.d/iptables", "#!/sbin/openrc-run\n"),
            script("/etc/init.d/awall", "#!/sbin/openrc-run\n"),
            wrote("/var/lib/iptables/rules-save", _RULES),
        ),
        {},
    ),
    Fault(
        "shorewall and ferm",
        ("debian-12",),
        both(
            service("shorewall.service", unit("/sbin/shorewall -f start", "basic.target"), "basic.target"),
            service("ferm.service", unit("/etc/init.d/ferm start", "basic.target"), "basic.target"),
        ),
        _FAIL,
    ),
    Fault(
        "ipset",
        ("centos-7", "alma-9"),
        service("ipset.service", unit("/usr/libexec/ipset/ipset.start-stop start", "basic.target"), "basic.target"),
        {},
    ),
)
