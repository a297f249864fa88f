"""cloud-init off, half on, misled or misconfigured: what keeps an instance's data from being processed."""

from __future__ import annotations

from collections.abc import Iterable

from fake_guest import Link

from corpus.faults import Change, Fault, both, by_guest, edited, mode, unpackaged, without, wrote

CFG = "/etc/cloud/cloud.cfg"
LATE = f"{CFG}.d/99-late.cfg"
IDENTIFY = "/etc/cloud/ds-identify.cfg"
ETC = "/etc/systemd/system"
WANTS = f"{ETC}/cloud-init.target.wants"
_BARE = ("debian-8",)
_NETWORK = ("debian-12", "ubuntu-24*")
_RED_HAT = ("rocky-8", "rhel-10")
_OTHERS = ("sles-15", "arch")
_SYSV = ("ubuntu-14*", "centos-6", "sles-11")
_TARGET = (*_NETWORK, *_RED_HAT, *_OTHERS)
_OFF = {"root-resize": "fail", "ssh-key": "fail", "user-data": "fail"}
_KEYLESS = _OFF | {"ssh-server": "fail"}
_DATA = {"ssh-key": "fail", "user-data": "fail"}
_SEVERAL = ("debian-12", "rhel-10", "sles-15", "alpine-*")
FEW = ("debian-12", "centos-6", "alpine-*")
EVERY = ("debian-8", "debian-12", "ubuntu-14*", "ubuntu-24*", "centos-*", "rocky-8", "rhel-10", "sles-11", "sles-15",
          "arch",
         "alpine-*")  # fmt: skip
"""A guest of each kind that differs in how cloud-init is started, and no more: there are many faults."""


def off(
    name: str, change: Change, guests: Iterable[str] = ("*",), *, keygen: bool = True, fixable: bool = True
) -> list[Fault]:
    """A cloud-init that does not come through its network stage, as each kind of guest takes it.

    Debian's sshd then has no host keys and its network no profile. ``keygen``: Red Hat's units, which cloud-init's
    target keeps away, make the keys then.
    """
    kinds = (
        ("", _BARE, _KEYLESS),
        (", where upstart starts sshd", ("ubuntu-14*",), _KEYLESS),
        (", which wrote the network", _NETWORK, _KEYLESS | {"network": "fail"}),
        (", which made the host keys", _RED_HAT, _OFF if keygen else _KEYLESS),
        (", and no more", ("centos-*", *_OTHERS, "alpine-*"), _OFF),
        (" on SLES 11", ("sles-11",), _DATA),
    )
    asked = tuple(guests)
    made = []
    for suffix, patterns, expected in kinds:
        chosen = tuple(p for p in patterns if "*" in asked or p in asked or (p == "centos-*" and "centos-7" in asked))
        chosen = tuple("centos-7" if p == "centos-*" and "*" not in asked else p for p in chosen)
        if chosen:
            # An upstart job has no drop-in that could make the keys before it.
            made.append(Fault(f"{name}{suffix}", chosen, change, expected, fixable and "upstart" not in suffix))
    return made


def late(text: str) -> Change:
    """A file of cloud.cfg.d that comes after all others."""
    return wrote(LATE, text)


def argument(word: str) -> Change:
    """A kernel argument more."""
    return by_guest({
        "debian-*": edited("/boot/grub/grub.cfg", "console=tty0", f"{word} console=tty0"),
        "ubuntu-14*": edited("/boot/grub/grub.cfg", "console=tty0", f"{word} console=tty0"),
        "ubuntu-*": edited("/boot/grub/grub.cfg", "console=tty1", f"{word} console=tty1"),
        "centos-6": edited("/boot/grub/grub.conf", "console=tty0", f"{word} console=tty0"),
        "centos-7": edited("/boot/grub2/grub.cfg", "console=tty0", f"{word} console=tty0"),
        "rocky-8": edited("/etc/default/grub", "console=tty0", f"{word} console=tty0"),
        "alma-9": edited("/etc/kernel/cmdline", "console=tty0", f"{word} console=tty0"),
        "sles-11": edited("/boot/grub/menu.lst", "console=tty0", f"{word} console=tty0"),
        "sles-*": edited("/boot/grub2/grub.cfg", "console=tty0", f"{word} console=tty0"),
        "alpine-*": edited("/boot/extlinux.conf", "console=tty0", f"{word} console=tty0"),
    })  # fmt: skip


def _stage(name: str) -> Change:
    """A stage that nothing starts."""
    new = {"cloud-init": "cloud-init-network"}.get(name, name)
    single = without(f"{WANTS}/{new}.service")
    return by_guest({
        "debian-8": without(f"{ETC}/multi-user.target.wants/{name}.service"),
        "centos-7": without(f"{ETC}/multi-user.target.wants/{name}.service"),
        "ubuntu-14*": wrote(f"/etc/init/{name}.override", "manual\n"),
        "centos-6": without(f"/etc/rc.d/rc?.d/S5?{name}"),
        "sles-11": without(f"/etc/init.d/rc?.d/S0?{name}"),
        "alpine-*": without(f"/etc/runlevels/*/{name}"),
        "ubuntu-24*": single, "ubuntu-26*": single, "rhel-10": single, "arch*": single, "tumbleweed": single,
        "*": without(f"{WANTS}/{name}.service"),
    })  # fmt: skip


