"""GRUB's menu: its blocks and words are told apart, and only ``linux`` lines are edited."""

from __future__ import annotations

import pytest
from grub_texts import DEBIAN_MENU, UBUNTU_MENU
from hypothesis import given
from hypothesis import strategies as st

from remediations.linux.grub_cfg import add_arguments, parse_menu
from remediations.linux.grub_script import GrubSyntaxError


def test_entries_carry_their_submenu_id_section_kernel_and_initrd() -> None:
    menu = parse_menu(DEBIAN_MENU)
    assert [entry.title for entry in menu.entries] == [
        "Debian GNU/Linux",
        "Advanced options for Debian GNU/Linux > Debian GNU/Linux, with Linux 6.1.0-18-amd64",
        "Advanced options for Debian GNU/Linux > Debian GNU/Linux, with Linux 6.1.0-18-amd64 (recovery mode)",
        "Memory test (memtest86+)",
        "UEFI Firmware Settings",
    ]
    first = menu.entries[0]
    assert first.id == "gnulinux-simple-6d2231e4-0975-4f35-a94f-56738c1a8150"
    assert first.section == "/etc/grub.d/10_linux"
    assert first.initrds == ("/boot/initrd.img-6.1.0-18-amd64",)
    assert first.kernels[0].arguments == ("root=UUID=6d2231e4-0975-4f35-a94f-56738c1a8150", "ro", "quiet")
    assert [entry.title for entry, _ in menu.kernels] == [entry.title for entry in menu.entries[:3]]
    assert not parse_menu(UBUNTU_MENU).kernels[0][1].opaque


@pytest.mark.parametrize(
    ("line", "kernel", "arguments"),
    [
        ('linux /v a \'b c\' "d \\"e\\"" f\\ g', "/v", ("a", "b c", 'd "e"', "f g")),
        ("linux16 /v a \\\n  b # no comment=1", "/v", ("a", "b")),
        ("if true; then linuxefi /v a; fi", "/v", ("a",)),
        ("linux /v a#b\r", "/v", ("a#b",)),
        ("linux ($root)/v ${x}y", "($root)/v", ("${x}y",)),
    ],
)
def test_linux_lines_are_read_as_grub_reads_them(line: str, kernel: str, arguments: tuple[str, ...]) -> None:
    menu = parse_menu(f"menuentry x {{\n{line}\n}}\n".encode())
    assert [(k.path, k.arguments) for _, k in menu.kernels] == [(kernel, arguments)]


@pytest.mark.parametrize(
    "line",
    ["linux16 /boot/memtest86+.bin", "linux /boot/mt86+x64", "linux /boot/ipxe.lkrn", "chainloader +1", "# linux /v a"],
)
def test_other_programs_are_no_linux_kernels(line: str) -> None:
    assert parse_menu(f"menuentry x {{\n {line}\n}}\n".encode()).kernels == ()


@pytest.mark.parametrize("content", [b"menuentry x {", b"}", b"echo 'x", b'echo "x', b"x\0", b"{" * 1000])
def test_what_is_not_well_formed_is_refused(content: bytes) -> None:
    with pytest.raises(GrubSyntaxError):
        parse_menu(content)


def test_kernels_outside_an_entry_count() -> None:
    assert [entry.title for entry, _ in parse_menu(b"set root=x\nlinux /v ro\nboot\n").kernels] == [""]


_SCRIPT = st.lists(
    st.sampled_from(
        ["menuentry 'x' {", "}", "linux /v a", "\n", "\r\n", "'", '"', "\\", "#", ";", " ", "$x", "submenu y {"]
    )
).map(lambda parts: "".join(parts).encode())


@given(st.binary() | _SCRIPT)
def test_any_bytes_are_read_or_refused_and_edits_touch_only_linux_lines(content: bytes) -> None:
    try:
        menu = parse_menu(content)
    except GrubSyntaxError:
        return
    edited = add_arguments(content, {kernel.end: "console=ttyS0" for _, kernel in menu.kernels})
    again = parse_menu(edited)
    assert [k.arguments for _, k in again.kernels] == [(*k.arguments, "console=ttyS0") for _, k in menu.kernels]
    changed = [i for i, (a, b) in enumerate(zip(content.split(b"\n"), edited.split(b"\n"), strict=True)) if a != b]
    assert len(changed) <= len(menu.kernels)
    assert add_arguments(content, {}) == content
