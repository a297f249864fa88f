"""The labelled guests that are real images: every requirement's verdict is the one known from how each was made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import debian_releases
import guests
import images
import pytest
from corpus.judging import Verdict, table

from remediations import REQUIREMENTS
from remediations.vocabulary import Settings
from wizard.fast.fast_guest import open_guest
from wizard.image import probe
from wizard.report import find

# The fast reader answers in less than a second; building an image that is not cached needs mirror and appliance.
pytestmark = [pytest.mark.guestfs, pytest.mark.mirror, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Labelled:
    """An image and the ids that do not pass; ``xen-kernel`` is skipped everywhere."""

    make: Callable[[], Path]
    fail: str
    unknown: str = ""
    skipped: str = ""

    def expected(self) -> dict[str, str]:
        known = {requirement.id: "pass" for requirement in REQUIREMENTS} | {"xen-kernel": "skipped"}
        for status in ("fail", "unknown", "skipped"):
            known |= dict.fromkeys(getattr(self, status).split(), status)
        return known


_INSTALLED = "console-log guest-agent serial-getty "
_NO_CLOUD_INIT = "root-resize ssh-key user-data network "
LABELLED = {
    # mmdebstrap's, with the packages and the few files of tests/images.py.
    "bookworm": Labelled(images.bookworm, f"{_INSTALLED} network-names"),
    "broken": Labelled(
        images.broken,
        f"{_INSTALLED} root-resize mac-address ssh-server firewall ssh-key user-data network network-names "
        "ssh-host-keys",
    ),
    "without-cloud-init": Labelled(
        images.without_cloud_init,
        f"{_INSTALLED} {_NO_CLOUD_INIT} network-names ssh-host-keys",
        skipped="cloud-user cloud-init-state",
    ),
    "bare": Labelled(
        images.bare,
        f"{_INSTALLED} {_NO_CLOUD_INIT} ssh-server network-names",
        skipped="cloud-user cloud-init-state ssh-host-keys",
    ),
    "sid": Labelled(lambda: debian_releases.release("sid"), f"{_INSTALLED} network"),
    # Trees whose package databases are real and whose files are few: the programs that grow a root are not among them.
    "rocky9": Labelled(
        guests.rocky9, f"{_INSTALLED} root-resize mac-address firewall machine-id", unknown="virtio-drivers"
    ),
    "leap": Labelled(
        guests.leap, f"{_INSTALLED} root-resize firewall machine-id", unknown="virtio-drivers network-names"
    ),
    "alpine": Labelled(
        guests.alpine,
        f"guest-agent serial-getty {_NO_CLOUD_INIT} ssh-server",
        unknown="console-log fstab",
        skipped="cloud-user cloud-init-state ssh-host-keys",
    ),
    "debian-lvm": Labelled(guests.debian_lvm, f"{_INSTALLED} root-resize network machine-id", unknown="virtio-drivers"),
    "debian-usr": Labelled(guests.debian_usr, f"{_INSTALLED} root-resize network machine-id", unknown="virtio-drivers"),
    "centos7": Labelled(
        guests.centos7, f"{_INSTALLED} root-resize mac-address firewall machine-id", unknown="virtio-drivers"
    ),
    "centos6": Labelled(
        guests.centos6, f"{_INSTALLED} root-resize mac-address firewall network", unknown="virtio-drivers"
    ),
    "arch": Labelled(guests.arch, f"{_INSTALLED} root-resize machine-id", unknown="virtio-drivers"),
}


@pytest.mark.parametrize("name", LABELLED)
def test_verdicts_are_the_known_ones(name: str) -> None:
    labelled = LABELLED[name]
    guest = open_guest(probe(labelled.make()))
    found = {requirement.id: find(requirement, guest, Settings()) for requirement in REQUIREMENTS}
    said = [
        Verdict(name, id, status, found[id].status.value, found[id].summary)
        for id, status in labelled.expected().items()
    ]
    print(f"{name}\n{table(said)}")
    assert all(verdict.right for verdict in said), table(said)
