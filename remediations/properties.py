"""The Glance image properties that match a guest, each derived from what was found; what is not known is left out.

Source: OpenStack Glance, "Useful image properties"; os_distro takes libosinfo's short names.
"""

from __future__ import annotations

from collections.abc import Mapping

from remediations.guest import Guest, GuestError, RootDisk
from remediations.linux import accounts, cloud_account, cloud_config, cloud_init
from remediations.vocabulary import Finding, Settings, Status

_DISTROS = {
    "alpinelinux": "alpinelinux",
    "archlinux": "arch",
    "centos": "centos",
    "debian": "debian",
    "fedora": "fedora",
    "opensuse": "opensuse",
    "oraclelinux": "ol",
    "rhel": "rhel",
    "rocky": "rocky",
    "scientificlinux": "scientific",
    "sles": "sles",
    "ubuntu": "ubuntu",
}
_ARCHITECTURES = {"i386": "i686", "arm": "armv7l"}
_ESP = ("C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "0xef")
_BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649"
_BIOS_LOADERS = ("/boot/grub/i386-pc", "/boot/grub2/i386-pc", "/boot/extlinux", "/boot/extlinux.conf", "/boot/syslinux")
_GIB = 1024**3


def properties(guest: Guest, settings: Settings, findings: Mapping[str, Finding]) -> dict[str, str]:
    """Names and values for ``openstack image set``; ``min_disk`` is in GiB. A part that cannot be read is left out."""
    found = _system(guest)
    for part in (_firmware, _disk, _cloud_init):
        try:
            found |= part(guest, settings, findings)
        except GuestError:
            continue  # its findings say so; a property that is not there makes no claim
    if settings.hypervisor == "xen":
        return found | {"hypervisor_type": "xen"}
    if _passes(findings, "virtio-drivers"):
        found |= {"hw_disk_bus": "virtio", "hw_vif_model": "virtio"}
    if "guest-agent" in findings:
        found["hw_qemu_guest_agent"] = "yes" if _passes(findings, "guest-agent") else "no"
    return found


def _system(guest: Guest) -> dict[str, str]:
    facts = guest.facts
    found = {"os_type": "linux"}
    named = _DISTROS.get(facts.distro) or ("almalinux" if "AlmaLinux" in facts.product else "")
    if named:
        found["os_distro"] = named
    if facts.version != (0, 0):
        major, minor = facts.version
        found["os_version"] = _version(facts.distro, major, minor)
    if facts.arch:
        found["architecture"] = _ARCHITECTURES.get(facts.arch, facts.arch)
    return found


def _version(distro: str, major: int, minor: int) -> str:
    """Ubuntu's minor number is a month; Debian and Fedora are known by the major one."""
    if distro == "ubuntu":
        return f"{major}.{minor:02}"
    return str(major) if distro in ("debian", "fedora") or (not minor and major > 1000) else f"{major}.{minor}"


def _firmware(guest: Guest, settings: Settings, findings: Mapping[str, Finding]) -> dict[str, str]:
    """``uefi`` or ``bios`` where the image boots with that alone; nothing where it may boot with both."""
    if guest.facts.arch in ("aarch64", "arm", "riscv64"):
        return {"hw_firmware_type": "uefi"}
    if guest.facts.arch not in ("x86_64", "i386"):
        return {}
    types = {partition.type for partition in guest.root_disk.partitions}
    uefi = bool(types & {*_ESP}) and bool(guest.glob("/boot/efi/EFI/*") or guest.glob("/efi/EFI/*"))
    bios = _BIOS_BOOT in types or any(guest.exists(path) for path in _BIOS_LOADERS)
    if uefi == bios:
        return {}
    return {"hw_firmware_type": "uefi" if uefi else "bios"}


def _disk(guest: Guest, settings: Settings, findings: Mapping[str, Finding]) -> dict[str, str]:
    disk = guest.root_disk
    found = {"min_disk": str(max(1, -(-disk.disk_size // _GIB)))}
    if settings.hypervisor == "xen":
        found["auto_disk_config"] = "true" if _xen_resizes(disk) else "false"
    return found


def _xen_resizes(disk: RootDisk) -> bool:
    return disk.kind == "partition" and len(disk.partitions) == 1 and disk.filesystem in ("ext3", "ext4")


def _cloud_init(guest: Guest, settings: Settings, findings: Mapping[str, Finding]) -> dict[str, str]:
    """What tells that the guest takes its key, and who gets it."""
    on = cloud_init.installed(guest) and not cloud_init.faults(guest)
    found = {"cloud_init_installed": "true"} if on else {}
    if not _passes(findings, "ssh-key"):
        return found
    if on and settings.key_fetch != "rc.local":
        found["os_admin_user"] = cloud_account.account(guest, cloud_config.load(guest)).name
    elif accounts.find(guest, "root") is not None:
        found["os_admin_user"] = "root"
    return found


def _passes(findings: Mapping[str, Finding], name: str) -> bool:
    return name in findings and findings[name].status is Status.PASS
