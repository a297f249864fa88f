"""console-log on the boot files of each distribution: fails as installed, and the fix holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from boot_texts import ALPINE_EXTLINUX, BLS_MENU, EL7_MENU, GRUB_ENV, LEGACY, SUSE_MENU, UPDATE_EXTLINUX
from fake_guest import BOOKWORM, FakeGuest, Link
from hypothesis import given
from hypothesis import strategies as st

from remediations.console_log import check, plan
from remediations.guest import GuestError
from remediations.linux.kernels import kernels
from remediations.vocabulary import PlanError, RunCommand, Settings, Status, WriteFile

SETTINGS = Settings()
ADDED = b"console=tty0 console=ttyS0,115200n8"
GRUB2 = {"/usr/sbin/grub2-mkconfig": b"#!/bin/sh\n", "/bin/sh": Link("bash")}
DEFAULTS = b'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX="crashkernel=auto"\nGRUB_DISABLE_RECOVERY="true"\n'
ENTRIES = "/boot/loader/entries"
WRAPPER = b"""search --no-floppy --fs-uuid --set=dev 1b5f
set prefix=($dev)/grub2
export $prefix
configfile $prefix/grub.cfg
"""


def entry(options: str) -> bytes:
    head = "title Rocky\nversion 5.14\nlinux /vmlinuz-5.14\ninitrd /initramfs-5.14.img\n"
    return f"{head}{options}grub_class rocky\n".encode()


EL7 = GRUB2 | {"/etc/default/grub": DEFAULTS, "/boot/grub2/grub.cfg": EL7_MENU}
EL7_EFI = GRUB2 | {
    "/etc/default/grub": DEFAULTS,
    "/boot/efi/EFI/centos/grub.cfg": EL7_MENU.replace(b"linux16", b"linuxefi"),
}
EL8 = GRUB2 | {
    "/etc/default/grub": DEFAULTS + b"GRUB_ENABLE_BLSCFG=true\n",
    "/boot/grub2/grub.cfg": BLS_MENU,
    "/boot/grub2/grubenv": GRUB_ENV,
    "/boot/efi/EFI/rocky/grub.cfg": WRAPPER,
    f"{ENTRIES}/a-4.18.conf": entry("options $kernelopts $tuned_params\n"),
    f"{ENTRIES}/a-0-rescue.conf": entry("options $kernelopts\n"),
}
# On ppc64le the entries are copied into the menu as they stand.
EL8_PPC = EL8 | {
    "/boot/grub2/grub.cfg": BLS_MENU.replace(
        b"insmod blscfg\nblscfg\n",
        b"menuentry 'Rocky' --id=a-4.18 {\n\t linux /vmlinuz-4.18 $kernelopts $tuned_params\n initrd /i\n}\n",
    )
}
EL9 = EL8 | {
    "/boot/grub2/grub.cfg": BLS_MENU.replace(b"kernelopts=", b"other="),
    "/etc/kernel/cmdline": b"root=UUID=2c ro crashkernel=auto\n",
    f"{ENTRIES}/a-4.18.conf": entry("options root=UUID=2c ro crashkernel=auto $tuned_params\n"),
    f"{ENTRIES}/a-0-rescue.conf": entry("options root=UUID=2c ro crashkernel=auto \n"),
}
SLES15 = GRUB2 | {
    "/etc/default/grub": b'GRUB_CMDLINE_LINUX_DEFAULT="splash=silent quiet"\nGRUB_CMDLINE_LINUX=""\n',
    "/boot/grub2/grub.cfg": SUSE_MENU,
    "/.snapshots/grub-snapshot.cfg": b'submenu "Start bootloader from a read-only snapshot" {\n}\n',
}
EL6 = {
    "/boot/grub/stage2": b"",
    "/boot/grub/grub.conf": LEGACY % b"rhgb quiet",
    "/boot/grub/menu.lst": Link("./grub.conf"),
    "/etc/grub.conf": Link("../boot/grub/grub.conf"),
}
SLES11 = {
    "/boot/grub/stage2": b"",
    "/boot/grub/menu.lst": LEGACY % b"splash=silent showopts",
    "/etc/sysconfig/bootloader": b'DEFAULT_APPEND="splash=silent showopts"\nFAILSAFE_APPEND="nomodeset"\n',
}
ALPINE = {
    "/bin/sh": Link("/bin/busybox"),
    "/sbin/update-extlinux": b"#!/bin/sh\n",
    "/etc/update-extlinux.conf": UPDATE_EXTLINUX,
    "/boot/extlinux.conf": ALPINE_EXTLINUX,
}
ALPINE_GRUB = {
    "/bin/sh": Link("/bin/busybox"),
    "/usr/sbin/grub-mkconfig": b"#!/bin/sh\n",
    "/etc/default/grub": b'GRUB_DISABLE_RECOVERY=true\nGRUB_CMDLINE_LINUX_DEFAULT="modules=ext4 quiet"\n',
    "/boot/grub/grub.cfg": EL7_MENU.replace(b"linux16", b"linux"),
}
ARCH = {"/boot/loader/entries/arch.conf": b"title Arch\nlinux /vmlinuz-linux\noptions root=PARTUUID=1 rw"}
TUMBLEWEED = {
    "/boot/efi/loader/entries/system-6.11-1.conf": entry("options root=UUID=2c quiet\n"),
    "/etc/kernel/cmdline": b"root=UUID=2c quiet",
}
EACH = {
    "el7": (EL7, ["/etc/default/grub", "/boot/grub2/grub.cfg"]),
    "el7-efi": (EL7_EFI, ["/etc/default/grub", "/boot/efi/EFI/centos/grub.cfg"]),
    "el8": (EL8, ["/etc/default/grub", "/boot/grub2/grubenv", "/boot/grub2/grub.cfg"]),
    "el8-ppc64le": (EL8_PPC, ["/etc/default/grub", "/boot/grub2/grubenv", "/boot/grub2/grub.cfg"]),
    "el9": (EL9, ["/etc/default/grub", f"{ENTRIES}/a-0-rescue.conf", f"{ENTRIES}/a-4.18.conf", "/etc/kernel/cmdline"]),
    "sles15": (SLES15, ["/etc/default/grub", "/boot/grub2/grub.cfg"]),
    "el6": (EL6, ["/boot/grub/grub.conf"]),
    "sles11": (SLES11, ["/boot/grub/menu.lst", "/etc/sysconfig/bootloader"]),
    "alpine": (ALPINE, ["/boot/extlinux.conf", "/etc/update-extlinux.conf"]),
    "alpine-grub": (ALPINE_GRUB, ["/etc/default/grub", "/boot/grub/grub.cfg"]),
    "arch": (ARCH, ["/boot/loader/entries/arch.conf"]),
    "tumbleweed": (TUMBLEWEED, ["/boot/efi/loader/entries/system-6.11-1.conf", "/etc/kernel/cmdline"]),
}
each = pytest.mark.parametrize("name", EACH)


def guest(files: dict, **changes: object) -> FakeGuest:
    return FakeGuest(
        {"/boot/vmlinuz-5.14": b"", **files}, facts=replace(BOOKWORM, distro="rocky", version=(9, 4), **changes)
    )


@each
def test_as_installed_it_fails_and_the_fix_holds(name: str) -> None:
    files, written = EACH[name]
    before = guest(files)
    assert check(before, SETTINGS).status is Status.FAIL
    planned = plan(before, SETTINGS)
    assert [step.path if isinstance(step, WriteFile) else step.output for step in planned.steps] == written
    assert plan(before, SETTINGS) == planned
    after = before.applied(planned)
    assert check(after, SETTINGS).status is Status.PASS
    assert plan(after, SETTINGS).steps == ()
    for path in written:
        assert b"console=ttyS0" in after.read(path)


@each
def test_every_file_that_the_fix_wrote_counts(name: str) -> None:
    files, written = EACH[name]
    before = guest(files)
    after = before.applied(plan(before, SETTINGS))
    for path in written:
        if path != "/boot/grub2/grub.cfg" or "el8" not in name:  # the menu's value counts only where grubenv has none
            broken = replace(after, files={**after.files, path: before.read(path)})
            assert check(broken, SETTINGS).status is Status.FAIL, path


@each
@given(content=st.binary() | st.text("$kernlopts=console{}\"'\n ").map(str.encode), data=st.data())
def test_any_bytes_in_a_file_give_a_verdict_and_a_fix_that_passes_or_none(
    name: str, content: bytes, data: st.DataObject
) -> None:
    files, written = EACH[name]
    path = data.draw(st.sampled_from(written))
    odd = guest({**files, path: content})
    try:
        check(odd, SETTINGS)
        planned = plan(odd, SETTINGS)
    except (GuestError, PlanError):
        return
    assert check(odd.applied(planned), SETTINGS).status is Status.PASS or not planned.steps


def test_a_kernel_is_known_by_its_image_on_every_architecture() -> None:
    found = kernels(FakeGuest({"/boot/image-5.14.21-150500.53-default": b"", "/boot/Image-4.12.14-default": b""}))
    assert [kernel.version for kernel in found] == [(4, 12), (5, 14)]


def test_the_menu_is_generated_by_the_guests_own_program_unless_it_is_for_efi() -> None:
    run = plan(guest(EL7), SETTINGS).steps[1]
    assert isinstance(run, RunCommand)
    assert run.argv == ("/usr/sbin/grub2-mkconfig", "-o", "/boot/grub2/grub.cfg")
    assert run.accept(EL7_MENU, EL7_MENU.replace(b" quiet", b" quiet " + ADDED)) is None
    efi = EL7_MENU.replace(b"linux16", b"linuxefi").replace(b" quiet", b" quiet " + ADDED)
    assert "linuxefi" in (run.accept(EL7_MENU, efi) or "")
    assert isinstance(plan(guest(EL7_EFI), SETTINGS).steps[1], WriteFile)


def test_grubenv_keeps_its_size_and_its_other_variables() -> None:
    after = guest(EL8).applied(plan(guest(EL8), SETTINGS)).read("/boot/grub2/grubenv")
    assert len(after) == 1024
    assert after.startswith(GRUB_ENV.partition(b"kernelopts")[0])
    assert b"crashkernel=auto " + ADDED + b"\nboot_success=0\n###" in after
    full = GRUB_ENV.replace(b"crashkernel=auto", b"x" * 1000)[:1024]
    with pytest.raises(PlanError, match=r"room|damaged"):
        plan(guest(EL8 | {"/boot/grub2/grubenv": full}), SETTINGS)


def test_without_grubenv_the_menus_own_value_counts() -> None:
    files = {path: content for path, content in EL8.items() if path != "/boot/grub2/grubenv"}
    assert check(guest(files), SETTINGS).evidence[0].path == "/boot/grub2/grub.cfg"
    after = guest(files).applied(plan(guest(files), SETTINGS))
    assert b'set kernelopts="root=UUID=2c ro crashkernel=auto  ' + ADDED in after.read("/boot/grub2/grub.cfg")
    assert check(after, SETTINGS).status is Status.PASS


def test_a_menu_with_entries_of_both_kinds_is_mended_at_once() -> None:
    files = {path: content for path, content in EL8.items() if path != "/boot/grub2/grubenv"}
    both = guest(files | {"/boot/grub2/grub.cfg": BLS_MENU + EL7_MENU})
    assert check(both.applied(plan(both, SETTINGS)), SETTINGS).status is Status.PASS


def test_an_efi_menu_that_lacks_it_beside_a_right_one_counts() -> None:
    fixed = guest(EL7).applied(plan(guest(EL7), SETTINGS))
    fixed.files["/boot/efi/EFI/centos/grub.cfg"] = EL7_EFI["/boot/efi/EFI/centos/grub.cfg"]
    finding = check(fixed, SETTINGS)
    assert finding.status is Status.FAIL
    assert {place.path for place in finding.evidence} == {"/boot/efi/EFI/centos/grub.cfg"}


@pytest.mark.parametrize("mapped", [b"\0console=ttysclp0\0", b"", b"console=ttysclp01"])
def test_zipl_boots_what_its_map_holds_and_is_run_by_the_operator(mapped: bytes) -> None:
    good = {"/etc/zipl.conf": b"[defaultboot]\ndefaultauto\n", f"{ENTRIES}/a.conf": entry("options console=ttysclp0\n")}
    finding = check(guest(good | {"/boot/bootmap": mapped}, arch="s390x"), SETTINGS)
    assert finding.status is (Status.PASS if b"clp0\0" in mapped else Status.UNKNOWN)
    bad = good | {"/etc/zipl.conf": b'[linux]\nimage=/boot/image\nparameters="root=/dev/dasda1"\n'}
    assert check(guest(bad, arch="s390x"), SETTINGS).status is Status.FAIL
    with pytest.raises(PlanError, match="run zipl"):
        plan(guest(bad, arch="s390x"), SETTINGS)


@pytest.mark.parametrize(
    ("script", "status"), [(b". ${sysconfdir}/default/grub.d/$x", "fail"), (b"#!/bin/sh\n", "pass")]
)
def test_files_of_grub_d_count_where_the_guests_generator_reads_them(script: bytes, status: str) -> None:
    fixed = guest(EL7).applied(plan(guest(EL7), SETTINGS))
    fixed.files["/usr/sbin/grub2-mkconfig"] = script
    fixed.files["/etc/default/grub.d/90.cfg"] = b'GRUB_CMDLINE_LINUX="quiet"\n'
    assert check(fixed, SETTINGS).status == status
