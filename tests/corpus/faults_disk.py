"""A root that does not grow with its disk: what stands behind it, what is switched off or missing; and Xen's wishes."""

from __future__ import annotations

from dataclasses import replace

from fake_guest import GIB, FakeGuest, Link

from corpus.base import MIB, gpt, initramfs, on_lvm, swap_behind
from corpus.faults import Change, Fault, both, by_guest, disk, edited, without, wrote
from remediations.guest import Partition, RootDisk

_CFG = "/etc/cloud/cloud.cfg"
_D = f"{_CFG}.d"
_FAILS = {"root-resize": "fail"}
_ON_XEN = {"virtio-drivers": "skipped", "guest-agent": "skipped"}
_UNKNOWN = {"root-resize": "unknown"}
_SOME = ("debian-12", "ubuntu-24.04", "rocky-8", "sles-15", "alpine-*")
_FEW = ("debian-12", "fedora-42")
_MODULES = "[migrator, seed_random, bootcmd, write_files, {}disk_setup, mounts, set_hostname, users_groups, ssh]"
_EL6 = "2.6.32-754.35.1.el6.x86_64"


def _logical(layout: RootDisk) -> RootDisk:
    """The root in an extended partition."""
    *front, root = layout.partitions
    outer = replace(root, number=2, start=root.start - MIB // 2, kind="extended", type="0x05")
    return replace(layout, partitions=(*front, outer, replace(root, number=5, kind="logical")), number=5)


def _short(lacks: int) -> Change:
    """A file system that is so many bytes smaller than its partition."""
    return disk(lambda layout: replace(layout, filesystem_size=(layout.space or 0) - lacks))


def _longer(layout: RootDisk) -> RootDisk:
    """The image was made larger: the table ends before the disk does."""
    return replace(layout, disk_size=layout.disk_size + 20 * GIB)


def _cut(layout: RootDisk) -> RootDisk:
    return replace(layout, disk_size=layout.disk_size - GIB)


def _whole(layout: RootDisk) -> RootDisk:
    """A file system on the disk itself."""
    size = layout.disk_size
    return RootDisk("disk", size, "", (), None, layout.filesystem, size, size)


def _boot_behind(layout: RootDisk) -> RootDisk:
    root = layout.partitions[-1]
    shrunk = replace(root, end=root.end - GIB)
    size = shrunk.end - shrunk.start + 1
    number = max(part.number for part in layout.partitions) + 1
    last = Partition(number, shrunk.end + 1, root.end, type=root.type)
    parts = (*layout.partitions[:-1], shrunk, last)
    return replace(layout, partitions=parts, filesystem_size=size, space=size)


def _mode(text: str) -> Change:
    return wrote(f"{_D}/99-local.cfg", f"growpart: {text}\n")


def _without_sgdisk(guest: FakeGuest) -> FakeGuest:
    return replace(guest, files={path: entry for path, entry in guest.files.items() if not path.endswith("/sgdisk")})


def _repart(kind: str) -> Change:
    """cloud-init told not to grow, and systemd-repart and systemd-growfs told to."""
    units = "/usr/lib/systemd/system"
    return both(
        wrote(f"{_D}/99-local.cfg", "growpart: {mode: 'off'}\nresize_rootfs: false\n"),
        wrote("/usr/lib/repart.d/50-root.conf", f"[Partition]\nType={kind}\n"),
        wrote("/usr/bin/systemd-repart", "\x7fELF", 0o755),
        wrote(f"{units}/systemd-repart.service", "[Service]\nExecStart=systemd-repart --dry-run=no\n"),
        wrote(f"{units}/sysinit.target.wants/systemd-repart.service", Link("../systemd-repart.service")),
        edited("/etc/fstab", "compress=zstd:1,defaults", "defaults,x-systemd.growfs"),
    )


def _same(guest: FakeGuest) -> FakeGuest:
    """Nothing changed but what no requirement looks at."""
    return wrote("/etc/motd", "Welcome.\n")(guest)


FAULTS: tuple[Fault, ...] = (
    Fault("resize: swap behind the root", (*_SOME, "debian-8", "centos-*", "rhel-9-s390x", "arch"), disk(swap_behind),
          _FAILS, fixable=False),
    Fault("resize: another partition behind", ("debian-12", "alma-9"), disk(_boot_behind), _FAILS, fixable=False),
    Fault("resize: a logical partition", ("debian-10", "centos-7", "alpine-*"), disk(_logical), _FAILS, fixable=False),
    Fault("resize: the file system was not grown", ("debian-12", "alma-9", "fedora-42", "centos-6"), _short(3 * GIB),
          _FAILS,
          fixable=False),
    Fault("resize: the image was cut off", ("debian-12", "centos-7"), disk(_cut), _FAILS, fixable=False),
    Fault("resize: the file system is larger than its partition", ("debian-12",), _short(-GIB), _FAILS, fixable=False),
    Fault("resize: a file system that does not grow mounted", ("debian-12",),
          disk(lambda layout: replace(layout, filesystem="jfs")), _FAILS, fixable=False),
    Fault("resize: RAID or encryption", _FEW,
          disk(lambda layout: RootDisk("other", layout.disk_size, "", (), None, "ext4", None, None)), _UNKNOWN),
    Fault("resize: LVM, and nothing grows it", ("debian-12", "centos-7", "alma-9", "centos-6", "sles-12"),
          disk(on_lvm), _FAILS,
          packages=True),
    Fault("resize: LVM with its tools, and nothing grows it", ("debian-12", "alma-9", "ubuntu-24.04"),
          both(disk(on_lvm), wrote("/usr/sbin/lvm", b"\x7fELF", 0o755)), _FAILS),
    # cloud-init's modules.
    Fault("resize: growpart not listed", (*_SOME, "debian-8", "centos-7", "arch*"), edited(_CFG, " - growpart\n", ""),
          _FAILS),
    Fault("resize: resizefs not listed", (*_SOME, "centos-6"), edited(_CFG, " - resizefs\n", ""), _FAILS),
    Fault("resize: both commented out", ("debian-12", "centos-7"),
          both(edited(_CFG, " - growpart", " #- growpart"), edited(_CFG, " - resizefs", " #- resizefs")), _FAILS),
    Fault("resize: a later list without growpart", ("debian-12", "alma-9"),
          wrote(f"{_D}/50-modules.cfg", f"cloud_init_modules: {_MODULES.format('resizefs, ')}\n"), _FAILS),
    Fault("resize: a later list without either", ("ubuntu-24.04", "sles-15"),
          wrote(f"{_D}/50-modules.cfg", f"cloud_init_modules: {_MODULES.format('')}\n"), _FAILS),
    Fault("resize: the file system before the partition", ("debian-12",),
          both(edited(_CFG, " - growpart\n - resizefs\n", " - resizefs\n - growpart\n")), _FAILS, fixable=False),
    *(Fault(f"resize: growpart's mode {mode}", ("debian-12", "alma-9"), _mode(f"{{mode: {mode}}}"), _FAILS)
      for mode in ("off", "'off'", "false", "gpart")),
    Fault("resize: growpart's mode off in cloud.cfg", ("sles-15", "alpine-*"),
          edited(_CFG, "system_info:\n", "growpart:\n  mode: off\n  devices: ['/']\nsystem_info:\n"), _FAILS),
    Fault("resize: growpart off altogether", _FEW, _mode("false"), _FAILS, fixable=False),
    Fault("resize: growpart for another file system", _FEW, _mode("{mode: auto, devices: [/srv]}"), _FAILS,
          fixable=False),
    Fault("resize: growpart for another partition", _FEW, _mode("{mode: auto, devices: [/dev/vda7]}"), _FAILS,
          fixable=False),
    Fault("resize: growpart for a partition by its name", ("debian-12", "centos-7"), _mode("{devices: [/dev/vda1]}"),
          _UNKNOWN),
    Fault("resize: the file system is told not to", ("debian-12", "alma-9", "centos-6"), wrote(f"{_D}/99-local.cfg",
          "resize_rootfs: false\n"),
          _FAILS),
    Fault("resize: growing disabled", ("debian-12", "centos-7", "centos-6", "alpine-*"),
          wrote("/etc/growroot-disabled", ""), _FAILS),
    # Programs.
    Fault("resize: no growpart", ("debian-12", "ubuntu-24.04", "alma-9", "sles-15", "arch", "alpine-*"),
          without("*bin/growpart"), _FAILS, packages=True),
    Fault("resize: no sfdisk", ("debian-13", "debian-10", "alpine-*"), without("*bin/sfdisk"), _FAILS, packages=True),
    Fault("resize: no sfdisk, and sgdisk is no help for MBR", ("centos-7",), without("*bin/sfdisk"), _FAILS,
          packages=True),
    Fault("resize: GPT, and an sfdisk that does not know it", ("centos-7", "debian-8"),
          both(disk(lambda layout: gpt(layout.filesystem)), _without_sgdisk), _FAILS,
          packages=True),
    Fault("resize: nothing that grows the file system", ("debian-12", "alma-9", "fedora-42", "alpine-*"),
          by_guest({"alma-9": without("*bin/xfs_growfs"), "fedora-42": without("*bin/btrfs"),
          "*": without("*bin/resize2fs")}),
          _FAILS, packages=True),
    Fault("resize: growroot is not in the RAM disk", ("centos-6",),
          wrote(f"/boot/initramfs-{_EL6}.img", initramfs(_EL6, folder="lib")), _FAILS, fixable=False),
    Fault("resize: no growroot for an old kernel", ("centos-6",), both(
        wrote(f"/boot/initramfs-{_EL6}.img", initramfs(_EL6, folder="lib")),
        lambda guest: replace(guest, packages={k: v for k, v in guest.packages.items() if "growroot" not in k})),
        _FAILS,
          packages=True),
    Fault("resize: growroot thinks that it has run", ("centos-6",), wrote("/etc/growroot-grown", ""), _FAILS),
    Fault("resize: systemd-repart for a partition that is not there", ("fedora-42",), _repart("root"), _FAILS),
    Fault("resize: systemd-repart up to a limit", ("fedora-42",),
          _repart("linux-generic\nSizeMaxBytes=8G"), _FAILS),
    # What does no harm.
    Fault("resize: systemd-repart and -growfs in cloud-init's place", ("fedora-42",), _repart("linux-generic"), {}),
    Fault("resize: the image was made larger", ("debian-12", "centos-7", "alma-9"), disk(_longer), {}),
    Fault("resize: a few blocks at the end", ("debian-12", "alma-9", "fedora-42"), _short(3 * MIB), {}),
    Fault("resize: a file system on the disk itself", ("debian-12", "alpine-*"), disk(_whole), {}),
    Fault("resize: growpart said in full", ("debian-12", "ubuntu-24.04"),
          both(_mode("{mode: auto, devices: ['/', '/dev/vdb1'], ignore_growroot_disabled: false}"),
               wrote(f"{_D}/98-fs.cfg", "resize_rootfs: noblock\n")), {}),
    Fault("resize: growing disabled, which is ignored", ("debian-12",),
          both(wrote("/etc/growroot-disabled", ""), _mode("{ignore_growroot_disabled: true}")), {}),
    Fault("resize: files that cloud-init does not read", ("debian-12", "alma-9"),
          both(wrote(f"{_D}/99-off.cfg.disabled", "growpart: {mode: off}\n"),
               wrote(f"{_D}/99-off.yaml", "cloud_init_modules: []\nresize_rootfs: false\n")), {}),
    Fault("resize: the modules by their files' names", ("debian-12",),
          both(edited(_CFG, " - growpart\n", " - cc_growpart\n"), edited(_CFG, " - resizefs\n",
          " - [resizefs, always]\n")), {}),
    Fault("resize: sgdisk without sfdisk on GPT", ("alma-9", "sles-15"), without("*bin/sfdisk"), {}),
    Fault("resize: growpart not listed, growroot in the RAM disk", ("centos-6",), edited(_CFG, " - growpart\n", ""),
          {}),
    # Xen.
    *(Fault(f"Xen: {name}", guests, change, _ON_XEN | {"xen-kernel": status} | more, fixable=False,
            settings={"hypervisor": "xen"})
      for name, guests, change, status, more in (
          ("one partition", ("debian-10", "ubuntu-14.04", "centos-6", "sles-11", "alpine-*"), _same, "pass", {}),
          ("several partitions", ("debian-12", "ubuntu-24.04", "alma-9"), _same, "fail", {}),
          ("XFS", ("centos-7",), _same, "fail", {}),
          ("LVM", ("debian-10",), disk(on_lvm), "fail", _FAILS),
          ("a file system on the disk itself", ("debian-10",), disk(_whole), "fail", {}),
          ("swap behind", ("debian-10",), disk(swap_behind), "fail", _FAILS),
          ("a kernel without it", ("debian-10", "centos-6"),
           by_guest({"centos-6": edited(f"/boot/config-{_EL6}", "CONFIG_XEN=y", "# CONFIG_XEN is not set"),
                     "*": edited("/boot/config-4.19.0-27-cloud-amd64", "CONFIG_XEN=y", "# CONFIG_XEN is not set")}),
                     "fail", {}),
          ("an old kernel of which nothing is known", ("centos-6",), without(f"/boot/config-{_EL6}"), "unknown", {}),
          ("a new kernel of which nothing is known", ("alpine-*",), without("/boot/config-*"), "pass", {}),
      )),
    Fault("Xen: a menu for PV-GRUB without a console", ("ubuntu-14.04",),
          wrote("/boot/grub/menu.lst",
          "title Ubuntu\nroot (hd0)\nkernel /boot/vmlinuz root=LABEL=cloudimg-rootfs ro\n"),
          _ON_XEN | {"console-log": "fail", "xen-kernel": "pass"}, settings={"hypervisor": "xen"}),
)  # fmt: skip
