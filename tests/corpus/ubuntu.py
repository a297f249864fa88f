"""Ubuntu 14.04 to 26.04 as conforming cloud images, in short."""

from __future__ import annotations

from fake_guest import FakeGuest, Link

from corpus.base import CONSOLE, ROOT, System, Table, accounts, dos, enabled, gpt, kernel, lay, programs
from corpus.boot import defaults, menu
from corpus.cloud import DPKG, FIVE, FOUR, cloud_cfg, cloud_init
from corpus.debian import common, ifupdown, netplan, networkd
from corpus.debian_texts import GROUPS, OLD_SSHD, SSH_SOCKET

_GROUPS = (*GROUPS, "lxd", "admin")
_CLOUD_GROUPS = "adm, audio, cdrom, dialout, dip, floppy, lxd, netdev, plugdev, sudo, video"
_NETWORK = (
    "  network:\n    renderers: ['netplan', 'eni', 'sysconfig']\n"
    "    activators: ['netplan', 'eni', 'network-manager', 'networkd']\n"
)
_DISTRIBUTOR = "`lsb_release -i -s 2> /dev/null || echo Debian`"
_UFW = """\
# /etc/ufw/ufw.conf
#

# Set to yes to start on boot. If setting this remotely, be sure to add a rule
# to allow your remote connection before starting ufw. Eg: 'ufw allow 22/tcp'
ENABLED=no

# Please use the 'ufw' command to set the loglevel. Eg: 'ufw logging medium'.
LOGLEVEL=low
"""
UFW_UNIT = (
    "[Unit]\nDescription=Uncomplicated firewall\nDefaultDependencies=no\nBefore=network-pre.target\n\n[Service]\n"
    "Type=oneshot\nRemainAfterExit=yes\nExecStart=/lib/ufw/ufw-init start quiet\nExecStop=/lib/ufw/ufw-init stop\n\n"
    "[Install]\nWantedBy=multi-user.target\n"
)
_VERSIONS = {
    "cloud-guest-utils": "0.33-1", "cloud-init": "24.4-0ubuntu1~24.04.2", "openssh-server": "1:9.6p1-3ubuntu13",
    "e2fsprogs": "1.47.0-2.4", "util-linux": "2.39.3-9ubuntu6", "qemu-guest-agent": "1:8.2.2", "ufw": "0.36.2-6",
    "systemd": "255.4-1ubuntu8", "netplan.io": "1.0-2ubuntu1",
}  # fmt: skip


