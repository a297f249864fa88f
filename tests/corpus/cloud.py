"""cloud-init as the distributions ship it: its configuration, its units, jobs and scripts, over the years."""

from __future__ import annotations

from fake_guest import Link

from corpus.base import ELF, Table

FOUR = ("cloud-init-local", "cloud-init", "cloud-config", "cloud-final")
FIVE = ("cloud-init-main", "cloud-init-local", "cloud-init-network", "cloud-config", "cloud-final")
"""Since 24.3, where one process serves all stages."""

_RED_HAT_TOP = """\
ssh_pwauth: false
mount_default_fields: [~, ~, 'auto', 'defaults,nofail,x-systemd.requires=cloud-init.service', '0', '2']
resize_rootfs_tmp: /dev
ssh_deletekeys: {deletes}
ssh_genkeytypes: {types}
syslog_fix_perms: ~
disable_vmware_customization: false
"""


def cloud_cfg(
    distro: str, user: str, groups: str, shell: str = "/bin/bash", old: bool = False, red_hat: str = "", more: str = ""
) -> str:
    """``/etc/cloud/cloud.cfg``; ``red_hat`` holds the key types of Red Hat's own file (``~`` for none)."""
    top = _RED_HAT_TOP.format(deletes="0" if red_hat == "~" else "1", types=red_hat) if red_hat else ""
    write_files, users_groups = ("write-files", "users-groups") if old else ("write_files", "users_groups")
    extra = "emit_upstart\n - " if old and distro in ("ubuntu", "debian") else ""
    return f"""\
# The top level settings are used as module
# and base configuration.

# A set of users which may be applied and/or used by various modules
# when a 'default' entry is found it will reference the 'default_user'
# from the distro configuration specified below
users:
 - default

# If this is set, 'root' will not be able to ssh in and they
# will get a message to login instead as the default $user
disable_root: {"1" if red_hat else "true"}

{top}# This will cause the set+update hostname module to not operate (if true)
preserve_hostname: false

# The modules that run in the 'init' stage
cloud_init_modules:
 - migrator
 - seed_random
 - bootcmd
 - {write_files}
 - growpart
 - resizefs
 - disk_setup
 - mounts
 - set_hostname
 - update_hostname
 - update_etc_hosts
 - rsyslog
 - {users_groups}
 - ssh

# The modules that run in the 'config' stage
cloud_config_modules:
 - {extra}locale
 - set-passwords
 - ntp
 - timezone
 - runcmd

# The modules that run in the 'final' stage
cloud_final_modules:
 - package-update-upgrade-install
 - scripts-vendor
 - scripts-per-once
 - scripts-per-boot
 - scripts-per-instance
 - scripts-user
 - ssh-authkey-fingerprints
 - keys-to-console
 - phone-home
 - final-message
 - power-state-change

# System and/or distro specific settings
# (not accessible to handlers/transforms)
system_info:
  # This will affect which distro class gets used
  distro: {distro}
  # Default user name + that default users groups (if added/used)
  default_user:
    name: {user}
    lock_passwd: True
    gecos: Cloud User
    groups: [{groups}]
    sudo: ["ALL=(ALL) NOPASSWD:ALL"]
    shell: {shell}
{more}  # Other config here will be given to the distro class and/or path classes
  paths:
    cloud_dir: /var/lib/cloud/
    templates_dir: /etc/cloud/templates/
  ssh_svcname: {"ssh" if distro in ("debian", "ubuntu") else "sshd"}
"""


LOGGING = """\
## This yaml formatted config file handles setting logger information.
_log:
 - &log_base |
   [loggers]
   keys=root,cloudinit
log_cfgs:
 - [ *log_base, *log_base ]
output: {all: '| tee -a /var/log/cloud-init-output.log'}
"""
DPKG = (
    "# to update this file, run dpkg-reconfigure cloud-init\n"
    "datasource_list: [ NoCloud, ConfigDrive, OpenNebula, DigitalOcean, Azure, AltCloud, OVF, MAAS, GCE, OpenStack, "
    "CloudSigma, SmartOS, Bigstep, Scaleway, AliYun, Ec2, CloudStack, Hetzner, IBMCloud, Oracle, Exoscale, RbxCloud, "
    "UpCloud, VMware, Vultr, LXD, NWCS, Akamai, WSL, None ]\n"
)


