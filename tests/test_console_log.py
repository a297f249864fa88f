"""console-log: every boot entry passes the serial console, and keeps it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_guest import BOOKWORM, FakeGuest, Link
from grub_texts import CLOUDIMG_DEFAULTS, DEBIAN_DEFAULTS, DEBIAN_MENU, UBUNTU_DEFAULTS, UBUNTU_MENU
from hypothesis import given
from hypothesis import strategies as st

from remediations.console_log import check, plan
from remediations.guest import GuestError
from remediations.vocabulary import PlanError, RunCommand, Settings, Status, WriteFile

SETTINGS = Settings()
ADDED = b"console=tty0 console=ttyS0,115200n8"


def guest(menu: bytes | None = DEBIAN_MENU, defaults: bytes | None = DEBIAN_DEFAULTS, **files: bytes) -> FakeGuest:
    table: dict = {
        "/boot/vmlinuz-6.1.0-18-amd64": b"",
        "/usr/sbin/update-grub": b"#!/bin/sh\n",
        "/bin/sh": Link("dash"),
        "/bin/dash": b"",
        "/boot/grub/grub.cfg": menu,
        "/etc/default/grub": defaults,
    }
    table |= {path.replace("|", "/"): content for path, content in files.items()}
    return FakeGuest({path: content for path, content in table.items() if content is not None})


def with_console(menu: bytes) -> bytes:
    return menu.replace(b" ro ", b" ro " + ADDED + b" ")


def passing() -> FakeGuest:
    return guest(with_console(DEBIAN_MENU), DEBIAN_DEFAULTS.replace(b'LINUX=""', b'LINUX="' + ADDED + b'"'))


def test_a_stock_debian_fails_and_its_entries_are_the_evidence() -> None:
    finding = check(guest(), SETTINGS)
    assert finding.status is Status.FAIL
    assert [place.path for place in finding.evidence] == ["/boot/grub/grub.cfg"] * 3
    assert all(place.text.startswith("linux\t/boot/vmlinuz-6.1.0-18-amd64 root=") for place in finding.evidence)
    lines = DEBIAN_MENU.decode().split("\n")
    assert [lines[(place.line or 0) - 1].strip() for place in finding.evidence] == [p.text for p in finding.evidence]


def test_entries_and_defaults_with_the_console_pass() -> None:
    finding = check(passing(), SETTINGS)
    assert finding.status is Status.PASS
    assert finding.evidence[-1].path == "/etc/default/grub"
    assert plan(passing(), SETTINGS).steps == ()


@pytest.mark.parametrize(
    ("menu", "defaults"), [(DEBIAN_MENU, DEBIAN_DEFAULTS), (UBUNTU_MENU, UBUNTU_DEFAULTS), (DEBIAN_MENU, None)]
)
def test_the_fix_edits_the_defaults_and_generates_the_menu(menu: bytes, defaults: bytes | None) -> None:
    before = guest(menu, defaults)
    planned = plan(before, SETTINGS)
    write, run = planned.steps
    assert isinstance(write, WriteFile)
    assert write.path == "/etc/default/grub"
    assert isinstance(run, RunCommand)
    assert (run.argv, run.output, run.may_change) == (
        ("/usr/sbin/update-grub",),
        "/boot/grub/grub.cfg",
        ("/boot/grub",),
    )
    if defaults:
        assert write.content == defaults.replace(b'LINUX=""', b'LINUX="' + ADDED + b'"')
    assert plan(before, SETTINGS) == planned
    after = before.applied(planned)
    assert check(after, SETTINGS).status is Status.PASS
    assert plan(after, SETTINGS).steps == ()


def test_without_the_command_only_the_linux_lines_of_the_menu_change() -> None:
    before = guest()
    after = before.applied(plan(before, SETTINGS)).read("/boot/grub/grub.cfg").split(b"\n")
    changed = [(a, b) for a, b in zip(DEBIAN_MENU.split(b"\n"), after, strict=True) if a != b]
    assert len(changed) == 3
    assert all(b == a + b" " + ADDED for a, b in changed)


def test_what_update_grub_generates_is_accepted_and_other_changes_are_not() -> None:
    run = plan(guest(), SETTINGS).steps[1]
    assert isinstance(run, RunCommand)
    good = with_console(DEBIAN_MENU)
    assert run.accept(DEBIAN_MENU, good) is None
    hinted = good.replace(b"--set=root 6d", b"--set=root --hint-bios=hd0,msdos1 6d")
    assert run.accept(DEBIAN_MENU, hinted) is None
    for old, new, word in (
        (b"root=UUID=6d2231e4-0975-4f35-a94f-56738c1a8150", b"root=/dev/sda1", "root=/dev/sda1"),
        (b"quiet", b"", "other kernel arguments"),
        (b"/boot/vmlinuz-6.1.0-18", b"/boot/vmlinuz-6.1.0-19", "another kernel"),
        (b"/boot/initrd.img-6.1.0-18", b"/boot/initrd.img-6.1.0-19", "initial RAM disk"),
        (b"'Debian GNU/Linux'", b"'Debian'", "became"),
        (b"menuentry 'UEFI Firmware Settings'", b"function x", "lost"),
        (b"fs-uuid --set=root 6d", b"fs-uuid --set=root 6e", "another file system"),
        (ADDED, b"console=tty0", "still"),
        (b"console=tty0", b"console=ttyS9", "not asked"),
        (b'set default="0"', b'set default="1"', "default"),
        (b"}", b"", "cannot be understood"),
    ):
        assert word in (run.accept(DEBIAN_MENU, good.replace(old, new)) or "")


@pytest.mark.parametrize("normal", [b'"console=tty1 console=ttyS0"', b'"console=ttyS0,9600"'])
def test_recovery_entries_count_unless_none_are_made(normal: bytes) -> None:
    defaults = DEBIAN_DEFAULTS.replace(b'"quiet"', normal)
    lost = guest(with_console(DEBIAN_MENU), defaults)
    finding = check(lost, SETTINGS)
    assert finding.status is Status.FAIL
    assert "Recovery entries" in finding.summary
    planned = plan(lost, SETTINGS)
    assert [type(step) for step in planned.steps] == [WriteFile]
    assert b"GRUB_CMDLINE_LINUX=" + normal in lost.applied(planned).read("/etc/default/grub")
    assert (
        check(guest(with_console(DEBIAN_MENU), defaults + b"GRUB_DISABLE_RECOVERY=true\n"), SETTINGS).status == "pass"
    )


def test_a_file_of_grub_d_that_has_the_last_word_is_the_one_edited() -> None:
    override = b"# by hand\r\nGRUB_CMDLINE_LINUX='net.ifnames=0'"
    before = guest(**{"|etc|default|grub.d|60-x.cfg": override, "|etc|default|grub.d|50-c.cfg": CLOUDIMG_DEFAULTS})
    after = before.applied(plan(before, SETTINGS))
    assert after.read("/etc/default/grub") == DEBIAN_DEFAULTS
    assert after.read("/etc/default/grub.d/60-x.cfg") == override[:-1] + b" console=tty1 console=ttyS0'"
    assert check(after, SETTINGS).status is Status.PASS


def test_an_override_that_drops_the_console_is_seen() -> None:
    fixed = passing()
    fixed.files["/etc/default/grub.d/99.cfg"] = b'GRUB_CMDLINE_LINUX="net.ifnames=0"\n'
    finding = check(fixed, SETTINGS)
    assert finding.status is Status.FAIL
    assert finding.evidence[0].path == "/etc/default/grub.d/99.cfg"


def test_the_serial_console_is_put_behind_a_console_of_normal_entries() -> None:
    before = guest(defaults=DEBIAN_DEFAULTS.replace(b'"quiet"', b'"quiet console=tty1"'))
    after = before.applied(plan(before, SETTINGS)).read("/etc/default/grub")
    assert b'DEFAULT="quiet console=tty1 console=ttyS0,115200n8"' in after


@pytest.mark.parametrize(
    "line",
    [b"if true; then X=1; fi", b". /etc/other", b"GRUB_CMDLINE_LINUX+=' a'", b"\xff\x00", b'X="open', b"f() { :; }"],
)
def test_defaults_that_cannot_be_understood_are_unknown_and_never_rewritten(line: bytes) -> None:
    odd = guest(with_console(DEBIAN_MENU), DEBIAN_DEFAULTS + line + b"\n")
    assert check(odd, SETTINGS).status is Status.UNKNOWN
    with pytest.raises(PlanError):
        plan(odd, SETTINGS)


def test_appending_assignments_are_understood_where_the_shell_knows_them() -> None:
    appended = guest(with_console(DEBIAN_MENU), DEBIAN_DEFAULTS + b'GRUB_CMDLINE_LINUX+=" console=ttyS0"\n')
    appended.files["/bin/sh"] = Link("bash")
    assert check(appended, SETTINGS).status is Status.PASS


def test_a_value_made_by_a_command_is_unknown() -> None:
    odd = guest(with_console(DEBIAN_MENU), DEBIAN_DEFAULTS + b'GRUB_CMDLINE_LINUX="$(cat /x)"\n')
    assert check(odd, SETTINGS).status is Status.UNKNOWN


def test_an_entry_of_a_hand_written_script_is_not_promised_to_change() -> None:
    entry = b"menuentry 'Mine' {\n linux /boot/vmlinuz-1 root=LABEL=x\n}\n"
    custom = b"### END /etc/grub.d/40_custom ###"
    fixed = passing()
    fixed.files["/boot/grub/grub.cfg"] = with_console(DEBIAN_MENU).replace(custom, entry + custom)
    assert check(fixed, SETTINGS).status is Status.FAIL
    with pytest.raises(PlanError, match="40_custom"):
        plan(fixed, SETTINGS)
    entry = entry.replace(b"LABEL=x", b"LABEL=x console=ttyS0")
    fixed.files["/boot/grub/grub.cfg"] = with_console(DEBIAN_MENU).replace(custom, entry + custom)
    assert check(fixed, SETTINGS).status is Status.UNKNOWN
    fixed.files["/etc/grub.d/40_custom"] = b"#!/bin/sh\nexec tail -n +3 $0\n" + entry
    assert check(fixed, SETTINGS).status is Status.PASS


def test_custom_cfg_is_part_of_the_menu() -> None:
    fixed = passing()
    fixed.files["/boot/grub/custom.cfg"] = b"menuentry x {\r\n  linux /boot/vmlinuz root=LABEL=x quiet\r\n}"
    assert check(fixed, SETTINGS).evidence[0].path == "/boot/grub/custom.cfg"
    after = fixed.applied(plan(fixed, SETTINGS))
    assert after.read("/boot/grub/custom.cfg").endswith(b"quiet " + ADDED + b"\r\n}")
    assert check(after, SETTINGS).status is Status.PASS


@pytest.mark.parametrize(
    ("menu", "word"),
    [
        (None, "No boot loader"),
        (b"", "no Linux kernel"),
        (b"menuentry x {", "never closed"),
        (b"\0\xff", "not a text file"),
        (b"menuentry x {\n linux /vmlinuz root=LABEL=x $kernelopts\n}", "variable"),
        (b"menuentry x {\n multiboot2 /xen.gz\n module2 /vmlinuz root=x\n}", "Xen"),
        (with_console(DEBIAN_MENU) + b"source /boot/more.cfg\n", "more.cfg"),
        (b"blscfg\n", "loader/entries"),
    ],
)
def test_what_cannot_be_established_is_unknown(menu: bytes | None, word: str) -> None:
    finding = check(guest(menu, DEBIAN_DEFAULTS.replace(b'LINUX=""', b'LINUX="console=ttyS0"')), SETTINGS)
    assert finding.status is Status.UNKNOWN
    assert word in finding.summary


@given(st.binary() | st.sampled_from([DEBIAN_MENU, UBUNTU_MENU]), st.binary() | st.text("X=\"'$\\\n").map(str.encode))
def test_any_bytes_give_a_verdict_and_a_fix_that_passes_or_none(menu: bytes, defaults: bytes) -> None:
    odd = guest(menu, defaults)
    check(odd, SETTINGS)
    try:
        planned = plan(odd, SETTINGS)
    except PlanError:
        return
    assert check(odd.applied(planned), SETTINGS).status is Status.PASS or not planned.steps


def test_no_kernel_at_all_is_told() -> None:
    assert "no kernel in /boot" in check(FakeGuest({"/etc/default/grub": DEBIAN_DEFAULTS}), SETTINGS).summary


@pytest.mark.parametrize(
    ("arch", "console", "text"),
    [
        ("aarch64", None, b"console=tty0 console=ttyAMA0,115200n8"),
        ("ppc64le", None, b"console=tty0 console=hvc0"),
        ("s390x", None, b"console=ttysclp0"),
        ("i386", None, ADDED),
        ("x86_64", "ttyS1,9600", b"console=tty0 console=ttyS1,9600"),
    ],
)
def test_the_device_follows_the_architecture_or_the_setting(arch: str, console: str | None, text: bytes) -> None:
    before = replace(guest(), facts=replace(BOOKWORM, arch=arch))
    after = before.applied(plan(before, Settings(console=console)))
    assert b'LINUX="' + text + b'"' in after.read("/etc/default/grub")
    assert check(after, Settings(console=console)).status is Status.PASS


def test_an_unknown_architecture_needs_a_choice() -> None:
    with pytest.raises(GuestError, match="choose one"):
        check(replace(guest(), facts=replace(BOOKWORM, arch="sparc64")), SETTINGS)


def test_a_console_that_only_begins_alike_does_not_count() -> None:
    assert check(guest(with_console(DEBIAN_MENU).replace(b"ttyS0", b"ttyS01")), SETTINGS).status is Status.FAIL


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("console=uart8250,io,0x3f8,115200n8", Status.PASS),
        ("console=uart,io,0x2F8", Status.FAIL),
        ("console=uart8250,mmio,0x3f8", Status.FAIL),
        ("console=uart8250", Status.FAIL),
        ("console=uart8250,io", Status.FAIL),
    ],
)
def test_a_serial_line_may_be_named_by_its_port(word: str, status: Status) -> None:
    named = word.encode()
    made = guest(
        DEBIAN_MENU.replace(b" ro ", b" ro " + named + b" "),
        DEBIAN_DEFAULTS.replace(b'LINUX=""', b'LINUX="%s"' % named),
    )
    assert check(made, SETTINGS).status is status


def test_what_is_handed_to_init_is_no_argument_of_the_kernels() -> None:
    handed = guest(DEBIAN_MENU.replace(b" ro ", b" ro -- " + ADDED + b" "), None)
    assert check(handed, SETTINGS).status is Status.FAIL
    with pytest.raises(PlanError, match="to init"):
        plan(handed, SETTINGS)


def test_a_menu_that_nothing_generates_stands_for_itself() -> None:
    static = FakeGuest({"/boot/grub/grub.cfg": DEBIAN_MENU})
    planned = plan(static, SETTINGS)
    assert [type(step) for step in planned.steps] == [WriteFile]
    assert check(static.applied(planned), SETTINGS).status is Status.PASS
