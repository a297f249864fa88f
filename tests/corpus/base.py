"""What the corpus' guests are built from: file tables, disks, systemd units, initial RAM disks, kernels."""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Mapping
from dataclasses import dataclass

from fake_guest import GIB, FakeGuest, Link, Special

from remediations.guest import Filesystem, GuestFacts, Partition, RootDisk

Entry = bytes | str | Link | Special | None
Table = dict[str, Entry]

ELF = b"\x7fELF\x02\x01\x01"
ROOT = "6d2231e4-0975-4f35-a94f-56738c1a8150"
BOOT = "9f3b1c52-7a6e-4d07-8a3e-5cf1f2b0a4d1"
LINUX_GUID = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
ESP_GUID = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
BIOS_GUID = "21686148-6449-6E6F-744E-656564454649"
LVM_GUID = "E6D6D379-F507-44C2-A23C-238F2A3DF928"
ESP = "B1F2-0A3C"
MIB = 1024**2
CONSOLE = "console=tty0 console=ttyS0,115200n8"

_PROGRAMS = ("/bin/", "/sbin/", "/init.d/", "-generator", "/ds-identify", "/libexec/", "/rc.local", "/local.d/",
             "/sysv-generators", "/usr/lib/qemu", "/boot.local", "/after.local")  # fmt: skip
_MODULES = (
    "block/virtio_blk.ko",
    "net/virtio_net.ko",
    "scsi/virtio_scsi.ko",
    "virtio/virtio_pci.ko",
    "virtio/virtio.ko",
)


@dataclass(frozen=True)
class System:
    """Who a guest is, in the terms of :class:`~remediations.guest.GuestFacts`."""

    distro: str
    product: str
    version: tuple[int, int]
    arch: str = "x86_64"
    package_format: str = "deb"


def lay(system: System, table: Table, disk: RootDisk, packages: Mapping[str, str], **modes: int) -> FakeGuest:
    """The guest of a table; programs and scripts are executable, and ``modes`` say what else is not 0644."""
    files = {path: entry.encode() if isinstance(entry, str) else entry for path, entry in table.items()}
    known = {path: 0o755 for path, entry in files.items() if isinstance(entry, bytes) and runs(path)}
    known |= {path: 0o640 for path in files if path.startswith("/etc/shadow")}
    root = "/dev/sda" + (str(disk.number) if disk.kind == "partition" else "")
    facts = GuestFacts(system.distro, system.product, system.version, system.arch, system.package_format, root)
    number = disk.number if disk.kind == "partition" and disk.number else 0
    held = {part.number: Filesystem("vfat", ESP) for part in disk.partitions if part.type == ESP_GUID}
    held[number] = Filesystem(disk.filesystem, ROOT)
    return FakeGuest(files, facts, dict(packages), disk, known | modes, held)


def runs(path: str) -> bool:
    """Whether a file of this path is executable on a real system."""
    return any(part in path for part in _PROGRAMS)


def gpt(kind: str = "ext4", esp: bool = True, number: int = 1, boot: bool = False) -> RootDisk:
    """A cloud image's GPT: BIOS boot and ESP in front, whatever their numbers, and the root last."""
    parts = [Partition(14, MIB, 5 * MIB - 1, type=BIOS_GUID)]
    end = 5 * MIB
    if esp:
        parts.append(Partition(15, end, 130 * MIB - 1, type=ESP_GUID))
        end = 130 * MIB
    if boot:
        parts.append(Partition(2, end, 1154 * MIB - 1, type=LINUX_GUID))
        end = 1154 * MIB
    last = 10 * GIB - MIB
    parts.append(Partition(number, end, last - 1, type=LINUX_GUID, uuid="0c4a1b5e-7a0d-4c53-9a0c-5c1d7b2e9f10"))
    return RootDisk("partition", 10 * GIB, "gpt", tuple(parts), number, kind, last - end, last - end)


def dos(kind: str = "ext4") -> RootDisk:
    """One partition on an MBR disk."""
    size = 10 * GIB - MIB
    return RootDisk("partition", 10 * GIB, "dos", (Partition(1, MIB, 10 * GIB - 1, type="0x83"),), 1, kind, size, size)


