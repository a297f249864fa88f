"""Guests of the other families with cloud-init and sshd, as their packages lay them down: to be broken by tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fake_guest import BOOKWORM, FakeGuest, Link
from linux_guest import CLOUD_CFG, GROUP, SHADOW, Entry, unit

from remediations.guest import GuestFacts

ETC = "/etc/systemd/system"
LIB = "/usr/lib/systemd/system"
STAGES = ("cloud-init-local", "cloud-init", "cloud-config", "cloud-final")
GONE = Link("")
"""In place of an entry: it is not there."""
SSHD_CONFIG = b"PasswordAuthentication no\nUsePAM yes\nSubsystem sftp /usr/libexec/openssh/sftp-server\n"
_PASSWD = (
    b"root:x:0:0:root:/root:/bin/bash\nbin:x:1:1:bin:/bin:/sbin/nologin\n"
    b"sshd:x:74:74::/usr/share/empty.sshd:/sbin/nologin\n"
)


def cloud_cfg(name: str, shell: str = "/bin/bash", groups: str = "adm, systemd-journal") -> bytes:
    """The distribution's cloud.cfg with the account that its template names."""
    text = CLOUD_CFG.replace(b"distro: debian", b"distro: " + name.encode())
    text = text.replace(b"name: debian", b"name: " + name.encode()).replace(b"/bin/bash", shell.encode())
    return text.replace(b"groups: [adm, sudo]", f"groups: [{groups}]".encode())


def _guest(facts: GuestFacts, files: Mapping[str, Entry], changes: Mapping[str, Entry] | None) -> FakeGuest:
    common: dict[str, Entry] = {
        "/usr/bin/cloud-init": b"#!/usr/bin/python3.9\n",
        "/usr/bin/python3.9": b"\x7fELF",
        "/usr/bin/sh": b"\x7fELF",
        "/bin/sh": b"\x7fELF",
        "/usr/lib/python3.9/site-packages/cloudinit/__init__.py": b"",
        "/usr/sbin/sshd": b"\x7fELF",
        "/etc/ssh/sshd_config": SSHD_CONFIG,
        "/etc/ssh/ssh_host_ed25519_key": b"key",
        "/etc/passwd": _PASSWD,
        "/etc/group": GROUP,
        "/etc/shadow": SHADOW,
        "/etc/machine-id": b"",
    }
    every = {path: entry for path, entry in {**common, **files, **(changes or {})}.items() if entry != GONE}
    programs = ("/bin/", "/sbin/", "/init.d/", "-generator", "ds-identify", "rc.sysinit")
    modes = {path: 0o755 for path in every if any(part in path for part in programs)}
    return FakeGuest(every, facts=facts, modes=modes)


def _systemd(target: str = "cloud-init.target", network: str = "cloud-init") -> dict[str, Entry]:
    files: dict[str, Entry] = {
        "/lib": Link("usr/lib"),
        "/bin": Link("usr/bin"),
        "/sbin": Link("usr/sbin"),
        "/usr/sbin/init": Link("../lib/systemd/systemd"),
        "/usr/lib/systemd/systemd": b"\x7fELF",
        "/usr/bin/bash": b"\x7fELF",
        "/usr/bin/sh": Link("bash"),
        "/usr/bin/curl": b"\x7fELF",
        "/usr/lib/systemd/system/default.target": Link("graphical.target"),
        f"{LIB}/sshd.service": unit("multi-user.target"),
        f"{ETC}/multi-user.target.wants/sshd.service": Link(f"{LIB}/sshd.service"),
    }
    if target == "cloud-init.target":
        files[f"{LIB}/{target}"] = b"[Unit]\nAfter=multi-user.target\n"
        files["/usr/lib/systemd/system-generators/cloud-init-generator"] = b"#!/bin/sh\n"
    for stage in STAGES:
        name = network if stage == "cloud-init" else stage
        files[f"{LIB}/{name}.service"] = unit(target)
        files[f"{ETC}/{target}.wants/{name}.service"] = Link(f"{LIB}/{name}.service")
    return files


