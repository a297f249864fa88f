"""The files of guests.py's guests that are not of the Red Hat family, as their installers leave them, in short."""

from __future__ import annotations

from fake_guest import Link
from guest_files import CLOUD_UNITS, ELF, GRUB_ENV, KERNEL, SSHD, UNIT, Table, base, cloud, rpm, systemd

LEAP_SUBVOLUMES = (
    "/var", "/usr/local", "/tmp", "/srv", "/root", "/opt", "/home", "/boot/grub2/x86_64-efi", "/boot/grub2/i386-pc",
)  # fmt: skip


def leap() -> Table:
    """openSUSE Leap 15 from YaST on btrfs, without snapshots: wicked, grub2, ndb."""
    version = "6.4.0-150600.23.17-default"
    table = base("leap") | rpm("/usr/lib/sysimage/rpm/Packages.db", "leap15.ndb") | cloud("opensuse")
    table |= systemd({
        "sshd.service": "multi-user.target", "wicked.service": "multi-user.target",
        "firewalld.service": "multi-user.target", **CLOUD_UNITS,
    })  # fmt: skip
    # /bin is a folder in Leap 15, with links into /usr.
    for name in ("bin", "lib", "lib64", "sbin"):
        table[f"/{name}"] = None
    table |= {f"/bin/{name}": Link(f"../usr/bin/{name}") for name in ("bash", "sh", "ls", "mount", "true")}
    lines = ["UUID=@ROOT@  /                       btrfs  defaults                      0  0"]
    lines += [f"UUID=@ROOT@  {volume:<22}  btrfs  subvol=/@{volume:<22}  0  0" for volume in LEAP_SUBVOLUMES]
    lines += ["UUID=@SWAP@  swap                    swap   defaults                      0  0"]
    menu = (
        "menuentry 'openSUSE Leap 15.6'  --class opensuse --class gnu-linux {\n\tset gfxpayload=text\n\tinsmod gzio\n"
        "\tinsmod part_gpt\n\tinsmod btrfs\n\tsearch --no-floppy --fs-uuid --set=root @ROOT@\n"
        f"\tlinux\t/boot/vmlinuz-{version} root=UUID=@ROOT@ quiet mitigations=auto\n"
        f"\tinitrd\t/boot/initrd-{version}\n}}\n"
    )
    table |= {
        "/etc/os-release": Link("../usr/lib/os-release"),
        "/usr/lib/os-release": 'NAME="openSUSE Leap"\nVERSION="15.6"\nID="opensuse-leap"\nID_LIKE="suse opensuse"\n'
        'VERSION_ID="15.6"\nPRETTY_NAME="openSUSE Leap 15.6"\nANSI_COLOR="0;32"\n',
        "/etc/fstab": "\n".join(lines) + "\n",
        "/etc/default/grub": 'GRUB_DISTRIBUTOR=\nGRUB_DEFAULT=saved\nGRUB_TIMEOUT=8\n'
        'GRUB_CMDLINE_LINUX_DEFAULT="quiet mitigations=auto"\nGRUB_CMDLINE_LINUX=""\nGRUB_TERMINAL="gfxterm"\n'
        'SUSE_BTRFS_SNAPSHOT_BOOTING="true"\n',
        "/boot/grub2/grub.cfg": f"set btrfs_relative_path=\"yes\"\nexport btrfs_relative_path\n{menu}",
        "/boot/grub2/grubenv": GRUB_ENV,
        "/boot/grub2/i386-pc/normal.mod": b"\x7fELF" + bytes(60),
        f"/boot/vmlinuz-{version}": KERNEL, "/boot/vmlinuz": Link(f"vmlinuz-{version}"),
        f"/boot/initrd-{version}": bytes(4096), "/boot/initrd": Link(f"initrd-{version}"),
        f"/boot/config-{version}": "CONFIG_XEN=y\n", f"/lib/modules/{version}": None,
        "/etc/sysconfig/network/ifcfg-eth0": "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n",
        "/etc/sysconfig/network/config": "NETCONFIG_MODULES_ORDER=\"dns-resolver dns-bind ntp-runtime nis\"\n",
        "/etc/firewalld/firewalld.conf": "DefaultZone=public\n",
        "/etc/ssh/sshd_config": SSHD,
        "/var/lib/rpm": Link("../../usr/lib/sysimage/rpm"),
        "/sbin/init": Link("../usr/lib/systemd/systemd"),
        "/usr/sbin/grub2-mkconfig": ELF, "/usr/sbin/wicked": ELF, "/usr/sbin/firewalld": ELF,
    }  # fmt: skip
    return table


