"""SLES 11 to openSUSE Tumbleweed as conforming cloud images, in short."""

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
from corpus.boot import defaults, grubenv, legacy, menu
from corpus.cloud import FIVE, FOUR, cloud_cfg, cloud_init, sysv_stage
from corpus.suse_texts import (
    AGENT,
    AGENT_RULE,
    GEN_KEYS,
    GROUPS,
    IFCFG,
    PRESET,
    SSHD,
    SSHD_UNIT,
    UNITS,
    VERSIONS,
)


def sles11() -> FakeGuest:
    """SLES 11 SP4: sysvinit with insserv, GRUB 0.97, MBR; its kernel of 3.0 grows no partition in use."""
    release = "3.0.101-108.138-default"
    table: Table = accounts(("adm", "tty", "cdrom", "users", "wheel"), locked="*", nologin="/bin/false")
    images = {f"/boot/vmlinuz-{release}": f"/boot/initrd-{release}"}
    table |= {
        "/sbin/init": b"\x7fELF",
        "/etc/inittab": "# The default runlevel is defined here\nid:3:initdefault:\nsi::bootwait:/etc/init.d/boot\n"
        "l3:3:wait:/etc/init.d/rc 3\n1:2345:respawn:/sbin/mingetty --noclear tty1\n"
            "S0:12345:respawn:/sbin/agetty -L 115200 ttyS0 vt102\n",
        "/etc/securetty": "tty1\ntty2\nttyS0\n",
        "/etc/init.d/boot": "#! /bin/sh\n# /etc/init.d/boot\n",
        "/etc/init.d/rc": "#! /bin/sh\n# /etc/init.d/rc\n"
        "test -f /etc/init.d/after.local && sh /etc/init.d/after.local\n",
        "/etc/init.d/boot.local": "#! /bin/sh\n#\n"
            "# Here you should add things, that should happen directly after booting\n"
                "# before we're going to the first run level.\n#\n",
        "/etc/init.d/network": "#! /bin/sh\n### BEGIN INIT INFO\n# Provides: network\n# Default-Start: 2 3 5\n"
            "### END INIT INFO\n. /etc/rc.status\nifup eth0\n",
        "/etc/init.d/sshd": "#! /bin/sh\n# Copyright (c) 1995-2000 SuSE GmbH Nuernberg, Germany.\n"
            "### BEGIN INIT INFO\n# Provides: sshd\n"
        "# Required-Start: $network $remote_fs\n# Default-Start: 3 5\n### END INIT INFO\n\nSSHD_BIN=/usr/sbin/sshd\n"
        "test -x $SSHD_BIN || exit 5\n. /etc/sysconfig/ssh\n. /etc/rc.status\n\ncase \"$1\" in\n    start)\n"
        "        if ! test -f /etc/ssh/ssh_host_rsa_key ; then\n"
            "            ssh-keygen -t rsa -b 2048 -f /etc/ssh/ssh_host_rsa_key -N ''\n        fi\n"
        "        startproc -f -p $SSHD_PIDFILE $SSHD_BIN $SSHD_OPTS -o \"PidFile=$SSHD_PIDFILE\"\n        ;;\nesac\n",
        "/etc/init.d/qemu-ga": "#!/bin/sh\n### BEGIN INIT INFO\n# Provides: qemu-ga\n# Default-Start: 3 5\n"
            "### END INIT INFO\n/usr/bin/qemu-ga -d\n",
        "/etc/sysconfig/ssh": '## Type:        string\n## Default:     ""\nSSHD_OPTS=""\n',
        "/etc/sysconfig/bootloader": f'LOADER_TYPE="grub"\nDEFAULT_APPEND="{CONSOLE} resume=/dev/vda1"\n'
            f'FAILSAFE_APPEND="{CONSOLE}"\n',
        "/etc/ssh/sshd_config": "#Port 22\nProtocol 2\nPasswordAuthentication no\nChallengeResponseAuthentication no\n"
            "UsePAM yes\nX11Forwarding yes\n"
        "Subsystem\tsftp\t/usr/lib64/ssh/sftp-server\n",
        "/etc/sysconfig/network/ifcfg-eth0": "BOOTPROTO='dhcp'\nSTARTMODE='auto'\nUSERCONTROL='no'\n",
        "/etc/sysconfig/network/ifcfg-lo": "IPADDR=127.0.0.1\nNETMASK=255.0.0.0\nSTARTMODE=auto\n",
        "/etc/udev/rules.d/70-persistent-net.rules": "",
        "/lib/udev/rules.d/75-persistent-net-generator.rules": "",
        "/etc/fstab": f"UUID={ROOT} / ext3 acl,user_xattr 1 1\nproc /proc proc defaults 0 0\n"
            f"sysfs /sys sysfs noauto 0 0\ndevpts /dev/pts devpts mode=0620,gid=5 0 0\n",
        "/boot/grub/menu.lst": legacy("SUSE Linux Enterprise Server 11 SP4", images, f"{CONSOLE} showopts"),
        "/boot/grub/stage2": bytes(512),
        "/etc/SuSE-release": "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n",
        "/bin/sh": Link("bash"),
    }  # fmt: skip
    for level in "35":
        for order, name in ((1, "qemu-ga"), (5, "network"), (10, "sshd")):
            table[f"/etc/init.d/rc{level}.d/S{order:02}{name}"] = Link(f"../{name}")
            table[f"/etc/init.d/rc{level}.d/K{order:02}{name}"] = Link(f"../{name}")
    table["/etc/rc.d"] = Link("init.d")
    table |= cloud_init(cloud_cfg("sles", "sles", "users", old=True), "/usr/lib64/python2.6/site-packages")
    for order, stage in enumerate(FOUR, 6):
        table[f"/etc/init.d/{stage}"] = sysv_stage(stage, "#", ". /etc/rc.status\nrc_reset")
        table |= {f"/etc/init.d/rc{level}.d/S{order:02}{stage}": Link(f"../{stage}") for level in "235"}
    table |= kernel(
        release, f"/boot/vmlinuz-{release}", f"/boot/initrd-{release}", modules="/lib/modules", folder="lib"
    )
    table |= programs("/sbin/sfdisk", "/sbin/resize2fs", "/sbin/agetty", "/sbin/dhcpcd", "/bin/bash", "/sbin/ifup",
                      "/usr/sbin/sshd", "/usr/bin/ssh-keygen", "/usr/sbin/growpart", "/usr/bin/python", "/usr/bin/curl",
                      "/usr/bin/qemu-ga", "/usr/sbin/useradd")  # fmt: skip
    versions = VERSIONS | {
        "openssh": "6.6p1-36.3.1",
        "util-linux": "2.19.1-6.76.1",
        "cloud-init": "0.7.8-13.1",
        "growpart": "0.27-16.1",
    }
    disk = dos("ext3")
    return lay(
        System("sles", "SUSE Linux Enterprise Server 11 SP4", (11, 4), package_format="rpm"), table, disk, versions
    )