def _rc_local(path: str) -> dict[str, Entry]:
    script = f"[Unit]\nConditionFileIsExecutable={path}\nAfter=network.target\n\n[Service]\nExecStart={path} start\n"
    return {
        f"{LIB}/rc-local.service": script.encode(),
        "/usr/lib/systemd/system-generators/systemd-rc-local-generator": b"\x7fELF",
    }


def rocky9(changes: Mapping[str, Entry] | None = None) -> FakeGuest:
    """Rocky 9: rc.local lies in /etc/rc.d, not executable as it is shipped; ds-identify in /usr/libexec."""
    files = {
        **_systemd(),
        **_rc_local("/etc/rc.d/rc.local"),
        "/usr/libexec/cloud-init/ds-identify": b"#!/bin/sh\n",
        "/etc/rc.local": Link("rc.d/rc.local"),
        "/etc/rc.d/rc.local": b"#!/bin/bash\n# for compatibility\n\ntouch /var/lock/subsys/local\n",
        "/etc/cloud/cloud.cfg": cloud_cfg("rocky"),
    }
    guest = _guest(replace(BOOKWORM, distro="rocky", version=(9, 4), package_format="rpm"), files, changes)
    return replace(guest, modes={**guest.modes, "/etc/rc.d/rc.local": 0o644})


def centos7(changes: Mapping[str, Entry] | None = None) -> FakeGuest:
    """CentOS 7: cloud-init's stages hang on multi-user.target, and there is no generator."""
    files = {
        **_systemd("multi-user.target"),
        **_rc_local("/etc/rc.d/rc.local"),
        "/etc/rc.local": Link("rc.d/rc.local"),
        "/etc/cloud/cloud.cfg": cloud_cfg("centos", groups="wheel, adm, systemd-journal"),
    }
    return _guest(replace(BOOKWORM, distro="centos", version=(7, 9), package_format="rpm"), files, changes)


def centos6(changes: Mapping[str, Entry] | None = None) -> FakeGuest:
    """CentOS 6: upstart that runs SysV scripts by chkconfig's links, rc.local last."""
    files: dict[str, Entry] = {
        "/sbin/init": b"\x7fELF",
        "/bin/bash": b"\x7fELF",
        "/usr/bin/curl": b"\x7fELF",
        "/etc/init/rcS.conf": b"start on startup\n",
        "/etc/inittab": b"# comments\nid:3:initdefault:\n",
        "/etc/rc.d/rc.local": b"#!/bin/sh\n\ntouch /var/lock/subsys/local\n",
        "/etc/rc.local": Link("rc.d/rc.local"),
        "/etc/init.d": Link("rc.d/init.d"),
        "/etc/rc3.d": Link("rc.d/rc3.d"),
        "/etc/rc.d/init.d/sshd": b"#!/bin/bash\n# chkconfig: 2345 55 25\n",
        "/etc/rc.d/rc3.d/S55sshd": Link("../init.d/sshd"),
        "/etc/cloud/cloud.cfg": cloud_cfg("centos", groups="wheel, adm"),
    }
    for level in "2345":
        files[f"/etc/rc.d/rc{level}.d/S99local"] = Link("../rc.local")
    for number, stage in zip((50, 51, 52, 53), STAGES, strict=True):
        files[f"/etc/rc.d/init.d/{stage}"] = b"#!/bin/sh\n"
        files[f"/etc/rc.d/rc3.d/S{number}{stage}"] = Link(f"../init.d/{stage}")
    guest = _guest(replace(BOOKWORM, distro="centos", version=(6, 10), package_format="rpm"), files, changes)
    return replace(guest, modes={**guest.modes, "/etc/rc.d/rc.local": 0o755})


def sles15(changes: Mapping[str, Entry] | None = None) -> FakeGuest:
    """SLES 15 with systemd-sysvcompat: rc.local is /etc/init.d/boot.local."""
    files = {
        **_systemd(),
        **_rc_local("/etc/init.d/boot.local"),
        "/usr/lib/cloud-init/ds-identify": b"#!/bin/sh\n",
        "/etc/cloud/cloud.cfg": cloud_cfg("sles", groups="cdrom, users"),
    }
    return _guest(replace(BOOKWORM, distro="sles", version=(15, 6), package_format="rpm"), files, changes)


