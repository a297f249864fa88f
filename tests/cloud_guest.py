"""A guest whose cloud-init is on, as on a Debian 12 image with the stock packages."""

from __future__ import annotations

from fake_guest import FakeGuest, Link, Special

CLOUD_CFG = b"""# The top level settings are used as module
# and system configuration.
users:
   - default

disable_root: true

# The modules that run in the 'init' stage
cloud_init_modules:
 - migrator
 - seed_random
 - bootcmd
 - write-files
 - growpart
 - resizefs
 - disk_setup
 - mounts
 - users-groups
 - ssh

# The modules that run in the 'config' stage
cloud_config_modules:
 - locale
 - runcmd

cloud_final_modules:
 - scripts-user
 - final-message
"""
_STAGES = ("cloud-init-local", "cloud-init", "cloud-config", "cloud-final")


def cloud_guest(
    files: dict[str, bytes | Link | Special | None] | None = None, cloud_cfg: bytes = CLOUD_CFG
) -> FakeGuest:
    """The guest, with ``files`` added."""
    units = "/lib/systemd/system"
    table: dict[str, bytes | Link | Special | None] = {
        "/usr/bin/cloud-init": b"#!/usr/bin/python3.9\n",
        "/usr/bin/python3.9": b"\x7fELF",
        "/usr/lib/python3.9/site-packages/cloudinit/__init__.py": b"",
        "/etc/cloud/cloud.cfg": cloud_cfg,
        "/sbin/init": Link("/lib/systemd/systemd"),
        "/lib/systemd/systemd": b"\x7fELF",
        f"{units}/multi-user.target": b"[Unit]\n",
        f"{units}/default.target": Link("multi-user.target"),
        f"{units}/cloud-init.target": b"[Unit]\nAfter=multi-user.target\n",
        "/lib/systemd/system-generators/cloud-init-generator": b"#!/bin/sh\n",
        "/etc/machine-id": b"0123456789abcdef0123456789abcdef\n",
    }
    for stage in _STAGES:
        table[f"{units}/{stage}.service"] = b"[Service]\nType=oneshot\n[Install]\nWantedBy=cloud-init.target\n"
        table[f"/etc/systemd/system/cloud-init.target.wants/{stage}.service"] = Link(f"{units}/{stage}.service")
    guest = FakeGuest(table | (files or {}))
    programs = ("/usr/bin/cloud-init", "/usr/bin/python3.9", "/lib/systemd/system-generators/cloud-init-generator")
    guest.modes |= dict.fromkeys(programs, 0o755)
    return guest