def _recent(
    release: str,
    title: str,
    user: str,
    *,
    packed: str = "xz",
    image: str = "vmlinuz",
    console: str = CONSOLE,
    stages: tuple[str, ...] = FOUR,
    file: str = "xfs",
    libexec: str = "/usr/lib/cloud-init",
) -> Table:
    table = systemd() | accounts(GROUPS, locked="*", nologin="/sbin/nologin")
    table |= {
        "/sbin/init": Link("../usr/lib/systemd/systemd"),
        f"{UNITS}/sshd.service": SSHD_UNIT,
        "/usr/sbin/sshd-gen-keys-start": GEN_KEYS,
        "/etc/sysconfig/ssh": '## Path: Network/Remote access/SSH\n## Type:        string\n## Default:     ""\n'
            'SSHD_OPTS=""\n',
        "/etc/ssh/sshd_config": SSHD.format(include=""),
        f"{UNITS}/qemu-guest-agent.service": AGENT,
        "/usr/lib/udev/rules.d/80-qemu-guest-agent.rules": AGENT_RULE,
        f"{UNITS}/after-local.service": unit("/etc/init.d/after.local"),
        "/usr/lib/systemd/system-preset/95-default-SUSE.preset": PRESET,
        "/usr/lib/systemd/system-preset/99-default-disable.preset": "disable *\n",
        "/etc/machine-id": "",
        "/etc/fstab": f"UUID={ROOT} / {file} defaults 0 0\n",
        "/etc/default/grub": defaults(f"{console} net.ifnames=0", "", 'GRUB_TERMINAL="serial"\n'
            'SUSE_BTRFS_SNAPSHOT_BOOTING="true"\nGRUB_USE_LINUXEFI="true"\n', '""'),
        "/boot/grub2/grub.cfg": menu(
            title, {f"/boot/{image}-{release}": f"/boot/initrd-{release}"}, f"{console} net.ifnames=0",
            maker="grub2-mkconfig",
            start="", linux="linuxefi" if libexec == "efi" else "linux",
        ),
        "/boot/grub2/grubenv": grubenv(),
    }  # fmt: skip
    table |= enabled("sshd.service", "multi-user.target")
    table["/etc/systemd/system/getty.target.wants/getty@tty1.service"] = Link(f"{UNITS}/getty@.service")
    table |= cloud_init(
        cloud_cfg("suse", user, "users", old=stages is FOUR), "/usr/lib/python3.6/site-packages", UNITS, stages
    )
    table |= kernel(
        release, f"/boot/{image}-{release}", f"/boot/initrd-{release}", packed, modules="/lib/modules", folder="lib"
    )
    return table | programs(
        "/usr/sbin/sshd", "/usr/bin/ssh-keygen", "/usr/sbin/growpart", "/usr/sbin/sfdisk", "/usr/sbin/sgdisk",
        "/usr/sbin/xfs_growfs", "/sbin/resize2fs", "/usr/bin/qemu-ga", "/bin/bash", "/usr/bin/curl", "/usr/bin/python3",
        "/usr/sbin/grub2-mkconfig", "/usr/sbin/useradd", "/sbin/agetty", "/sbin/blkid", "/bin/login",
    ) | {"/bin/sh": Link("bash")}  # fmt: skip