def sles11(changes: Mapping[str, Entry] | None = None) -> FakeGuest:
    """SLES 11: sysvinit with insserv; boot.local comes too early, after.local behind the services."""
    files: dict[str, Entry] = {
        "/sbin/init": b"\x7fELF",
        "/bin/bash": b"\x7fELF",
        "/usr/bin/curl": b"\x7fELF",
        "/etc/inittab": b"id:3:initdefault:\n",
        "/etc/init.d/rc": b"#!/bin/bash\nif test -f /etc/init.d/after.local ; then\n  /etc/init.d/after.local\nfi\n",
        "/etc/init.d/boot.local": b"#! /bin/sh\n# comments\n",
        "/etc/init.d/sshd": b"#!/bin/sh\n",
        "/etc/init.d/rc3.d/S11sshd": Link("../sshd"),
        "/etc/cloud/cloud.cfg": cloud_cfg("suse", groups="cdrom, users"),
    }
    for number, stage in zip((1, 6, 7, 12), STAGES, strict=True):
        files[f"/etc/init.d/{stage}"] = b"#!/bin/sh\n"
        files[f"/etc/init.d/rc3.d/S{number:02}{stage}"] = Link(f"../{stage}")
    return _guest(replace(BOOKWORM, distro="sles", version=(11, 4), package_format="rpm"), files, changes)


def arch(changes: Mapping[str, Entry] | None = None) -> FakeGuest:
    """Arch: cloud-init's newest names, and no rc.local of any kind."""
    files = {
        **_systemd(network="cloud-init-network"),
        f"{LIB}/cloud-init-main.service": unit("cloud-init.target"),
        f"{ETC}/cloud-init.target.wants/cloud-init-main.service": Link(f"{LIB}/cloud-init-main.service"),
        "/usr/lib/cloud-init/ds-identify": b"#!/bin/sh\n",
        "/etc/cloud/cloud.cfg": cloud_cfg("arch", groups="wheel, users"),
    }
    return _guest(replace(BOOKWORM, distro="archlinux", version=(0, 0), package_format="pacman"), files, changes)


def alpine(changes: Mapping[str, Entry] | None = None) -> FakeGuest:
    """Alpine after setup-cloud-init, with openssh-server-pam, without which locked accounts cannot log in."""
    files: dict[str, Entry] = {
        "/sbin/init": Link("/bin/busybox"),
        "/sbin/openrc": b"\x7fELF",
        "/bin/busybox": b"\x7fELF",
        "/bin/ash": Link("/bin/busybox"),
        "/bin/sh": Link("/bin/busybox"),
        "/usr/bin/wget": Link("/bin/busybox"),
        "/usr/sbin/sshd.pam": b"\x7fELF",
        "/etc/init.d/local": b"#!/sbin/openrc-run\n",
        "/etc/init.d/sshd": b"#!/sbin/openrc-run\n[ -x /usr/sbin/sshd.pam ] && command=/usr/sbin/sshd.pam\n",
        "/etc/runlevels/default/sshd": Link("/etc/init.d/sshd"),
        "/etc/passwd": _PASSWD.replace(b"/bin/bash", b"/bin/ash"),
        "/etc/cloud/cloud.cfg": cloud_cfg("alpine", "/bin/ash", "adm, wheel"),
    }
    for level, stage in zip(("boot", "default", "default", "default"), STAGES, strict=True):
        files[f"/etc/init.d/{stage}"] = b"#!/sbin/openrc-run\n"
        files[f"/etc/runlevels/{level}/{stage}"] = Link(f"/etc/init.d/{stage}")
    return _guest(replace(BOOKWORM, distro="alpinelinux", version=(3, 20), package_format="apk"), files, changes)


EVERY = (rocky9, centos7, centos6, sles15, sles11, arch, alpine)
