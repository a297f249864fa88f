"""The QEMU guest agent absent, off, masked, or on a port that an instance does not have."""

from __future__ import annotations

from fake_guest import Link

from corpus.base import unit
from corpus.faults import Fault, by_guest, mode, service, without, wrote

_ETC = "/etc/systemd/system"
_LIB = "/usr/lib/systemd/system"

FAULTS: tuple[Fault, ...] = (
    Fault(
        "agent absent",
        ("debian-12", "centos-*", "alma-9", "sles-*", "arch", "alpine-*", "ubuntu-1*"),
        by_guest(
            {
                "debian-*": without("/usr/sbin/qemu-ga"),
                "ubuntu-*": without("/usr/sbin/qemu-ga"),
                "*": without("/usr/bin/qemu-ga"),
            }
        ),
        {"guest-agent": "fail"},
        packages=True,
    ),
    Fault(
        "agent off",
        ("debian-8", "ubuntu-14*", "centos-*", "alma-9", "fedora-42", "sles-11", "alpine-*"),
        by_guest(
            {
                "debian-*": without("/etc/rc?.d/S??qemu-guest-agent"),
                "ubuntu-*": without("/etc/rc?.d/S??qemu-guest-agent"),
                "centos-6": without("/etc/rc.d/rc?.d/S??qemu-ga"),
                "sles-11": without("/etc/init.d/rc?.d/[SK]??qemu-ga"),
                "alpine-*": without("/etc/runlevels/default/qemu-guest-agent"),
                "*": without(f"{_ETC}/dev-virtio*/qemu-guest-agent.service"),
            }
        ),
        {"guest-agent": "fail"},
    ),
    Fault(
        "agent masked",
        ("debian-12", "alma-9", "leap-15", "arch"),
        wrote(f"{_ETC}/qemu-guest-agent.service", Link("/dev/null")),
        {"guest-agent": "fail"},
    ),
    Fault(
        "agent's rule gone",
        ("debian-12", "leap-15"),
        without("/usr/lib/udev/rules.d/*qemu-guest-agent.rules"),
        {"guest-agent": "fail"},
        fixable=False,
    ),
    Fault(
        "agent's rule switched off",
        ("debian-12", "arch"),
        by_guest(
            {
                "debian-*": wrote("/etc/udev/rules.d/60-qemu-guest-agent.rules", Link("/dev/null")),
                "arch*": wrote("/etc/udev/rules.d/99-qemu-guest-agent.rules", Link("/dev/null")),
            }
        ),
        {"guest-agent": "fail"},
    ),
    Fault(
        "agent's unit gone",
        ("debian-12", "alma-9"),
        without(f"{_LIB}/qemu-guest-agent.service"),
        {"guest-agent": "fail"},
        fixable=False,
    ),
    Fault(
        "agent on another port",
        ("debian-12", "alma-9"),
        wrote(
            f"{_ETC}/qemu-guest-agent.service.d/own.conf",
            "[Service]\nExecStart=\nExecStart=/usr/bin/qemu-ga --method=isa-serial --path=/dev/ttyS1\n",
        ),
        {"guest-agent": "fail"},
        fixable=False,
    ),
    Fault(
        "agent's settings name another port",
        ("debian-12", "alpine-*"),
        by_guest(
            {
                "debian-*": wrote("/etc/default/qemu-guest-agent", 'DAEMON_ARGS="-m isa-serial -p /dev/ttyS1"\n'),
                "*": wrote("/etc/conf.d/qemu-guest-agent", 'GA_METHOD="isa-serial"\n'),
            }
        ),
        {"guest-agent": "fail"},
        fixable=False,
    ),
    Fault(
        "agent's settings name the usual port",
        ("debian-12", "centos-6"),
        by_guest(
            {
                "debian-*": wrote("/etc/default/qemu-guest-agent", 'DAEMON_ARGS="-m virtio-serial"\n'),
                "*": wrote(
                    "/etc/sysconfig/qemu-ga",
                    'TRANSPORT_METHOD="virtio-serial"\nDEVPATH="/dev/virtio-ports/org.qemu.guest_agent.0"\n',
                ),
            }
        ),
        {},
    ),
    Fault(
        "agent not executable",
        ("debian-12", "alma-9"),
        by_guest({"debian-*": mode("/usr/sbin/qemu-ga", 0o644), "*": mode("/usr/bin/qemu-ga", 0o644)}),
        {"guest-agent": "fail"},
    ),
    Fault(
        "VMware's agent beside it",
        ("debian-12", "alma-9"),
        service("vmtoolsd.service", unit("/usr/bin/vmtoolsd", "multi-user.target")),
        {},
    ),
)
