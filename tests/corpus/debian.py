"""Debian 8 to sid as conforming cloud images, in short."""

from __future__ import annotations

from fake_guest import FakeGuest, Link

from corpus.base import (
    CONSOLE,
    ROOT,
    System,
    Table,
    accounts,
    dos,
    enabled,
    gpt,
    kernel,
    lay,
    merged,
    programs,
    systemd,
    unit,
)
from corpus.boot import defaults, menu, wrapper
from corpus.cloud import DPKG, cloud_cfg, cloud_init
from corpus.debian_texts import (
    AGENT,
    AGENT_RULE,
    CLOUD_GROUPS,
    FSTAB,
    GROUPS,
    INTERFACES,
    NETWORKD,
    NETWORKING,
    OLD_SSHD,
    SSH_SOCKET,
    SSH_UNIT,
    SSHD,
    VERSIONS,
)


def common(root: str, units: str, release: str, packed: str, usr: bool = True) -> Table:
    """What every Debian with systemd has: ``units`` is the folder of its units."""
    folder = units.removesuffix("/system")
    table = systemd(folder, "graphical.target") | accounts(GROUPS)
    if usr:
        table |= merged("bin", "sbin", "lib", "lib64")
    prefix = "/usr" if usr else ""
    table |= {
        f"{prefix}/sbin/init": Link("/lib/systemd/systemd"),
        f"{units}/ssh.service": SSH_UNIT,
        f"{units}/ssh.socket": SSH_SOCKET.format(accept="yes", more="").replace("ssh.service", "ssh@.service"),
        "/etc/systemd/system/sshd.service": Link(f"{units}/ssh.service"),
        f"{units}/rc-local.service": unit("/etc/rc.local start"),
        f"{folder}/system-generators/systemd-rc-local-generator": b"\x7fELF",
        f"{units}/systemd-networkd.service": NETWORKD,
        f"{units}/systemd-networkd.socket": "[Socket]\nListenNetlink=route 1361\n\n[Install]\n"
        "WantedBy=sockets.target\n",
        f"{units}/qemu-guest-agent.service": AGENT,
        f"{folder.replace('/systemd', '')}/udev/rules.d/60-qemu-guest-agent.rules": AGENT_RULE,
        "/etc/init.d/ssh": "#!/bin/sh\n### BEGIN INIT INFO\n# Provides: sshd\n# Default-Start: 2 3 4 5\n"
        "### END INIT INFO\n"
        "case $1 in start) start-stop-daemon --start --exec /usr/sbin/sshd -- $SSHD_OPTS ;; esac\n",
        "/etc/default/ssh": "# Default settings for openssh-server. This file is sourced by /bin/sh from\n"
        "# /etc/init.d/ssh.\nSSHD_OPTS=\n",
        "/etc/ssh/sshd_config": SSHD.format(include="\nInclude /etc/ssh/sshd_config.d/*.conf\n"),
        "/etc/ssh/sshd_config.d": None,
        "/etc/machine-id": "",
        "/var/lib/dbus/machine-id": Link("/etc/machine-id"),
        "/etc/fstab": FSTAB.format(root=root),
        "/etc/hostname": "localhost\n",
        "/etc/default/grub": defaults(CONSOLE),
        "/boot/grub/grub.cfg": menu(
            "Debian GNU/Linux", {f"/boot/vmlinuz-{release}": f"/boot/initrd.img-{release}"}, CONSOLE
        ),
        "/etc/network/interfaces": INTERFACES,
        "/etc/network/interfaces.d": None,
        "/usr/lib/os-release": "ID=debian\n",
        "/etc/os-release": Link("../usr/lib/os-release"),
        f"{prefix}/bin/sh": Link("dash"),
    }
    table |= enabled("ssh.service", "multi-user.target", units)
    table |= enabled("getty@tty1.service", "getty.target", units)
    table["/etc/systemd/system/getty.target.wants/getty@tty1.service"] = Link(f"{units}/getty@.service")
    table |= kernel(
        release, f"/boot/vmlinuz-{release}", f"/boot/initrd.img-{release}", packed,
        modules="/usr/lib/modules" if usr else "/lib/modules", folder="usr/lib" if usr else "lib",
    )  # fmt: skip
    tools = (
        "sbin/agetty",
        "sbin/sfdisk",
        "sbin/resize2fs",
        "bin/bash",
        "bin/dash",
        "bin/login",
        "sbin/fsck",
        "bin/udevadm",
    )
    table |= programs(*(f"{prefix}/{tool}" for tool in tools))
    table |= programs("/usr/sbin/sshd", "/usr/bin/ssh-keygen", "/usr/bin/growpart", "/usr/bin/python3", "/usr/bin/wget",
                      "/usr/bin/curl", "/usr/sbin/useradd", "/usr/sbin/grub-mkconfig", "/usr/sbin/update-grub",
                      "/usr/sbin/qemu-ga", "/usr/bin/sudo", "/usr/sbin/blkid")  # fmt: skip
    return table


