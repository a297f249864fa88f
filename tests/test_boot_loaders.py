"""Boot loaders besides GRUB 2, as console-log sees them."""

from __future__ import annotations

import pytest
from fake_guest import FakeGuest

from remediations.console_log import check, plan
from remediations.vocabulary import Settings, Status

SETTINGS = Settings()
KERNEL = {"/boot/vmlinuz-6.1.0-18-amd64": b""}
BLS = b"title Debian\nversion 6.1\nlinux /vmlinuz\noptions\troot=UUID=x ro %s\n"
EXTLINUX = b"default l0\nprompt 0\n\nlabel l0\n\tmenu label Debian\n\tlinux /boot/vmlinuz\n\tappend root=x ro %s\n"
LEGACY = b"title Debian\nroot (hd0,0)\nkernel /boot/vmlinuz root=/dev/sda1 ro %s\ninitrd /boot/initrd.img\n"


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/boot/efi/loader/entries/debian.conf", BLS),
        ("/boot/loader/entries/debian.conf", BLS),
        ("/boot/extlinux/extlinux.conf", EXTLINUX),
        ("/boot/grub/menu.lst", LEGACY),
    ],
)
def test_each_loader_passes_with_the_console_and_fails_without(path: str, content: bytes) -> None:
    good = FakeGuest(KERNEL | {path: content % b"console=tty0 console=ttyS0,115200"})
    assert check(good, SETTINGS).status is Status.PASS
    assert check(good, SETTINGS).evidence[0].path == path
    bad = FakeGuest(KERNEL | {path: content % b"quiet"})
    finding = check(bad, SETTINGS)
    assert finding.status is Status.FAIL
    assert "quiet" in finding.evidence[0].text
    after = bad.applied(plan(bad, SETTINGS))
    assert after.read(path) == content % b"quiet console=tty0 console=ttyS0,115200n8"
    assert check(after, SETTINGS).status is Status.PASS
    assert plan(after, SETTINGS).steps == ()


@pytest.mark.parametrize("cmdline", [b"root=x ro quiet\n", b"root=x console=ttyS0 ro"])
def test_the_next_kernel_gets_the_arguments_of_etc_kernel_cmdline(cmdline: bytes) -> None:
    files = KERNEL | {"/boot/efi/loader/entries/d.conf": BLS % b"console=ttyS0", "/etc/kernel/cmdline": cmdline}
    expected = Status.PASS if b"console" in cmdline else Status.FAIL
    assert check(FakeGuest(files), SETTINGS).status is expected


@pytest.mark.parametrize(
    ("default", "status"),
    [
        (b'U_BOOT_PARAMETERS="ro console=ttyS0"\n', Status.PASS),
        (b"", Status.FAIL),
        (b'U_BOOT_PARAMETERS="$(cat /x)"\n', Status.UNKNOWN),
        (b"if x\n", Status.UNKNOWN),
    ],
)
def test_extlinux_is_kept_where_its_generator_knows_the_console(default: bytes, status: Status) -> None:
    files = {"/boot/extlinux/extlinux.conf": EXTLINUX % b"console=ttyS0", "/usr/sbin/u-boot-update": b""}
    guest = FakeGuest(KERNEL | files | {"/etc/default/u-boot": default})
    assert check(guest, SETTINGS).status is status
    if status is Status.FAIL:
        after = guest.applied(plan(guest, SETTINGS))
        assert after.read("/etc/default/u-boot") == b'U_BOOT_PARAMETERS="console=tty0 console=ttyS0,115200n8"\n'
        assert check(after, SETTINGS).status is Status.PASS


def test_extlinux_that_includes_another_file_is_unknown() -> None:
    content = EXTLINUX % b"console=ttyS0" + b"include linux.cfg\n"
    assert check(FakeGuest(KERNEL | {"/boot/extlinux/extlinux.conf": content}), SETTINGS).status is Status.UNKNOWN


@pytest.mark.parametrize(("kopt", "status"), [(b"root=x ro", Status.FAIL), (b"root=x console=ttyS0", Status.PASS)])
def test_menu_lst_is_kept_where_its_kopt_line_has_the_console(kopt: bytes, status: Status) -> None:
    head = b"### BEGIN AUTOMAGIC KERNELS LIST\n# kopt=" + kopt + b"\n"
    guest = FakeGuest(KERNEL | {"/boot/grub/menu.lst": head + LEGACY % b"console=ttyS0"})
    assert check(guest, SETTINGS).status is status


def test_menu_lst_beside_grub_2_counts_on_xen_or_with_the_old_loader() -> None:
    menu = b"menuentry x {\n linux /vmlinuz console=ttyS0\n}\n"
    files = KERNEL | {"/boot/grub/menu.lst": LEGACY % b"console=hvc0", "/boot/grub/grub.cfg": menu}
    assert check(FakeGuest(files), SETTINGS).status is Status.PASS
    assert check(FakeGuest(files), Settings(hypervisor="xen")).status is Status.FAIL
    both = FakeGuest(files | {"/boot/grub/stage2": b""})
    assert check(both, SETTINGS).status is Status.FAIL
    assert check(both.applied(plan(both, SETTINGS)), SETTINGS).status is Status.PASS


@pytest.mark.parametrize("path", ["/boot/efi/EFI/Linux/a.efi", "/etc/lilo.conf", "/boot/boot.scr"])
def test_what_is_not_read_is_unknown(path: str) -> None:
    menu = b"menuentry x {\n linux /vmlinuz console=ttyS0\n}\n"
    finding = check(FakeGuest(KERNEL | {path: b"\0", "/boot/grub/grub.cfg": menu}), SETTINGS)
    assert finding.status is Status.UNKNOWN
    assert path in finding.summary