def _wicked() -> Table:
    table: Table = {
        f"{UNITS}/wicked.service": unit("/usr/sbin/wicked --systemd ifup all", "multi-user.target\n"
            "WantedBy=network-online.target\nAlso=wickedd.service\nAlias=network.service"),
        f"{UNITS}/wickedd.service": unit("/usr/sbin/wickedd --systemd --foreground", "wicked.service"),
        "/etc/systemd/system/network.service": Link(f"{UNITS}/wicked.service"),
        "/etc/sysconfig/network/ifcfg-eth0": IFCFG,
        "/etc/sysconfig/network/ifcfg-lo": "IPADDR=127.0.0.1/8\nNETMASK=255.0.0.0\nSTARTMODE=nfsroot\n"
            "BOOTPROTO=static\n",
        "/etc/sysconfig/network/config": 'NETCONFIG_DNS_POLICY="auto"\n',
        "/etc/sysconfig/network/dhcp": 'DHCLIENT_SET_HOSTNAME="yes"\nWRITE_HOSTNAME_TO_HOSTS="no"\n',
    }  # fmt: skip
    table |= enabled("wicked.service", "multi-user.target") | enabled("wicked.service", "network-online.target")
    table |= enabled("wickedd.service", "wicked.service")
    return table | programs("/usr/sbin/wicked", "/usr/sbin/wickedd")