def ifupdown(units: str, prefix: str = "/usr") -> Table:
    """ifupdown with isc-dhcp-client, its service enabled; cloud-init writes the interfaces."""
    table: Table = {f"{units}/networking.service": NETWORKING}
    table |= enabled("networking.service", "multi-user.target", units)
    table |= enabled("networking.service", "network-online.target", units)
    return table | programs(
        f"{prefix}/sbin/ifup", f"{prefix}/sbin/ifdown", f"{prefix}/sbin/ifquery", f"{prefix}/sbin/dhclient"
    )


def networkd(units: str) -> Table:
    """systemd-networkd and resolved enabled, as ``systemctl enable`` leaves them."""
    table: Table = {
        f"{units}/systemd-resolved.service": unit(
            "/lib/systemd/systemd-resolved", "sysinit.target", "dbus-org.freedesktop.resolve1.service"
        ),
        f"{units}/systemd-networkd-wait-online.service": unit(
            "/lib/systemd/systemd-networkd-wait-online", "network-online.target"
        ),
        "/etc/systemd/system/dbus-org.freedesktop.network1.service": Link(f"{units}/systemd-networkd.service"),
    }
    table |= programs("/usr/lib/systemd/systemd-networkd")
    return (
        table
        | enabled("systemd-networkd.service", "multi-user.target", units)
        | enabled("systemd-networkd.socket", "sockets.target", units)
        | enabled("systemd-networkd-wait-online.service", "network-online.target", units)
        | enabled("systemd-resolved.service", "sysinit.target", units)
    )


def netplan() -> Table:
    """netplan, which cloud-init writes ``50-cloud-init.yaml`` for, and its generator."""
    return {
        "/etc/netplan": None,
        "/usr/sbin/netplan": "#!/usr/bin/python3\n",
        "/usr/lib/systemd/system-generators/netplan": Link("/usr/libexec/netplan/generate"),
        "/usr/libexec/netplan/generate": b"\x7fELF",
    }


def debian8() -> FakeGuest:
    """Debian 8: /usr not merged, systemd 215 with units of cloud-init 0.7.7 that know no generator, MBR."""
    release = "3.16.0-11-amd64"
    units = "/lib/systemd/system"
    table = common(ROOT, units, release, "gzip", usr=False) | ifupdown(units, "")
    cfg = cloud_cfg("debian", "debian", CLOUD_GROUPS, old=True)
    table |= cloud_init(cfg, "/usr/lib/python2.7/dist-packages", units, target="multi-user.target")
    table |= programs("/usr/bin/python2.7")
    del table[f"{units}/qemu-guest-agent.service"]
    del table["/lib/udev/rules.d/60-qemu-guest-agent.rules"]
    table |= {
        "/etc/cloud/cloud.cfg.d/90_dpkg.cfg": "datasource_list: [ NoCloud, AltCloud, ConfigDrive, OpenStack, Ec2, "
        "None ]\n",
        "/etc/ssh/sshd_config": OLD_SSHD,
        "/lib/udev/rules.d/75-persistent-net-generator.rules": "",
        "/etc/network/interfaces.d/eth0.cfg": "auto eth0\niface eth0 inet dhcp\n",
        # A script alone starts it, through systemd-sysv-generator.
        "/etc/init.d/qemu-guest-agent": "#!/bin/sh\n### BEGIN INIT INFO\n# Provides: qemu-guest-agent\n"
        "# Required-Start: $remote_fs $syslog\n# Default-Start: 2 3 4 5\n### END INIT INFO\n"
        "DAEMON=/usr/sbin/qemu-ga\ncase $1 in start) start-stop-daemon --start --exec $DAEMON ;; esac\n",
    }
    table |= {f"/etc/rc{level}.d/S02qemu-guest-agent": Link("../init.d/qemu-guest-agent") for level in "2345"}
    versions = VERSIONS | {
        "cloud-init": "0.7.7-1",
        "util-linux": "2.25.2-6",
        "openssh-server": "1:6.7p1-5+deb8u8",
        "systemd": "215-17+deb8u13",
        "cloud-utils": "0.26-2",
    }
    return lay(System("debian", "Debian GNU/Linux 8 (jessie)", (8, 11)), table, dos(), versions)