def ubuntu1404() -> FakeGuest:
    """Ubuntu 14.04: upstart, cloud-init 0.7.5, ifupdown on eth0, MBR."""
    release = "3.13.0-170-generic"
    table: Table = accounts(_GROUPS) | {
        "/sbin/init": b"\x7fELF",
        "/etc/init/rc-sysinit.conf": "start on (filesystem and static-network-up) or failsafe-boot\nstop on runlevel\n"
        "env DEFAULT_RUNLEVEL=2\ntask\nexec telinit \"${DEFAULT_RUNLEVEL}\"\n",
        "/etc/init/ssh.conf": "# ssh - OpenBSD Secure Shell server\ndescription\t\"OpenSSH server\"\n\n"
        "start on runlevel [2345]\nstop on runlevel [!2345]\n\nrespawn\numask 022\nenv SSH_SIGSTOP=1\nexpect stop\n\n"
        "pre-start script\n    test -x /usr/sbin/sshd || { stop; exit 0; }\n"
            "    test -e /etc/ssh/sshd_not_to_be_run && { stop; exit 0; }\n"
        "end script\n\nexec /usr/sbin/sshd -D\n",
        "/etc/init/tty1.conf": "start on stopped rc RUNLEVEL=[2345]\nrespawn\nexec /sbin/getty -8 38400 tty1\n",
        "/etc/init/ttyS0.conf": "# ttyS0 - getty\nstart on stopped rc RUNLEVEL=[2345] and (\n"
            "            not-container or\n"
        "            container CONTAINER=lxc or\n            container CONTAINER=lxc-libvirt)\n"
            "stop on runlevel [!2345]\n\n"
        "pre-start script\n    [ -c /dev/ttyS0 ] || { stop ; exit 0; }\nend script\nrespawn\n"
            "exec /sbin/getty --keep-baud 115200 ttyS0 vt102\n",
        "/etc/init/networking.conf": "start on (local-filesystems\n"
            "\tand (stopped udevtrigger or container)) or runlevel [2345]\n"
        "pre-start exec mkdir -p /run/network\nscript\n    ifup -a\nend script\n",
        "/etc/init/network-interface.conf": "start on net-device-added\ninstance $INTERFACE\npre-start script\n"
        "    ifup --allow auto $INTERFACE || true\nend script\n",
        "/etc/init/ufw.conf": "# ufw - Uncomplicated firewall\n"
            "start on ( net-device-added INTERFACE=lo or runlevel [2345] )\n"
        "stop on runlevel [!023456]\nconsole output\npre-start exec /lib/ufw/ufw-init start quiet\n"
            "post-stop exec /lib/ufw/ufw-init stop\n",
        "/lib/ufw/ufw-init": "#!/bin/sh\nset -e\n. /lib/ufw/ufw-init-functions\n",
        "/etc/ufw/ufw.conf": _UFW,
        "/etc/init.d/rc.local": "#! /bin/sh\nif [ -x /etc/rc.local ]; then /etc/rc.local; fi\n",
        "/etc/rc.local": "#!/bin/sh -e\n#\n# rc.local\n#\n"
            "# This script is executed at the end of each multiuser runlevel.\n\nexit 0\n",
        "/etc/init.d/qemu-guest-agent": "#!/bin/sh\n### BEGIN INIT INFO\n# Provides: qemu-guest-agent\n"
            "# Default-Start: 2 3 4 5\n"
        "### END INIT INFO\nDAEMON=/usr/sbin/qemu-ga\n"
            "case $1 in start) start-stop-daemon --start --exec $DAEMON ;; esac\n",
        "/etc/securetty": "console\ntty1\ntty2\nttyS0\nttyS1\n",
        "/etc/ssh/sshd_config": OLD_SSHD,
        "/etc/default/ssh": "SSHD_OPTS=\n",
        "/etc/network/interfaces": "auto lo\niface lo inet loopback\n\nsource /etc/network/interfaces.d/*.cfg\n",
        "/etc/network/interfaces.d/eth0.cfg": "# The primary network interface\nauto eth0\niface eth0 inet dhcp\n",
        "/lib/udev/rules.d/75-persistent-net-generator.rules": "",
        "/etc/fstab": "LABEL=cloudimg-rootfs\t/\t ext4\tdefaults\t0 0\n",
        "/etc/default/grub": defaults(CONSOLE),
        "/boot/grub/grub.cfg": menu(
            "Ubuntu", {f"/boot/vmlinuz-{release}": f"/boot/initrd.img-{release}"}, CONSOLE,
            recovery=" recovery nomodeset", modules="part_msdos ext2",
        ),
        "/etc/cloud/cloud.cfg.d/90_dpkg.cfg": "datasource_list: [ NoCloud, ConfigDrive, OVF, MAAS, OpenStack, Ec2, "
            "CloudStack, None ]\n",
        "/etc/init/cloud-init-local.conf": "start on mounted MOUNTPOINT=/ and stopped cloud-init-blocknet\ntask\n"
            "console output\nexec /usr/bin/cloud-init init --local\n",
        "/etc/init/cloud-init-nonet.conf": "start on mounted MOUNTPOINT=/ and stopped cloud-init-local\ntask\n"
            "console output\n",
        "/etc/init/cloud-init.conf": "start on mounted MOUNTPOINT=/ and stopped cloud-init-nonet\ntask\n"
            "console output\nexec /usr/bin/cloud-init init\n",
        "/etc/init/cloud-config.conf": "start on (filesystem and started rsyslog)\ntask\nconsole output\n"
            "exec cloud-init modules --mode=config\n",
        "/etc/init/cloud-final.conf": "start on (stopped rc RUNLEVEL=[2345] and stopped cloud-config)\ntask\n"
            "console output\nexec cloud-init modules --mode=final\n",
        "/bin/sh": Link("dash"),
        "/etc/lsb-release": 'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=14.04\nDISTRIB_DESCRIPTION="Ubuntu 14.04.6 LTS"\n',
    }  # fmt: skip
    table |= {f"/etc/rc{level}.d/S20qemu-guest-agent": Link("../init.d/qemu-guest-agent") for level in "2345"}
    table |= {f"/etc/rc{level}.d/S99rc.local": Link("../init.d/rc.local") for level in "2345"}
    table |= cloud_init(cloud_cfg("ubuntu", "ubuntu", _CLOUD_GROUPS, old=True), "/usr/lib/python2.7/dist-packages")
    table |= kernel(
        release, f"/boot/vmlinuz-{release}", f"/boot/initrd.img-{release}", modules="/lib/modules", folder="lib"
    )
    table |= programs("/sbin/upstart", "/sbin/getty", "/sbin/sfdisk", "/sbin/resize2fs", "/sbin/ifup", "/sbin/dhclient",
                      "/bin/bash", "/bin/dash", "/usr/sbin/sshd", "/usr/bin/ssh-keygen", "/usr/bin/growpart",
                      "/usr/bin/python2.7", "/usr/bin/wget", "/usr/bin/curl", "/usr/sbin/qemu-ga", "/usr/sbin/ufw",
                      "/usr/sbin/grub-mkconfig", "/usr/sbin/update-grub", "/usr/sbin/useradd")  # fmt: skip
    versions = _VERSIONS | {
        "util-linux": "2.20.1-5.1ubuntu20",
        "cloud-init": "0.7.5-0ubuntu1.23",
        "openssh-server": "1:6.6p1-2ubuntu2.13",
    }
    return lay(System("ubuntu", "Ubuntu 14.04.6 LTS", (14, 4)), table, dos(), versions)


