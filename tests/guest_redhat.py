"""The files of the Red Hat family's guests in guests.py, as Anaconda leaves them, in short."""

from __future__ import annotations

from fake_guest import Link
from guest_files import (
    CLOUD_UNITS,
    ELF,
    GRUB_ENV,
    KERNEL,
    MACHINE,
    SSHD,
    Table,
    base,
    cloud,
    rpm,
    rpm_database,
    systemd,
)


def rocky9() -> Table:
    """Rocky Linux 9 from Anaconda: BLS entries, NetworkManager, SELinux, firewalld, cloud-init."""
    version = "5.14.0-427.31.1.el9_4.x86_64"
    words = (
        "ro crashkernel=1G-4G:192M,4G-64G:256M,64G-:512M resume=/dev/mapper/rocky-swap rd.lvm.lv=rocky/root "
        "rd.lvm.lv=rocky/swap"
    )
    entry = (
        "title Rocky Linux (@KERNEL@) 9.4 (Blue Onyx)\nversion @KERNEL@\nlinux /vmlinuz-@KERNEL@\n"
        "initrd /initramfs-@KERNEL@.img $tuned_initrd\noptions root=/dev/mapper/rocky-root " + words + "\n"
        "grub_users $grub_users\ngrub_arg --unrestricted\ngrub_class rocky\n"
    )
    old = version.replace("31", "13")
    table = base("rocky9") | rpm("/var/lib/rpm/rpmdb.sqlite", "rocky9.sqlite") | cloud("rocky")
    table |= systemd({
        "sshd.service": "multi-user.target", "NetworkManager.service": "multi-user.target",
        "firewalld.service": "multi-user.target", "chronyd.service": "multi-user.target", **CLOUD_UNITS,
    })  # fmt: skip
    table |= {
        # rpm leaves its lock and SQLite's files behind; without them SQLite cannot read on a read-only mount.
        "/var/lib/rpm/.rpm.lock": "", "/var/lib/rpm/rpmdb.sqlite-wal": "",
        "/var/lib/rpm/rpmdb.sqlite-shm": rpm_database("rocky9.sqlite-shm"),
        "/etc/os-release": Link("../usr/lib/os-release"),
        "/usr/lib/os-release": 'NAME="Rocky Linux"\nVERSION="9.4 (Blue Onyx)"\nID="rocky"\n'
        'ID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\nPLATFORM_ID="platform:el9"\n'
        'PRETTY_NAME="Rocky Linux 9.4 (Blue Onyx)"\nANSI_COLOR="0;32"\n',
        "/etc/rocky-release": "Rocky Linux release 9.4 (Blue Onyx)\n",
        "/etc/redhat-release": Link("rocky-release"),
        "/etc/system-release": Link("rocky-release"),
        "/etc/fstab": "\n#\n# /etc/fstab\n# Created by anaconda on Tue Jun  4 09:11:02 2024\n#\n"
        "/dev/mapper/rocky-root   /                       xfs     defaults        0 0\n"
        "UUID=@BOOT@ /boot                   xfs     defaults        0 0\n"
        "UUID=@ESP@          /boot/efi               vfat    umask=0077,shortname=winnt 0 2\n"
        "/dev/mapper/rocky-swap   none                    swap    defaults        0 0\n",
        "/etc/default/grub": "GRUB_TIMEOUT=5\nGRUB_DISTRIBUTOR=\"$(sed 's, release .*$,,g' /etc/system-release)\"\n"
        'GRUB_DEFAULT=saved\nGRUB_DISABLE_SUBMENU=true\nGRUB_TERMINAL_OUTPUT="console"\n'
        f'GRUB_CMDLINE_LINUX="{words.removeprefix("ro ")}"\nGRUB_DISABLE_RECOVERY="true"\nGRUB_ENABLE_BLSCFG=true\n',
        "/etc/kernel/cmdline": f"root=/dev/mapper/rocky-root {words}\n",
        "/boot/grub2/grub.cfg": "set default=\"${saved_entry}\"\nload_env -f /grub2/grubenv\n"
        "search --no-floppy --fs-uuid --set=root @BOOT@\ninsmod blscfg\nblscfg\n",
        "/boot/grub2/grubenv": GRUB_ENV,
        "/boot/efi/EFI/rocky/grub.cfg": "search --no-floppy --fs-uuid --set=dev @BOOT@\n"
        "set prefix=($dev)/grub2\nexport $prefix\nconfigfile $prefix/grub.cfg\n",
        "/boot/efi/EFI/BOOT/BOOTX64.EFI": b"MZ" + bytes(1022),
        "/boot/efi/EFI/rocky/shimx64.efi": b"MZ" + bytes(1022),
        "/boot/efi/EFI/rocky/grubx64.efi": b"MZ" + bytes(1022),
        "/etc/NetworkManager/NetworkManager.conf": "[main]\n\n[logging]\n",
        "/etc/NetworkManager/system-connections/enp1s0.nmconnection":
        "[connection]\nid=enp1s0\nuuid=6b2b5a5e-51a5-3b0c-9a77-2a1d2d2b0c11\ntype=ethernet\ninterface-name=enp1s0\n\n"
        "[ethernet]\nmac-address=52:54:00:12:34:56\n\n[ipv4]\nmethod=auto\n\n[ipv6]\nmethod=auto\n",
        "/etc/sysconfig/network-scripts/readme-ifcfg-rh.txt": "NetworkManager stores new network profiles in keyfile\n",
        "/etc/selinux/config": "SELINUX=enforcing\nSELINUXTYPE=targeted\n",
        "/etc/firewalld/firewalld.conf": "DefaultZone=public\nFirewallBackend=nftables\n",
        "/etc/ssh/sshd_config": SSHD,
        "/etc/ssh/sshd_config.d/50-redhat.conf": "UsePAM yes\nX11Forwarding yes\nPrintMotd no\n",
        "/etc/lvm/lvm.conf": "devices {\n}\n",
        "/usr/sbin/init": Link("../lib/systemd/systemd"),
        "/usr/sbin/grubby": ELF, "/usr/sbin/grub2-mkconfig": ELF, "/usr/sbin/NetworkManager": ELF,
        "/usr/sbin/firewalld": ELF, "/usr/lib/dracut/modules.d": None,
    }  # fmt: skip
    for kernel in (version, old):
        table[f"/boot/loader/entries/{MACHINE}-{kernel}.conf"] = entry.replace("@KERNEL@", kernel)
    return table | _kernels((version, old))