DEBIAN_PACKAGES = {
    "cloud-guest-utils": "0.33-1", "cloud-init": "22.4.2-1+deb12u1", "curl": "7.88.1-10+deb12u12",
    "grub-pc": "2.06-13+deb12u1", "linux-image-6.1.0-25-amd64": "6.1.106-3", "lvm2": "2.03.16-2",
    "nftables": "1.0.6-2+deb12u2", "openssh-server": "1:9.2p1-2+deb12u3", "systemd": "252.30-1~deb12u2",
}  # fmt: skip


def debian(fstab: str, root: str, boot: str = "/boot") -> Table:
    """Debian 12 from its installer. ``root`` is the kernel's argument, ``boot`` the kernels' folder as grub sees it."""
    version = "6.1.0-25-amd64"
    status = "".join(
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n"
        f"Version: {number}\nDescription: {name}\n\n"
        for name, number in DEBIAN_PACKAGES.items()
    )
    table = base("debian") | cloud("debian") | systemd({"nftables.service": "", **CLOUD_UNITS})
    table |= {
        "/etc/os-release": Link("../usr/lib/os-release"),
        "/usr/lib/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\n'
        'VERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n',
        "/etc/debian_version": "12.7\n",
        "/etc/fstab": fstab,
        "/etc/default/grub": 'GRUB_DEFAULT=0\nGRUB_TIMEOUT=5\nGRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || '
        'echo Debian`\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX=""\n',
        "/boot/grub/grub.cfg": "set default=0\nset timeout=5\n\nmenuentry 'Debian GNU/Linux' --class debian {\n"
        f"\tlinux\t{boot}/vmlinuz-{version} root={root} ro quiet\n\tinitrd\t{boot}/initrd.img-{version}\n}}\n",
        f"/boot/vmlinuz-{version}": KERNEL, f"/boot/initrd.img-{version}": bytes(4096),
        f"/boot/config-{version}": "CONFIG_XEN=y\n", f"/usr/lib/modules/{version}": None,
        "/etc/network/interfaces": "auto lo\niface lo inet loopback\n\nallow-hotplug ens3\niface ens3 inet dhcp\n",
        "/etc/ssh/sshd_config": SSHD, "/etc/ssh/sshd_config.d": None,
        "/usr/lib/systemd/system/ssh.service": UNIT.format(name="ssh", target="multi-user.target"),
        "/etc/systemd/system/multi-user.target.wants/ssh.service": Link("/usr/lib/systemd/system/ssh.service"),
        "/etc/systemd/system/sshd.service": Link("/usr/lib/systemd/system/ssh.service"),
        "/var/lib/dpkg/status": status, "/usr/bin/dpkg": ELF, "/usr/bin/apt": ELF,
        "/usr/sbin/init": Link("../lib/systemd/systemd"), "/usr/sbin/update-grub": ELF, "/usr/sbin/nft": ELF,
        "/usr/sbin/grub-mkconfig": ELF,
    }  # fmt: skip
    return table