def cloud_init(
    cfg: str,
    python: str,
    units: str = "",
    stages: tuple[str, ...] = FOUR,
    target: str = "cloud-init.target",
    libexec: str = "/usr/lib/cloud-init",
) -> Table:
    """cloud-init's program, package and configuration and, with ``units`` (a folder), its enabled systemd units.

    Units of ``multi-user.target`` know neither cloud-init.target's generator nor ds-identify.
    """
    version, old = python.split("/")[3], "python3" not in python
    distro = next(line.split()[1] for line in cfg.split("\n") if line.startswith("  distro:"))
    table: Table = {
        "/usr/bin/cloud-init": "#!/usr/bin/python2\n" if old else "#!/usr/bin/python3\n",
        **({"/usr/bin/python2": Link(version), f"/usr/bin/{version}": ELF} if old else {}),
        f"{python}/cloudinit/distros/__init__.py": "",
        f"{python}/cloudinit/distros/{distro}.py": "from cloudinit import distros\n",
        f"{python}/cloudinit/__init__.py": "",
        f"{python}/cloudinit/config/cc_growpart.py": "# vi: ts=4 expandtab\n",
        f"{python}/cloudinit/sources/DataSourceOpenStack.py": "# This file is part of cloud-init.\n",
        "/etc/cloud/cloud.cfg": cfg,
        "/etc/cloud/cloud.cfg.d/05_logging.cfg": LOGGING,
        "/etc/cloud/cloud.cfg.d/README": "# All files with the '.cfg' extension in this directory are read\n",
        "/etc/cloud/templates/hosts.debian.tmpl": "## template:jinja\n127.0.0.1 localhost\n",
    }
    if not units:
        return table
    for stage in stages:
        table[f"{units}/{stage}.service"] = _unit(stage, target)
        table[f"/etc/systemd/system/{target}.wants/{stage}.service"] = Link(f"{units}/{stage}.service")
    table[f"{units}/cloud-config.target"] = (
        "[Unit]\nDescription=Cloud-config availability\nWants=cloud-init-local.service\n"
    )
    if target == "cloud-init.target":
        table[f"{units}/cloud-init.target"] = "[Unit]\nDescription=Cloud-init target\nAfter=multi-user.target\n"
        table[f"{libexec}/ds-identify"] = "#!/bin/sh\n# shellcheck disable=2015,2039,2162\n"
        generators = units.removesuffix("system") + "system-generators"
        table[f"{generators}/cloud-init-generator"] = "#!/bin/sh\nset -f\nLOG=''\nTARGET=cloud-init.target\n"
    return table


def _unit(stage: str, target: str) -> str:
    runs = {
        "cloud-init-main": "/usr/bin/cloud-init --all-stages",
        "cloud-init-local": "/usr/bin/cloud-init init --local",
        "cloud-init": "/usr/bin/cloud-init init",
        "cloud-init-network": "sh -c 'echo \"start\" | nc -U /run/cloud-init/share/network.sock | sh'",
        "cloud-config": "/usr/bin/cloud-init modules --mode=config",
        "cloud-final": "/usr/bin/cloud-init modules --mode=final",
    }[stage]
    wants = "Wants=cloud-init-local.service\nWants=sshd-keygen.service\nWants=sshd.service\n"
    body = wants if stage in ("cloud-init", "cloud-init-network") else ""
    return (
        f"[Unit]\nDescription=Cloud-init: {stage}\n{body}ConditionPathExists=!/etc/cloud/cloud-init.disabled\n"
        "ConditionKernelCommandLine=!cloud-init=disabled\n\n[Service]\nType=oneshot\n"
        f"ExecStart={runs}\nRemainAfterExit=yes\nTimeoutSec=0\nStandardOutput=journal+console\n\n"
        f"[Install]\nWantedBy={target}\n"
    )


def sysv_stage(stage: str, header: str, source: str = "") -> str:
    """A stage's init script, as Red Hat 6 and SLES 11 have it."""
    words = {
        "cloud-init-local": "init --local",
        "cloud-init": "init",
        "cloud-config": "modules --mode config",
        "cloud-final": "modules --mode final",
    }[stage]
    return (
        f"#!/bin/sh\n{header}\n### BEGIN INIT INFO\n# Provides:          {stage}\n"
        "# Required-Start:    $local_fs $network $named $remote_fs\n# Default-Start:     2 3 5\n### END INIT INFO\n\n"
        'cloud_init="/usr/bin/cloud-init"\nconf="/etc/cloud/cloud.cfg"\n'
        f"[ -f /etc/sysconfig/cloud-init ] && . /etc/sysconfig/cloud-init\n{source}\n"
        f"start() {{\n    [ -x $cloud_init ] || return 5\n    [ -f $conf ] || return 6\n"
        f'    $cloud_init $CLOUDINITARGS {words}\n}}\n\ncase "$1" in\n    start) start ;;\nesac\n'
    )


def openrc_stage(stage: str) -> str:
    """A stage's OpenRC script, as Alpine has it."""
    words = {
        "cloud-init-local": "init --local",
        "cloud-init": "init",
        "cloud-config": "modules --mode config",
        "cloud-final": "modules --mode final",
    }[stage]
    return (
        f'#!/sbin/openrc-run\n\ndescription="{stage} stage"\n\ndepend() {{\n  after localmount\n  provide {stage}\n'
        f"}}\n\n"
        "start() {\n  if grep -q 'cloud-init=disabled' /proc/cmdline; then\n"
        '    ewarn "$RC_SVCNAME is disabled via /proc/cmdline."\n'
        "  elif test -e /etc/cloud/cloud-init.disabled; then\n"
        '    ewarn "$RC_SVCNAME is disabled via cloud-init.disabled file"\n  else\n'
        f'    ebegin "{stage}"\n    cloud-init {words}\n    eend $?\n  fi\n}}\n'
    )
