"""The Red Hat family from 7 on as conforming cloud images, in short: CentOS 7, Rocky, Alma, Oracle, RHEL, Fedora."""

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
from corpus.boot import defaults, entry, flat_menu, grubenv, spec_menu, wrapper
from corpus.cloud import FIVE, FOUR, cloud_cfg, cloud_init
from corpus.redhat_texts import (
    AGENT,
    GROUPS,
    KEYGEN_AT,
    KEYGEN_TARGET,
    KEYS,
    MACHINE,
    NM,
    NO_KEYGEN,
    PAM,
    POLICY,
    POLICY_CONFIG,
    PRESET,
    SSHD,
    TYPES,
    UNITS,
    VERSIONS,
)


def common(release: str, user: str, libexec: bool, *, packed: str = "gzip", stages: tuple[str, ...] = FOUR) -> Table:
    """What all have: systemd, sshd, NetworkManager, the agent, cloud-init, presets, a kernel."""
    table = systemd() | merged() | accounts(GROUPS, locked="!!", nologin="/sbin/nologin")
    table |= {
        "/usr/sbin/init": Link("../lib/systemd/systemd"),
        f"{UNITS}/NetworkManager.service": NM,
        f"{UNITS}/NetworkManager-wait-online.service": unit("/usr/bin/nm-online -s -q", "network-online.target"),
        f"{UNITS}/qemu-guest-agent.service": AGENT,
        f"{UNITS}/rc-local.service": "[Unit]\nConditionFileIsExecutable=/etc/rc.d/rc.local\n\n[Service]\n"
            "ExecStart=/etc/rc.d/rc.local start\n",
        "/usr/lib/systemd/system-generators/systemd-rc-local-generator": b"\x7fELF",
        "/etc/rc.d/rc.local": "#!/bin/bash\n# THIS FILE IS ADDED FOR COMPATIBILITY PURPOSES\n\n"
            "touch /var/lock/subsys/local\n",
        "/etc/rc.local": Link("rc.d/rc.local"),
        "/etc/sysconfig/qemu-ga": "BLACKLIST_RPC=guest-file-open,guest-file-close,guest-file-read\n"
            "FSFREEZE_HOOK_PATHNAME=/etc/qemu-ga/fsfreeze-hook\n",
        "/usr/lib/systemd/system-preset/90-default.preset": PRESET,
        "/usr/lib/systemd/system-preset/99-default-disable.preset": "disable *\n",
        "/etc/NetworkManager/NetworkManager.conf": "# Configuration file for NetworkManager.\n\n[main]\n"
            "#plugins=keyfile,ifcfg-rh\n\n[logging]\n#level=DEBUG\n",
        "/etc/NetworkManager/system-connections": None,
        "/etc/sysconfig/network": "# Created by anaconda\n",
        "/etc/machine-id": "",
        "/etc/hostname": "",
        "/etc/selinux/config": "SELINUX=enforcing\nSELINUXTYPE=targeted\n",
        "/etc/fstab": f"\n#\n# /etc/fstab\n# Created by anaconda\n#\n"
            f"UUID={ROOT} /                       xfs     defaults        0 0\n",
        "/usr/bin/sh": Link("bash"),
    }  # fmt: skip
    for name in ("sshd.service", "NetworkManager.service"):
        table |= enabled(name, "multi-user.target")
    table |= enabled("NetworkManager-wait-online.service", "network-online.target")
    table |= enabled("qemu-guest-agent.service", "dev-virtio\\x2dports-org.qemu.guest_agent.0.device")
    table["/etc/systemd/system/getty.target.wants/getty@tty1.service"] = Link(f"{UNITS}/getty@.service")
    table |= cloud_init(
        cloud_cfg("rhel" if user != "fedora" else "fedora", user, "wheel, adm, systemd-journal",
                  red_hat=TYPES if libexec else "~", old=not libexec),
        "/usr/lib/python3.9/site-packages" if libexec else "/usr/lib/python2.7/site-packages",
        UNITS, stages, "cloud-init.target" if libexec else "multi-user.target", "/usr/libexec/cloud-init",
    )  # fmt: skip
    table |= kernel(
        release, f"/boot/vmlinuz-{release}", f"/boot/initramfs-{release}.img", packed,
        suffix=".ko.xz".removeprefix(".ko"),
    )  # fmt: skip
    return table | programs(
        "/usr/sbin/sshd", "/usr/bin/ssh-keygen", "/usr/bin/growpart", "/usr/sbin/sfdisk", "/usr/sbin/sgdisk",
        "/usr/sbin/xfs_growfs", "/usr/sbin/resize2fs", "/usr/sbin/NetworkManager", "/usr/bin/qemu-ga", "/usr/bin/bash",
        "/usr/bin/curl", "/usr/bin/python3", "/usr/sbin/grub2-mkconfig", "/usr/sbin/grubby", "/usr/sbin/useradd",
        "/usr/sbin/agetty", "/usr/bin/login", "/usr/bin/nm-online", "/usr/sbin/blkid",
    )  # fmt: skip