def centos7() -> Table:
    """CentOS 7: grub2 without BLS, NetworkManager over ifcfg files, firewalld, SELinux, cloud-init."""
    words = "ro crashkernel=auto rd.lvm.lv=centos/root rd.lvm.lv=centos/swap rhgb quiet"
    kernels = ("3.10.0-1160.119.1.el7.x86_64", "3.10.0-1160.el7.x86_64")
    table = base("centos7") | rpm("/var/lib/rpm/Packages", "centos7.bdb") | cloud("rhel")
    table |= systemd({
        "sshd.service": "multi-user.target", "NetworkManager.service": "multi-user.target",
        "firewalld.service": "basic.target", "chronyd.service": "multi-user.target", **CLOUD_UNITS,
    })  # fmt: skip
    menu = "".join(
        f"menuentry 'CentOS Linux ({kernel}) 7 (Core)' --class centos --class gnu-linux --unrestricted {{\n"
        "\tload_video\n\tset gfxpayload=keep\n\tinsmod part_msdos\n\tinsmod xfs\n\tset root='hd0,msdos1'\n"
        "\tsearch --no-floppy --fs-uuid --set=root @BOOT@\n"
        f"\tlinux16 /vmlinuz-{kernel} root=/dev/mapper/centos-root {words} LANG=en_US.UTF-8\n"
        f"\tinitrd16 /initramfs-{kernel}.img\n}}\n"
        for kernel in kernels
    )
    table |= {
        "/etc/os-release": Link("../usr/lib/os-release"),
        "/usr/lib/os-release": 'NAME="CentOS Linux"\nVERSION="7 (Core)"\nID="centos"\nID_LIKE="rhel fedora"\n'
        'VERSION_ID="7"\nPRETTY_NAME="CentOS Linux 7 (Core)"\nANSI_COLOR="0;31"\n',
        "/etc/centos-release": "CentOS Linux release 7.9.2009 (Core)\n",
        "/etc/redhat-release": Link("centos-release"), "/etc/system-release": Link("centos-release"),
        "/etc/fstab": "\n#\n# /etc/fstab\n# Created by anaconda on Mon Nov 16 10:20:30 2020\n#\n"
        "/dev/mapper/centos-root /                       xfs     defaults        0 0\n"
        "UUID=@BOOT@ /boot                   xfs     defaults        0 0\n"
        "/dev/mapper/centos-swap swap                    swap    defaults        0 0\n",
        "/etc/default/grub": "GRUB_TIMEOUT=5\nGRUB_DISTRIBUTOR=\"$(sed 's, release .*$,,g' /etc/system-release)\"\n"
        'GRUB_DEFAULT=saved\nGRUB_DISABLE_SUBMENU=true\nGRUB_TERMINAL_OUTPUT="console"\n'
        f'GRUB_CMDLINE_LINUX="{words.removeprefix("ro ")}"\nGRUB_DISABLE_RECOVERY="true"\n',
        "/boot/grub2/grub.cfg": f"set default=\"${{saved_entry}}\"\nset timeout=5\n{menu}",
        "/boot/grub2/grubenv": GRUB_ENV,
        "/etc/grub2.cfg": Link("../boot/grub2/grub.cfg"),
        "/etc/NetworkManager/NetworkManager.conf": "[main]\n#plugins=ifcfg-rh,ibft\n\n[logging]\n",
        "/etc/sysconfig/network": "# Created by anaconda\n",
        "/etc/sysconfig/network-scripts/ifcfg-eth0": "TYPE=Ethernet\nBOOTPROTO=dhcp\nDEFROUTE=yes\nNAME=eth0\n"
        "UUID=5fb06bd0-0bb0-7ffb-45f1-d6edd65f3e03\nDEVICE=eth0\nHWADDR=52:54:00:12:34:56\nONBOOT=yes\n",
        "/etc/sysconfig/network-scripts/ifcfg-lo": "DEVICE=lo\nIPADDR=127.0.0.1\nNETMASK=255.0.0.0\nONBOOT=yes\n",
        "/etc/selinux/config": "SELINUX=enforcing\nSELINUXTYPE=targeted\n",
        "/etc/firewalld/firewalld.conf": "DefaultZone=public\nFirewallBackend=iptables\n",
        "/etc/ssh/sshd_config": SSHD.partition("\n")[2],
        "/etc/lvm/lvm.conf": "devices {\n}\n",
        "/usr/sbin/init": Link("../lib/systemd/systemd"),
        "/usr/sbin/grubby": ELF, "/usr/sbin/grub2-mkconfig": ELF, "/usr/sbin/NetworkManager": ELF,
        "/usr/sbin/firewalld": ELF, "/usr/sbin/iptables": ELF,
    }  # fmt: skip
    return table | _kernels(kernels)


