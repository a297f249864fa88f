"""Arch Linux (with GRUB, with systemd-boot) and Alpine as conforming cloud images, in short."""

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
from corpus.boot import UPDATE_EXTLINUX, defaults, extlinux_conf, menu
from corpus.cloud import FIVE, FOUR, cloud_cfg, cloud_init, openrc_stage
from corpus.debian_texts import NETWORKD

UNITS = "/usr/lib/systemd/system"
_ARCH = "6.11.3-arch1-1"
_ALPINE = "6.6.56-0-virt"


def _arch() -> Table:
    table = systemd() | merged("bin", "sbin", "lib", "lib64")
    table = {path.replace("/usr/sbin/", "/usr/bin/"): entry for path, entry in table.items()}
    table |= accounts(("adm", "wheel", "users", "systemd-journal"), nologin="/usr/bin/nologin")
    table |= {
        "/sbin": Link("usr/bin"),
        "/usr/sbin": Link("bin"),
        "/usr/bin/init": Link("../lib/systemd/systemd"),
        f"{UNITS}/sshd.service": "[Unit]\nDescription=OpenSSH Daemon\nWants=sshdgenkeys.service\n"
            "After=sshdgenkeys.service\nAfter=network.target\n\n"
        "[Service]\nType=notify-reload\nExecStart=/usr/bin/sshd -D\nKillMode=process\nRestart=always\n\n[Install]\n"
            "WantedBy=multi-user.target\n",
        f"{UNITS}/sshdgenkeys.service": "[Unit]\nDescription=SSH Key Generation\n"
            "ConditionPathExists=|!/etc/ssh/ssh_host_rsa_key\n"
        "ConditionPathExists=|!/etc/ssh/ssh_host_ed25519_key\n\n[Service]\nExecStart=/usr/bin/ssh-keygen -A\n"
            "Type=oneshot\nRemainAfterExit=yes\n",
        "/etc/ssh/sshd_config": "# Include drop-in configurations\nInclude /etc/ssh/sshd_config.d/*.conf\n\n#Port 22\n"
            "#PubkeyAuthentication yes\n"
        "AuthorizedKeysFile\t.ssh/authorized_keys\nKbdInteractiveAuthentication no\nUsePAM yes\nPrintMotd no\n"
            "Subsystem\tsftp\t/usr/lib/ssh/sftp-server\n",
        "/etc/ssh/sshd_config.d/99-archlinux.conf": "KbdInteractiveAuthentication no\nUsePAM yes\nPrintMotd no\n",
        f"{UNITS}/systemd-networkd.service": NETWORKD.replace("!!/lib", "!!/usr/lib"),
        f"{UNITS}/systemd-networkd.socket": "[Socket]\nListenNetlink=route 1361\n\n[Install]\n"
            "WantedBy=sockets.target\n",
        "/etc/systemd/system/dbus-org.freedesktop.network1.service": Link(f"{UNITS}/systemd-networkd.service"),
        "/etc/systemd/network/80-dhcp.network": "[Match]\nName=en*\nName=eth*\n\n[Link]\nRequiredForOnline=routable\n"
            "\n[Network]\nDHCP=yes\n",
        f"{UNITS}/qemu-guest-agent.service": "[Unit]\nDescription=QEMU Guest Agent\nIgnoreOnIsolate=True\n\n"
            "[Service]\nExecStart=-/usr/bin/qemu-ga\nRestart=always\n\n"
        "[Install]\nWantedBy=dev-virtio\\x2dports-org.qemu.guest_agent.0.device\n",
        "/usr/lib/udev/rules.d/99-qemu-guest-agent.rules": 'SUBSYSTEM=="virtio-ports", '
            'ATTR{name}=="org.qemu.guest_agent.0", TAG+="systemd", ENV{SYSTEMD_WANTS}="qemu-guest-agent.service"\n',
        "/usr/lib/systemd/system-preset/99-default.preset": "disable *\n",
        "/usr/lib/systemd/system-preset/90-systemd.preset": "enable remote-fs.target\nenable getty@.service\n",
        "/etc/machine-id": "",
        "/etc/mkinitcpio.conf": "MODULES=()\n"
            "HOOKS=(base systemd autodetect microcode modconf kms keyboard block filesystems fsck)\n",
        "/etc/mkinitcpio.d/linux.preset": "ALL_kver=\"/boot/vmlinuz-linux\"\nPRESETS=('default' 'fallback')\n",
        f"/usr/lib/modules/{_ARCH}/vmlinuz": b"MZ" + bytes(510),
        f"/usr/lib/modules/{_ARCH}/pkgbase": "linux\n",
        "/usr/bin/sh": Link("bash"),
    }  # fmt: skip
    table |= enabled("sshd.service", "multi-user.target") | enabled("systemd-networkd.service", "multi-user.target")
    table |= enabled("systemd-networkd.socket", "sockets.target")
    table["/etc/systemd/system/getty.target.wants/getty@tty1.service"] = Link(f"{UNITS}/getty@.service")
    table |= cloud_init(cloud_cfg("arch", "arch", "wheel, users"), "/usr/lib/python3.12/site-packages", UNITS, FIVE)
    table |= kernel(_ARCH, "/boot/vmlinuz-linux", "/boot/initramfs-linux.img", "zstd", suffix=".zst")
    table["/boot/initramfs-linux-fallback.img"] = table["/boot/initramfs-linux.img"]
    return table | programs(
        "/usr/bin/sshd", "/usr/bin/ssh-keygen", "/usr/bin/growpart", "/usr/bin/sfdisk", "/usr/bin/sgdisk",
        "/usr/bin/resize2fs", "/usr/bin/btrfs", "/usr/bin/bash", "/usr/bin/curl", "/usr/bin/python3",
        "/usr/bin/qemu-ga", "/usr/lib/systemd/systemd-networkd", "/usr/bin/useradd", "/usr/bin/agetty",
        "/usr/bin/login", "/usr/bin/blkid",
    )  # fmt: skip