def centos7() -> FakeGuest:
    """CentOS 7: GRUB 2 without entry files, ``network`` and NetworkManager over ifcfg-eth0, MBR and XFS."""
    release = "3.10.0-1160.119.1.el7.x86_64"
    rescue = f"0-rescue-{MACHINE}"
    words = f"{CONSOLE} crashkernel=auto net.ifnames=0"
    table = common(release, "centos", False)
    images = {f"/boot/vmlinuz-{name}": f"/boot/initramfs-{name}.img" for name in (release, rescue)}
    table |= {
        f"{UNITS}/sshd.service": "[Unit]\nAfter=network.target sshd-keygen.service\nWants=sshd-keygen.service\n\n"
            "[Service]\nType=notify\n"
        "EnvironmentFile=/etc/sysconfig/sshd\nExecStart=/usr/sbin/sshd -D $OPTIONS\n\n[Install]\n"
            "WantedBy=multi-user.target\n",
        f"{UNITS}/sshd-keygen.service": "[Unit]\nConditionFileNotEmpty=|!/etc/ssh/ssh_host_rsa_key\n"
            "PartOf=sshd.service sshd.socket\n\n"
        "[Service]\nExecStart=/usr/sbin/sshd-keygen\nType=oneshot\nRemainAfterExit=yes\n",
        "/usr/sbin/sshd-keygen": "#!/bin/bash\n. /etc/sysconfig/sshd\n",
        "/etc/sysconfig/sshd": 'AUTOCREATE_SERVER_KEYS=""\nSSH_USE_STRONG_RNG=0\n# OPTIONS="-u0"\n',
        "/etc/ssh/sshd_config": SSHD.format(include="", keys=KEYS, more=PAM),
        "/etc/default/grub": defaults(
            words, more='GRUB_DISABLE_SUBMENU=true\nGRUB_DISABLE_RECOVERY="true"\n',
            distributor="\"$(sed 's, release .*$,,g' /etc/system-release)\"",
        ),
        "/boot/grub2/grub.cfg": flat_menu("CentOS Linux", images, words),
        "/etc/grub2.cfg": Link("../boot/grub2/grub.cfg"),
        "/boot/grub2/grubenv": grubenv(saved_entry=f"CentOS Linux ({release}) 7 (Core)"),
        f"/boot/vmlinuz-{rescue}": b"MZ" + bytes(510),
        "/etc/sysconfig/network": "NETWORKING=yes\nNOZEROCONF=yes\n",
        "/etc/sysconfig/network-scripts/ifcfg-eth0": 'DEVICE="eth0"\nBOOTPROTO="dhcp"\nONBOOT="yes"\nTYPE="Ethernet"\n'
            'USERCTL="yes"\n'
        'PEERDNS="yes"\nIPV6INIT="no"\nPERSISTENT_DHCLIENT="1"\n',
        "/etc/sysconfig/network-scripts/ifcfg-lo": "DEVICE=lo\nIPADDR=127.0.0.1\nNETMASK=255.0.0.0\nONBOOT=yes\n"
            "NAME=loopback\n",
        "/etc/sysconfig/network-scripts/network-functions": "# -*-Shell-script-*-\n#\n"
            "# This file is not a stand-alone shell script; it provides functions to\n",
        "/etc/rc.d/init.d/network": "#! /bin/bash\n#\n# network       Bring up/down networking\n#\n"
            "# chkconfig: 2345 10 90\n# description: network\n",
        "/etc/init.d": Link("rc.d/init.d"),
        "/etc/centos-release": "CentOS Linux release 7.9.2009 (Core)\n",
    }  # fmt: skip
    table |= {f"/etc/rc{level}.d": Link(f"rc.d/rc{level}.d") for level in "0123456"}
    table |= {f"/etc/rc.d/rc{level}.d/S10network": Link("../init.d/network") for level in "2345"}
    table[f"/boot/initramfs-{rescue}.img"] = table[f"/boot/initramfs-{release}.img"]
    table |= programs("/usr/sbin/ifup", "/usr/sbin/ifdown", "/usr/sbin/dhclient", "/usr/bin/python2.7")
    versions = VERSIONS | {
        "util-linux": "2.23.2-65.el7_9.1",
        "openssh-server": "7.4p1-23.el7_9",
        "cloud-init": "19.4-7.el7.centos.6",
        "cloud-utils-growpart": "0.29-5.el7",
    }
    return lay(System("centos", "CentOS Linux 7 (Core)", (7, 9), package_format="rpm"), table, dos("xfs"), versions)


