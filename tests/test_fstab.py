"""fstab: names of the machine's in fstab and in root=, what they become, and when they are left."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from fake_guest import GIB, PLAIN_DISK
from family_guest import EVERY, alpine, sles11
from hypothesis import given
from hypothesis import strategies as st
from linux_guest import debian

from remediations.fstab import check, plan, renamed
from remediations.guest import Filesystem, GuestError, RootDisk
from remediations.linux import root_argument
from remediations.linux.disk_names import disk_name
from remediations.linux.fstab_absent import not_waiting
from remediations.vocabulary import Settings, Status

SETTINGS = Settings()
ROOT = Filesystem("ext4", "0a3b4c5d-0000-4000-8000-000000000001")
SWAP = Filesystem("swap", "0a3b4c5d-0000-4000-8000-000000000002")
HOME = Filesystem("xfs", "0a3b4c5d-0000-4000-8000-000000000003")
PLACED = {1: ROOT, 2: SWAP, 3: HOME}


def with_fstab(text, make=debian, changes=None, filesystems=None):
    guest = make({"/etc/fstab": text, **(changes or {})})
    return replace(guest, filesystems=PLACED if filesystems is None else filesystems)


def fixed(guest):
    first = plan(guest, SETTINGS)
    assert first.steps, first
    assert first == plan(guest, SETTINGS)
    after = guest.applied(first)
    assert check(after, SETTINGS).status is Status.PASS
    assert plan(after, SETTINGS).steps == ()
    return after


@pytest.mark.parametrize(
    "device", [f"UUID={ROOT.uuid}", "LABEL=root", "PARTUUID=x-01", f"/dev/disk/by-uuid/{ROOT.uuid}",
    "/dev/disk/by-partlabel/r",
               "/dev/mapper/vg-root", "/dev/vg/root", "/dev/md0", "/dev/md/root", "/dev/disk/by-id/dm-name-vg-root",
               "/dev/disk/by-id/md-uuid-1"]
)  # fmt: skip
@pytest.mark.parametrize("make", [debian, *EVERY])
def test_lasting_names_pass(make, device):
    guest = with_fstab(f"{device} / ext4 defaults 0 1\ntmpfs /tmp tmpfs defaults 0 0\n".encode(), make)
    found = check(guest, SETTINGS)
    assert found.status is Status.PASS
    assert found.evidence[0].line == 1


GONE = "0a3b4c5d-0000-4000-8000-00000000000f"


@pytest.mark.parametrize("line", [f"UUID={GONE} /srv xfs defaults 0 2", f'UUID="{GONE}"\tnone swap sw 0 0\r'])
def test_what_the_image_does_not_hold_must_not_be_waited_for(line):
    text = f"UUID={ROOT.uuid} / ext4 defaults 0 1\n{line}\nUUID={GONE} /opt ext4 defaults,nofail 0 2\n".encode()
    guest = with_fstab(text)
    assert check(guest, SETTINGS).evidence[0].line == 2
    after = fixed(guest).read("/etc/fstab")
    assert after == text.replace(b"xfs defaults", b"xfs defaults,nofail").replace(b"swap sw", b"swap sw,nofail")


def test_another_roots_uuid_fails_and_is_left():
    guest = with_fstab(f"UUID={GONE} / ext4 defaults 0 1\n".encode())
    assert check(guest, SETTINGS).status is Status.FAIL
    assert "line 1" in plan(guest, SETTINGS).obstacle


def test_a_kernel_that_looks_for_another_root_does_not_boot():
    def entry(uuid):
        return f"menuentry x {{\n linux /vmlinuz root=UUID={uuid} ro\n}}\n"

    text = f"UUID={ROOT.uuid} / ext4 defaults 0 1\n".encode()
    guest = with_fstab(text, changes={"/boot/grub/grub.cfg": entry(GONE).encode()})
    assert GONE in check(guest, SETTINGS).summary
    assert plan(guest, SETTINGS).obstacle
    beside = with_fstab(text, changes={"/boot/grub/grub.cfg": (entry(ROOT.uuid) + entry(GONE)).encode()})
    assert check(beside, SETTINGS).status is Status.PASS


def test_a_partition_that_the_image_does_not_have_is_not_there_either():
    guest = with_fstab(b"PARTUUID=9f2d-01 / ext4 ro 0 1\nPARTUUID=9f2d-02 none swap sw 0 0\n")
    assert check(guest, SETTINGS).status is Status.PASS
    (part,) = guest.root_disk.partitions
    guest.root_disk = replace(guest.root_disk, partitions=(replace(part, uuid="9f2d-01"),))
    assert [place.line for place in check(guest, SETTINGS).evidence] == [2]


def test_a_uuid_may_be_of_what_is_not_known_of_the_image():
    text = f"UUID={ROOT.uuid} / ext4 defaults 0 1\nUUID={GONE} /srv xfs defaults 0 2\n".encode()
    for guest in (
        with_fstab(text, filesystems={}),
        replace(with_fstab(text), root_disk=replace(PLAIN_DISK, kind="lvm")),
        replace(with_fstab(text, filesystems={1: ROOT}), root_disk=RootDisk("disk", GIB, "", (), None, "ext4", 1, 1)),
    ):
        assert check(guest, SETTINGS).status is Status.PASS


@given(st.binary(max_size=200), st.integers(1, 5))
def test_nofail_is_added_to_one_line_alone(content, number):
    lines = content.split(b"\n")
    if number <= len(lines) and lines[number - 1].strip():
        after = not_waiting(content, frozenset((number,))).split(b"\n")
        assert len(after) == len(lines)
        assert all(old == new for at, (old, new) in enumerate(zip(lines, after, strict=True), 1) if at != number)
        assert b"nofail" in after[number - 1]


@pytest.mark.parametrize(
    "line", ["/dev/sr0 /media/cdrom iso9660 ro 0 0", "/dev/fd0 /m auto", "/dev/cdrom\t/mnt udf\tro\r"]
)
def test_systemd_waits_for_a_drive_of_removable_media(line):
    # systemd.mount(5): only nofail and noauto keep a file system from being required at boot.
    text = f"UUID=0 / ext4 defaults 0 1\n{line}\n/dev/sr1 /c auto noauto\n".encode()
    guest = with_fstab(text)
    assert check(guest, SETTINGS).evidence[0].line == 2
    assert b"nofail" in fixed(guest).read("/etc/fstab").split(b"\n")[1]
    assert check(with_fstab(text, sles11), SETTINGS).status is Status.PASS


@pytest.mark.parametrize("disk", ["sda", "vda", "xvda", "hda", "nvme0n1p", "sdb", "disk/by-id/ata-QEMU_HD_QM1-part"])
@pytest.mark.parametrize("make", [debian, *EVERY])
def test_names_of_the_machine_become_uuids(make, disk):
    text = (
        "# made by hand\n/dev/{0}1\t/\text4\tdefaults 0 1\r\n/dev/{0}2 none swap sw 0 0\n /dev/{0}3 /home auto rw 0 2"
    )
    guest = with_fstab(text.format(disk).encode(), make)
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert [place.line for place in found.evidence] == [2, 3, 4]
    expected = text.format("@")
    for number, known in PLACED.items():
        expected = expected.replace(f"/dev/@{number}", f"UUID={known.uuid}")
    assert fixed(guest).files["/etc/fstab"] == expected.encode()


@pytest.mark.parametrize(
    "line", ["/dev/sda3 /mnt ext4 noauto 0 0", "/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0",
    "/dev/fd0 /m auto noauto",
             "/dev/vdb /mnt auto defaults,nofail,x-systemd.requires=cloud-init.service,comment=cloudconfig 0 2",
             "/dev/sda2 none swap noauto 0 0", "#/dev/sda1 / ext4 defaults", "/dev/sda3", "/srv/a /b none bind 0 0",
             "nas:/dev/sda1 /nfs nfs defaults 0 0"]
)  # fmt: skip
def test_what_a_boot_does_not_need_passes(line):
    assert check(with_fstab(f"UUID=0 / ext4 defaults 0 1\n{line}\n".encode()), SETTINGS).status is Status.PASS


@pytest.mark.parametrize(
    ("text", "filesystems", "why"),
    [
        ("/dev/vdb1 /srv ext4 defaults 0 2\n", PLACED, "does not hold"),
        ("/dev/sda2 / ext4 defaults 0 1\n", PLACED, "elsewhere"),
        ("/dev/sdb1 / ext4 rw 0 1\n/dev/sda3 /home xfs rw 0 2\n", PLACED, "does not hold"),
        ("/dev/sda1 / xfs defaults 0 1\n", PLACED, "no xfs"),
        ("/dev/sda1 / ext4 defaults 0 1\n", {}, "no ext4"),
        ("/dev/sda2 none swap sw 0 0\n", {2: Filesystem("swap", "")}, "UUID"),
        ("/dev/sda1 / ext4 defaults 0 1\n", {1: ROOT, 2: ROOT}, "two file systems"),
    ],
)
def test_what_is_not_certain_is_left_and_told(text, filesystems, why):
    guest = with_fstab(text.encode(), filesystems=filesystems)
    assert check(guest, SETTINGS).status is Status.FAIL
    found = plan(guest, SETTINGS)
    assert not found.steps
    assert why in found.obstacle
    assert "line " in found.obstacle


def test_a_disk_without_a_partition_table():
    whole = RootDisk("disk", 2 * GIB, "", (), None, "ext4", 2 * GIB, 2 * GIB)
    guest = with_fstab(b"/dev/vda / ext4 defaults 0 1\n", filesystems={0: ROOT})
    guest.root_disk = whole
    assert fixed(guest).files["/etc/fstab"] == f"UUID={ROOT.uuid} / ext4 defaults 0 1\n".encode()


def test_no_fstab_and_a_folder_in_its_place():
    assert check(debian({"/etc/fstab": b"# nothing\n"}), SETTINGS).status is Status.UNKNOWN
    assert check(debian(), SETTINGS).status is Status.UNKNOWN
    assert not plan(debian(), SETTINGS).steps
    with pytest.raises(GuestError):
        check(debian({"/etc/fstab": None}), SETTINGS)


MENU = b"""\
# kopt=root=/dev/sda1 ro
default 0
title SLES
    root (hd0,0)
    kernel /boot/vmlinuz-3.0 root=/dev/sda1 resume=/dev/sda2 ro quiet
    initrd /boot/initrd-3.0