def swap_behind(disk: RootDisk) -> RootDisk:
    """The same disk with a swap partition behind the root."""
    *front, root = disk.partitions
    number = max(part.number for part in disk.partitions) + 1
    space = root.end - GIB - root.start + 1
    kind = "0x82" if disk.table == "dos" else "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F"
    shrunk = Partition(root.number, root.start, root.end - GIB, root.kind, root.type, root.uuid, root.label)
    swap = Partition(number, root.end - GIB + 1, root.end, "primary", kind)
    return RootDisk(
        disk.kind, disk.disk_size, disk.table, (*front, shrunk, swap), disk.number, disk.filesystem, space, space
    )


def on_lvm(disk: RootDisk) -> RootDisk:
    """The same disk with the root on LVM in its last partition."""
    *front, root = disk.partitions
    kind = "0x8e" if disk.table == "dos" else LVM_GUID
    volume = Partition(root.number, root.start, root.end, root.kind, kind)
    space = root.end - root.start - 4 * MIB
    return RootDisk("lvm", disk.disk_size, disk.table, (*front, volume), root.number, disk.filesystem, space, space)


def archive(names: tuple[str, ...]) -> bytes:
    """A cpio archive in the kernel's ``newc`` format of empty files."""
    made = b""
    for number, name in enumerate((*names, "TRAILER!!!"), 1):
        mode = 0 if name == "TRAILER!!!" else 0o100644
        fields = (number, mode, 0, 0, 1, 0, 0, 0, 0, 0, 0, len(name) + 1, 0)
        entry = b"070701" + "".join(f"{field:08x}" for field in fields).encode() + name.encode() + b"\0"
        made += entry + bytes(-len(entry) % 4)
    return made + bytes(-len(made) % 512)


def initramfs(
    release: str, packed: str = "gzip", extra: tuple[str, ...] = (), folder: str = "usr/lib", suffix: str = ""
) -> bytes:
    """An initial RAM disk with virtio's modules; ``packed`` as the distribution does it."""
    names = tuple(f"{folder}/modules/{release}/kernel/drivers/{module}{suffix}" for module in _MODULES)
    inside = archive((*names, *extra, "init"))
    if packed == "gzip":
        return gzip.compress(inside, mtime=0)
    if packed == "xz":
        return lzma.compress(inside, check=lzma.CHECK_CRC32)
    # zstd's skippable and raw frames are not what mkinitramfs makes, so a real one it is.
    from backports import zstd

    return archive(("kernel/x86/microcode/GenuineIntel.bin",)) + zstd.compress(inside)


def kernel(release: str, image: str, initrd: str, packed: str = "gzip", **said: str) -> Table:
    """A kernel's files; ``said``: ``modules`` (their folder), their ``suffix``, ``folder`` in the initrd."""
    folder = said.get("modules", "/usr/lib/modules")
    suffix = said.get("suffix", "")
    inside = said.get("folder", "usr/lib")
    extra = tuple(said.get("extra", "").split())
    dep = "".join(f"kernel/drivers/{module}{suffix}:\n" for module in _MODULES)
    table: Table = {
        image: b"MZ" + bytes(510),
        f"/boot/config-{release}": "CONFIG_XEN=y\nCONFIG_XEN_PV=y\nCONFIG_VIRTIO=m\nCONFIG_VIRTIO_BLK=m\n"
        "CONFIG_VIRTIO_NET=m\nCONFIG_VIRTIO_PCI=m\nCONFIG_SCSI_VIRTIO=m\nCONFIG_SERIAL_8250_CONSOLE=y\n",
        f"{folder}/{release}/modules.dep": dep,
        f"{folder}/{release}/modules.builtin": "kernel/drivers/char/random.ko\nkernel/fs/binfmt_script.ko\n",
    }
    for module in _MODULES:
        table[f"{folder}/{release}/kernel/drivers/{module}{suffix}"] = ELF
    if initrd:
        table[initrd] = initramfs(release, packed, extra, inside, suffix)
    return table


