"""The network configuration that cloud-init writes at an instance's first boot, and what its own names an address."""

from __future__ import annotations

import posixpath
from functools import partial

from remediations.guest import Guest
from remediations.linux import cloud_config, cloud_init
from remediations.linux.kernel_arguments import places
from remediations.linux.netplan import tied_files
from remediations.linux.text import numbered
from remediations.linux.ties import MAC, Tied, by_hand
from remediations.vocabulary import Evidence

# As cloud-init's renderers name them (cloudinit/net: netplan, eni, networkd, network_manager).
_NAMES = ("50-cloud-init", "10-cloud-init-", "cloud-init-")
_FOLDERS = (
    "/etc/netplan",
    "/etc/network/interfaces.d",
    "/etc/systemd/network",
    "/etc/NetworkManager/system-connections",
)
_UPGRADED = "/var/lib/cloud/data/upgraded-network"


def generated(path: str) -> bool:
    """Whether a file stands where cloud-init writes the network configuration of an instance, under such a name."""
    return posixpath.dirname(path) in _FOLDERS and posixpath.basename(path).startswith(_NAMES)


def writes_again(guest: Guest) -> bool:
    """Whether cloud-init will write those files for a new instance: it is on, and its network part is not disabled."""
    if guest.exists(_UPGRADED) or any(value == "disabled" for value, _ in places(guest, "network-config")):
        return False
    return cloud_init.is_on(guest) and cloud_config.load(guest).get("network", "config") != "disabled"


def tied_by_cloud_init(guest: Guest) -> list[Tied]:
    """Files of cloud.cfg.d whose ``network:``, which wins over the datasource's, names an address."""
    if not cloud_init.installed(guest):
        return []
    config = cloud_config.load(guest)
    if not config.has("network") or config.get("network", "config") == "disabled":
        return []
    paths = tuple(document.path for document in config.documents if document.find("network") is not None)
    # How cloud-init renders a match by name depends on the renderer that it finds: no edit of ours is certain.
    found = [
        Tied(known.path, known.evidence, partial(_refuse, known.path, known.evidence[0].line or 0))
        for known in tied_files(guest, paths)
    ]
    for path in paths:
        lines = [(number, text) for number, text in numbered(guest.read(path)) if _first_version(text)]
        if lines:
            evidence = tuple(Evidence(path, number, text.strip()) for number, text in lines)
            found.append(Tied(path, evidence, partial(_refuse, path, lines[0][0])))
    return found


def _first_version(text: str) -> bool:
    """Whether a line is a ``mac_address`` of network configuration version 1."""
    return "mac_address" in text.split("#")[0] and MAC.search(text) is not None


def _refuse(path: str, line: int, _content: bytes) -> bytes:
    raise by_hand(path, line, "cloud-init's own network configuration names an address")