_VERSIONS = {"cloud-init": "24.3.1-1", "cloud-guest-utils": "0.33-1", "openssh": "9.9p1-1", "util-linux": "2.40.2-1",
             "qemu-guest-agent": "9.1.0-2", "linux": "6.11.3.arch1-1", "systemd": "256.7-1"}  # fmt: skip


def arch() -> FakeGuest:
    """Arch as its cloud image: GRUB, systemd-networkd, btrfs."""
    table = _arch()
    words = CONSOLE
    table |= {
        "/etc/default/grub": defaults(words, "loglevel=3 quiet", "GRUB_DISABLE_RECOVERY=true\n", '"Arch"'),
        "/boot/grub/grub.cfg": menu(
            "Arch Linux", {"/boot/vmlinuz-linux": "/boot/initramfs-linux.img"}, words, "loglevel=3 quiet", "",
            start="rw", modules="part_gpt btrfs",
        ),
        "/etc/fstab": f"UUID={ROOT} / btrfs rw,relatime,compress-force=zstd 0 0\n",
    }  # fmt: skip
    table |= programs("/usr/bin/grub-mkconfig")
    return lay(System("archlinux", "Arch Linux", (0, 0), package_format="pacman"), table, gpt("btrfs"), _VERSIONS)


def arch_boot() -> FakeGuest:
    """Arch with systemd-boot: the ESP on /boot, entries of hand, ext4."""
    table = _arch()
    options = f"options root=UUID={ROOT} rw {CONSOLE}\n"
    table |= {
        "/boot/loader/loader.conf": "default arch.conf\ntimeout 1\n",
        "/boot/loader/entries/arch.conf": f"title   Arch Linux\nlinux   /vmlinuz-linux\ninitrd  /initramfs-linux.img\n"
        f"{options}",
        "/boot/loader/entries/arch-fallback.conf": f"title   Arch Linux (fallback)\nlinux   /vmlinuz-linux\n"
        f"initrd  /initramfs-linux-fallback.img\n{options}",
        "/boot/EFI/systemd/systemd-bootx64.efi": b"MZ" + bytes(510),
        "/boot/EFI/BOOT/BOOTX64.EFI": b"MZ" + bytes(510),
        "/etc/fstab": f"UUID={ROOT} / ext4 rw,relatime 0 1\nUUID=B1F2-0A3C /boot vfat rw,fmask=0022,dmask=0022 0 2\n",
    }
    return lay(System("archlinux", "Arch Linux", (0, 0), package_format="pacman"), table, gpt(), _VERSIONS)


