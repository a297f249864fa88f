"""CentOS 6 as a conforming cloud image, in short: upstart over SysV scripts, GRUB 0.97, a kernel of 2.6.32."""

from __future__ import annotations

from fake_guest import FakeGuest, Link

from corpus.base import CONSOLE, ROOT, System, Table, accounts, dos, kernel, lay, programs
from corpus.boot import legacy
from corpus.cloud import cloud_cfg, cloud_init, sysv_stage

_RELEASE = "2.6.32-754.35.1.el6.x86_64"
_SSHD = """\
#\t$OpenBSD: sshd_config,v 1.80 2008/07/02 02:24:18 djm Exp $

#Port 22
Protocol 2
SyslogFacility AUTHPRIV
#PubkeyAuthentication yes
#AuthorizedKeysFile\t.ssh/authorized_keys
PasswordAuthentication no
ChallengeResponseAuthentication no
GSSAPIAuthentication yes
GSSAPICleanupCredentials yes
UsePAM yes
AcceptEnv LANG LC_CTYPE LC_NUMERIC LC_TIME LC_COLLATE LC_MONETARY LC_MESSAGES
X11Forwarding yes
Subsystem\tsftp\t/usr/libexec/openssh/sftp-server
"""
_SCRIPT = """\
#!/bin/bash
#
# {name}
#
# chkconfig: {levels} {start} {stop}
# description: {name}
#
# config: /etc/sysconfig/{name}

. /etc/rc.d/init.d/functions
[ -f /etc/sysconfig/{name} ] && . /etc/sysconfig/{name}

case "$1" in
    start)
        {starts}
        ;;
esac
"""
_SSHD_SCRIPT = """\
#!/bin/bash
#
# sshd\t\tStart up the OpenSSH server daemon
#
# chkconfig: 2345 55 25
# description: SSH is a protocol for secure remote shell access.
#
### BEGIN INIT INFO
# Provides: sshd
# Required-Start: $local_fs $network $syslog
# Default-Start: 2 3 4 5
### END INIT INFO

. /etc/rc.d/init.d/functions
[ -f /etc/sysconfig/sshd ] && . /etc/sysconfig/sshd

prog="sshd"
KEYGEN=/usr/bin/ssh-keygen
SSHD=/usr/sbin/sshd
RSA_KEY=/etc/ssh/ssh_host_rsa_key

do_rsa_keygen() {
\tif [ ! -s $RSA_KEY ]; then
\t\tif test ! -f $RSA_KEY && $KEYGEN -q -t rsa -f $RSA_KEY -C '' -N '' >&/dev/null; then
\t\t\tchmod 600 $RSA_KEY
\t\tfi
\tfi
}

start()
{
\t[ -x $SSHD ] || exit 5
\t[ -f /etc/ssh/sshd_config ] || exit 6
\t# Create keys if necessary
\tif [ "x${AUTOCREATE_SERVER_KEYS}" != xNO ]; then
\t\tdo_rsa_keygen
\tfi
\t$SSHD $OPTIONS && success || failure
}

case "$1" in
\tstart)
\t\tstart
\t\t;;
esac
"""
_STARTS = {"network": (10, 90, "/etc/sysconfig/network-scripts/ifup eth0"), "rsyslog": (12, 88, "daemon rsyslogd"),
           "qemu-ga": (85, 15, "daemon /usr/bin/qemu-ga -d")}  # fmt: skip
_STAGES = {"cloud-init-local": 50, "cloud-init": 51, "cloud-config": 52, "cloud-final": 53}