def _eight(distro: str, product: str, version: tuple[int, int], user: str, release: str) -> FakeGuest:
    words = f"{CONSOLE} no_timer_check net.ifnames=0 crashkernel=auto"
    opts = f"root=UUID={ROOT} ro {words} "
    table = common(release, user, True) | _sshd_8() | _spec(release, product, "$kernelopts $tuned_params", opts, words)
    table |= {
        "/etc/sysconfig/network-scripts/ifcfg-eth0": "BOOTPROTO=dhcp\nDEVICE=eth0\nONBOOT=yes\nTYPE=Ethernet\n"
        "USERCTL=no\n",
        "/usr/lib64/NetworkManager/1.40.16/libnm-settings-plugin-ifcfg-rh.so": b"\x7fELF",
    }
    versions = VERSIONS | {
        "util-linux": "2.32.1-46.el8",
        "cloud-init": "23.4-7.el8_10.8",
        "openssh-server": "8.0p1-25.el8_10",
    }
    return lay(System(distro, product, version, package_format="rpm"), table, gpt("xfs"), versions)


def rocky8() -> FakeGuest:
    """Rocky 8: entry files whose options are ``$kernelopts`` of grubenv, NetworkManager over ifcfg-eth0."""
    return _eight("rocky", "Rocky Linux 8.10 (Green Obsidian)", (8, 10), "rocky", "4.18.0-553.16.1.el8_10.x86_64")


def oracle8() -> FakeGuest:
    """Oracle Linux 8 with its own kernel."""
    return _eight("oraclelinux", "Oracle Linux Server 8.10", (8, 10), "cloud-user", "5.15.0-210.163.7.el8uek.x86_64")


