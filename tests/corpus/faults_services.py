"""What keeps sshd from running at boot or from letting a key in, and what only looks as if it did."""

from __future__ import annotations

from fake_guest import Link

from corpus.base import enabled, unit
from corpus.faults import Change, Fault, both, by_guest, edited, mode, without, wrote

_FAIL = {"ssh-server": "fail"}
_NOTHING = {"root-resize": "fail", "ssh-key": "fail", "user-data": "fail", "network": "fail"}
_UNKNOWN = {"ssh-server": "unknown"}
_ETC = "/etc/systemd/system"
_LIB = "/usr/lib/systemd/system"
_SSHD = "/etc/ssh/sshd_config"
_DROP_IN = f"{_SSHD}.d/10-own.conf"
_INCLUDING = ("debian-12", "debian-13", "ubuntu-2*", "alma-9", "fedora-42", "arch", "alpine-*")
_NEW = ("debian-12", "ubuntu-24*", "centos-7", "alma-9", "leap-15", "arch")


def made(table: dict[str, object]) -> Change:
    """Every file and link of a table."""
    return both(*(wrote(path, entry) for path, entry in table.items()))  # type: ignore[arg-type]


def drop_in(text: str) -> Change:
    """A drop-in of the service, by the name that the distribution gives it."""
    return by_guest(
        {
            "debian-*": wrote(f"{_ETC}/ssh.service.d/own.conf", text),
            "*": wrote(f"{_ETC}/sshd.service.d/own.conf", text),
        }
    )


_NOT_ENABLED = by_guest(
    {
        "debian-*": without(f"{_ETC}/multi-user.target.wants/ssh.service"),
        "ubuntu-16*": without(f"{_ETC}/multi-user.target.wants/ssh.service"),
        "ubuntu-20*": without(f"{_ETC}/multi-user.target.wants/ssh.service"),
        "ubuntu-14*": wrote("/etc/init/ssh.override", "manual\n"),
        "ubuntu-2*": without(f"{_ETC}/sockets.target.wants/ssh.socket"),
        "centos-6": without("/etc/rc.d/rc?.d/S55sshd"),
        "sles-11": without("/etc/init.d/rc?.d/[SK]??sshd"),
        "alpine-*": without("/etc/runlevels/default/sshd"),
        "*": without(f"{_ETC}/multi-user.target.wants/sshd.service"),
    }
)
_MASKED = by_guest(
    {
        "debian-*": wrote(f"{_ETC}/ssh.service", Link("/dev/null")),
        "ubuntu-*": wrote(f"{_ETC}/ssh.service", Link("/dev/null")),
        "*": wrote(f"{_ETC}/sshd.service", Link("/dev/null")),
    }
)
_GONE = by_guest({"arch*": without("/usr/bin/sshd"), "*": without("/usr/sbin/sshd")})
_PLAIN = by_guest({"arch*": mode("/usr/bin/sshd", 0o644), "*": mode("/usr/sbin/sshd", 0o644)})