def sles12() -> FakeGuest:
    """SLES 12 SP5: wicked, GRUB 2 without an ESP, SuSEfirewall2 installed and off."""
    release = "4.12.14-122.231-default"
    table = _recent(release, "SLES 12-SP5", "sles") | _wicked()
    table |= {
        f"{UNITS}/SuSEfirewall2.service": unit("/usr/sbin/SuSEfirewall2 boot_setup", "multi-user.target\n"
            "Also=SuSEfirewall2_init.service", "SuSEfirewall2_setup.service"),
        f"{UNITS}/SuSEfirewall2_init.service": unit("/usr/sbin/SuSEfirewall2 boot_init", "SuSEfirewall2.service"),
        "/usr/sbin/SuSEfirewall2": "#!/bin/bash\niptables -A INPUT -j DROP\n",
        "/etc/sysconfig/SuSEfirewall2": 'FW_DEV_EXT=""\nFW_SERVICES_EXT_TCP=""\n',
    }  # fmt: skip
    versions = VERSIONS | {"openssh": "7.2p2-81.8.1", "util-linux": "2.33.2-4.36.1", "systemd": "228-157.60.1"}
    return lay(
        System("sles", "SUSE Linux Enterprise Server 12 SP5", (12, 5), package_format="rpm"),
        table,
        gpt("xfs", esp=False),
        versions,
    )


def sles15() -> FakeGuest:
    """SLES 15 SP6: wicked, GPT with an ESP."""
    table = _recent("6.4.0-150600.23.22-default", "SLES 15-SP6", "sles", packed="zstd") | _wicked()
    return lay(
        System("sles", "SUSE Linux Enterprise Server 15 SP6", (15, 6), package_format="rpm"),
        table,
        gpt("xfs"),
        VERSIONS,
    )


def leap15() -> FakeGuest:
    """openSUSE Leap 15.6: wicked, btrfs."""
    table = (
        _recent("6.4.0-150600.23.17-default", "openSUSE Leap 15.6", "opensuse", packed="zstd", file="btrfs") | _wicked()
    )
    table |= programs("/usr/sbin/btrfs")
    return lay(System("opensuse", "openSUSE Leap 15.6", (15, 6), package_format="rpm"), table, gpt("btrfs"), VERSIONS)


def leap15_ppc64le() -> FakeGuest:
    """openSUSE Leap 15.6 on POWER: the console hvc0, a PReP partition, kernels called vmlinux."""
    table = (
        _recent(
            "6.4.0-150600.23.17-default",
            "openSUSE Leap 15.6",
            "opensuse",
            packed="zstd",
            image="vmlinux",
            console="console=hvc0",
        )
        | _wicked()
    )
    system = System("opensuse", "openSUSE Leap 15.6", (15, 6), "ppc64le", "rpm")
    return lay(system, table, gpt("xfs", esp=False), VERSIONS)


def tumbleweed() -> FakeGuest:
    """openSUSE Tumbleweed: /usr merged, sshd's configuration in /usr/etc, NetworkManager."""
    table = _recent("6.11.3-1-default", "openSUSE Tumbleweed", "opensuse", packed="zstd", stages=FIVE) | merged()
    table = {
        path if not path.startswith(("/bin/", "/sbin/", "/lib/")) else f"/usr{path}": entry
        for path, entry in table.items()
    }
    del table["/etc/ssh/sshd_config"]
    table |= {
        "/usr/etc/ssh/sshd_config": SSHD.format(
            include="Include /etc/ssh/sshd_config.d/*.conf\nInclude /usr/etc/ssh/sshd_config.d/*.conf"
        ).replace("ChallengeResponse", "KbdInteractive"),
        "/etc/ssh/sshd_config.d": None,
        f"{UNITS}/NetworkManager.service": unit(
            "/usr/sbin/NetworkManager --no-daemon",
            "multi-user.target\nAlso=NetworkManager-dispatcher.service",
            "network.service",
        ),
        "/etc/systemd/system/network.service": Link(f"{UNITS}/NetworkManager.service"),
        "/etc/NetworkManager/NetworkManager.conf": "[main]\nplugins=keyfile\ndhcp=internal\n",
        "/etc/NetworkManager/system-connections": None,
        "/usr/sbin/sshd-gen-keys-start": GEN_KEYS,
    }
    table |= enabled("NetworkManager.service", "multi-user.target") | programs(
        "/usr/sbin/NetworkManager", "/usr/bin/nmcli"
    )
    return lay(
        System("opensuse", "openSUSE Tumbleweed", (20241010, 0), package_format="rpm"), table, gpt("xfs"), VERSIONS
    )