ARCH_PACKAGES = {
    "bash": "5.2.032-1", "cloud-guest-utils": "0.33-2", "cloud-init": "24.3.1-1", "curl": "8.10.1-1",
    "e2fsprogs": "1.47.1-4", "glibc": "2.40+r16+gaa533d58ff-2", "iptables": "1:1.8.10-2", "linux": "6.10.10.arch1-1",
    "openssh": "9.8p1-1", "pacman": "6.1.0-3", "systemd": "256.6-1", "util-linux": "2.40.2-1",
}  # fmt: skip


def arch() -> Table:
    """Arch Linux by its handbook: systemd-boot with the ESP on /boot, systemd-networkd.

    The kernel is told the root by PARTUUID; fstab names it by LABEL, since libguestfs 1.48 knows no PARTUUID there.
    """
    table = base("arch") | cloud("arch") | systemd({
        "sshd.service": "multi-user.target", "systemd-networkd.service": "multi-user.target",
        "systemd-resolved.service": "sysinit.target", **CLOUD_UNITS,
    })  # fmt: skip
    # Everything lies in /usr/bin and /usr/lib.
    table = {path.replace("/usr/sbin/", "/usr/bin/"): content for path, content in table.items()}
    table |= {"/sbin": Link("usr/bin"), "/usr/sbin": Link("bin"), "/lib64": Link("usr/lib"), "/usr/lib64": Link("lib")}
    table |= {
        "/etc/os-release": Link("../usr/lib/os-release"), "/etc/arch-release": "",
        "/usr/lib/os-release": 'NAME="Arch Linux"\nPRETTY_NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n'
        'ANSI_COLOR="38;2;23;147;209"\n',
        "/etc/fstab": "# Static information about the filesystems.\n\n# /dev/vda2\n"
        "LABEL=arch\t/         \text4      \trw,relatime\t0 1\n\n# /dev/vda1\n"
        "UUID=@ESP@      \t/boot     \tvfat      \trw,relatime,fmask=0022,dmask=0022,codepage=437\t0 2\n",
        "/boot/loader/loader.conf": "default arch.conf\ntimeout 3\nconsole-mode max\n",
        "/boot/loader/entries/arch.conf": "title   Arch Linux\nlinux   /vmlinuz-linux\ninitrd  /initramfs-linux.img\n"
        "options root=PARTUUID=@ROOT@ rw\n",
        "/boot/loader/entries/arch-fallback.conf": "title   Arch Linux (fallback initramfs)\nlinux   /vmlinuz-linux\n"
        "initrd  /initramfs-linux-fallback.img\noptions root=PARTUUID=@ROOT@ rw\n",
        "/boot/EFI/systemd/systemd-bootx64.efi": b"MZ" + bytes(1022),
        "/boot/EFI/BOOT/BOOTX64.EFI": b"MZ" + bytes(1022),
        "/boot/vmlinuz-linux": KERNEL, "/boot/initramfs-linux.img": bytes(4096),
        "/boot/initramfs-linux-fallback.img": bytes(4096), "/usr/lib/modules/6.10.10-arch1-1/pkgbase": "linux\n",
        "/etc/systemd/network/20-wired.network": "[Match]\nName=en*\n\n[Network]\nDHCP=yes\n",
        "/etc/mkinitcpio.conf": "MODULES=()\nHOOKS=(base udev autodetect modconf block filesystems fsck)\n",
        "/etc/ssh/sshd_config": SSHD,
        "/usr/bin/init": Link("../lib/systemd/systemd"), "/usr/bin/pacman": ELF, "/usr/bin/mkinitcpio": "#!/bin/sh\n",
        "/var/lib/pacman/local/ALPM_DB_VERSION": "9\n",
    }  # fmt: skip
    for name, version in ARCH_PACKAGES.items():
        table[f"/var/lib/pacman/local/{name}-{version}/desc"] = (
            f"%NAME%\n{name}\n\n%VERSION%\n{version}\n\n%BASE%\n{name}\n\n%DESC%\n{name}\n\n%ARCH%\nx86_64\n\n"
        )
        table[f"/var/lib/pacman/local/{name}-{version}/files"] = "%FILES%\nusr/\n"
    return table
