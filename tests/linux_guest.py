"""Debian and Ubuntu guests as they are after installation, for tests to break: their boot files, in short."""

from __future__ import annotations

from dataclasses import replace

from fake_guest import BOOKWORM, FakeGuest, Link, Special

Entry = bytes | Link | Special | None
ETC = "/etc/systemd/system"
LIB = "/usr/lib/systemd/system"
WANTS = f"{ETC}/multi-user.target.wants"
CLOUD_WANTS = f"{ETC}/cloud-init.target.wants"

SSH_SERVICE = b"""\
[Unit]
Description=OpenBSD Secure Shell server
ConditionPathExists=!/etc/ssh/sshd_not_to_be_run

[Service]
EnvironmentFile=-/etc/default/ssh
ExecStartPre=/usr/sbin/sshd -t
ExecStart=/usr/sbin/sshd -D $SSHD_OPTS

[Install]
WantedBy=multi-user.target
Alias=sshd.service
"""
SSH_SOCKET = b"[Socket]\nListenStream=22\nAccept=no\n\n[Install]\nWantedBy=sockets.target\n"
SSHD_CONFIG = b"""\
Include /etc/ssh/sshd_config.d/*.conf

#PubkeyAuthentication yes
KbdInteractiveAuthentication no
UsePAM yes
Subsystem\tsftp\t/usr/lib/openssh/sftp-server
"""
CLOUD_CFG = b"""\
# A set of users which may be applied and/or used by various modules
users:
   - default

disable_root: true
preserve_hostname: false

# The modules that run in the 'init' stage
cloud_init_modules:
 - migrator
 - growpart
 - resizefs
 - users-groups
 - ssh

cloud_config_modules:
 - runcmd

cloud_final_modules:
 - scripts-per-instance
 - scripts-user
 - ssh-authkey-fingerprints

system_info:
   distro: debian
   default_user:
     name: debian # the account that gets the key
     lock_passwd: True
     groups: [adm, sudo]
     shell: /bin/bash
"""
PASSWD = b"""\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
ann:x:1000:1000::/home/ann:/bin/bash
sshd:x:104:65534::/run/sshd:/usr/sbin/nologin
"""
GROUP = b"root:x:0:\nadm:x:4:\nstaff:x:50:ann\nann:x:1000:\n"
SHADOW = b"root:*:19000:0:99999:7:::\nann:!:19000:0:99999:7:::\n"


def unit(wanted_by: str, extra: str = "") -> bytes:
    """A unit file that ``wanted_by`` pulls in once it is enabled."""
    return f"[Service]\nExecStart=/bin/true\n\n[Install]\nWantedBy={wanted_by}\n{extra}".encode()


def debian(changes: dict[str, Entry] | None = None, without: tuple[str, ...] = (), **modes: int) -> FakeGuest:
    """Debian 12 with ssh, cloud-init and nftables (off). ``without`` removes paths and all below them.

    ``modes`` are permission bits by path, as in ``**{"/etc/rc.local": 0o755}``.
    """
    files: dict[str, Entry] = {
        "/lib": Link("usr/lib"),
        "/bin": Link("usr/bin"),
        "/sbin": Link("usr/sbin"),
        "/usr/sbin/init": Link("/lib/systemd/systemd"),
        "/usr/lib/systemd/systemd": b"\x7fELF",
        "/usr/lib/systemd/system-generators/cloud-init-generator": b"#!/bin/sh\n",
        "/usr/lib/systemd/system-generators/systemd-rc-local-generator": b"\x7fELF",
        "/usr/lib/cloud-init/ds-identify": b"#!/bin/sh\n",
        "/etc/machine-id": b"",
        f"{LIB}/default.target": Link("graphical.target"),
        f"{LIB}/ssh.service": SSH_SERVICE,
        f"{LIB}/ssh.socket": SSH_SOCKET,
        f"{ETC}/sshd.service": Link("/lib/systemd/system/ssh.service"),
        f"{WANTS}/ssh.service": Link("/lib/systemd/system/ssh.service"),
        "/usr/sbin/sshd": b"\x7fELF",
        "/usr/bin/ssh-keygen": b"\x7fELF",
        "/usr/bin/bash": b"\x7fELF",
        "/usr/bin/sh": Link("bash"),
        "/etc/ssh/sshd_config": SSHD_CONFIG,
        "/etc/ssh/sshd_config.d": None,
        "/etc/ssh/ssh_host_ed25519_key": b"key",
        f"{LIB}/nftables.service": unit("sysinit.target"),
        f"{LIB}/rc-local.service": b"[Service]\nExecStart=/etc/rc.local start\n",
        "/usr/bin/cloud-init": b"#!/usr/bin/python3\n",
        "/usr/bin/python3": b"\x7fELF",
        "/usr/lib/python3/dist-packages/cloudinit/__init__.py": b"",
        "/usr/bin/wget": b"\x7fELF",
        f"{LIB}/cloud-init.target": b"[Unit]\nAfter=multi-user.target\n",
        "/etc/cloud/cloud.cfg": CLOUD_CFG,
        "/etc/cloud/cloud.cfg.d/05_logging.cfg": b"_log:\n - &log_base |\n   [loggers]\nlog_cfgs:\n - [ *log_base ]\n",
        "/etc/passwd": PASSWD,
        "/etc/group": GROUP,
        "/etc/shadow": SHADOW,
    }
    for name in ("cloud-init-local", "cloud-init", "cloud-config", "cloud-final"):
        files[f"{LIB}/{name}.service"] = unit("cloud-init.target")
        files[f"{CLOUD_WANTS}/{name}.service"] = Link(f"/lib/systemd/system/{name}.service")
    for gone in without:
        files = {path: entry for path, entry in files.items() if path != gone and not path.startswith(gone + "/")}
    files.update(changes or {})
    programs = {
        path: 0o755
        for path in files
        if "/bin/" in path or "/sbin/" in path or "-generator" in path or "ds-identify" in path
    }
    return FakeGuest(files, modes={**programs, **modes})


