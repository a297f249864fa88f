"""What brings a program to a guest: package names, distribution by distribution."""

from __future__ import annotations

from remediations.guest import Guest
from remediations.vocabulary import PlanError

_NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "ssh-server": {
        "debian": ("openssh-server",),
        "redhat": ("openssh-server",),
        "suse": ("openssh",),
        "arch": ("openssh",),
        "alpine": ("openssh",),
    },
    "cloud-init": {
        "debian": ("cloud-init",),
        "redhat": ("cloud-init",),
        "suse": ("cloud-init",),
        "arch": ("cloud-init",),
        "alpine": ("cloud-init",),
    },
    "growpart": {
        "debian": ("cloud-guest-utils",),
        "redhat": ("cloud-utils-growpart",),
        "suse": ("growpart",),
        "arch": ("cloud-guest-utils",),
        "alpine": ("cloud-utils-growpart",),
    },
    "growroot": {"debian": ("cloud-initramfs-growroot",), "redhat": ("dracut-modules-growroot",)},
    "sfdisk": {
        "debian": ("fdisk",),
        "redhat": ("util-linux",),
        "suse": ("util-linux",),
        "arch": ("util-linux",),
        "alpine": ("sfdisk",),
    },
    "sgdisk": {
        "debian": ("gdisk",),
        "redhat": ("gdisk",),
        "suse": ("gptfdisk",),
        "arch": ("gptfdisk",),
        "alpine": ("sgdisk",),
    },
    "resize2fs": {
        "debian": ("e2fsprogs",),
        "redhat": ("e2fsprogs",),
        "suse": ("e2fsprogs",),
        "arch": ("e2fsprogs",),
        "alpine": ("e2fsprogs-extra",),
    },
    "xfs_growfs": {
        "debian": ("xfsprogs",),
        "redhat": ("xfsprogs",),
        "suse": ("xfsprogs",),
        "arch": ("xfsprogs",),
        "alpine": ("xfsprogs-extra",),
    },
    "btrfs": {
        "debian": ("btrfs-progs",),
        "redhat": ("btrfs-progs",),
        "suse": ("btrfsprogs",),
        "arch": ("btrfs-progs",),
        "alpine": ("btrfs-progs",),
    },
    "agetty": dict.fromkeys(("debian", "redhat", "suse", "arch"), ("util-linux",)),
    "login": {"debian": ("login",), "redhat": ("util-linux",), "suse": ("util-linux",), "arch": ("util-linux",)},
    "lvm": dict.fromkeys(("debian", "redhat", "suse", "arch", "alpine"), ("lvm2",)),
    "parted": dict.fromkeys(("debian", "redhat", "suse", "arch", "alpine"), ("parted",)),
    "curl": dict.fromkeys(("debian", "redhat", "suse", "arch", "alpine"), ("curl",)),
    "network": {
        "debian": ("ifupdown", "isc-dhcp-client"),
        "redhat": ("NetworkManager",),
        "suse": ("wicked",),
        "arch": ("networkmanager",),
        "alpine": ("ifupdown-ng",),
    },
    "guest-agent": {
        "debian": ("qemu-guest-agent",),
        "redhat": ("qemu-guest-agent",),
        "suse": ("qemu-guest-agent",),
        "arch": ("qemu-guest-agent",),
        "alpine": ("qemu-guest-agent",),
    },
}
_OF_DISTRO: dict[tuple[str, str], tuple[tuple[tuple[int, int], tuple[str, ...]], ...]] = {
    # Releases before the version named have another package; the first that matches counts.
    ("sfdisk", "debian"): (((10, 0), ("util-linux",)),),
    ("sfdisk", "ubuntu"): (((18, 4), ("util-linux",)),),
    ("growpart", "ubuntu"): (((14, 4), ("cloud-utils",)),),
    ("btrfs", "debian"): (((10, 0), ("btrfs-tools",)),),
    ("btrfs", "ubuntu"): (((18, 4), ("btrfs-tools",)),),
}


def bringing(guest: Guest, what: str) -> tuple[str, ...]:
    """The packages that bring ``what`` (a key such as ``growpart``); PlanError where the distribution has none."""
    facts = guest.facts
    for before, names in _OF_DISTRO.get((what, facts.distro), ()):
        if (0, 0) < facts.version < before:
            return names
    names = _NAMES[what].get(facts.family, ())
    if not names:
        raise PlanError(f"which package brings {what} to {facts.distro or 'this system'} is not known: install it")
    return names