def debian10() -> FakeGuest:
    """Debian 10: ifupdown written by cloud-init, MBR."""
    release = "4.19.0-27-cloud-amd64"
    units = "/lib/systemd/system"
    table = _usr(common(ROOT, units, release, "gzip") | ifupdown(units))
    table |= _usr(
        cloud_init(cloud_cfg("debian", "debian", CLOUD_GROUPS, old=True), "/usr/lib/python3/dist-packages", units)
    )
    table |= {
        "/etc/ssh/sshd_config": SSHD.format(include="")
        .replace("Kbd", "ChallengeResponse")
        .replace("ChallengeResponseInteractive", "ChallengeResponse"),
        "/etc/cloud/cloud.cfg.d/90_dpkg.cfg": DPKG,
    }
    del table["/etc/ssh/sshd_config.d"]
    return lay(
        System("debian", "Debian GNU/Linux 10 (buster)", (10, 13)),
        table,
        dos(),
        VERSIONS | {"util-linux": "2.33.1-0.1", "openssh-server": "1:7.9p1-10+deb10u4"},
    )


def debian12() -> FakeGuest:
    """Debian 12: ifupdown written by cloud-init, GPT with an ESP."""
    return _recent("6.1.0-25-cloud-amd64", "Debian GNU/Linux 12 (bookworm)", (12, 7), ifupdown("/lib/systemd/system"))


def debian13(arch: str = "x86_64") -> FakeGuest:
    """Debian 13: netplan with systemd-networkd."""
    release = "6.12.41+deb13-cloud-" + ("amd64" if arch == "x86_64" else "arm64")
    network = networkd("/usr/lib/systemd/system") | netplan()
    guest = _recent(release, "Debian GNU/Linux 13 (trixie)", (13, 0), network, arch, "/usr/lib/systemd/system")
    for name in ("/etc/network/interfaces", "/etc/network/interfaces.d"):
        del guest.files[name]
    return guest


def debian13_arm64() -> FakeGuest:
    """Debian 13 on arm64: the console is ttyAMA0, and the ESP holds a menu that only leads to /boot's."""
    guest = debian13("aarch64")
    for path in ("/etc/default/grub", "/boot/grub/grub.cfg"):
        content = guest.files[path]
        assert isinstance(content, bytes)
        guest.files[path] = content.replace(CONSOLE.encode(), b"console=ttyAMA0,115200")
    guest.files["/boot/efi/EFI/debian/grub.cfg"] = wrapper("/boot/grub").encode()
    return guest


def sid() -> FakeGuest:
    """Debian sid, which has no number, with systemd-networkd alone, written by cloud-init."""
    table = networkd("/usr/lib/systemd/system")
    guest = _recent("6.16.8+deb14-amd64", "Debian GNU/Linux forky/sid", (0, 0), table, units="/usr/lib/systemd/system")
    for name in ("/etc/network/interfaces", "/etc/network/interfaces.d"):
        del guest.files[name]
    return guest


def _recent(
    release: str,
    product: str,
    version: tuple[int, int],
    network: Table,
    arch: str = "x86_64",
    units: str = "/lib/systemd/system",
) -> FakeGuest:
    table = _usr(common(ROOT, units, release, "zstd") | network)
    cfg = cloud_cfg(
        "debian", "debian", CLOUD_GROUPS, more="  network:\n    renderers: ['netplan', 'eni', 'networkd']\n"
    )
    table |= _usr(cloud_init(cfg, "/usr/lib/python3/dist-packages", units))
    table["/etc/cloud/cloud.cfg.d/90_dpkg.cfg"] = DPKG
    return lay(System("debian", product, version, arch), table, gpt(), VERSIONS)


def _usr(table: Table) -> Table:
    """Paths below /lib where a merged system has them: in /usr/lib."""
    return {f"/usr{path}" if path.startswith("/lib/") else path: entry for path, entry in table.items()}
