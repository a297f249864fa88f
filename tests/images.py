"""Real guests for the tests: built once from distribution packages, kept under $XDG_CACHE_HOME/image-wizard-tests.

Run as a program it builds what is missing and prints the paths: ``python tests/images.py``.
"""

from __future__ import annotations

import fcntl
import hashlib
import inspect
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PACKAGES = (
    "cloud-guest-utils,cloud-init,curl,grub-pc,ifupdown,isc-dhcp-client,kmod,linux-image-cloud-amd64,netbase,"
    "nftables,openssh-server,systemd-sysv,udev,ufw"
)
DISK_SIZE = 2 * 1024**3
FSTAB = "UUID={uuid} / ext4 errors=remount-ro 0 1\n"
INTERFACES = "auto lo\niface lo inet loopback\nallow-hotplug eth0\niface eth0 inet dhcp\n"


def cache() -> Path:
    """Where built images are kept between runs."""
    root = os.environ.get("IMAGE_WIZARD_TEST_CACHE") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(root) / "image-wizard-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def building(name: str, recipe: str, suffix: str) -> Iterator[tuple[Path, Path | None]]:
    """The cached path for a recipe, and a scratch path to build it at, or None where it is there already.

    Test workers run in parallel: the first one builds, the others wait for it.
    """
    key = hashlib.sha256(recipe.encode()).hexdigest()[:12]
    path = cache() / f"{name}-{key}{suffix}"
    with (cache() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists():
            yield path, None
            return
        for stale in cache().glob(f"{name}-*{suffix}"):
            shutil.rmtree(stale) if stale.is_dir() else stale.unlink()
        with tempfile.TemporaryDirectory(dir=cache(), prefix="build-") as scratch:
            draft = Path(scratch) / path.name
            yield path, draft
            draft.rename(path)


def bookworm() -> Path:
    """A bootable Debian 12 image as an installer would leave it: one ext4 partition, grub, cloud-init, sshd."""
    recipe = PACKAGES + FSTAB + INTERFACES + inspect.getsource(_install)
    with building("bookworm", recipe, ".qcow2") as (path, draft):
        if draft is not None:
            tree = draft.parent / "tree.tar"
            _run("mmdebstrap", "--variant=minbase", f"--include={PACKAGES}",
                 "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
                 "--dpkgopt=path-exclude=/usr/share/man/*", "--aptopt=APT::Install-Recommends false",
                 "bookworm", str(tree))  # fmt: skip
            raw = draft.parent / "disk.raw"
            install(raw, tree)
            _run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(raw), str(draft))
    return path


UDEV_RULE = (
    "# This file was automatically generated\n"
    'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{address}=="52:54:00:12:34:56", '
    'ATTR{dev_id}=="0x0", ATTR{type}=="1", KERNEL=="eth*", NAME="eth0"\n'
)
IFCFG = 'DEVICE=eth0\r\nHWADDR="52:54:00:12:34:56"\r\nBOOTPROTO=dhcp'


def broken() -> Path:
    """The bookworm image, broken in every way that a fix mends; cloud-init is there, but disabled in three ways."""
    return _derived("broken", bookworm(), _break)


def without_cloud_init() -> Path:
    """The bookworm image with cloud-init purged: only the boot script can fetch the key."""
    return _derived("without-cloud-init", bookworm(), _purge_cloud_init)


def bare() -> Path:
    """The bookworm image with neither cloud-init nor an SSH server: what a minimal installation leaves out."""
    return _derived("bare", without_cloud_init(), _purge_ssh_server)


def _derived(name: str, base: Path, change: Callable[[Any], None]) -> Path:
    recipe = base.name + inspect.getsource(change) + UDEV_RULE + IFCFG
    with building(name, recipe, ".qcow2") as (path, draft):
        if draft is not None:
            _run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", str(base), str(draft))
            g = launched(draft, "qcow2")
            g.mount("/dev/sda1", "/")
            change(g)
            g.shutdown()
            g.close()
    return path


def _break(g: Any) -> None:
    g.write("/etc/udev/rules.d/70-persistent-net.rules", UDEV_RULE)
    g.mkdir_p("/etc/sysconfig/network-scripts")
    g.write("/etc/sysconfig/network-scripts/ifcfg-eth0", IFCFG)
    g.write_append("/etc/network/interfaces.d/eth0", "    hwaddress ether 52:54:00:12:34:56\n")
    for link in ("multi-user.target.wants/ssh.service", "sshd.service"):
        g.rm(f"/etc/systemd/system/{link}")
    g.touch("/etc/ssh/sshd_not_to_be_run")
    g.write("/etc/ssh/sshd_config.d/10-hardened.conf", "PubkeyAuthentication no\n")
    g.ln_s("/lib/systemd/system/nftables.service", "/etc/systemd/system/sysinit.target.wants/nftables.service")
    g.write("/etc/ufw/ufw.conf", g.read_file("/etc/ufw/ufw.conf").replace(b"ENABLED=no", b"ENABLED=yes"))
    g.touch("/etc/cloud/cloud-init.disabled")
    g.write("/etc/cloud/cloud.cfg.d/99-installer.cfg", "datasource_list: [None]\n")
    g.ln_sf("/dev/null", "/etc/systemd/system/cloud-final.service")
    g.write("/etc/growroot-disabled", "")