def centos6() -> Table:
    """CentOS 6: grub legacy, upstart over SysV scripts, a udev rule for the network card, iptables, cloud-init."""
    kernels = ("2.6.32-754.35.1.el6.x86_64", "2.6.32-754.el6.x86_64")
    table = base("centos6", merged=False) | rpm("/var/lib/rpm/Packages", "centos6.bdb") | cloud("rhel")
    del table["/etc/hostname"]
    menu = "".join(
        f"title CentOS 6 ({kernel})\n\troot (hd0,0)\n"
        f"\tkernel /vmlinuz-{kernel} ro root=UUID=@ROOT@ rd_NO_LUKS rd_NO_LVM LANG=en_US.UTF-8 rd_NO_MD "
        "SYSFONT=latarcyrheb-sun16 crashkernel=auto KEYBOARDTYPE=pc KEYTABLE=us rd_NO_DM rhgb quiet\n"
        f"\tinitrd /initramfs-{kernel}.img\n"
        for kernel in kernels
    )
    table |= {
        "/etc/centos-release": "CentOS release 6.10 (Final)\n",
        "/etc/redhat-release": Link("centos-release"), "/etc/system-release": Link("centos-release"),
        "/etc/fstab": "\n#\n# /etc/fstab\n# Created by anaconda on Wed Jul  4 12:00:00 2018\n#\n"
        "UUID=@ROOT@ /                       ext4    defaults        1 1\n"
        "UUID=@BOOT@ /boot                   ext4    defaults        1 2\n"
        "UUID=@SWAP@ swap                    swap    defaults        0 0\n"
        "tmpfs                   /dev/shm                tmpfs   defaults        0 0\n"
        "devpts                  /dev/pts                devpts  gid=5,mode=620  0 0\n"
        "sysfs                   /sys                    sysfs   defaults        0 0\n"
        "proc                    /proc                   proc    defaults        0 0\n",
        "/boot/grub/grub.conf": "# grub.conf generated by anaconda\n#boot=/dev/vda\ndefault=0\ntimeout=5\n"
        f"splashimage=(hd0,0)/grub/splash.xpm.gz\nhiddenmenu\n{menu}",
        "/boot/grub/menu.lst": Link("./grub.conf"), "/etc/grub.conf": Link("../boot/grub/grub.conf"),
        "/boot/grub/device.map": "(hd0)     /dev/vda\n",
        "/etc/inittab": "id:3:initdefault:\n",
        "/etc/init/rcS.conf": "start on startup\nstop on runlevel\ntask\nexec /etc/rc.d/rc.sysinit\n",
        "/etc/init/rc.conf": "start on runlevel [0123456]\ntask\nexport RUNLEVEL\nexec /etc/rc.d/rc $RUNLEVEL\n",
        "/etc/init/serial.conf": "start on fedora.serial-console-available DEV=* and stopped rc RUNLEVEL=[2345]\n"
        "instance $DEV\nrespawn\nexec /sbin/agetty /dev/$DEV $SPEED vt100-nav\n",
        "/etc/rc.d/rc.local": "#!/bin/sh\ntouch /var/lock/subsys/local\n", "/etc/rc.local": Link("rc.d/rc.local"),
        "/etc/init.d": Link("rc.d/init.d"), "/etc/rc3.d": Link("rc.d/rc3.d"), "/etc/rc.d/rc.sysinit": "#!/bin/bash\n",
        "/etc/sysconfig/network": "NETWORKING=yes\nHOSTNAME=centos6\n",
        "/etc/sysconfig/network-scripts/ifcfg-eth0": "DEVICE=eth0\nHWADDR=52:54:00:12:34:56\nTYPE=Ethernet\n"
        "ONBOOT=yes\nNM_CONTROLLED=yes\nBOOTPROTO=dhcp\n",
        "/etc/sysconfig/iptables": "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport 22 -j ACCEPT\n"
        "-A INPUT -j REJECT\nCOMMIT\n",
        "/etc/udev/rules.d/70-persistent-net.rules": "# PCI device 0x1af4:0x1000 (virtio-pci)\n"
        'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{address}=="52:54:00:12:34:56", ATTR{type}=="1", '
        'KERNEL=="eth*", NAME="eth0"\n',
        "/lib/udev/rules.d/75-persistent-net-generator.rules": 'ACTION!="add", GOTO="persistent_net_generator_end"\n',
        "/etc/selinux/config": "SELINUX=enforcing\nSELINUXTYPE=targeted\n",
        "/etc/ssh/sshd_config": SSHD.partition("\n")[2],
        "/sbin/init": ELF, "/sbin/grubby": ELF, "/sbin/iptables": ELF, "/sbin/initctl": ELF, "/lib64": None,
        "/usr/share/dracut/modules.d/50growroot/install": "#!/bin/bash\n",
    }  # fmt: skip
    starts = {"network": 10, "iptables": 8, "sshd": 55, "cloud-init-local": 50, "cloud-init": 51, "cloud-config": 52,
              "cloud-final": 53, "local": 99}  # fmt: skip
    for service, order in starts.items():
        script = f"/etc/rc.d/init.d/{service}" if service != "local" else "/etc/rc.d/rc.local"
        table.setdefault(script, f"#!/bin/bash\n# chkconfig: 2345 {order} 90\n# description: {service}\nexit 0\n")
        target = f"../init.d/{service}" if service != "local" else "../rc.local"
        table |= {f"/etc/rc.d/rc{level}.d/S{order:02}{service}": Link(target) for level in "2345"}
    return table | _kernels(kernels, "/lib/modules")


def _kernels(kernels: tuple[str, ...], modules: str = "/usr/lib/modules") -> Table:
    table: Table = {}
    for kernel in kernels:
        table[f"/boot/vmlinuz-{kernel}"] = KERNEL
        table[f"/boot/initramfs-{kernel}.img"] = bytes(4096)
        table[f"/boot/config-{kernel}"] = "CONFIG_XEN=y\nCONFIG_VIRTIO_NET=m\n"
        table[f"{modules}/{kernel}"] = None
    return table
