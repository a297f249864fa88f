"""No login on the serial console, drivers that an initial RAM disk lacks, and disks by the machine's names."""

from __future__ import annotations

from dataclasses import replace

from fake_guest import FakeGuest, Link

from corpus.base import CONSOLE, ELF, ROOT, archive
from corpus.faults import Change, Fault, appended, both, by_guest, edited, without, wrote
from corpus.redhat_texts import MACHINE
from remediations.guest import Filesystem

_ETC = "/etc/systemd/system"
_LINE = "serial-getty@ttyS0.service"
_NONE = Link("/dev/null")
_FAILS = {"serial-getty": "fail"}
_SOME = ("debian-12", "ubuntu-24.04", "centos-7", "alma-9", "sles-15", "arch")
_FEW = ("debian-12", "fedora-42", "leap-15")
_DRIVERLESS = {"virtio-drivers": "fail"}
_DISKS = {"fstab": "fail"}
_SWAP = "4b0c7b32-6f0e-4e8e-9d0a-6f1f2a3b4c5d"
_NOT_NEEDED = f"""\
/dev/sdb1 /srv ext4 defaults,nofail 0 2
/dev/sdc1 /opt xfs noauto 0 0
/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0
/dev/fd0 /media/floppy0 auto rw,user,noauto 0 0
UUID={_SWAP} /x ext4 nofail 0 2
"""
_LASTING = """\
/dev/mapper/vg-srv /srv ext4 defaults 0 2
/dev/disk/by-label/x /opt xfs defaults 0 0
/swap.img none swap sw 0 0
tmpfs /tmp tmpfs size=1g 0 0
/dev/zram0 none swap sw 0 0
UUID=B1F2-0A3C /boot/firmware vfat defaults 0 2
nas:/export /mnt nfs defaults 0 0
//nas/x /media cifs guest 0 0
"""


def _initrd(*modules: str, cut: int = 0) -> Change:
    """Every initial RAM disk with these modules alone, for no release in particular."""

    def change(guest: FakeGuest) -> FakeGuest:
        paths = [path for path in guest.files if path.startswith(("/boot/initr", "/boot/initramfs"))]
        names = tuple(f"usr/lib/modules/x/kernel/drivers/{module}" for module in modules)
        content = archive((*names, "init"))
        return replace(guest, files={**guest.files, **dict.fromkeys(paths, content[: len(content) - cut])})

    return change


def _with_swap(guest: FakeGuest) -> FakeGuest:
    """The image has a swap partition, number 5, in front of the root."""
    return replace(guest, filesystems={**guest.filesystems, 5: Filesystem("swap", _SWAP)})


def _root_by(device: str) -> Change:
    """fstab names the root so, whatever it said before."""

    def change(guest: FakeGuest) -> FakeGuest:
        lines = guest.read("/etc/fstab").decode().split("\n")
        shown = [device + line[len(line.split()[0]) :] if line.split()[1:2] == ["/"] else line for line in lines]
        return replace(guest, files={**guest.files, "/etc/fstab": "\n".join(shown).encode()})

    return change


