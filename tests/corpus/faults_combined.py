"""Whole images as people make them: installed from a medium, converted from VMware, boxes of Vagrant's.

Each has many faults at once. ``expected`` are the verdicts before, and ``END`` those after all fixes, with packages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fake_guest import FakeGuest, Link

from corpus.base import BOOT, CONSOLE, MIB, ROOT, enabled, on_lvm, swap_behind, unit
from corpus.faults import Change, Fault, appended, both, disk, edited, unpackaged, without, wrote
from corpus.faults_identity import field, keys
from corpus.packages import missing
from remediations.guest import Partition, RootDisk

_ID = "4fd0e1a2b3c4d5e6f708192a3b4c5d6e\n"
_HASH = "$6$kL9vW2$" + "abcdefghij" * 8 + "ABCDEF"
_SEED = wrote("/var/lib/systemd/random-seed", b"\x5a\x17" * 256, 0o600)
_UNITS = "/usr/lib/systemd/system"
_IDENTITY = {"machine-id": "fail", "ssh-host-keys": "fail", "root-password": "fail", "random-seed": "fail"}
_NO_CLOUD = {"ssh-key": "fail", "cloud-user": "skipped", "user-data": "fail", "cloud-init-state": "skipped"}
_SILENT = {"console-log": "fail", "serial-getty": "fail"}
_FIREWALLD = unit(
    "/usr/sbin/firewalld --nofork --nopid", "multi-user.target", "dbus-org.fedoraproject.FirewallD1.service"
)


def used(*kinds: str) -> Change:
    """A machine that has run: an ID, host keys, a seed, a password for root."""
    return both(wrote("/etc/machine-id", _ID, 0o444), keys(*kinds), _SEED, field(_HASH))


def ann(groups: str) -> Change:
    """The account that an installer makes, with a password, in these groups of the guest."""

    def change(guest: FakeGuest) -> FakeGuest:
        lines = guest.read("/etc/group").decode().split("\n")
        lines = [f"{line}ann" if line.split(":")[0] in groups.split() else line for line in lines]
        return wrote("/etc/group", "\n".join([*lines[:-1], "ann:x:1000:", ""]))(guest)

    return both(
        change,
        appended("/etc/passwd", "ann:x:1000:1000:Ann,,,:/home/ann:/bin/bash\n"),
        appended("/etc/shadow", f"ann:{_HASH}:19700:0:99999:7:::\n"),
    )


def made(table: Mapping[str, object]) -> Change:
    """Every file and link of a table."""
    return both(*(wrote(path, entry) for path, entry in table.items()))  # type: ignore[arg-type]


def firewalld() -> Change:
    """firewalld installed and on, as anaconda and YaST leave it."""
    return both(
        made(enabled("firewalld.service", "multi-user.target")),
        wrote(f"{_UNITS}/firewalld.service", _FIREWALLD),
        wrote("/etc/systemd/system/dbus-org.fedoraproject.FirewallD1.service", Link(f"{_UNITS}/firewalld.service")),
        wrote("/usr/sbin/firewalld", "#!/usr/bin/python3 -s\n", 0o755),
    )


def vmware(guest: FakeGuest) -> FakeGuest:
    """open-vm-tools, on."""
    table = enabled("open-vm-tools.service", "multi-user.target") | {
        f"{_UNITS}/open-vm-tools.service": "[Unit]\nConditionVirtualization=vmware\n\n[Service]\n"
        "ExecStart=/usr/bin/vmtoolsd\n\n[Install]\nWantedBy=multi-user.target\nAlias=vmtoolsd.service\n",
        "/etc/vmware-tools/tools.conf": "[guestinfo]\n",
    }
    after = both(made(table), wrote("/usr/bin/vmtoolsd", b"\x7fELF", 0o755))(guest)
    return replace(after, packages={**after.packages, "open-vm-tools": "12.2.0-1"})


def rules(mac: str) -> Change:
    """udev's rule that gives the builder's network card its name, as old generators and YaST write it."""
    return wrote("/etc/udev/rules.d/70-persistent-net.rules",
                 f'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{{address}}=="{mac}", ATTR{{type}}=="1", '
                 'KERNEL=="eth*", NAME="eth0"\n')  # fmt: skip


def three(root: RootDisk) -> RootDisk:
    """/boot, swap and a root behind them, as setup-alpine lays a disk out."""
    (old,) = root.partitions
    first, second = old.start + 100 * MIB, old.start + 612 * MIB
    parts = (
        Partition(1, old.start, first - 1, type="0x83"),
        Partition(2, first, second - 1, type="0x82"),
        Partition(3, second, old.end, type="0x83"),
    )
    size = old.end + 1 - second
    return RootDisk(root.kind, root.disk_size, root.table, parts, 3, root.filesystem, size, size)


_QUIET = edited("/etc/default/grub", CONSOLE, "")
_DEBIAN = both(
    missing("cloud-init", "qemu-guest-agent", "cloud-guest-utils"), used(), ann("sudo adm"), _QUIET,
    edited("/boot/grub/grub.cfg", CONSOLE, "quiet"), wrote("/etc/hostname", "template\n"),
)  # fmt: skip
_RED_HAT = both(missing("cloud-init", "qemu-guest-agent", "cloud-utils-growpart"), used(), ann("wheel"))
_INSTALLED = _IDENTITY | _NO_CLOUD | _SILENT | {"root-resize": "fail", "guest-agent": "fail"}
_ALMA = "/boot/loader/entries/d7a8f9c0b1e24f3aa5c6d7e8f9a0b1c2-5.14.0-427.35.1.el9_4.x86_64.conf"
_WORDS = f"{CONSOLE} no_timer_check net.ifnames=0"
_LV = "/dev/mapper/almalinux-"

_D_I = both(
    _DEBIAN, disk(swap_behind),
    appended("/etc/network/interfaces", "\n# The primary network interface\nallow-hotplug ens3\n"
             "iface ens3 inet dhcp\n"),
    wrote("/etc/fstab", f"UUID={ROOT} / ext4 errors=remount-ro 0 1\n"
          "UUID=2b1f3a5c-0000-4000-8000-3c5a7e9b1d2f none swap sw 0 0\n"
          "/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0\n"),
)  # fmt: skip
_VMWARE = both(
    _DEBIAN, vmware, wrote("/etc/fstab", "/dev/sda1 / ext4 errors=remount-ro 0 1\n"),
    appended("/etc/network/interfaces", "\nauto ens192\niface ens192 inet static\n\taddress 10.1.2.3/24\n"
             "\tgateway 10.1.2.1\n\tdns-nameservers 10.1.2.2\n"),
)  # fmt: skip
_ANACONDA = both(
    _RED_HAT, firewalld(), disk(on_lvm), _QUIET, wrote("/usr/sbin/lvm", b"\x7fELF", 0o755),
    *(edited(path, f"root=UUID={ROOT} ro {_WORDS}", f"root={_LV}root ro rd.lvm.lv=almalinux/root rhgb quiet")
      for path in ("/etc/kernel/cmdline", _ALMA)),
    wrote("/etc/fstab", f"{_LV}root / xfs defaults 0 0\nUUID={BOOT} /boot xfs defaults 0 0\n"
          f"{_LV}swap none swap defaults 0 0\n"),
    wrote("/etc/NetworkManager/system-connections/ens192.nmconnection",
          "[connection]\nid=ens192\nuuid=5fb06bd0-0bb0-7ffb-45f1-d6edd65f3e03\ntype=ethernet\nautoconnect-priority=-999\n"
          "interface-name=ens192\n\n[ethernet]\n\n[ipv4]\nmethod=auto\n\n[ipv6]\naddr-gen-mode=eui64\n"
          "method=auto\n", 0o600),
)  # fmt: skip
_SUBIQUITY = both(
    used(), ann("adm cdrom sudo dip plugdev lxd"), vmware, missing("qemu-guest-agent"), disk(on_lvm),
    wrote("/usr/sbin/lvm", b"\x7fELF", 0o755),
    wrote("/etc/cloud/cloud-init.disabled", "Disabled by Ubuntu live installer after first boot.\n"),
    wrote("/etc/cloud/cloud.cfg.d/90-installer-network.cfg", "# This is the network config written by 'subiquity'\n"
          "network:\n  ethernets:\n    ens160:\n      dhcp4: true\n  version: 2\n"),
    wrote("/etc/cloud/cloud.cfg.d/99-installer.cfg", "datasource:\n  None:\n    metadata:\n      instance-id: 0a1b2c\n"
          "    userdata_raw: |\n      #cloud-config\n      growpart: {mode: 'off'}\n      preserve_hostname: true\n"
          "datasource_list:\n- None\n"),
    wrote("/etc/cloud/ds-identify.cfg", "policy: enabled\n"),
    wrote("/etc/netplan/50-cloud-init.yaml",
          "network:\n  version: 2\n  ethernets:\n    ens160:\n      dhcp4: true\n", 0o600),
    wrote("/var/lib/cloud/data/instance-id", "0a1b2c\n"), wrote("/var/lib/cloud/instances/0a1b2c/boot-finished", "1\n"),
    wrote("/var/lib/cloud/instance", Link("/var/lib/cloud/instances/0a1b2c")),
    without("/etc/default/grub.d/50-cloudimg-settings.cfg"),
    edited("/boot/grub/grub.cfg", f"root=UUID={ROOT}", "root=/dev/mapper/ubuntu--vg-ubuntu--lv"),
    edited("/boot/grub/grub.cfg", "console=tty1 console=ttyS0", ""),
    wrote("/etc/fstab", "/dev/disk/by-id/dm-uuid-LVM-abc / ext4 defaults 0 1\n"
          f"/dev/disk/by-uuid/{BOOT} /boot ext4 defaults 0 1\n"
          "/swap.img none swap sw 0 0\n"),
)  # fmt: skip
_VAGRANT = both(
    _RED_HAT, appended("/etc/fstab", "/swapfile none swap defaults 0 0\n"),
    wrote("/home/vagrant/.ssh/authorized_keys", "ssh-rsa AAAA vagrant insecure public key\n", 0o600),
    appended("/etc/ssh/sshd_config", "UseDNS no\n"),
)  # fmt: skip
_OLD = both(
    missing("cloud-init", "qemu-guest-agent", "cloud-utils-growpart"), keys("rsa", "dsa"), field(_HASH), ann("wheel"),
    wrote("/etc/ssh/ssh_host_key", "SSH PRIVATE KEY FILE FORMAT 1.1\n", 0o600), rules("00:50:56:aa:bb:cc"),
    wrote("/var/lib/dbus/machine-id", _ID), wrote("/var/lib/random-seed", b"\x5a\x17" * 256, 0o600),
    appended("/etc/sysconfig/network-scripts/ifcfg-eth0", 'HWADDR="00:50:56:AA:BB:CC"\nUUID="5fb06bd0"\n'),
    edited("/boot/grub/grub.conf", CONSOLE, "rhgb quiet"),
    wrote("/etc/rc.d/init.d/iptables", "#!/bin/sh\n#\n# chkconfig: 2345 08 92\n# description: iptables\n"
          "[ -f /etc/sysconfig/iptables ] && iptables-restore /etc/sysconfig/iptables\n", 0o755),
    wrote("/etc/sysconfig/iptables", "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j REJECT\nCOMMIT\n"),
    *(wrote(f"/etc/rc.d/rc{level}.d/S08iptables", Link("../init.d/iptables")) for level in "2345"),
)  # fmt: skip
_ALPINE = both(
    missing("cloud-init", "qemu-guest-agent", "cloud-utils-growpart", "sfdisk", "e2fsprogs-extra"), disk(three),
    keys(), field(_HASH), wrote("/var/lib/seedrng/seed.credit", b"\x5a\x17" * 128, 0o400),
    without("/usr/sbin/sshd.pam"), unpackaged("openssh-server-pam"),
    edited("/etc/ssh/sshd_config", "UsePAM yes\n", "#UsePAM no\n"),
    edited("/etc/inittab", "ttyS0::respawn", "#ttyS0::respawn"),
    edited("/etc/update-extlinux.conf", CONSOLE, ""),
    edited("/etc/update-extlinux.conf", "serial_port=0", "serial_port="),
    edited("/boot/extlinux.conf", CONSOLE, ""), edited("/boot/extlinux.conf", "SERIAL 0 115200\n", ""),
    wrote("/etc/fstab", f"UUID={ROOT}\t/\text4\trw,relatime 0 1\nUUID={BOOT}\t/boot\text4\trw,relatime 0 2\n"
          "UUID=2b1f3a5c-0000-4000-8000-3c5a7e9b1d2f\tswap\tswap\tdefaults\t0 0\n"),
)  # fmt: skip
_ARCHINSTALL = both(
    missing("cloud-init", "qemu-guest-agent", "cloud-guest-utils", "openssh"), used("rsa"), without("/etc/ssh"),
    wrote("/boot/loader/random-seed", b"\x5a\x17" * 16), ann("wheel"),
    edited("/boot/loader/entries/arch.conf", CONSOLE, "zswap.enabled=0 rootfstype=ext4"),
    edited("/boot/loader/entries/arch-fallback.conf", CONSOLE, "zswap.enabled=0 rootfstype=ext4"),
)  # fmt: skip
_YAST = both(
    missing("cloud-init", "qemu-guest-agent", "growpart"), used(), firewalld(), rules("52:54:00:12:34:56"),
    edited("/etc/default/grub", f"{CONSOLE} net.ifnames=0", "splash=silent mitigations=auto quiet"),
    edited("/boot/grub2/grub.cfg", f"{CONSOLE} net.ifnames=0", "splash=silent mitigations=auto quiet"),
    wrote("/etc/sysconfig/network/ifcfg-eth0",
          "BOOTPROTO='static'\nSTARTMODE='auto'\nIPADDR='10.1.2.3/24'\nZONE=public\n"),
    wrote("/etc/sysconfig/network/routes", "default 10.1.2.1 - -\n"),
)  # fmt: skip
_SEALED_BADLY = both(
    used(), firewalld(), wrote("/var/lib/cloud/data/instance-id", "i-1\n"), wrote("/etc/cloud/cloud-init.disabled", ""),
    wrote("/etc/cloud/cloud.cfg.d/99_packer.cfg", "datasource_list: [NoCloud]\nssh_deletekeys: false\n"),
    appended("/etc/sysconfig/network-scripts/ifcfg-eth0", "HWADDR=00:0c:29:12:34:56\n"),
)  # fmt: skip

FAULTS: tuple[Fault, ...] = (
    Fault("a Debian of debian-installer's", ("debian-12",), _D_I,
          _INSTALLED | {"network": "fail", "network-names": "fail"}, fixable=False),
    Fault("a Debian of VMware's", ("debian-12",), _VMWARE,
          _INSTALLED | {"network-names": "fail", "network": "fail", "fstab": "fail"}, fixable=False),
    Fault("an Alma of anaconda's", ("alma-9",), _ANACONDA,
          _INSTALLED | {"firewall": "fail", "network-names": "fail"}, fixable=False),
    Fault("an Ubuntu of subiquity's, sealed badly", ("ubuntu-24.04",), _SUBIQUITY,
          _IDENTITY | _SILENT | {"root-resize": "fail", "ssh-key": "fail", "user-data": "fail", "network-names": "fail",
                                 "network": "fail", "cloud-init-state": "fail", "guest-agent": "fail"}, fixable=False),
    Fault("a box of Vagrant's", ("centos-7",), _VAGRANT,
          _IDENTITY | _NO_CLOUD | {"root-resize": "fail", "guest-agent": "fail"}, fixable=False),
    Fault("a CentOS 6 of VMware's", ("centos-6",), _OLD,
          _INSTALLED | {"firewall": "fail", "mac-address": "fail", "network": "fail"}, fixable=False),
    Fault("an Alpine of setup-alpine's", ("alpine-*",), _ALPINE,
          _INSTALLED | {"machine-id": "pass"}, fixable=False),
    Fault("an Arch of archinstall's", ("arch-systemd-boot",), _ARCHINSTALL,
          _INSTALLED | {"ssh-server": "fail", "ssh-host-keys": "skipped"}, fixable=False),
    Fault("a SLES of YaST's", ("sles-15",), _YAST,
          _INSTALLED | {"firewall": "fail", "mac-address": "fail", "network": "fail",
                        "network-names": "unknown"}, fixable=False),
    Fault("a Rocky of Packer's, sealed badly", ("rocky-8",), _SEALED_BADLY,
          _IDENTITY | {"root-resize": "fail", "ssh-key": "fail", "user-data": "fail", "cloud-init-state": "fail",
                       "firewall": "fail", "mac-address": "fail"}, fixable=False),
)  # fmt: skip

END: Mapping[str, Mapping[str, str]] = {
    "a Debian of debian-installer's": {"root-resize": "fail"},  # its swap stands behind the root
    "a SLES of YaST's": {"network-names": "unknown"},  # the name that the kernel gives an instance's card
}
"""What is not right after all fixes: those that only an operator can make."""
