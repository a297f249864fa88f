"""virtio-drivers: built in, or in the initial RAM disk of every kernel."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest
from fake_guest import BOOKWORM, FakeGuest, Link, Special
from hypothesis import given
from hypothesis import strategies as st
from initrd_files import cpio

from remediations.linux import initramfs_rebuild
from remediations.linux.initramfs_config import with_modules, with_value
from remediations.linux.shell_assignments import parse
from remediations.virtio_drivers import check, plan
from remediations.vocabulary import PlanError, RunCommand, Settings, Status, WriteFile

Files = dict[str, bytes | Link | Special | None]
SETTINGS = Settings()
FOLDERS = {"virtio_blk": "block", "virtio_net": "net", "virtio_pci": "virtio", "virtio_scsi": "scsi"}
DEPENDS = b"".join(
    b"kernel/drivers/%s/%s.ko.xz: kernel/drivers/virtio/virtio.ko.xz\n" % (folder.encode(), name.encode())
    for name, folder in FOLDERS.items()
)
FULL = gzip.compress(cpio("init", *(f"lib/modules/x/kernel/drivers/{f}/{n}.ko.xz" for n, f in FOLDERS.items())))
BARE = gzip.compress(cpio("init", "lib/modules/x/kernel/drivers/ata/ata_piix.ko.xz"))


def guest(release: str, initrd: str, content: bytes, files: Files | None = None, **facts: object) -> FakeGuest:
    table: Files = {
        f"/boot/vmlinuz-{release}": b"",
        f"/lib/modules/{release}/modules.dep": DEPENDS,
        f"/lib/modules/{release}/modules.builtin": b"kernel/fs/ext4/ext4.ko\n",
        initrd: content,
        **(files or {}),
    }
    return FakeGuest(table, replace(BOOKWORM, **facts))  # type: ignore[arg-type]


GUESTS = {
    "debian": lambda content: guest(
        "6.1.0-18-amd64",
        "/boot/initrd.img-6.1.0-18-amd64",
        content,
        {"/usr/sbin/mkinitramfs": b"", "/usr/sbin/update-initramfs": b"", "/etc/initramfs-tools/modules": b"# none\n"},
    ),
    "rocky": lambda content: guest(
        "5.14.0-1.el9.x86_64",
        "/boot/initramfs-5.14.0-1.el9.x86_64.img",
        content,
        {"/usr/bin/dracut": b"", "/boot/vmlinuz-0-rescue-7f": b"", "/boot/initramfs-0-rescue-7f.img": BARE},
        distro="rocky",
        version=(9, 4),
    ),
    "sles 11": lambda content: guest(
        "3.0.101-63-default",
        "/boot/initrd-3.0.101-63-default",
        content,
        {"/sbin/mkinitrd": b"", "/etc/sysconfig/kernel": b'# x\nINITRD_MODULES="ata_piix ext3"\n'},
        distro="sles",
        version=(11, 4),
    ),
    "arch": lambda content: guest(
        "6.9.1-arch1-1",
        "/boot/initramfs-linux.img",
        content,
        {
            "/usr/bin/mkinitcpio": b"",
            "/etc/mkinitcpio.conf.d": None,
            "/usr/lib/modules/6.9.1-arch1-1/pkgbase": b"linux\n",
        },
        distro="archlinux",
        version=(0, 0),
    ),
    "alpine": lambda content: guest(
        "6.6.30-0-lts",
        "/boot/initramfs-lts",
        content,
        {"/sbin/mkinitfs": b"", "/etc/mkinitfs/mkinitfs.conf": b'features="ata base ext4"\n'},
        distro="alpinelinux",
        version=(3, 20),
    ),
}


@pytest.mark.parametrize("name", GUESTS)
def test_drivers_in_the_initial_ram_disk_pass(name: str) -> None:
    finding = check(GUESTS[name](FULL), SETTINGS)
    assert finding.status is Status.PASS, finding
    assert finding.evidence[0].text == "virtio_blk virtio_pci"
    assert plan(GUESTS[name](FULL), SETTINGS).steps == ()


@pytest.mark.parametrize(
    ("name", "content", "argv"),
    [
        (
            "debian",
            b"# none\nvirtio_pci\nvirtio_blk\nvirtio_scsi\nvirtio_net\n",
            "/usr/sbin/update-initramfs -u -k 6.1.0-18-amd64",
        ),
        (
            "rocky",
            b'add_drivers+=" virtio_pci virtio_blk virtio_scsi virtio_net "\n',
            "/usr/bin/dracut --force --no-hostonly /boot/initramfs-5.14.0-1.el9.x86_64.img 5.14.0-1.el9.x86_64",
        ),
        (
            "sles 11",
            b'# x\nINITRD_MODULES="ata_piix ext3 virtio_pci virtio_blk virtio_scsi virtio_net"\n',
            "/sbin/mkinitrd -k vmlinuz-3.0.101-63-default -i initrd-3.0.101-63-default",
        ),
        (
            "arch",
            b"MODULES+=(virtio_pci virtio_blk virtio_scsi virtio_net)\n",
            "/usr/bin/mkinitcpio -k 6.9.1-arch1-1 -g /boot/initramfs-linux.img",
        ),
        ("alpine", b'features="ata base ext4 virtio"\n', "/sbin/mkinitfs -o /boot/initramfs-lts 6.6.30-0-lts"),
    ],
)
def test_what_lacks_them_is_made_again(name: str, content: bytes, argv: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initramfs_rebuild.platform, "machine", lambda: "x86_64")
    before = GUESTS[name](BARE)
    finding = check(before, SETTINGS)
    assert finding.status is Status.FAIL
    assert "virtio_blk and no virtio_pci" in finding.summary
    *_, written, command = plan(before, SETTINGS).steps
    assert isinstance(written, WriteFile)
    assert written.content == content
    assert isinstance(command, RunCommand)
    assert " ".join(command.argv) == argv
    assert command.accept(BARE, FULL) is None
    assert "after all" in (command.accept(BARE, BARE) or "")
    assert command.accept(BARE, b"\x1f\x8b") is not None
    after = GUESTS[name](FULL)
    after.files[written.path] = written.content
    assert plan(after, SETTINGS).steps == ()
    # Configured, but not made again since: the command alone.
    after.files[command.output] = BARE
    assert plan(after, SETTINGS).steps == (command,)
    monkeypatch.setattr(initramfs_rebuild.platform, "machine", lambda: "aarch64")
    foreign = plan(before, SETTINGS)
    assert foreign.steps == ()
    assert command.argv[0] in foreign.obstacle


@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({"/boot/config-6.1.0-18-amd64": b"CONFIG_VIRTIO_BLK=y\nCONFIG_VIRTIO_PCI=y\n"}, Status.PASS, ""),
        ({"/boot/config-6.1.0-18-amd64": b"CONFIG_VIRTIO_BLK=m\nCONFIG_VIRTIO_PCI=y\n"}, Status.FAIL, "no virtio_blk:"),
        ({"/lib/modules/6.1.0-18-amd64/modules.dep": DEPENDS.replace(b"/virtio_net", b"/x")}, Status.FAIL, "_net"),
        ({"/boot/initrd.img-6.1.0-18-amd64": b"\x02\x21\x4c\x18"}, Status.UNKNOWN, "lz4"),
        (
            {"/boot/initrd.img-6.1.0-18-amd64": gzip.compress(cpio("squashfs-root.img"), mtime=0)},
            Status.UNKNOWN,
            "squashfs",
        ),
        ({"/boot/initrd.img-6.1.0-18-amd64": Special()}, Status.UNKNOWN, "No initial RAM disk"),
        ({"/boot/vmlinuz-5.10.0-1-amd64": b""}, Status.UNKNOWN, "no list of modules"),
    ],
)
def test_builtin_drivers_and_what_is_not_known(changes: Files, status: Status, word: str) -> None:
    odd = GUESTS["debian"](BARE if status is not Status.UNKNOWN else FULL)
    odd.files |= changes
    finding = check(odd, SETTINGS)
    assert finding.status is status
    assert word in finding.summary


def test_every_kernel_counts_and_xen_needs_none() -> None:
    both = GUESTS["debian"](FULL)
    both.files |= GUESTS["rocky"](BARE).files
    assert check(both, SETTINGS).status is Status.FAIL
    assert check(both, Settings(hypervisor="xen")).status is Status.SKIPPED
    assert plan(both, Settings(hypervisor="xen")).steps == ()
    assert check(FakeGuest({}), SETTINGS).status is Status.UNKNOWN


@given(st.binary() | st.text("virtio_blk #\r\n").map(str.encode))
def test_the_list_of_modules_takes_any_bytes(content: bytes) -> None:
    after = with_modules(("virtio_blk", "virtio_pci"), content)
    assert after.startswith(content)
    assert with_modules(("virtio_blk", "virtio_pci"), after) == after


@given(st.binary() | st.text("features=\"' ata$\n#\\").map(str.encode))
def test_the_variable_takes_any_bytes(content: bytes) -> None:
    try:
        after = with_value("/x", "features", ("virtio",), content)
    except PlanError:
        return
    assert with_value("/x", "features", ("virtio",), after) == after
    assert parse(after).text.count("\n") == parse(content).text.count("\n")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/etc/modprobe.d/x.conf", b"blacklist virtio_net\n"),
        ("/usr/lib/modprobe.d/x.conf", b"options pcspkr x=1\n  blacklist  virtio-blk # no\n"),
        ("/etc/modprobe.d/x.conf", b"install virtio_pci /bin/false\n"),
        ("/boot/grub/grub.cfg", b"menuentry x {\n linux /vmlinuz modprobe.blacklist=nouveau,virtio_blk\n}\n"),
    ],
)
def test_a_driver_that_is_forbidden_fails(path, text):
    banned = GUESTS["debian"](FULL)
    banned.files[path] = text
    found = check(banned, SETTINGS)
    assert found.status is Status.FAIL
    assert found.evidence[0].path == path
    assert path in plan(banned, SETTINGS).obstacle


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "/etc/modprobe.d/x.conf",
            b"# blacklist virtio_net\nblacklist virtio_balloon\ninstall virtio_net /sbin/mine\n",
        ),
        ("/etc/modprobe.d/x.conf.disabled", b"blacklist virtio_net\n"),
        ("/etc/modprobe.d/x.conf", b"blacklist\n\xff\xfe\ninstall\n"),
    ],
)
def test_other_drivers_may_be_forbidden(path, text):
    guest = GUESTS["debian"](FULL)
    guest.files[path] = text
    assert check(guest, SETTINGS).status is Status.PASS


def test_a_weaker_file_of_the_same_name_does_not_count():
    guest = GUESTS["debian"](FULL)
    guest.files |= {"/usr/lib/modprobe.d/x.conf": b"blacklist virtio_net\n", "/etc/modprobe.d/x.conf": b"\n"}
    assert check(guest, SETTINGS).status is Status.PASS


def test_sdbootutils_initrd_on_the_esp_is_found():
    path = "/boot/efi/opensuse-tumbleweed/6.11.3-1-default/initrd-6272c616"
    assert check(guest("6.11.3-1-default", path, FULL), SETTINGS).status is Status.PASS
    assert check(guest("6.11.3-1-default", path, BARE), SETTINGS).status is Status.FAIL