_SSHD_INIT = """\
#!/sbin/openrc-run

extra_commands="checkconfig"
extra_started_commands="reload"

: ${cfgfile:=${SSHD_CONFIG:-${SSHD_CONFDIR:-/etc/ssh}/sshd_config}}
pidfile="${SSHD_PIDFILE:-"/run/$RC_SVCNAME.pid"}"
command="${SSHD_BINARY:-"/usr/sbin/sshd"}"
command_args="${command_args:-${SSHD_OPTS:-}}"
required_files="$cfgfile"

depend() {
\tuse logger dns
\tafter entropy
\tif [ "${rc_need+set}" = "set" ] ; then
\t\t: # Do nothing, the user has explicitly set rc_need
\telse
\t\tuse net
\tfi
}

update_command() {
\tif sed -E 's/#.*//' "$cfgfile" | grep -Eqi "UsePAM[[:space:]]+yes"; then
\t\tcommand="${SSHD_BINARY:-"/usr/sbin/sshd.pam"}"
\tfi
}

generate_host_keys() {
\tssh-keygen -A
}

start_pre() {
\tif [ "${RC_CMD}" != "restart" ] && ! yesno "${sshd_disable_keygen:-no}"; then
\t\tgenerate_host_keys
\tfi
\tupdate_command
}
"""
_INITTAB = """\
# /etc/inittab

::sysinit:/sbin/openrc sysinit
::sysinit:/sbin/openrc boot
::wait:/sbin/openrc default

# Set up a couple of getty's
tty1::respawn:/sbin/getty 38400 tty1
tty2::respawn:/sbin/getty 38400 tty2

# Put a getty on the serial port
ttyS0::respawn:/sbin/getty -L 115200 ttyS0 vt100

# Stuff to do for the 3-finger salute
::ctrlaltdel:/sbin/reboot

# Stuff to do before rebooting
::shutdown:/sbin/openrc shutdown
"""