def centos6() -> FakeGuest:
    """CentOS 6.10: growroot in the initial RAM disk grows the partition, cloud-init the file system."""
    table: Table = accounts(("adm", "tty", "wheel", "users", "utempter"), locked="!!", nologin="/sbin/nologin")
    words = f"rd_NO_LUKS rd_NO_LVM LANG=en_US.UTF-8 rd_NO_MD {CONSOLE} KEYTABLE=us rd_NO_DM"
    table |= {
        "/sbin/init": b"\x7fELF",
        "/etc/inittab": "# inittab is only used by upstart for the default runlevel.\nid:3:initdefault:\n",
        "/etc/init/rcS.conf": "start on startup\nstop on runlevel\ntask\nconsole output\nexec /etc/rc.d/rc.sysinit\n",
        "/etc/init/rc.conf": "start on runlevel [0123456]\nstop on runlevel [!$RUNLEVEL]\ntask\nexport RUNLEVEL\n"
            "exec /etc/rc.d/rc $RUNLEVEL\n",
        "/etc/init/start-ttys.conf": "start on stopped rc RUNLEVEL=[2345]\nenv ACTIVE_CONSOLES=/dev/tty[1-6]\n",
        "/etc/init/serial.conf": "# Automatically start a configured serial console\n"
            "start on fedora.serial-console-available DEV=* and stopped rc RUNLEVEL=[2345]\n"
        "stop on runlevel [S016]\n\ninstance $DEV\nrespawn\npre-start exec /sbin/securetty $DEV\n"
            "exec /sbin/agetty /dev/$DEV $SPEED vt100-nav\n",
        "/lib/udev/rules.d/10-console.rules": '# Console initialization - keyboard, font, etc.\n'
            'KERNEL=="tty0", RUN+="/lib/udev/console_init %k"\n'
        'SUBSYSTEM=="tty", KERNEL=="ttyS*|ttyAMA*|hvc*", RUN+="/lib/udev/console_check %k"\n',
        "/etc/securetty": "console\nvc/1\ntty1\ntty2\nttyS0\n",
        "/etc/rc.d/rc.sysinit": "#!/bin/bash\n# /etc/rc.d/rc.sysinit - run once at boot time\n"
            "HOSTNAME=$(/bin/hostname)\n",
        "/etc/rc.d/rc": "#!/bin/bash\n",
        "/etc/rc.d/rc.local": "#!/bin/sh\n#\n# This script will be executed *after* all the other init scripts.\n\n"
            "touch /var/lock/subsys/local\n",
        "/etc/rc.local": Link("rc.d/rc.local"),
        "/etc/init.d": Link("rc.d/init.d"),
        "/etc/rc.d/init.d/sshd": _SSHD_SCRIPT,
        "/etc/sysconfig/sshd": "# Configuration file for the sshd service.\n\n# Uncomment to disable...\n"
            "# AUTOCREATE_SERVER_KEYS=NO\n",
        "/etc/ssh/sshd_config": _SSHD,
        "/etc/sysconfig/network": "NETWORKING=yes\nNOZEROCONF=yes\n",
        "/etc/sysconfig/network-scripts/ifcfg-eth0": 'DEVICE="eth0"\nBOOTPROTO="dhcp"\nONBOOT="yes"\nTYPE="Ethernet"\n'
            'USERCTL="yes"\n',
        "/etc/sysconfig/network-scripts/ifcfg-lo": "DEVICE=lo\nIPADDR=127.0.0.1\nONBOOT=yes\n",
        "/etc/sysconfig/network-scripts/ifup": "#!/bin/bash\n",
        "/lib/udev/rules.d/75-persistent-net-generator.rules": "",
        "/etc/udev/rules.d/70-persistent-net.rules": "",
        "/etc/fstab": f"UUID={ROOT} /                       ext4    defaults        1 1\n"
            f"tmpfs /dev/shm tmpfs defaults 0 0\n"
        "devpts /dev/pts devpts gid=5,mode=620 0 0\nsysfs /sys sysfs defaults 0 0\nproc /proc proc defaults 0 0\n",
        "/boot/grub/grub.conf": legacy(
            "CentOS", {f"/boot/vmlinuz-{_RELEASE}": f"/boot/initramfs-{_RELEASE}.img"}, words
        ),
        "/boot/grub/menu.lst": Link("./grub.conf"),
        "/etc/grub.conf": Link("../boot/grub/grub.conf"),
        "/boot/grub/stage2": bytes(512),
        "/boot/grub/device.map": "(hd0)     /dev/vda\n",
        "/etc/selinux/config": "SELINUX=enforcing\nSELINUXTYPE=targeted\n",
        "/etc/centos-release": "CentOS release 6.10 (Final)\n",
        "/etc/redhat-release": Link("centos-release"),
        "/etc/hosts.allow": "#\n# hosts.allow\n#\n",
        "/etc/hosts.deny": "#\n# hosts.deny\n#\n",
        "/usr/share/dracut/modules.d/50growroot/install": '#!/bin/bash\ninst_hook pre-pivot 00 "$moddir/growroot.sh"\n'
            'dracut_install growpart sfdisk awk sed\n',
        "/bin/sh": Link("bash"),
    }  # fmt: skip
    table |= {f"/etc/rc{level}.d": Link(f"rc.d/rc{level}.d") for level in "0123456"}
    for name, (start, stop, starts) in _STARTS.items():
        table[f"/etc/rc.d/init.d/{name}"] = _SCRIPT.format(
            name=name, levels="2345", start=start, stop=stop, starts=starts
        )
        table |= {f"/etc/rc.d/rc{level}.d/S{start:02}{name}": Link(f"../init.d/{name}") for level in "2345"}
    table |= {f"/etc/rc.d/rc{level}.d/S55sshd": Link("../init.d/sshd") for level in "2345"}
    table |= {f"/etc/rc.d/rc{level}.d/S99local": Link("../rc.local") for level in "2345"}
    table |= cloud_init(
        cloud_cfg("rhel", "centos", "wheel, adm", red_hat="~", old=True), "/usr/lib/python2.6/site-packages"
    )
    for stage, start in _STAGES.items():
        table[f"/etc/rc.d/init.d/{stage}"] = sysv_stage(stage, f"# chkconfig: 2345 {start} 90\n# description: {stage}")
        table |= {f"/etc/rc.d/rc{level}.d/S{start}{stage}": Link(f"../init.d/{stage}") for level in "2345"}
    table |= kernel(
        _RELEASE, f"/boot/vmlinuz-{_RELEASE}", f"/boot/initramfs-{_RELEASE}.img", modules="/lib/modules", folder="lib",
        extra="pre-pivot/00growroot.sh usr/bin/growpart sbin/sfdisk usr/bin/awk bin/sed",
    )  # fmt: skip
    table |= programs("/sbin/initctl", "/sbin/sfdisk", "/sbin/resize2fs", "/sbin/agetty", "/sbin/dhclient", "/bin/bash",
                      "/sbin/grubby", "/sbin/new-kernel-pkg", "/usr/sbin/sshd", "/usr/bin/ssh-keygen",
                      "/usr/bin/growpart", "/usr/bin/python2.6", "/usr/bin/curl", "/usr/bin/qemu-ga",
                      "/usr/sbin/useradd", "/sbin/dracut",
                      "/lib/udev/console_check", "/sbin/securetty")  # fmt: skip
    packages = {
        "cloud-init": "0.7.5-10.el6.centos.2", "cloud-utils-growpart": "0.27-10.el6",
        "dracut-modules-growroot": "0.20-2.el6",         "openssh-server": "5.3p1-124.el6_10",
        "util-linux-ng": "2.17.2-12.28.el6_9.2",
        "qemu-guest-agent": "2:0.12.1.2-2.506.el6",
        "dracut": "004-411.el6", "python": "2.6.6-68.el6_10",
    }  # fmt: skip
    return lay(System("centos", "CentOS release 6.10 (Final)", (6, 10), package_format="rpm"), table, dos(), packages)
