"""The script that grows a root on LVM, run by real programs on disks that have grown: what it changes, and once."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from images import _run, building, launched

from remediations.linux import lvm_grow

pytestmark = [pytest.mark.guestfs, pytest.mark.mirror]
PACKAGES = "cloud-guest-utils,e2fsprogs,fdisk,gdisk,kmod,lvm2,parted,systemd-sysv,udev,xfsprogs"
MIB = 2048
SIZE, GROWN = 640, 1024
LVM_GPT = "E6D6D379-F507-44C2-A23C-238F2A3DF928"
GUESTS = ("grown", "added", "parted")
SEEN = (
    "findmnt -no SOURCE,SIZE -b /; pvs --noheadings -o pv_name,vg_name; "
    "vgs --noheadings -o vg_name,vg_free_count,vg_seqno; "
    "sfdisk --dump $(cat /disk) || parted -ms $(cat /disk) unit s print"
)


def disk(name: str) -> Path:
    """A disk of 640 MiB with Debian on LVM: GPT with the volume last, or MBR with the volume in a logical partition."""
    with building(f"lvm-{name}", f"{PACKAGES} {SIZE} 3", ".qcow2") as (path, draft):
        if draft is not None:
            raw = draft.parent / "disk.raw"
            with raw.open("wb") as made:
                made.truncate(SIZE * 1024**2)
            g = launched(raw, "raw")
            device = _mbr(g) if name == "added" else _gpt(g)
            g.pvcreate(device)
            g.vgcreate(f"vg-{name}", [device])
            g.lvcreate_free("root", f"vg-{name}", 100)
            g.mkfs("xfs" if name == "added" else "ext4", f"/dev/vg-{name}/root")
            g.mount(f"/dev/vg-{name}/root", "/")
            with building("lvm-tree", PACKAGES, ".tar") as (tree, tar):
                if tar is not None:
                    _run("mmdebstrap", "--variant=minbase", f"--include={PACKAGES}",
                         "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
                         "--dpkgopt=path-exclude=/usr/share/man/*", "--aptopt=APT::Install-Recommends false",
                         "--customize-hook=rm -rf $1/var/cache/apt/*.bin $1/var/lib/apt/lists/*",
                         "bookworm", str(tar))  # fmt: skip
            g.tar_in(str(tree), "/")
            if name == "parted":
                for program in ("/usr/bin/growpart", "/usr/sbin/sfdisk"):
                    g.rm(program)
            g.shutdown()
            g.close()
            _run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(raw), str(draft))
    return path


def _gpt(g: Any) -> str:
    g.part_init("/dev/sda", "gpt")
    g.part_add("/dev/sda", "primary", MIB, 9 * MIB - 1)
    g.part_add("/dev/sda", "primary", 9 * MIB, (SIZE - 1) * MIB - 1)
    g.part_set_gpt_type("/dev/sda", 2, LVM_GPT)
    return "/dev/sda2"


def _mbr(g: Any) -> str:
    g.part_init("/dev/sda", "mbr")
    g.part_add("/dev/sda", "primary", MIB, 9 * MIB - 1)
    g.part_add("/dev/sda", "extended", 9 * MIB, SIZE * MIB - 1)
    g.part_add("/dev/sda", "logical", 10 * MIB, SIZE * MIB - 1)
    g.part_set_mbr_id("/dev/sda", 5, 0x8E)
    return "/dev/sda5"


@pytest.fixture(scope="module")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One appliance with all the disks, each grown since it was laid out."""
    import guestfs

    if shutil.which("mmdebstrap") is None:
        pytest.fail("mmdebstrap is missing; bin/setup --dev installs it")
    folder = tmp_path_factory.mktemp("disks")
    g = guestfs.GuestFS(python_return_dict=True)
    g.set_backend("direct")
    g.set_backend_setting("force_tcg", "1")
    for name in GUESTS:
        overlay = folder / f"{name}.qcow2"
        subprocess.run(
            ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", str(disk(name)), str(overlay),
             f"{GROWN}M"], check=True)  # fmt: skip
        g.add_drive_opts(str(overlay), format="qcow2")
    g.launch()
    yield g
    g.shutdown()
    g.close()


@pytest.mark.parametrize("name", GUESTS)
def test_the_root_takes_the_whole_disk_and_the_second_run_changes_nothing(appliance: Any, name: str) -> None:
    g = appliance
    device = f"/dev/sd{'abc'[GUESTS.index(name)]}"
    g.mount(f"/dev/vg-{name}/root", "/")
    try:
        g.write("/disk", device)
        g.mkdir_p(lvm_grow.PROGRAM.rpartition("/")[0])
        g.write(lvm_grow.PROGRAM, lvm_grow.service().content)
        g.chmod(0o755, lvm_grow.PROGRAM)
        before = g.part_list(device)
        said = g.sh(f"{lvm_grow.PROGRAM} 2>&1")
        size = int(g.sh("df -B1 --output=size / | tail -n 1"))
        assert size > 0.9 * (GROWN - 40) * 1024**2, said
        assert "has grown" in said
        after = g.part_list(device)
        new = [part for part in after if part["part_num"] not in {old["part_num"] for old in before}]
        assert [part["part_num"] for part in new] == ([3] if name == "added" else [])
        # Nothing but the volume's own partition has another place than before.
        assert [p["part_start"] for p in after if p not in new] == [p["part_start"] for p in before]
        assert before[0] in after
        state = g.sh(SEEN)
        assert g.sh(f"{lvm_grow.PROGRAM} 2>&1") == ""
        assert g.sh(SEEN) == state
        unit = lvm_grow.service().unit()
        g.write(f"/etc/systemd/system/{lvm_grow.NAME}.service", unit)
        told = g.sh(f"systemd-analyze verify /etc/systemd/system/{lvm_grow.NAME}.service 2>&1 || :")
        assert lvm_grow.NAME not in told
    finally:
        g.umount_all()
