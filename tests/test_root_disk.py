"""How a root on LVM is told by the appliance: only a plain volume grows as a plain one does."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from wizard.root_disk import root_disk

GIB = 1024**3


def appliance(attributes: str) -> Any:
    """A disk that is a physical volume as a whole, with one volume that has these attributes."""
    return SimpleNamespace(
        vfs_type=lambda device: "ext4",
        tune2fs_l=lambda device: {"Block count": str(GIB // 4096), "Block size": "4096"},
        blockdev_getsize64=lambda device: GIB,
        is_lv=lambda device: True,
        lvuuid=lambda device: "abcd-ef",
        lvs_full=lambda: [{"lv_uuid": "other", "lv_attr": "-wi-a-----"}, {"lv_uuid": "abcdef", "lv_attr": attributes}],
        lvm_canonical_lv_name=lambda device: device,
        vgpvuuids=lambda group: ["pv-1"],
        pvs=lambda: ["/dev/sda"],
        pvs_full=lambda: [{"pv_uuid": "pv1"}],
        canonical_device_name=lambda device: device,
    )


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ("-wi-ao----", "lvm"),
        ("Vwi-aotz--", "other"),  # thin
        ("mwi-aom---", "other"),  # mirrored
        ("rwi-aor---", "other"),  # RAID
        ("owi-aos---", "other"),  # the origin of a snapshot
        ("swi-aos---", "other"),  # a snapshot
        ("Cwi-aoC---", "other"),  # cached
    ],
)
def test_a_volume_that_is_not_plain_is_not_taken_for_one(attributes: str, kind: str) -> None:
    assert root_disk(appliance(attributes), "/dev/vg/root", GIB).kind == kind