def alpine() -> FakeGuest:
    """Alpine 3.20: OpenRC, extlinux, cloud-init in its runlevels, openssh with PAM."""
    table: Table = accounts(
        ("adm", "wheel", "audio", "cdrom", "dialout", "video", "netdev", "users"), "/bin/ash", nologin="/sbin/nologin"
    )
    words = f"quiet rootfstype=ext4 {CONSOLE}"
    table |= {
        "/sbin/init": Link("/bin/busybox"),
        "/bin/sh": Link("/bin/busybox"),
        "/bin/ash": Link("/bin/busybox"),
        "/sbin/getty": Link("/bin/busybox"),
        "/bin/login": Link("/bin/busybox"),
        "/etc/inittab": _INITTAB,
        "/etc/securetty": "console\ntty1\ntty2\nttyS0\n",
        "/etc/init.d/sshd": _SSHD_INIT,
        "/etc/conf.d/sshd": "# Configuration for /etc/init.d/sshd\n\n# command_args=\"\"\n"
            "#sshd_disable_keygen=\"yes\"\n",
        "/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\n\n#Port 22\n"
            "AuthorizedKeysFile\t.ssh/authorized_keys\nPasswordAuthentication no\nUsePAM yes\n"
        "AllowTcpForwarding no\nGatewayPorts no\nX11Forwarding no\nSubsystem\tsftp\tinternal-sftp\n",
        "/etc/init.d/networking": "#!/sbin/openrc-run\n\n: ${cfgfile:=\"/etc/network/interfaces\"}\n\ndepend() {\n"
            "\tneed localmount\n\twant dev-settle\n\tprovide net\n}\n\nstart() {\n\tifup -i $cfgfile eth0\n}\n",
        "/etc/network/interfaces": "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\n",
        "/etc/init.d/qemu-guest-agent": "#!/sbin/openrc-run\n\nname=\"QEMU Guest Agent\"\n"
            "command=\"/usr/bin/qemu-ga\"\n",
        "/etc/init.d/local": "#!/sbin/openrc-run\n\ndepend() {\n\tafter *\n}\n",
        "/etc/local.d/README": "This directory should contain programs or scripts which are to be run\n",
        "/etc/update-extlinux.conf": UPDATE_EXTLINUX.format(words=words, root=ROOT, port="0"),
        "/boot/extlinux.conf": extlinux_conf(words),
        "/boot/ldlinux.sys": bytes(64),
        "/etc/fstab": f"UUID={ROOT}\t/\text4\trw,relatime 0 1\n/dev/cdrom\t/media/cdrom\tiso9660\tnoauto,ro 0 0\n",
        "/etc/alpine-release": "3.20.3\n",
        "/etc/cloud/cloud.cfg.d/10_datasource.cfg": "datasource_list: ['NoCloud', 'ConfigDrive', 'OpenStack', 'Ec2', "
            "'None']\n",
        "/usr/lib/cloud-init/ds-identify": "#!/bin/sh\n",
    }  # fmt: skip
    table |= cloud_init(cloud_cfg("alpine", "alpine", "adm, wheel", "/bin/ash"), "/usr/lib/python3.12/site-packages")
    for stage in FOUR:
        table[f"/etc/init.d/{stage}"] = openrc_stage(stage)
        level = "boot" if stage == "cloud-init-local" else "default"
        table[f"/etc/runlevels/{level}/{stage}"] = Link(f"/etc/init.d/{stage}")
    for level, names in {
        "boot": ("networking", "bootmisc", "hostname"),
        "default": ("sshd", "qemu-guest-agent", "crond"),
        "sysinit": ("devfs", "mdev"),
    }.items():
        for name in names:
            table.setdefault(f"/etc/init.d/{name}", "#!/sbin/openrc-run\n\ndepend() {\n\tneed localmount\n}\n")
            table[f"/etc/runlevels/{level}/{name}"] = Link(f"/etc/init.d/{name}")
    table |= kernel(
        _ALPINE, "/boot/vmlinuz-virt", "/boot/initramfs-virt", modules="/lib/modules", folder="lib", suffix=".gz"
    )
    table |= programs("/bin/busybox", "/sbin/openrc", "/sbin/rc", "/usr/sbin/sshd", "/usr/sbin/sshd.pam",
                      "/usr/bin/ssh-keygen", "/usr/bin/growpart", "/sbin/sfdisk", "/usr/sbin/resize2fs",
                      "/usr/bin/python3", "/usr/bin/qemu-ga", "/sbin/ifup", "/sbin/ifdown", "/sbin/ifquery",
                      "/sbin/udhcpc", "/sbin/update-extlinux", "/usr/sbin/adduser", "/sbin/blkid")  # fmt: skip
    packages = {"cloud-init": "24.1.4-r0", "cloud-utils-growpart": "0.33-r0", "openssh-server-pam": "9.7_p1-r4",
                "sfdisk": "2.40.1-r1", "openssh-server": "9.7_p1-r4", "e2fsprogs-extra": "1.47.0-r5",
                "qemu-guest-agent": "9.0.2-r0",
                "busybox": "1.36.1-r29"}  # fmt: skip
    return lay(System("alpinelinux", "Alpine Linux v3.20", (3, 20), package_format="apk"), table, dos(), packages)


__all__ = ["alpine", "arch", "arch_boot", "unit"]