def alma9() -> FakeGuest:
    """Alma 9: literal options, ``/etc/kernel/cmdline``, an ESP that leads to /boot, NetworkManager without profiles."""
    release = "5.14.0-427.35.1.el9_4.x86_64"
    words = f"{CONSOLE} no_timer_check net.ifnames=0"
    table = common(release, "almalinux", True) | _sshd_9()
    table |= _spec(release, "AlmaLinux", f"root=UUID={ROOT} ro {words} $tuned_params", "", words)
    table |= {
        "/etc/kernel/cmdline": f"root=UUID={ROOT} ro {words}\n",
        "/boot/efi/EFI/almalinux/grub.cfg": wrapper("/boot/grub2"),
    }
    return _named("redhat-based", table, "AlmaLinux 9.4 (Seafoam Ocelot)", (9, 4))


def rhel10() -> FakeGuest:
    """RHEL 10: machine ID uninitialized, cloud-init's single process."""
    release = "6.12.0-55.9.1.el10_0.x86_64"
    words = f"{CONSOLE} net.ifnames=0 crashkernel=2G-64G:256M,64G-:512M"
    table = common(release, "cloud-user", True, stages=FIVE, packed="zstd") | _sshd_9()
    table |= _spec(release, "Red Hat Enterprise Linux", f"root=UUID={ROOT} ro {words}", "", words)
    table |= {"/etc/kernel/cmdline": f"root=UUID={ROOT} ro {words}\n", "/etc/machine-id": "uninitialized\n",
              "/boot/efi/EFI/redhat/grub.cfg": wrapper("/boot/grub2")}  # fmt: skip
    return _named("rhel", table, "Red Hat Enterprise Linux 10.0 (Coughlan)", (10, 0))


def fedora42() -> FakeGuest:
    """Fedora 42: btrfs, machine ID uninitialized, presets that enable what is enabled and disable the rest."""
    release = "6.14.0-63.fc42.x86_64"
    words = f"rootflags=subvol=root no_timer_check {CONSOLE}"
    table = common(release, "fedora", True, packed="zstd") | _sshd_9()
    table |= _spec(release, "Fedora Linux", f"root=UUID={ROOT} ro {words}", "", words)
    table |= {
        "/etc/kernel/cmdline": f"root=UUID={ROOT} ro {words}\n",
        "/etc/machine-id": "uninitialized\n",
        "/etc/fstab": f"UUID={ROOT} / btrfs compress=zstd:1,defaults,subvol=root 0 1\n",
        "/boot/efi/EFI/fedora/grub.cfg": wrapper("/boot/grub2"),
    }
    table |= programs("/usr/bin/btrfs")
    guest = lay(
        System("fedora", "Fedora Linux 42 (Cloud Edition)", (42, 0), package_format="rpm"),
        table,
        gpt("btrfs"),
        VERSIONS,
    )
    guest.files["/usr/lib/systemd/system-preset/90-default.preset"] = PRESET.replace(
        "enable firewalld.service\n", ""
    ).encode()
    return guest


def rhel9_s390x() -> FakeGuest:
    """RHEL 9 on a mainframe: zipl over the entry files, the console ttysclp0, DASD-less FCP disk with MBR."""
    release = "5.14.0-427.35.1.el9_4.s390x"
    words = "console=ttysclp0"
    table = common(release, "cloud-user", True) | _sshd_9()
    table |= {
        "/etc/zipl.conf": "[defaultboot]\ndefaultauto\nprompt=1\ntimeout=5\ntarget=/boot\n",
        f"/boot/loader/entries/{MACHINE}-{release}.conf": entry(
            "Red Hat Enterprise Linux", release, f"root=UUID={ROOT} {words}", "/boot", "grub_users $grub_users\n"
        ),
        "/etc/kernel/cmdline": f"root=UUID={ROOT} {words}\n",
    }  # fmt: skip
    table["/boot/bootmap"] = b"zIPL" + bytes(508) + f"root=UUID={ROOT} {words}".encode().ljust(4096, b"\0")
    # Built in, as are all of a mainframe's own virtio parts.
    table[f"/usr/lib/modules/{release}/modules.builtin"] = "kernel/drivers/s390/virtio/virtio_ccw.ko\n"
    del table["/usr/sbin/grub2-mkconfig"]
    return lay(
        System("rhel", "Red Hat Enterprise Linux 9.4 (Plow)", (9, 4), "s390x", "rpm"), table, dos("xfs"), VERSIONS
    )