"""
LOADER = {"/boot/grub/menu.lst": MENU, "/boot/grub/stage2": b"x", "/boot/initrd-3.0": b"x", "/boot/vmlinuz-3.0": b"x"}


def test_the_kernels_root_becomes_a_uuid_too():
    guest = with_fstab(b"LABEL=root / ext4 defaults 1 1\n", sles11, LOADER)
    found = check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert "root=/dev/sda1" in found.summary
    expected = MENU.replace(b"root=/dev/sda1", f"root=UUID={ROOT.uuid}".encode())
    assert fixed(guest).files["/boot/grub/menu.lst"] == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"/boot/grub/menu.lst": MENU.replace(b"sda1", b"sda3")},
        {"/etc/default/grub": b"GRUB_DISABLE_LINUX_UUID=true\n"},
        {"/etc/default/grub": b'GRUB_CMDLINE_LINUX="root=/dev/sda1"\n'},
    ],
)
def test_a_root_that_is_left_to_the_operator(changes):
    guest = with_fstab(b"LABEL=root / ext4 defaults 1 1\n", sles11, {**LOADER, **changes})
    assert check(guest, SETTINGS).status is Status.FAIL
    assert not plan(guest, SETTINGS).steps
    assert "root=UUID=" in plan(guest, SETTINGS).obstacle


def test_alpine_keeps_it_where_its_menu_is_generated_from():
    menu = b"DEFAULT virt\nLABEL virt\n  LINUX vmlinuz-virt\n  INITRD initramfs-virt\n  APPEND root=/dev/vda1 ro\n"
    changes = {
        "/boot/extlinux.conf": menu,
        "/etc/update-extlinux.conf": b'overwrite=1\nroot=/dev/vda1\ndefault_kernel_opts="quiet"\n',
        "/boot/initramfs-virt": b"x",
        "/boot/vmlinuz-virt": b"x",
    }
    after = fixed(with_fstab(b"LABEL=/ / ext4 rw 0 1\n", alpine, changes))
    assert f"APPEND root=UUID={ROOT.uuid} ro\n".encode() in after.files["/boot/extlinux.conf"]
    assert f"\nroot=UUID={ROOT.uuid}\n".encode() in after.files["/etc/update-extlinux.conf"]


def test_without_an_initramfs_the_root_is_left():
    without = {path: entry for path, entry in LOADER.items() if "initrd" not in path}
    guest = with_fstab(b"LABEL=root / ext4 defaults 1 1\n", sles11, without)
    assert "initramfs" in plan(guest, SETTINGS).obstacle


def test_very_many_lines_take_no_time():
    begun = time.monotonic()
    many = b"/dev/sda1 /a ext4 rw 0 0\n" * 6_000 + b"/dev/vdb /b ext4 rw 0 0\n" * 100
    menu = MENU + b"title x\nkernel /boot/vmlinuz-3.0 root=/dev/sda1\ninitrd /boot/initrd-3.0\n" * 1000
    guest = with_fstab(many, sles11, {**LOADER, "/boot/grub/menu.lst": menu})
    assert check(guest, SETTINGS).status is Status.FAIL
    assert not plan(guest, SETTINGS).steps
    fixed(with_fstab(many.partition(b"/dev/vdb")[0], sles11, {**LOADER, "/boot/grub/menu.lst": menu}))
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("name", ["/dev/sda", "/dev/sdaa12", "/dev/nvme0n1", "/dev/mmcblk0p2", "/dev/dasda1"])
def test_names_that_are_the_machines(name):
    found = disk_name(name)
    assert found is not None
    assert name.startswith(f"/dev/{found.disk}")
    assert PLAIN_DISK.number == 1


_TEXT = st.text("/devsabUID=1 \t\r\n#root\"'", max_size=150).map(str.encode) | st.binary(max_size=150)


@given(_TEXT)
def test_renaming_changes_the_first_field_alone(content):
    after = renamed(content, {"/dev/sda1": "UUID=1"})
    assert renamed(after, {"/dev/sda1": "UUID=1"}) == after
    for old, new in zip(content.split(b"\n"), after.split(b"\n"), strict=True):
        assert old == new or (old.split()[0], new.split()[0]) == (b"/dev/sda1", b"UUID=1")
        assert old.split()[1:] == new.split()[1:]


@given(_TEXT, st.sampled_from([b"", b" root=/dev/sda1 ", b'"root=/dev/sda1"', b"root=/dev/sda12"]))
def test_another_root_changes_that_word_alone(content, word):
    content = content + word
    after = root_argument.renamed(content, "/dev/sda1", "UUID=1")
    assert root_argument.renamed(after, "/dev/sda1", "UUID=1") == after
    assert len(content.split(b"\n")) == len(after.split(b"\n"))
    if b"root=/dev/sda1" not in content.replace(b"root=/dev/sda12", b""):
        assert after == content