FAULTS: tuple[Fault, ...] = (
    Fault("sshd is not enabled", ("*",), _NOT_ENABLED, _FAIL),
    Fault(
        "sshd is masked",
        ("debian-8", "debian-13", "ubuntu-2[04]*", "centos-7", "rhel-10", "sles-15", "arch"),
        _MASKED,
        _FAIL,
    ),
    Fault(
        "sshd's unit is an empty file",
        ("debian-12", "alma-9"),
        by_guest({"debian-*": wrote(f"{_ETC}/ssh.service", ""), "*": wrote(f"{_ETC}/sshd.service", "")}),
        _FAIL,
    ),
    Fault(
        "sshd's unit is gone",
        ("debian-12", "alma-9", "sles-15"),
        by_guest({"debian-*": without(f"{_LIB}/ssh.service"), "*": without(f"{_LIB}/sshd.service")}),
        _FAIL,
        fixable=False,
    ),
    Fault(
        "sshd is not installed",
        ("debian-8", "debian-13", "ubuntu-14*", "ubuntu-24*", "centos-6", "alma-9", "sles-1*", "arch"),
        _GONE,
        _FAIL | {"ssh-host-keys": "skipped"},
        packages=True,
    ),
    Fault("sshd's program is not executable", ("debian-12", "centos-6", "alma-9", "arch"), _PLAIN, _FAIL),
    Fault(
        "sshd's own unit runs something else",
        ("debian-12", "ubuntu-20*", "alma-9"),
        by_guest(
            {
                "debian-*": wrote(f"{_ETC}/ssh.service", unit("/bin/true", "multi-user.target")),
                "ubuntu-*": wrote(f"{_ETC}/ssh.service", unit("/bin/true", "multi-user.target")),
                "*": wrote(f"{_ETC}/sshd.service", unit("/bin/true", "multi-user.target")),
            }
        ),
        _FAIL,
        fixable=False,
    ),
    Fault(
        "a drop-in empties sshd's command",
        ("debian-12", "alma-9"),
        drop_in("[Service]\nExecStart=\nExecStart=/bin/true\n"),
        _FAIL,
        fixable=False,
    ),
    Fault(
        "a drop-in gives the same command",
        ("debian-12", "alma-9"),
        by_guest(
            {
                "debian-*": wrote(
                    f"{_ETC}/ssh.service.d/a.conf", "[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D $SSHD_OPTS\n"
                ),
                "*": wrote(
                    f"{_ETC}/sshd.service.d/a.conf", "[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D $OPTIONS\n"
                ),
            }
        ),
        {},
    ),
    Fault(
        "a drop-in's condition does not hold",
        ("debian-12", "alma-9"),
        drop_in("[Unit]\nConditionPathExists=/etc/ssh/enabled\n"),
        _FAIL,
        fixable=False,
    ),
    Fault(
        "a drop-in's condition holds",
        ("debian-12", "alma-9"),
        drop_in("[Unit]\nConditionPathExists=!/etc/ssh/disabled\n"),
        {},
    ),
    Fault(
        "a drop-in hides the homes",
        ("debian-12", "alma-9"),
        drop_in("[Service]\nProtectHome=yes\n"),
        _FAIL,
        fixable=False,
    ),
    Fault(
        "a drop-in refuses every address",
        ("debian-12", "alma-9", "sles-15"),
        drop_in("[Service]\nIPAddressDeny=any\n"),
        _FAIL,
        fixable=False,
    ),
    Fault(
        "a drop-in that only sets a limit",
        ("debian-12", "alma-9", "sles-15"),
        drop_in("[Service]\nLimitNOFILE=4096\nRestartSec=5\n"),
        {},
    ),
    Fault("sshd_not_to_be_run", ("debian-*", "ubuntu-*"), wrote("/etc/ssh/sshd_not_to_be_run", ""), _FAIL),
    Fault(
        "sshd_not_to_be_run where nothing heeds it",
        ("alma-9", "leap-15", "arch", "alpine-*"),
        wrote("/etc/ssh/sshd_not_to_be_run", ""),
        {},
    ),
    Fault(
        "nologin left over",
        ("debian-12", "centos-6", "alma-9", "sles-15", "alpine-*"),
        wrote("/etc/nologin", "maintenance\n"),
        _FAIL | {"ssh-key": "fail"},
    ),
    Fault(
        "the socket instead of the service",
        ("debian-12", "debian-10"),
        both(
            _NOT_ENABLED,
            made(
                {
                    f"{_ETC}/sockets.target.wants/ssh.socket": Link("/lib/systemd/system/ssh.socket"),
                    f"{_LIB}/ssh@.service": "[Service]\nExecStart=-/usr/sbin/sshd -i $SSHD_OPTS\n",
                }
            ),
        ),
        {},
    ),
    Fault(
        "the socket without its template",
        ("debian-12",),
        both(_NOT_ENABLED, made({f"{_ETC}/sockets.target.wants/ssh.socket": Link("/lib/systemd/system/ssh.socket")})),
        _FAIL,
    ),
    Fault(
        "the service instead of the socket",
        ("ubuntu-24*",),
        both(
            without(f"{_ETC}/sockets.target.wants/ssh.socket", f"{_ETC}/ssh.service.requires/ssh.socket"),
            made(enabled("ssh.service", "multi-user.target", _LIB)),
        ),
        {},
    ),
    Fault(
        "the service and its masked socket",
        ("debian-12", "ubuntu-20*"),
        wrote(f"{_ETC}/ssh.socket", Link("/dev/null")),
        {},
    ),
    Fault("the other name masked", ("debian-12", "ubuntu-20*"), wrote(f"{_ETC}/sshd.service", Link("/dev/null")), {}),
    Fault(
        "no preset enables sshd",
        ("fedora-42", "rhel-10"),
        wrote("/usr/lib/systemd/system-preset/10-own.preset", "disable sshd.service\n"),
        _FAIL,
    ),
    Fault(
        "a preset that only a full first boot heeds",
        ("ubuntu-26*", "alma-9", "leap-15", "arch"),
        wrote("/etc/systemd/system-preset/10-own.preset", "disable sshd.service\ndisable ssh.*\n"),
        {},
    ),
    Fault(
        "a first boot to come",
        ("alma-9", "leap-15", "debian-12", "arch"),
        wrote("/etc/machine-id", "uninitialized\n"),
        {},
    ),
    Fault(
        "a target of one's own that asks for nothing",
        ("alma-9",),
        wrote(f"{_ETC}/default.target", "[Unit]\nRequires=basic.target\nAllowIsolate=yes\n"),
        _FAIL | _NOTHING,
        fixable=False,
    ),
    Fault(
        "the graphical target",
        ("alma-9", "arch"),
        wrote(f"{_ETC}/default.target", Link(f"{_LIB}/graphical.target")),
        {},
    ),
    Fault(
        "no default runlevel",
        ("alpine-*",),
        edited("/etc/inittab", "::wait:/sbin/openrc default", "#"),
        _FAIL | {"user-data": "fail", "ssh-key": "fail", "root-resize": "fail", "guest-agent": "fail"},
    ),
    Fault(
        "the rescue target",
        ("debian-12",),
        wrote(f"{_ETC}/default.target", Link(f"{_LIB}/rescue.target")),
        _FAIL | _NOTHING,
        fixable=False,
    ),
    Fault(
        "runlevel 1",
        ("centos-6",),
        edited("/etc/inittab", "id:3:init", "id:1:init"),
        _FAIL | _NOTHING | {"guest-agent": "fail"},
        fixable=False,
    ),
    Fault(
        "an init script without its bit",
        ("centos-6", "sles-11", "alpine-*"),
        mode("/etc/init.d/sshd", 0o644),
        _FAIL,
        fixable=False,
    ),
    Fault(
        "upstart's job begins with nothing",
        ("ubuntu-14*",),
        edited("/etc/init/ssh.conf", "start on runlevel [2345]\n", "#"),
        _FAIL,
        fixable=False,
    ),
    Fault(
        "sshd's own account is gone",
        ("debian-12", "centos-7", "sles-12", "alpine-*"),
        edited("/etc/passwd", "sshd:", "nobody:"),
        _FAIL,
        fixable=False,
    ),
    Fault(
        "host keys made by nobody",
        ("debian-12", "ubuntu-24*"),
        edited("/etc/cloud/cloud.cfg", "\n - ssh\n", "\n"),
        _FAIL | {"ssh-key": "fail"},
        fixable=False,
    ),
)