def _purge_cloud_init(g: Any) -> None:
    g.command(["dpkg", "--purge", "cloud-init"])
    g.rm_rf("/etc/cloud")
    g.rm_rf("/var/lib/cloud")


def _purge_ssh_server(g: Any) -> None:
    g.command(["dpkg", "--purge", "openssh-server"])
    g.sh("rm -f /etc/ssh/ssh_host_* /etc/ssh/sshd_config; rm -rf /etc/ssh/sshd_config.d")


def install(raw: Path, tree: Path) -> None:
    """Make a bootable disk of a tree. Now and then the appliance calls it sdb, which grub-install does not find."""
    for last in (False, False, True):
        try:
            _install(raw, tree)
            return
        except RuntimeError:
            if last:
                raise


def _install(raw: Path, tree: Path) -> None:
    """Lay a tree out on a fresh disk and make it boot, all inside the appliance, so that no root is needed."""
    with raw.open("wb") as disk:
        disk.truncate(DISK_SIZE)
    g = launched(raw, "raw")
    g.part_disk("/dev/sda", "mbr")
    g.mkfs("ext4", "/dev/sda1")
    g.mount("/dev/sda1", "/")
    g.tar_in(str(tree), "/", xattrs=True)
    uuid = g.vfs_uuid("/dev/sda1")
    g.write("/etc/fstab", FSTAB.format(uuid=uuid))
    g.write("/etc/network/interfaces.d/eth0", INTERFACES)
    g.write("/etc/cloud/cloud.cfg.d/10-locale.cfg", "locale: C.UTF-8\n")
    # The appliance has no udev database for the guest's tools to look into: without the link, root= names a device.
    g.sh(f"mkdir -p /dev/disk/by-uuid && ln -sf /dev/sda1 /dev/disk/by-uuid/{uuid}")
    g.command(["grub-install", "--target=i386-pc", "/dev/sda"])
    g.command(["update-grub"])
    g.shutdown()
    g.close()


# The headers of a 64-bit Windows console program, as far as file(1) looks.
PE = (b"MZ" + bytes(58) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0\x64\x86\1\0" + bytes(12) + b"\xf0\0\x22\0\x0b\x02"
      + bytes(66) + b"\3\0" + bytes(400))  # fmt: skip


def guestless(path: Path, inside: str) -> None:
    """A disk with one partition and, as ``inside`` says, nothing, no system, LUKS, or a Windows in it."""
    start, size = 1024**2, 64 * 1024**2
    with path.open("wb") as disk:
        disk.truncate(size)
        disk.seek(446)
        kind = 0x07 if inside == "windows" else 0x83
        disk.write(bytes([0, 0, 2, 0, kind, 254, 255, 255]))
        disk.write((start // 512).to_bytes(4, "little") + ((size - start) // 512).to_bytes(4, "little"))
        disk.seek(510)
        disk.write(b"\x55\xaa")
    if inside == "no system":
        _run("/sbin/mkfs.ext4", "-q", "-E", f"offset={start}", str(path), f"{(size - start) // 1024}k")
    if inside == "encrypted":
        luks = path.with_suffix(".luks")
        _run("qemu-img", "create", "-q", "-f", "luks", "--object", "secret,id=s,data=secret", "-o",
             "key-secret=s,iter-time=10", str(luks), "16M")  # fmt: skip
        with path.open("r+b") as disk:
            disk.seek(start)
            disk.write(luks.read_bytes())
    if inside == "windows":
        g = launched(path, "raw")
        g.mkfs("vfat", "/dev/sda1")
        g.mount("/dev/sda1", "/")
        g.mkdir_p("/Windows/System32/config")
        g.write("/Windows/System32/cmd.exe", PE)
        g.shutdown()
        g.close()


def launched(path: Path, image_format: str, readonly: bool = False, network: bool = False) -> Any:
    """A bare libguestfs handle on an image, emulated: the tests' own second opinion, not the product's launcher."""
    import guestfs

    g = guestfs.GuestFS(python_return_dict=True)
    g.set_backend("direct")
    g.set_backend_setting("force_tcg", "1")
    g.set_network(network)
    g.add_drive_opts(str(path), format=image_format, readonly=readonly)
    g.launch()
    return g


def _run(*words: str) -> None:
    for _ in range(20):
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if "accurate CPU usage" not in done.stderr:  # qemu-img making a LUKS image on a busy machine
            break
    if done.returncode:
        sys.exit(f"{words[0]} failed:\n{done.stderr[-4000:]}")


if __name__ == "__main__":
    if shutil.which("mmdebstrap") is None:
        sys.exit("mmdebstrap is missing; bin/setup --dev installs it")
    import guests

    for build in (bookworm, broken, without_cloud_init, bare, *guests.ALL):
        print(build())