def unit(text: str, wanted_by: str = "", alias: str = "") -> str:
    """A service unit that runs ``text`` (an ``ExecStart``), with its ``[Install]`` section."""
    install = f"WantedBy={wanted_by}\n" if wanted_by else ""
    install += f"Alias={alias}\n" if alias else ""
    body = f"[Unit]\nAfter=network.target\n\n[Service]\nExecStart={text}\n"
    return body + (f"\n[Install]\n{install}" if install else "")


def systemd(folder: str = "/usr/lib/systemd", target: str = "multi-user.target") -> Table:
    """systemd itself: what PID 1 is, the targets, the gettys and their generator."""
    system = f"{folder}/system"
    return {
        f"{folder}/systemd": ELF,
        f"{folder}/system-generators/systemd-getty-generator": ELF,
        f"{folder}/system-generators/systemd-fstab-generator": ELF,
        f"{folder}/system-generators/systemd-sysv-generator": ELF,
        f"{folder}/systemd-growfs": ELF,
        f"{system}/multi-user.target": "[Unit]\nRequires=basic.target\nAllowIsolate=yes\n",
        f"{system}/graphical.target": "[Unit]\nRequires=multi-user.target\nAllowIsolate=yes\n",
        f"{system}/basic.target": "[Unit]\nRequires=sysinit.target\nWants=sockets.target timers.target paths.target\n",
        f"{system}/sysinit.target": "[Unit]\nWants=local-fs.target swap.target\n",
        f"{system}/sockets.target": "[Unit]\nDescription=Socket Units\n",
        f"{system}/network-online.target": "[Unit]\nAfter=network.target\n",
        f"{system}/default.target": Link(target),
        f"{system}/getty@.service": "[Service]\nExecStart=-/sbin/agetty -o '-p -- \\\\u' --noclear - $TERM\n\n"
        "[Install]\nWantedBy=getty.target\nDefaultInstance=tty1\n",
        f"{system}/serial-getty@.service": "[Unit]\nBindsTo=dev-%i.device\n\n[Service]\n"
        "ExecStart=-/sbin/agetty -o '-p -- \\\\u' --keep-baud 115200,57600,38400,9600 - $TERM\n\n"
        "[Install]\nWantedBy=getty.target\n",
        f"{system}/systemd-random-seed.service": f"[Service]\nExecStart={folder}/systemd-random-seed load\n",
    }


def enabled(name: str, target: str, folder: str = "/usr/lib/systemd/system", kind: str = "wants") -> Table:
    """The link that ``systemctl enable`` makes."""
    return {f"/etc/systemd/system/{target}.{kind}/{name}": Link(f"{folder}/{name}")}


def merged(*names: str) -> Table:
    """A merged /usr: ``/bin`` and its kin are links into it."""
    return {f"/{name}": Link(f"usr/{name}") for name in names or ("bin", "lib", "lib64", "sbin")}


def accounts(
    groups: tuple[str, ...], shell_of_root: str = "/bin/bash", locked: str = "*", nologin: str = "/usr/sbin/nologin"
) -> Table:
    """The account files with no account but the system's; root's password is locked."""
    group = "".join(f"{name}:x:{number}:\n" for number, name in enumerate(groups, 4))
    return {
        "/etc/passwd": f"root:x:0:0:root:/root:{shell_of_root}\nbin:x:1:1:bin:/bin:{nologin}\n"
        f"sshd:x:104:65534:sshd:/run/sshd:{nologin}\n",
        "/etc/group": f"root:x:0:\nbin:x:1:\n{group}",
        "/etc/shadow": f"root:{locked}:19700:0:99999:7:::\nbin:*:19700:0:99999:7:::\nsshd:!:19700::::::\n",
        "/etc/gshadow": "root:*::\nbin:*::\n" + "".join(f"{name}:!::\n" for name in groups),
        "/etc/shells": "/bin/sh\n/bin/bash\n/bin/ash\n",
        "/root": None,
        "/home": None,
        "/var/lib/cloud": None,
        "/etc/hosts": "127.0.0.1 localhost\n",
    }


def programs(*paths: str) -> Table:
    """Programs, of which nothing but their being there counts."""
    return dict.fromkeys(paths, ELF)