FAULTS: tuple[Fault, ...] = (
    Fault("getty: masked", _SOME, wrote(f"{_ETC}/{_LINE}", _NONE), _FAILS),
    Fault("getty: its template masked", _FEW, wrote(f"{_ETC}/serial-getty@.service", _NONE), _FAILS),
    Fault("getty: the target of logins masked", _FEW, wrote(f"{_ETC}/getty.target", _NONE), _FAILS),
    Fault("getty: the generator masked", ("debian-12", "centos-7"),
          wrote("/etc/systemd/system-generators/systemd-getty-generator", _NONE), _FAILS),
    Fault("getty: the generator masked, the line enabled", ("debian-12", "centos-7"),
          both(wrote("/etc/systemd/system-generators/systemd-getty-generator", _NONE),
               wrote(f"{_ETC}/getty.target.wants/{_LINE}", Link("/usr/lib/systemd/system/serial-getty@.service"))), {}),
    Fault("getty: no program", ("debian-12", "arch", "sles-15"), without("*bin/agetty"), _FAILS, packages=True),
    Fault("getty: no program that checks the password", ("debian-13", "sles-15"), without("*bin/login"), _FAILS,
          packages=True),
    Fault("getty: a drop-in without a program", ("debian-12", "alma-9"),
          wrote(f"{_ETC}/{_LINE}.d/none.conf", "[Service]\nExecStart=\n"), _FAILS, fixable=False),
    Fault("getty: told to start none", ("debian-12",),
          edited("/boot/grub/grub.cfg", CONSOLE, f"{CONSOLE} systemd.getty_auto=no"), _FAILS, fixable=False),
    Fault("getty: masked by the kernel", ("debian-12",),
          edited("/boot/grub/grub.cfg", CONSOLE, f"{CONSOLE} systemd.mask={_LINE}"), _FAILS, fixable=False),
    Fault("getty: upstart's job is manual", ("ubuntu-14.04",), wrote("/etc/init/ttyS0.override", "manual\n"), _FAILS),
    Fault("getty: no job of upstart's", ("ubuntu-14.04",), without("/etc/init/ttyS0.conf"), _FAILS),
    Fault("getty: upstart's job never starts", ("ubuntu-14.04",),
          edited("/etc/init/ttyS0.conf", "start on", "# start on"), _FAILS),
    Fault("getty: EL 6 has no job for serial lines", ("centos-6",), without("/etc/init/serial.conf"), _FAILS),
    Fault("getty: EL 6's job is manual", ("centos-6",), wrote("/etc/init/serial.override", "manual\n"), _FAILS),
    Fault("getty: commented out in inittab", ("alpine-*", "sles-11"),
          by_guest({"alpine-*": edited("/etc/inittab", "\nttyS0:", "\n#ttyS0:"),
                    "*": edited("/etc/inittab", "\nS0:", "\n#S0:")}), _FAILS),
    Fault("getty: switched off in inittab", ("sles-11",), edited("/etc/inittab", "respawn:/sbin/agetty",
          "off:/sbin/agetty"),
          _FAILS),
    Fault("getty: in another runlevel", ("sles-11",), edited("/etc/inittab", "S0:12345:", "S0:4:"), _FAILS),
    Fault("getty: on the second line", ("sles-11", "alpine-*"), edited("/etc/inittab", "ttyS0", "ttyS1"), _FAILS),
    Fault("getty: root by itself", ("debian-12", "alma-9", "arch"),
          wrote(f"{_ETC}/serial-getty@ttyS0.service.d/autologin.conf",
                "[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin root --keep-baud 115200 - $TERM\n"), {}),
    Fault("getty: another line masked", ("debian-12", "alma-9"),
          both(wrote(f"{_ETC}/serial-getty@ttyS1.service", _NONE), wrote(f"{_ETC}/getty@tty1.service", _NONE)), {}),
    Fault("getty: root not on that line", ("centos-6", "sles-11", "alpine-*"), edited("/etc/securetty", "ttyS0\n",
          ""), {}),
    Fault("getty: enabled by hand too", ("debian-12", "alma-9"),
          wrote(f"{_ETC}/getty.target.wants/{_LINE}", Link("/usr/lib/systemd/system/serial-getty@.service")), {}),
    # Drivers.
    Fault("virtio: a RAM disk for VMware", ("debian-12", "centos-7", "sles-12", "leap-15", "arch", "alpine-*"),
          _initrd("scsi/mptspi.ko", "scsi/vmw_pvscsi.ko.xz", "net/vmxnet3/vmxnet3.ko"), _DRIVERLESS, fixable=False),
    Fault("virtio: a RAM disk without the disk's", ("debian-8", "rhel-10"),
          _initrd("virtio/virtio_pci.ko", "net/virtio_net.ko.xz"), _DRIVERLESS, fixable=False),
    Fault("virtio: one of two kernels'", ("debian-12", "alma-9"),
          by_guest({"debian-*": both(wrote("/boot/vmlinuz-6.1.0-9-amd64", ELF),
                                     wrote("/boot/initrd.img-6.1.0-9-amd64", archive(("init",))),
                                     wrote("/usr/lib/modules/6.1.0-9-amd64/modules.dep",
                                           "kernel/virtio_blk.ko:\nkernel/virtio_pci.ko:\nkernel/virtio_net.ko:\n")),
                    "*": both(wrote("/boot/vmlinuz-5.14.0-1.el9.x86_64", ELF),
                              wrote("/boot/initramfs-5.14.0-1.el9.x86_64.img", archive(("init",))),
                              wrote("/usr/lib/modules/5.14.0-1.el9.x86_64/modules.dep",
                                    "kernel/virtio_blk.ko.xz:\nkernel/virtio_pci.ko.xz:\nkernel/virtio_net.ko.xz:\n"))}),
          _DRIVERLESS, fixable=False),
    Fault("virtio: a kernel without the card's", ("debian-12",),
          edited("/usr/lib/modules/6.1.0-25-cloud-amd64/modules.dep", "virtio_net", "vmxnet3"), _DRIVERLESS,
          fixable=False),
    Fault("virtio: a RAM disk cut off", ("debian-12", "rocky-8"), _initrd("block/virtio_blk.ko", cut=300),
          {"virtio-drivers": "unknown"}),
    Fault("virtio: the card's forbidden", ("debian-12", "alma-9"),
          wrote("/etc/modprobe.d/blacklist-net.conf", "blacklist virtio_net\n"), _DRIVERLESS, fixable=False),
    Fault("virtio: the card's made nothing", ("debian-12",),
          wrote("/etc/modprobe.d/local.conf", "install virtio-net /bin/true\n"), _DRIVERLESS, fixable=False),
    Fault("virtio: the disk's forbidden to the kernel", ("debian-12", "alma-9"),
          by_guest({"debian-*": edited("/boot/grub/grub.cfg", CONSOLE, f"{CONSOLE} modprobe.blacklist=virtio_blk"),
                    "*": edited(f"/boot/loader/entries/{MACHINE}-5.14.0-427.35.1.el9_4.x86_64.conf",
                                CONSOLE, f"{CONSOLE} rd.driver.blacklist=virtio_blk")}), _DRIVERLESS, fixable=False),
    Fault("virtio: other modules forbidden", ("debian-12", "alma-9"),
          wrote("/etc/modprobe.d/blacklist.conf", "# blacklist virtio_net\nblacklist virtio_balloon\nblacklist pcspkr\n"
                "options virtio_net napi_tx=1\n"), {}),
    Fault("virtio: all built in", ("debian-12", "alma-9"),
          both(_initrd(), lambda guest: replace(guest, files={**guest.files, **{
              path: (b"CONFIG_VIRTIO_BLK=y\nCONFIG_VIRTIO_NET=y\nCONFIG_VIRTIO_PCI=y\nCONFIG_XEN=y\n")
              for path in guest.files if path.startswith("/boot/config-")}})), {}),
    Fault("virtio: the card's not in the RAM disk", ("debian-12", "sles-15"),
          _initrd("virtio/virtio_pci.ko", "block/virtio_blk.ko.zst"), {}),
    # fstab.
    *(Fault(f"fstab: the root by {name}", guests, _root_by(name), _DISKS)
      for name, guests in (("/dev/sda1", ("debian-12", "ubuntu-24.04", "centos-6", "alma-9", "sles-15", "alpine-*")),
                           ("/dev/vda1", ("debian-8", "centos-7", "arch-systemd-boot")), ("/dev/xvda1", ("debian-10",)),
                           ("/dev/nvme0n1p1", ("debian-13",)),
                           ("/dev/disk/by-path/pci-0000:00:10.0-scsi-0:0:0:0-part1", ("leap-15", "debian-12")),
                           ("/dev/disk/by-id/scsi-36000c29f1a2b3c4d5e6f708192a3b4c5-part1", ("sles-11", "sles-12")))),
    Fault("fstab: swap by its name", ("debian-12", "alma-9"),
          both(_with_swap, appended("/etc/fstab", "/dev/sda5 none swap sw 0 0\n")), _DISKS),
    Fault("fstab: swap that the image does not hold", ("debian-12", "sles-15"),
          appended("/etc/fstab", "/dev/sdb1\tswap\tswap\tdefaults\t0 0\n"), _DISKS, fixable=False),
    Fault("fstab: a disk that the image does not hold", ("debian-12", "centos-7"),
          appended("/etc/fstab", "/dev/sdb1 /srv ext4 defaults 0 2\n"), _DISKS, fixable=False),
    Fault("fstab: a CD that must be there", ("debian-12", "centos-7"),
          appended("/etc/fstab", "/dev/sr0 /media/cdrom iso9660 ro 0 0\n"), _DISKS),
    Fault("fstab: a file system of a disk left behind", ("debian-12", "centos-6", "sles-15", "fedora-42"),
          appended("/etc/fstab", f"UUID={_SWAP}\t/srv\txfs\tdefaults\t0 2\n"), _DISKS),
    Fault("fstab: swap that was left behind", ("ubuntu-24.04", "alma-9"),
          appended("/etc/fstab", f"/dev/disk/by-uuid/{_SWAP} none swap sw 0 0\n"), _DISKS),
    Fault("fstab: another root's UUID", ("debian-12", "centos-7"), _root_by(f"UUID={_SWAP}"), _DISKS, fixable=False),
    Fault("fstab: the kernel is told another root's UUID", ("debian-12", "centos-7"),
          by_guest({"debian-*": edited("/boot/grub/grub.cfg", f"root=UUID={ROOT}", f"root=UUID={_SWAP}"),
                    "*": edited("/boot/grub2/grub.cfg", f"root=UUID={ROOT}", f"root=UUID={_SWAP}")}), _DISKS,
          fixable=False),
    Fault("fstab: an entry for a system on another disk", ("debian-12",),
          appended("/boot/grub/grub.cfg",
          f"menuentry 'Other' {{\n linux /vmlinuz root=UUID={_SWAP} ro {CONSOLE}\n}}\n"), {}),
    Fault("fstab: a UUID that LVM may hold", ("debian-12",),
          both(lambda guest: replace(guest, filesystems={}), appended("/etc/fstab",
          f"UUID={_SWAP} /srv xfs ro 0 2\n")), {}),
    Fault("fstab: the root in the menu by its name", ("debian-12", "centos-7", "sles-15"),
          by_guest({"debian-*": edited("/boot/grub/grub.cfg", f"root=UUID={ROOT}", "root=/dev/sda1"),
                    "*": edited("/boot/grub2/grub.cfg", f"root=UUID={ROOT}", "root=/dev/vda1")}), _DISKS),
    Fault("fstab: the menu told to go by names", ("debian-12",),
          both(edited("/boot/grub/grub.cfg", f"root=UUID={ROOT}", "root=/dev/vda1"),
               appended("/etc/default/grub", "GRUB_DISABLE_LINUX_UUID=true\n")), _DISKS, fixable=False),
    Fault("fstab: names in comments", ("debian-12", "sles-15", "centos-7"),
          appended("/etc/fstab", "# / was on /dev/sda1 during installation\n#/dev/sdb1 /srv ext4 defaults 0 2\n"
                   "\n  # /dev/sda5 none swap sw 0 0\n"), {}),
    Fault("fstab: what need not be there", ("debian-12", "alma-9"), appended("/etc/fstab", _NOT_NEEDED), {}),
    Fault("fstab: names that last", ("debian-12", "alma-9"), appended("/etc/fstab", _LASTING), {}),
    *(Fault(f"fstab: the root by {name}", guests, _root_by(name), {})
      for name, guests in ((f"/dev/disk/by-uuid/{ROOT}", ("debian-12", "sles-12")), ("LABEL=root", ("centos-7",)),
                           (f'UUID="{ROOT}"', ("alma-9",)),
                           ("PARTUUID=0c4a1b5e-7a0d-4c53-9a0c-5c1d7b2e9f10", ("debian-13",)))),
    Fault("fstab: nothing of the root", ("debian-12", "alma-9"), wrote("/etc/fstab", "# nothing\n"), {}),
)  # fmt: skip