_PYTHON = by_guest({
    "debian-8": without("/usr/bin/python2*"), "ubuntu-14*": without("/usr/bin/python2*"),
    "centos-*": without("/usr/bin/python2*"), "sles-11": without("/usr/bin/python2*"),
    "*": without("/usr/bin/python3"),
})  # fmt: skip
_GONE = both(unpackaged("cloud-init"), without("/usr/bin/cloud-init"))
_ABSENT = {"cloud-user": "skipped", "cloud-init-state": "skipped"}
_USER_DATA = {"user-data": "fail"}

SWITCHES: tuple[Fault, ...] = (
    *off("the file that disables it", wrote("/etc/cloud/cloud-init.disabled", ""), (*_BARE, *_TARGET, "alpine-*")),
    Fault("the file that disables it, which no init script heeds", _SYSV, wrote("/etc/cloud/cloud-init.disabled", ""),
          {}),
    *off("disabled by the kernel", argument("cloud-init=disabled"), ("debian-12", "alpine-*"), fixable=False),
    Fault("disabled by the kernel, in what the next kernel gets", ("rocky-8", "alma-9", "sles-15"),
          argument("cloud-init=disabled"), _OFF, fixable=False),
    Fault("enabled by the kernel", ("debian-12", "rocky-8", "alpine-*"), argument("cloud-init=enabled"), {}),
    Fault("the kernel's argument that no init script heeds", ("centos-6", "ubuntu-14*"),
          argument("cloud-init=disabled"), {}),
    *off("a stage masked by the kernel", argument("systemd.mask=cloud-init.service"), ("debian-12",), fixable=False),
    Fault("the last stage masked by the kernel", ("debian-12", "rocky-8", "sles-15"),
          argument("systemd.mask=cloud-final.service"), _USER_DATA, fixable=False),
    *off("ds-identify's policy disables it", wrote(IDENTIFY, "policy: disabled\n"), _TARGET),
    *off("ds-identify's policy among the kernel's arguments", argument("ci.di.policy=disabled"), ("debian-12",),
         fixable=False),
    Fault("ds-identify's policy enables it", _SEVERAL, wrote(IDENTIFY, "policy: enabled\n"), {}),
    Fault("ds-identify's policy where nothing runs it", ("debian-8", "centos-7", "centos-6", "alpine-*"),
          wrote(IDENTIFY, "policy: disabled\n"), {}),
    Fault("a policy of cloud images", _SEVERAL, wrote(IDENTIFY,
          "policy: search,found=all,maybe=none,notfound=disabled\n"), {}),
    *off("the target masked", wrote(f"{ETC}/cloud-init.target", Link("/dev/null")), _TARGET),
    *off("the generator masked", wrote("/etc/systemd/system-generators/cloud-init-generator", Link("/dev/null")),
          _TARGET),
    *off("the generator not executable", mode("/usr/lib/systemd/system-generators/cloud-init-generator", 0o644),
         ("debian-12", *_RED_HAT, *_OTHERS), fixable=False),
    *off("the network stage is not started", _stage("cloud-init"), keygen=False),
    Fault("the last stage is not started", EVERY, _stage("cloud-final"), _USER_DATA),
    Fault("the stage of commands is not started", ("debian-12", "ubuntu-14*", "centos-6", "alpine-*"),
          _stage("cloud-config"), _USER_DATA),
    Fault("the last stage masked", (*_TARGET, *_BARE, "centos-7"), wrote(f"{ETC}/cloud-final.service",
          Link("/dev/null")),
          _USER_DATA),
    Fault("the last stage's unit is gone", ("debian-12", "rocky-8", "sles-15"),
          without("/usr/lib/systemd/system/cloud-final.service"), _USER_DATA, fixable=False),
    Fault("a script of the last stage without its bit", ("centos-6", "sles-11", "alpine-*"),
          mode("/etc/init.d/cloud-final", 0o644), _USER_DATA, fixable=False),
    *off("the one process masked", wrote(f"{ETC}/cloud-init-main.service", Link("/dev/null")), ("ubuntu-24*", "arch")),
)  # fmt: skip
PROGRAM: tuple[Fault, ...] = (
    *off("the interpreter is gone", _PYTHON, keygen=False, fixable=False),
    *off("the Python package is gone", without("/usr/lib*/python*/*-packages/cloudinit"), keygen=False, fixable=False),
    *off("the program is not executable", mode("/usr/bin/cloud-init", 0o644), keygen=False),
    Fault("the package of another Python", ("alpine-*", "arch"), by_guest({
        "*": wrote("/usr/bin/python3", Link("python3.13"))}), _OFF, fixable=False),
    *(Fault(f.name, f.guests, f.change, {**f.expected, **_ABSENT}, fixable=False) for f in off("not installed", _GONE)),
    Fault("not installed, with a network to install from", ("centos-7", *_RED_HAT, *_OTHERS, "alpine-*"), _GONE,
          {**_OFF, **_ABSENT, "cloud-user": "fail"}, packages=True, settings={"network": True}),
    *off("a distribution that this version does not know", edited(CFG, "  distro: ", "  distro: x"), keygen=False,
         fixable=False),
)  # fmt: skip

FAULTS: tuple[Fault, ...] = (*SWITCHES, *PROGRAM)