def noble(changes: dict[str, Entry] | None = None) -> FakeGuest:
    """Ubuntu 24.04: ssh.socket in place of ssh.service, cloud-init's single process and its new unit names."""
    guest = debian(without=(f"{WANTS}/ssh.service", f"{ETC}/sshd.service", f"{LIB}/cloud-init.service", CLOUD_WANTS))
    files = dict(guest.files)
    files[f"{ETC}/sockets.target.wants/ssh.socket"] = Link("/usr/lib/systemd/system/ssh.socket")
    for name in ("cloud-init-main", "cloud-init-local", "cloud-init-network", "cloud-config", "cloud-final"):
        files[f"{LIB}/{name}.service"] = unit("cloud-init.target")
        files[f"{CLOUD_WANTS}/{name}.service"] = Link(f"/usr/lib/systemd/system/{name}.service")
    files.update(changes or {})
    return replace(guest, files=files, facts=replace(BOOKWORM, distro="ubuntu", version=(24, 4)))


def trusty(changes: dict[str, Entry] | None = None) -> FakeGuest:
    """Ubuntu 14.04: upstart, whose jobs say themselves when they start."""
    files: dict[str, Entry] = {
        "/sbin/init": b"\x7fELF",
        "/bin/bash": b"\x7fELF",
        "/etc/init/rc-sysinit.conf": b"start on filesystem\n",
        "/etc/init/ssh.conf": b'description "OpenSSH server"\nstart on runlevel [2345]\nexec /usr/sbin/sshd -D\n',
        "/etc/init.d/ssh": b"#!/bin/sh\n",
        "/etc/init.d/rc.local": b"#!/bin/sh\n",
        "/etc/rc2.d/S99rc.local": Link("../init.d/rc.local"),
        "/usr/sbin/sshd": b"\x7fELF",
        "/usr/bin/cloud-init": b"#!/usr/bin/python2.7\n",
        "/usr/bin/python2.7": b"\x7fELF",
        "/bin/sh": b"\x7fELF",
        "/usr/lib/python2.7/dist-packages/cloudinit/__init__.py": b"",
        "/usr/bin/wget": b"\x7fELF",
        "/etc/ssh/sshd_config": SSHD_CONFIG.partition(b"\n")[2],
        "/etc/ssh/ssh_host_rsa_key": b"key",
        "/etc/init/cloud-init-local.conf": b"start on mounted MOUNTPOINT=/\n",
        "/etc/init/cloud-init.conf": b"start on mounted MOUNTPOINT=/ and stopped cloud-init-nonet\n",
        "/etc/init/cloud-config.conf": b"start on (filesystem and started rsyslog)\n",
        "/etc/init/cloud-final.conf": b"start on (stopped rc RUNLEVEL=[2345] and stopped cloud-config)\n",
        "/etc/cloud/cloud.cfg": CLOUD_CFG.replace(b"debian", b"ubuntu"),
        "/etc/passwd": PASSWD,
        "/etc/group": GROUP,
        "/etc/shadow": SHADOW,
        **(changes or {}),
    }
    facts = replace(BOOKWORM, distro="ubuntu", version=(14, 4))
    modes = {path: 0o755 for path in files if path.startswith(("/etc/init.d/", "/bin/", "/usr/bin/", "/usr/sbin/"))}
    return FakeGuest(files, facts=facts, modes=modes)