def _systemd(release: str, units: str, packed: str, usr: bool = True) -> Table:
    table = common(ROOT, units, release, packed, usr)
    table |= accounts(_GROUPS) | {
        f"{units}/ufw.service": UFW_UNIT,
        "/etc/ufw/ufw.conf": _UFW,
        "/etc/fstab": "LABEL=cloudimg-rootfs\t/\t ext4\tdiscard,commit=30,errors=remount-ro\t0 1\n"
            "LABEL=UEFI\t/boot/efi\tvfat\tumask=0077\t0 1\n",
        "/etc/default/grub": defaults("", "quiet splash"),
        "/etc/default/grub.d/50-cloudimg-settings.cfg": "# Cloud Image specific Grub settings for Generic Cloud "
            "Images\n"
        "GRUB_RECORDFAIL_TIMEOUT=0\nGRUB_TIMEOUT=0\n"
        'GRUB_CMDLINE_LINUX="console=tty1 console=ttyS0"\nGRUB_CMDLINE_LINUX_DEFAULT=""\nGRUB_TERMINAL=console\n',
        "/boot/grub/grub.cfg": menu(
            "Ubuntu", {f"/boot/vmlinuz-{release}": f"/boot/initrd.img-{release}"}, "console=tty1 console=ttyS0",
            recovery=" recovery nomodeset dis_ucode_ldr",
        ),
    }  # fmt: skip
    table |= enabled("ufw.service", "multi-user.target", units) | programs("/usr/sbin/ufw")
    return table


def ubuntu1604() -> FakeGuest:
    """Ubuntu 16.04: systemd, /usr not merged, ifupdown written by cloud-init."""
    units = "/lib/systemd/system"
    table = _systemd("4.4.0-210-generic", units, "gzip", usr=False) | ifupdown(units, "")
    cfg = cloud_cfg("ubuntu", "ubuntu", _CLOUD_GROUPS, old=True)
    table |= cloud_init(cfg, "/usr/lib/python3/dist-packages", units)
    table |= {"/etc/ssh/sshd_config": OLD_SSHD, "/etc/cloud/cloud.cfg.d/90_dpkg.cfg": DPKG}
    versions = _VERSIONS | {"util-linux": "2.27.1-6ubuntu3", "openssh-server": "1:7.2p2-4ubuntu2.10"}
    return lay(System("ubuntu", "Ubuntu 16.04.7 LTS", (16, 4)), table, dos(), versions)


def ubuntu2004() -> FakeGuest:
    """Ubuntu 20.04: netplan, ssh.service."""
    units = "/usr/lib/systemd/system"
    table = _systemd("5.4.0-196-generic", units, "gzip") | networkd(units) | netplan()
    table |= cloud_init(
        cloud_cfg("ubuntu", "ubuntu", _CLOUD_GROUPS, old=True, more=_NETWORK), "/usr/lib/python3/dist-packages", units
    )
    table["/etc/cloud/cloud.cfg.d/90_dpkg.cfg"] = DPKG
    return lay(
        System("ubuntu", "Ubuntu 20.04.6 LTS", (20, 4)),
        table,
        gpt(),
        _VERSIONS | {"openssh-server": "1:8.2p1-4ubuntu0.11"},
    )


def ubuntu2404() -> FakeGuest:
    """Ubuntu 24.04: netplan, ssh.socket in place of the service, cloud-init's single process."""
    return _socket("6.8.0-45-generic", "Ubuntu 24.04.1 LTS", (24, 4), FIVE)


def ubuntu2604() -> FakeGuest:
    """Ubuntu 26.04: the same; its machine ID says uninitialized, and its presets enable what is enabled."""
    guest = _socket("7.0.0-5-generic", "Ubuntu 26.04 LTS", (26, 4), FIVE)
    guest.files["/etc/machine-id"] = b"uninitialized\n"
    guest.files["/usr/lib/systemd/system-preset/90-systemd.preset"] = (
        b"enable remote-fs.target\nenable getty@.service\nenable systemd-networkd.service\n"
        b"disable console-getty.service\n"
    )
    return guest


def _socket(release: str, product: str, version: tuple[int, int], stages: tuple[str, ...]) -> FakeGuest:
    units = "/usr/lib/systemd/system"
    table = _systemd(release, units, "zstd") | networkd(units) | netplan()
    for gone in ("/etc/systemd/system/sshd.service", "/etc/systemd/system/multi-user.target.wants/ssh.service"):
        del table[gone]
    table[f"{units}/ssh.socket"] = SSH_SOCKET.format(accept="no", more="RequiredBy=ssh.service\n")
    table |= enabled("ssh.socket", "sockets.target", units) | enabled("ssh.socket", "ssh.service", units, "requires")
    table |= cloud_init(
        cloud_cfg("ubuntu", "ubuntu", "adm, cdrom, dip, lxd, sudo", more=_NETWORK),
        "/usr/lib/python3/dist-packages",
        units,
        stages,
    )
    table["/etc/cloud/cloud.cfg.d/90_dpkg.cfg"] = DPKG
    return lay(System("ubuntu", product, version), table, gpt(), _VERSIONS)


__all__ = ["FOUR", "ubuntu1404", "ubuntu1604", "ubuntu2004", "ubuntu2404", "ubuntu2604"]