def _named(distro: str, table: Table, product: str, version: tuple[int, int]) -> FakeGuest:
    return lay(System(distro, product, version, package_format="rpm"), table, gpt("xfs"), VERSIONS)


def _spec(release: str, title: str, options: str, kernelopts: str, words: str) -> Table:
    values = {"saved_entry": f"{MACHINE}-{release}"} | ({"kernelopts": kernelopts} if kernelopts else {})
    more = 'GRUB_DISABLE_SUBMENU=true\nGRUB_DISABLE_RECOVERY="true"\nGRUB_ENABLE_BLSCFG=true\n'
    return {
        "/boot/grub2/grub.cfg": spec_menu(kernelopts),
        "/boot/grub2/grubenv": grubenv(**values),
        "/etc/default/grub": defaults(
            words, more=more, distributor="\"$(sed 's, release .*$,,g' /etc/system-release)\""
        ),
        f"/boot/loader/entries/{MACHINE}-{release}.conf": entry(f"{title} ({release})", release, options, "/boot"),
    }


def _keygen() -> Table:
    return {
        f"{UNITS}/sshd-keygen@.service": KEYGEN_AT,
        f"{UNITS}/sshd-keygen.target": KEYGEN_TARGET,
        "/usr/libexec/openssh/sshd-keygen": "#!/usr/bin/bash\n",
        "/etc/systemd/system/sshd-keygen@.service.d/disable-sshd-keygen-if-cloud-init-active.conf": NO_KEYGEN,
    }


def _sshd_8() -> Table:
    return _keygen() | {
        f"{UNITS}/sshd.service": "[Unit]\nAfter=network.target sshd-keygen.target\nWants=sshd-keygen.target\n\n"
            "[Service]\nType=notify\n"
        "EnvironmentFile=-/etc/crypto-policies/back-ends/opensshserver.config\nEnvironmentFile=-/etc/sysconfig/sshd\n"
        "ExecStart=/usr/sbin/sshd -D $OPTIONS $CRYPTO_POLICY\n\n[Install]\nWantedBy=multi-user.target\n",
        "/etc/crypto-policies/back-ends/opensshserver.config": POLICY,
        "/etc/sysconfig/sshd": "# Configuration file for the sshd service.\n# System-wide crypto policy:\n"
            "# CRYPTO_POLICY=\n",
        "/etc/ssh/sshd_config": SSHD.format(include="", keys=KEYS, more=PAM),
    }  # fmt: skip


def _sshd_9() -> Table:
    return _keygen() | {
        f"{UNITS}/sshd.service": "[Unit]\nAfter=network.target sshd-keygen.target\nWants=sshd-keygen.target\n\n"
            "[Service]\nType=notify\n"
        "EnvironmentFile=-/etc/sysconfig/sshd\nExecStart=/usr/sbin/sshd -D $OPTIONS\n\n[Install]\n"
            "WantedBy=multi-user.target\n",
        "/usr/share/crypto-policies/DEFAULT/opensshserver.txt": POLICY_CONFIG,
        "/etc/crypto-policies/back-ends/opensshserver.config": Link(
            "/usr/share/crypto-policies/DEFAULT/opensshserver.txt"
        ),
        "/etc/sysconfig/sshd": "# Configuration file for the sshd service.\n",
        "/etc/ssh/sshd_config": SSHD.format(include="Include /etc/ssh/sshd_config.d/*.conf\n", keys="", more=""),
        "/etc/ssh/sshd_config.d/50-redhat.conf": "Include /etc/crypto-policies/back-ends/opensshserver.config\n\n"
        + PAM.replace("ChallengeResponse", "KbdInteractive"),
    }  # fmt: skip
